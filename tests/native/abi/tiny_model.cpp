#include "tiny_model.h"

#include <cstdio>
#include <filesystem>
#include <random>
#include <stdexcept>

namespace dia_abi {

namespace {

void check(dia_status status, const char * what) {
    if (status != DIA_STATUS_OK) {
        throw std::runtime_error(std::string(what) + ": " + dia_status_name(status) + ": " +
                                 dia_last_error_message());
    }
}

// A file of this process that goes with it.
class ConvertedModel {
public:
    ConvertedModel() {
        path_ = (std::filesystem::temp_directory_path() /
                 ("dia-abi-" + std::to_string(std::random_device()()) + ".gguf"))
                    .string();
        dia_convert_params params;
        check(dia_convert_params_init(&params, sizeof params), "dia_convert_params_init");
        params.model_dir = DIA_TEST_GOLDEN_DIR "/tiny/dia";
        params.codec_dir = DIA_TEST_GOLDEN_DIR "/tiny/dac";
        params.output_path = path_.c_str();
        check(dia_convert(&params), "dia_convert");
    }

    ~ConvertedModel() { std::remove(path_.c_str()); }

    ConvertedModel(const ConvertedModel &) = delete;
    ConvertedModel & operator=(const ConvertedModel &) = delete;

    const std::string & path() const { return path_; }

private:
    std::string path_;
};

ModelPtr load() {
    dia_model * model = nullptr;
    check(dia_model_load(tiny_model_path().c_str(), nullptr, &model), "dia_model_load");
    return ModelPtr(model);
}

}  // namespace

const std::string & tiny_model_path() {
    static const ConvertedModel converted;
    return converted.path();
}

const dia_model * tiny_model() {
    static const ModelPtr model = load();
    return model.get();
}

dia_config tiny_config() {
    dia_config config;
    config.struct_size = sizeof config;
    check(dia_model_get_config(tiny_model(), &config), "dia_model_get_config");
    return config;
}

GeneratorPtr make_generator(const dia_generation_params * params) {
    dia_generator * generator = nullptr;
    check(dia_generator_create(tiny_model(), params, &generator), "dia_generator_create");
    return GeneratorPtr(generator);
}

CodecPtr make_codec(const dia_codec_params * params) {
    dia_codec * codec = nullptr;
    check(dia_codec_create(tiny_model(), params, &codec), "dia_codec_create");
    return CodecPtr(codec);
}

}  // namespace dia_abi
