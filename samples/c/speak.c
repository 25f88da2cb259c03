/*
 * A script becomes a WAV file through the C interface alone.
 *
 *     cc -std=c99 -I native/include samples/c/speak.c -L build/lib -ldia -Wl,-rpath,'$ORIGIN' -o speak
 *     ./speak model.gguf "[S1] Hello there." hello.wav [max_seconds]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dia/dia.h"

/* Everything that is freed at the end, whatever happened. */
typedef struct speech {
    dia_model * model;
    dia_generator * generator;
    dia_codec * codec;
    int32_t * codes;
    float * samples;
    int64_t n_samples;
    int32_t sampling_rate;
} speech;

static dia_status generate(speech * s, const char * text, double max_seconds) {
    dia_generation_params params;
    dia_status status = dia_model_get_generation_params(s->model, &params, sizeof params);
    if (status != DIA_STATUS_OK)
        return status;
    params.max_seconds = max_seconds;
    params.has_seed = 1;
    params.seed = 42;

    status = dia_generator_create(s->model, &params, &s->generator);
    if (status == DIA_STATUS_OK)
        status = dia_generator_add_text(s->generator, text, -1, NULL);
    if (status == DIA_STATUS_OK)
        status = dia_generator_prefill(s->generator);
    for (int32_t active = 1; status == DIA_STATUS_OK && active > 0;)
        status = dia_generator_step(s->generator, &active);
    return status;
}

static dia_status decode(speech * s) {
    dia_config config = {.struct_size = sizeof config};
    dia_row_state row = {.struct_size = sizeof row};
    dia_status status = dia_model_get_config(s->model, &config);
    if (status == DIA_STATUS_OK)
        status = dia_generator_get_row_state(s->generator, 0, &row);
    if (status != DIA_STATUS_OK)
        return status;

    const int64_t n_codes = row.n_frames * config.num_channels;
    s->n_samples = row.n_frames * config.codec_hop_length;
    s->sampling_rate = config.codec_sampling_rate;
    s->codes = malloc((size_t)(n_codes + 1) * sizeof *s->codes);
    s->samples = malloc((size_t)(s->n_samples + 1) * sizeof *s->samples);
    if (s->codes == NULL || s->samples == NULL)
        return DIA_STATUS_OUT_OF_MEMORY;
    if (row.n_frames == 0)
        return DIA_STATUS_OK;

    int64_t n_frames = 0;
    status = dia_generator_copy_frames(s->generator, 0, 0, s->codes, n_codes, &n_frames);
    if (status == DIA_STATUS_OK)
        status = dia_codec_create(s->model, NULL, &s->codec);
    if (status == DIA_STATUS_OK)
        status = dia_codec_decode(s->codec, s->codes, n_frames, 0, n_frames, s->samples, s->n_samples, NULL);
    return status;
}

static void put(FILE * file, uint32_t value, int n_bytes) {
    for (int i = 0; i < n_bytes; i++)
        fputc((int)(value >> (8 * i) & 255), file);
}

/* 16-bit mono PCM. Returns 0 on success. */
static int write_wav(const speech * s, const char * path) {
    FILE * file = fopen(path, "wb");
    if (file == NULL)
        return -1;
    const uint32_t n_bytes = (uint32_t)(s->n_samples * 2), rate = (uint32_t)s->sampling_rate;
    fputs("RIFF", file), put(file, 36 + n_bytes, 4), fputs("WAVEfmt ", file), put(file, 16, 4);
    put(file, 1, 2), put(file, 1, 2), put(file, rate, 4), put(file, rate * 2, 4), put(file, 2, 2), put(file, 16, 2);
    fputs("data", file), put(file, n_bytes, 4);
    for (int64_t i = 0; i < s->n_samples; i++) {
        const float scaled = s->samples[i] * 32767.0F;
        put(file, (uint32_t)(int32_t)(scaled < 0 ? scaled - 0.5F : scaled + 0.5F), 2);
    }
    const int failed = ferror(file);
    return fclose(file) != 0 || failed ? -1 : 0;
}

int main(int argc, char ** argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s model.gguf text output.wav [max_seconds]\n", argv[0]);
        return 2;
    }
    printf("%s, %s\n", dia_version(), dia_system_info());

    speech s = {0};
    dia_status status = dia_model_load(argv[1], NULL, &s.model);
    if (status == DIA_STATUS_OK)
        status = generate(&s, argv[2], argc > 4 ? strtod(argv[4], NULL) : 10.0);
    if (status == DIA_STATUS_OK)
        status = decode(&s);

    int failed = status != DIA_STATUS_OK;
    if (failed) {
        fprintf(stderr, "%s: %s\n", dia_status_name(status), dia_last_error_message());
    } else if (write_wav(&s, argv[3]) != 0) {
        perror(argv[3]);
        failed = 1;
    } else {
        printf("%s: %.2f s\n", argv[3], (double)s.n_samples / s.sampling_rate);
    }
    free(s.samples);
    free(s.codes);
    dia_codec_free(s.codec);
    dia_generator_free(s.generator);
    dia_model_free(s.model);
    return failed;
}
