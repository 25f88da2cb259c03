/* Converts the tiny golden checkpoint to dia.gguf in the current folder. */
#include <stdio.h>
#include <stdlib.h>

#include "dia/dia.h"

int main(void) {
    dia_convert_params params;
    dia_status status = dia_convert_params_init(&params, sizeof params);
    if (status == DIA_STATUS_OK) {
        params.model_dir = DIA_TEST_GOLDEN_DIR "/tiny/dia";
        params.codec_dir = DIA_TEST_GOLDEN_DIR "/tiny/dac";
        params.output_path = "dia.gguf";
        status = dia_convert(&params);
    }
    printf("%s %s\n", dia_status_name(status), dia_last_error_message());
    return status == DIA_STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
