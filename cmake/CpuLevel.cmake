# The CPU instruction set that ggml and the core are compiled for.
#
#   native        this machine's (the default: fast to build, not to be shipped)
#   x86-64        the baseline of every 64-bit x86 processor
#   x86-64-v3     AVX2, FMA, F16C, BMI2                       (2013 and later)
#   x86-64-v4     AVX-512 F, BW, CD, DQ, VL                   (2017 and later)
#   x86-64-v4-vnni  the same with AVX-512 VNNI, VBMI          (2019 and later)
#   armv8         the baseline of every 64-bit Arm processor
#   armv8.2-dotprod  with dot product; without FP16 arithmetic, in which ggml would sum attention scores
#
# `build.sh pack` builds one libdia per level; at run time the best one for the processor is loaded
# (docs/native-libraries.md). Must be included before Ggml.

include_guard(GLOBAL)

set(DIA_CPU_LEVEL "native" CACHE STRING "Instruction set to compile for; see cmake/CpuLevel.cmake")
set_property(CACHE DIA_CPU_LEVEL PROPERTY STRINGS
  native x86-64 x86-64-v3 x86-64-v4 x86-64-v4-vnni armv8 armv8.2-dotprod)

# Every option is spelled out: ggml's defaults change when cross compiling and under SOURCE_DATE_EPOCH.
set(GGML_NATIVE OFF)
foreach(feature SSE42 AVX AVX2 BMI2 FMA F16C AVX_VNNI AVX512 AVX512_VBMI AVX512_VNNI AVX512_BF16 AMX_TILE AMX_INT8 AMX_BF16)
  set(GGML_${feature} OFF)
endforeach()
set(dia_v3 SSE42 AVX AVX2 BMI2 FMA F16C)

if(DIA_CPU_LEVEL STREQUAL "native")
  set(GGML_NATIVE ON)
  set(dia_level_features)
  set(dia_gnu_flags -march=native)
  set(dia_msvc_flags /arch:AVX2)
  # With these instructions ggml sums F16 products in F16, too coarse for the unscaled scores of attention.
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-mno-avx512fp16 DIA_HAS_NO_AVX512FP16)
  if(DIA_HAS_NO_AVX512FP16)
    add_compile_options(-mno-avx512fp16)
  endif()
elseif(DIA_CPU_LEVEL STREQUAL "x86-64")
  set(dia_level_features)
  set(dia_gnu_flags -march=x86-64)
  set(dia_msvc_flags)
elseif(DIA_CPU_LEVEL STREQUAL "x86-64-v3")
  set(dia_level_features ${dia_v3})
  set(dia_gnu_flags -march=x86-64-v3)
  set(dia_msvc_flags /arch:AVX2)
elseif(DIA_CPU_LEVEL STREQUAL "x86-64-v4")
  set(dia_level_features ${dia_v3} AVX512)
  set(dia_gnu_flags -march=x86-64-v4)
  set(dia_msvc_flags /arch:AVX512)
elseif(DIA_CPU_LEVEL STREQUAL "x86-64-v4-vnni")
  set(dia_level_features ${dia_v3} AVX512 AVX512_VBMI AVX512_VNNI)
  set(dia_gnu_flags -march=x86-64-v4 -mavx512vbmi -mavx512vnni)
  set(dia_msvc_flags /arch:AVX512)
elseif(DIA_CPU_LEVEL STREQUAL "armv8")
  set(GGML_CPU_ARM_ARCH armv8-a)
  set(dia_gnu_flags -march=armv8-a)
elseif(DIA_CPU_LEVEL STREQUAL "armv8.2-dotprod")
  set(GGML_CPU_ARM_ARCH armv8.2-a+dotprod)
  set(dia_gnu_flags -march=armv8.2-a+dotprod)
else()
  message(FATAL_ERROR "DIA_CPU_LEVEL is '${DIA_CPU_LEVEL}'; cmake/CpuLevel.cmake lists the known levels.")
endif()

foreach(feature IN LISTS dia_level_features)
  set(GGML_${feature} ON)
endforeach()

# The same instruction set for the core's own sources.
function(dia_set_cpu_level target)
  if(MSVC)
    target_compile_options(${target} PRIVATE ${dia_msvc_flags})
  elseif(NOT (APPLE AND DIA_CPU_LEVEL STREQUAL "native"))
    target_compile_options(${target} PRIVATE ${dia_gnu_flags})
  endif()
  target_compile_definitions(${target} PRIVATE DIA_CPU_LEVEL="${DIA_CPU_LEVEL}")
endfunction()
