# Puts the example of the first comment of dia.h into a program.
# Arguments: header, template, output.

file(READ "${header}" text)
# Semicolons and brackets would split or join elements of a CMake list; only strings are used here.
string(FIND "${text}" " *     dia_model *model = NULL;" begin)
string(FIND "${text}" " * ## Ownership" end)
if(begin LESS 0 OR end LESS begin)
  message(FATAL_ERROR "${header}: the example before '## Ownership' was not found")
endif()
math(EXPR length "${end} - ${begin}")
string(SUBSTRING "${text}" ${begin} ${length} example)
string(REGEX REPLACE "(^|\n) \\*" "\\1" example "${example}")
file(READ "${template}" program)
string(REPLACE "@EXAMPLE@" "${example}" program "${program}")
file(WRITE "${output}" "${program}")
