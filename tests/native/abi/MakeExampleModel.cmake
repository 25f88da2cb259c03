# Converts the tiny golden checkpoint to dia.gguf for the example of dia.h, which takes the model's own defaults. With those of
# the checkpoint it would run for thousands of steps to a random end; here they are few and greedy.
# Arguments: converter, golden, output.

set(checkpoint "${output}.checkpoint")
file(REMOVE_RECURSE "${checkpoint}")
file(COPY "${golden}/tiny/dia/" DESTINATION "${checkpoint}")
file(READ "${checkpoint}/generation_config.json" config)
string(REGEX REPLACE "\"max_length\": [0-9]+" "\"max_length\": 24" config "${config}")
string(REPLACE "\"do_sample\": true" "\"do_sample\": false" config "${config}")
file(WRITE "${checkpoint}/generation_config.json" "${config}")
execute_process(COMMAND "${converter}" "${checkpoint}" "${golden}/tiny/dac" "${output}" COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE "${checkpoint}")
