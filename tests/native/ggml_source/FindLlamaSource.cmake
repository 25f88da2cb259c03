# Looks for the source of ggml as a build would: cmake -DDIA_LLAMA_SOURCE=<dir> -P FindLlamaSource.cmake
cmake_minimum_required(VERSION 3.25)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../cmake")
include(LlamaSource)
dia_find_llama_source()
