# -DDIA_SANITIZE=address,undefined builds everything, ggml included, with those sanitizers.

include_guard(GLOBAL)

set(DIA_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined or thread")
if(DIA_SANITIZE)
  add_compile_options(-fsanitize=${DIA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DIA_SANITIZE})
endif()
