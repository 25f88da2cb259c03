/* Converts a checkpoint. Arguments: Dia's folder, DAC's folder, the GGUF to write. */
#include <stdio.h>
#include <stdlib.h>

#include "dia/dia.h"

int main(int argc, char ** argv) {
    if (argc != 4) {
        printf("%d arguments, expected 3\n", argc - 1);
        return EXIT_FAILURE;
    }
    dia_convert_params params;
    dia_status status = dia_convert_params_init(&params, sizeof params);
    if (status == DIA_STATUS_OK) {
        params.model_dir = argv[1];
        params.codec_dir = argv[2];
        params.output_path = argv[3];
        status = dia_convert(&params);
    }
    printf("%s %s\n", dia_status_name(status), dia_last_error_message());
    return status == DIA_STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
