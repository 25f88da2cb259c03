// A whole checkpoint of which a target replaces one file, and its conversion.
#pragma once

#include <cstdint>
#include <string>

#include "fuzz_target.h"
#include "seed_model.h"
#include "temporary_folder.h"

namespace dia_fuzz {

class CheckpointFolder {
public:
    CheckpointFolder() { seed_checkpoint().write(folder_); }

    // Writes `data` as `name`, "dia/config.json" for example, and converts.
    void convert_with(const std::string & name, const uint8_t * data, size_t size, dia_type type) const {
        folder_.write(name, std::string(reinterpret_cast<const char *>(data), size));
        dia_convert_params params = {};
        expect(succeeded(dia_convert_params_init(&params, sizeof params)), "the defaults can be had");
        const std::string model_dir = folder_.path("dia");
        const std::string codec_dir = folder_.path("dac");
        const std::string output = folder_.path("out.gguf");
        params.type = type;
        params.model_dir = model_dir.c_str();
        params.codec_dir = codec_dir.c_str();
        params.output_path = output.c_str();
        if (succeeded(dia_convert(&params))) {
            dia_model * model = nullptr;
            expect(succeeded(dia_model_load(output.c_str(), nullptr, &model)), "what was converted can be loaded");
            dia_model_free(model);
        }
    }

private:
    dia::testing::TemporaryFolder folder_;
};

}  // namespace dia_fuzz
