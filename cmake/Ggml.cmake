# Builds ggml, static and position independent, as part of this build. Only the options that differ
# from ggml's own defaults are set here; the instruction set comes from cmake/CpuLevel.cmake.

include_guard(GLOBAL)
include(LlamaSource)

dia_find_llama_source()

# Room for the 64-character tensor names of other ports' files. It changes the layout of ggml_tensor,
# so every file that includes a ggml header must see it.
add_compile_definitions(GGML_MAX_NAME=128)

set(BUILD_SHARED_LIBS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# tinyBLAS: twice the speed of F32 and F16 products, off by default outside llama.cpp. On Arm it takes over only from
# a number of columns on, so that a row's logits would depend on the size of its batch.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(GGML_LLAMAFILE OFF)
else()
  set(GGML_LLAMAFILE ON)
endif()
set(GGML_OPENMP OFF)     # no libgomp at run time; ggml's own thread pool is as fast
set(GGML_BUILD_TESTS OFF)
set(GGML_BUILD_EXAMPLES OFF)
set(GGML_CCACHE OFF)     # CMAKE_<LANG>_COMPILER_LAUNCHER is the one place for that

# Devices beside the processor. Their backends are part of the one library, as the processor's is.
option(DIA_CUDA "Compute on NVIDIA GPUs" OFF)
option(DIA_METAL "Compute on Apple GPUs" OFF)
option(DIA_VULKAN "Compute on GPUs by Vulkan" OFF)
set(GGML_CUDA ${DIA_CUDA})
set(GGML_CUDA_GRAPHS ON)  # off by default outside llama.cpp
set(GGML_CUDA_NCCL OFF)   # one device computes a model
set(GGML_METAL ${DIA_METAL})
set(GGML_METAL_EMBED_LIBRARY ON)
set(GGML_VULKAN ${DIA_VULKAN})
if(DIA_VULKAN)
  include(VulkanTools)
  dia_require_vulkan_tools()
endif()

# ggml's warnings are its own; ours are errors and come from CompilerWarnings.
set(GGML_ALL_WARNINGS OFF)
add_subdirectory("${DIA_LLAMA_SOURCE_DIR}/ggml" "${CMAKE_BINARY_DIR}/ggml" EXCLUDE_FROM_ALL SYSTEM)
dia_allow_null_pointer_sums(ggml-base ggml-cpu)
# Some of ggml's assertions are on computed values, which a stranger's weights may make infinite. In no kind of build may
# that end the process: the core finds such values and refuses them.
foreach(target IN ITEMS ggml ggml-base ggml-cpu ggml-cuda ggml-metal ggml-vulkan)
  if(TARGET ${target})
    target_compile_definitions(${target} PRIVATE NDEBUG)
  endif()
endforeach()

add_library(dia_nlohmann_json INTERFACE)
target_include_directories(dia_nlohmann_json SYSTEM INTERFACE "${DIA_LLAMA_SOURCE_DIR}/vendor")
