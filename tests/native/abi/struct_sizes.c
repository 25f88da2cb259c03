/*
 * Versioned structures from a caller that was compiled with another dia.h: struct_size is below the first release,
 * or beyond what the library knows. Memory behind the caller's structure must stay as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dia/dia.h"

static int n_failures = 0;

static void expect_status(const char * what, dia_status expected, dia_status found) {
    if (expected != found) {
        printf("%s: expected %s, found %s (%s)\n", what, dia_status_name(expected), dia_status_name(found),
               dia_last_error_message());
        ++n_failures;
    }
}

static void expect_bytes(const char * what, const unsigned char * bytes, size_t begin, size_t end,
                         unsigned char expected) {
    for (size_t i = begin; i < end; ++i) {
        if (bytes[i] != expected) {
            printf("%s: byte %zu is 0x%02x, expected 0x%02x\n", what, i, bytes[i], expected);
            ++n_failures;
            return;
        }
    }
}

enum { NEWER = 16, BEHIND = 64, UNTOUCHED = 0xA5 };

/* A structure, the fields of a newer release behind it, and memory that belongs to someone else. */
#define CALLER_OF(type)                                     \
    union {                                                 \
        type value;                                         \
        unsigned char bytes[sizeof(type) + NEWER + BEHIND]; \
    } caller

/* An initialiser: (structure, size) -> status. */
#define CHECK_INIT(type, init)                                                                                   \
    do {                                                                                                         \
        CALLER_OF(type);                                                                                         \
        memset(caller.bytes, UNTOUCHED, sizeof caller.bytes);                                                    \
        expect_status(#init " without struct_size", DIA_STATUS_INVALID_ARGUMENT, init(&caller.value, 0));        \
        expect_status(#init " too small", DIA_STATUS_INVALID_ARGUMENT,                                           \
                      init(&caller.value, (uint32_t)sizeof(uint32_t)));                                          \
        expect_status(#init " too large", DIA_STATUS_INVALID_ARGUMENT, init(&caller.value, 0xFFFFFFFFu));        \
        expect_bytes(#init " after errors", caller.bytes, 0, sizeof caller.bytes, UNTOUCHED);                    \
        expect_status(#init, DIA_STATUS_OK, init(&caller.value, (uint32_t)sizeof(type)));                        \
        expect_bytes(#init " behind", caller.bytes, sizeof(type), sizeof caller.bytes, UNTOUCHED);               \
        expect_status(#init " newer", DIA_STATUS_OK, init(&caller.value, (uint32_t)sizeof(type) + NEWER));       \
        expect_bytes(#init " newer fields", caller.bytes, sizeof(type), sizeof(type) + NEWER, 0);                \
        expect_bytes(#init " behind newer", caller.bytes, sizeof(type) + NEWER, sizeof caller.bytes, UNTOUCHED); \
        if (caller.value.struct_size != sizeof(type) + NEWER) {                                                  \
            printf(#init ": struct_size is %u, expected %zu\n", caller.value.struct_size, sizeof(type) + NEWER); \
            ++n_failures;                                                                                        \
        }                                                                                                        \
    } while (0)

/* What the library is handed: a newer structure is accepted as long as its unknown fields are zero. */
static void check_newer_parameters(const char * path) {
    CALLER_OF(dia_model_params);
    dia_model * model = NULL;
    memset(caller.bytes, 0, sizeof caller.bytes);
    expect_status("init", DIA_STATUS_OK, dia_model_params_init(&caller.value, sizeof(dia_model_params) + NEWER));
    expect_status("load, newer fields zero", DIA_STATUS_OK, dia_model_load(path, &caller.value, &model));
    dia_model_free(model);
    caller.bytes[sizeof(dia_model_params) + NEWER - 1] = 1;
    expect_status("load, newer field set", DIA_STATUS_UNSUPPORTED, dia_model_load(path, &caller.value, &model));
    caller.value.struct_size = sizeof(uint32_t);
    expect_status("load, too small", DIA_STATUS_INVALID_ARGUMENT, dia_model_load(path, &caller.value, &model));
    if (model != NULL) {
        printf("dia_model_load left a model behind after an error\n");
        ++n_failures;
    }
}

/* Structures that the caller declares the size of and the library fills. */
static void check_outputs(const dia_model * model) {
    CALLER_OF(dia_config);
    memset(caller.bytes, UNTOUCHED, sizeof caller.bytes);
    expect_status("config, size never set", DIA_STATUS_INVALID_ARGUMENT,
                  dia_model_get_config(model, &caller.value));
    caller.value.struct_size = sizeof(dia_config);
    expect_status("config", DIA_STATUS_OK, dia_model_get_config(model, &caller.value));
    expect_bytes("behind config", caller.bytes, sizeof(dia_config), sizeof caller.bytes, UNTOUCHED);
    caller.value.struct_size = sizeof(dia_config) + NEWER;
    expect_status("newer config", DIA_STATUS_OK, dia_model_get_config(model, &caller.value));
    expect_bytes("newer fields of config", caller.bytes, sizeof(dia_config), sizeof(dia_config) + NEWER, 0);
    expect_bytes("behind newer config", caller.bytes, sizeof(dia_config) + NEWER, sizeof caller.bytes, UNTOUCHED);

    dia_generation_params params;
    expect_status("model's params, too small", DIA_STATUS_INVALID_ARGUMENT,
                  dia_model_get_generation_params(model, &params, 8));
    expect_status("model's params", DIA_STATUS_OK, dia_model_get_generation_params(model, &params, sizeof params));
}

int main(void) {
    CHECK_INIT(dia_convert_params, dia_convert_params_init);
    CHECK_INIT(dia_benchmark_params, dia_benchmark_params_init);
    CHECK_INIT(dia_synthesize_params, dia_synthesize_params_init);
    CHECK_INIT(dia_model_params, dia_model_params_init);
    CHECK_INIT(dia_generation_params, dia_generation_params_init);
    CHECK_INIT(dia_memory_request, dia_memory_request_init);
    CHECK_INIT(dia_codec_params, dia_codec_params_init);
    CHECK_INIT(dia_encoding_params, dia_encoding_params_init);
    CHECK_INIT(dia_decoder_params, dia_decoder_params_init);
    CHECK_INIT(dia_decoder_input, dia_decoder_input_init);

    dia_convert_params convert;
    dia_model * model = NULL;
    expect_status("convert init", DIA_STATUS_OK, dia_convert_params_init(&convert, sizeof convert));
    convert.model_dir = DIA_TEST_GOLDEN_DIR "/tiny/dia";
    convert.output_path = "struct_sizes.gguf";
    expect_status("convert", DIA_STATUS_OK, dia_convert(&convert));
    expect_status("load", DIA_STATUS_OK, dia_model_load(convert.output_path, NULL, &model));
    if (model != NULL) {
        check_outputs(model);
        check_newer_parameters(convert.output_path);
        dia_model_free(model);
    }
    remove(convert.output_path);
    printf("%d failures\n", n_failures);
    return n_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
