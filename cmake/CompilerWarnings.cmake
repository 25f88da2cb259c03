# Warnings of our own sources are errors.

include_guard(GLOBAL)

function(dia_set_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /WX /permissive- /utf-8)
  else()
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Werror -Wshadow -Wcast-qual -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
      -Wunused -Wnull-dereference -Wformat=2)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Known false positives of GCC 12 and later at -O3.
      target_compile_options(${target} PRIVATE -Wno-null-dereference -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
    endif()
  endif()
endfunction()
