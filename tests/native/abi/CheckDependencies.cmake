# The library loads nothing but what every system has: no libstdc++, libgcc or libgomp of a certain version.
# Arguments: library, readelf, sanitize, gpu.

if(NOT readelf)
  message(STATUS "skipped: readelf was not found")
  return()
endif()
if(sanitize)
  message(STATUS "skipped: a library with sanitizers needs their run-time libraries")
  return()
endif()

if(gpu)
  message(STATUS "skipped: a library for GPUs needs the libraries of their drivers")
  return()
endif()

execute_process(COMMAND "${readelf}" --dynamic --wide "${library}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\\(NEEDED\\)[^[]*\\[[^]]+" entries "${output}")
if(NOT entries)
  message(FATAL_ERROR "readelf lists no dependency of ${library}")
endif()
foreach(entry IN LISTS entries)
  string(REGEX REPLACE "^.*\\[" "" name "${entry}")
  if(NOT name MATCHES "^(libc|libm|libdl|libpthread|librt|ld-linux[a-z0-9_-]*)\\.so")
    message(FATAL_ERROR "${library} needs ${name}, which is not part of every system")
  endif()
  message(STATUS "needs ${name}")
endforeach()
