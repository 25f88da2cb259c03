# -DDIA_SANITIZE=address,undefined builds everything, ggml included, with those sanitizers.

include_guard(GLOBAL)

set(DIA_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined or thread")
if(DIA_SANITIZE)
  add_compile_options(-fsanitize=${DIA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DIA_SANITIZE})
endif()

# Sums on null pointers are undefined, harmless, and ggml's way of measuring what it will need.
function(dia_allow_null_pointer_sums)
  if(DIA_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    foreach(target IN LISTS ARGN)
      target_compile_options(${target} PRIVATE -fno-sanitize=pointer-overflow)
    endforeach()
  endif()
endfunction()
