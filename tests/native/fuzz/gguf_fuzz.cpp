// A GGUF: its directory is listed, the model is loaded, speaks a few positions, and its codec is run both ways.
#include <vector>

#include "fuzz_target.h"
#include "input_file.h"

namespace {

using dia_fuzz::expect;
using dia_fuzz::succeeded;

// What a stranger's file may make a step cost here; beyond it only time is lost.
constexpr int64_t kMaxCodebooks = 64;
constexpr int32_t kMaxHop = 4096;

void list(const char * path) {
    dia_gguf * gguf = nullptr;
    if (!succeeded(dia_gguf_open(path, &gguf))) {
        return;
    }
    for (int64_t i = 0; i < dia_gguf_metadata_count(gguf); ++i) {
        expect(dia_gguf_metadata_key(gguf, i) != nullptr, "an entry has a key");
        expect(dia_gguf_metadata_type(gguf, i) != nullptr, "an entry has a type");
        expect(dia_gguf_metadata_value(gguf, i) != nullptr, "an entry has a value");
    }
    for (int64_t i = 0; i < dia_gguf_tensor_count(gguf); ++i) {
        dia_tensor_info info = {};
        info.struct_size = sizeof info;
        expect(succeeded(dia_gguf_get_tensor(gguf, i, &info)), "a tensor can be described");
        expect(info.n_bytes > 0 && info.n_dimensions >= 1 && info.n_dimensions <= DIA_MAX_DIMENSIONS,
               "a tensor has a size");
    }
    dia_gguf_free(gguf);
}

void speak(const dia_model * model) {
    dia_generation_params params = {};
    if (!succeeded(dia_model_get_generation_params(model, &params, sizeof params))) {
        return;
    }
    params.has_seed = 1;
    params.n_threads = 1;
    params.max_new_tokens = 8;
    dia_generator * generator = nullptr;
    if (!succeeded(dia_generator_create(model, &params, &generator))) {
        return;
    }
    int32_t n_active = 0;
    if (succeeded(dia_generator_add_text(generator, "[S1] Hi", -1, nullptr)) &&
        succeeded(dia_generator_prefill(generator))) {
        do {
            if (!succeeded(dia_generator_step(generator, &n_active))) {
                break;
            }
        } while (n_active > 0);
    }
    dia_generator_free(generator);
}

void run_codec(const dia_model * model, const dia_config & config) {
    dia_codec_params params = {};
    dia_codec * codec = nullptr;
    if (!succeeded(dia_codec_params_init(&params, sizeof params))) {
        return;
    }
    params.n_threads = 1;
    if (!succeeded(dia_codec_create(model, &params, &codec))) {
        return;
    }
    constexpr int64_t kFrames = 2;
    std::vector<int32_t> codes(static_cast<size_t>(kFrames * config.codec_n_codebooks),
                               config.codec_codebook_size - 1);
    std::vector<float> samples(static_cast<size_t>(kFrames * config.codec_hop_length), 0.25f);
    const auto n_samples = static_cast<int64_t>(samples.size());
    succeeded(dia_codec_decode(codec, codes.data(), kFrames, 0, kFrames, samples.data(), n_samples, nullptr));
    const std::vector<float> tone(samples.size(), 0.25f);
    int64_t n_frames = 0;
    if (succeeded(dia_codec_encode(codec, tone.data(), n_samples, codes.data(), static_cast<int64_t>(codes.size()),
                                   &n_frames))) {
        for (const int32_t code : codes) {
            expect(code >= 0 && code < config.codec_codebook_size, "a code is in its codebook");
        }
    }
    dia_codec_free(codec);
}

// The longest speech that the file allows, which need not fit into any memory.
void estimate(const char * path, const dia_model_params & params) {
    dia_memory_estimate estimate = {};
    estimate.struct_size = sizeof estimate;
    if (succeeded(dia_estimate_memory(path, &params, nullptr, 0, &estimate))) {
        expect(estimate.weights > 0 && estimate.total_streaming >= estimate.weights, "the weights are counted");
    }
}

void run_model(const char * path, int32_t use_mmap) {
    dia_model_params params = {};
    dia_model * model = nullptr;
    if (!succeeded(dia_model_params_init(&params, sizeof params))) {
        return;
    }
    params.use_mmap = use_mmap;
    estimate(path, params);
    if (!succeeded(dia_model_load(path, &params, &model))) {
        return;
    }
    dia_config config = {};
    config.struct_size = sizeof config;
    if (succeeded(dia_model_get_config(model, &config))) {
        speak(model);
        if (config.has_codec != 0 && config.codec_n_codebooks <= kMaxCodebooks &&
            config.codec_hop_length <= kMaxHop) {
            run_codec(model, config);
        }
    }
    dia_model_free(model);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const dia_fuzz::InputFile file("model.gguf");
    file.write(data, size);
    list(file.path());
    run_model(file.path(), size % 2 == 0 ? 1 : 0);
    return 0;
}
