# Run at every build, as a script: writes DIA_COMMIT into the header `output`, which changes only when the commit does.
#   cmake -Dsource=<repository> -Doutput=<header> -P Commit.cmake

cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND git describe --always --dirty --exclude=* --abbrev=10 WORKING_DIRECTORY "${source}"
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT "${output}" CONTENT "#pragma once\n#define DIA_COMMIT \"@commit@\"\n" @ONLY)
