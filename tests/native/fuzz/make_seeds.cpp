// Writes the inputs from which fuzzing starts: a folder for each target, with well-formed files of every kind.
//
//     dia_fuzz_seeds FOLDER
#include <filesystem>
#include <fstream>
#include <iostream>

#include "convert/converter.h"
#include "seed_model.h"
#include "temporary_folder.h"
#include "wav_bytes.h"

namespace {

namespace fs = std::filesystem;

class Seeds {
public:
    explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

    void write(const std::string & target, const std::string & name, const std::string & bytes) const {
        fs::create_directories(folder_ / target);
        std::ofstream(folder_ / target / name, std::ios::binary) << bytes;
    }

private:
    fs::path folder_;
};

void write_models(const Seeds & seeds, const dia::testing::SmallCheckpoint & checkpoint) {
    const dia::testing::TemporaryFolder folder;
    checkpoint.write(folder);
    dia::ConvertOptions options;
    options.model_dir = folder.path("dia");
    options.write.output_path = folder.path("out.gguf");
    for (const dia_type type : {DIA_TYPE_F32, DIA_TYPE_F16, DIA_TYPE_Q8_0, DIA_TYPE_Q4_0}) {
        options.write.types.type = type;
        options.codec_dir = folder.path("dac");
        dia::convert_checkpoint(options);
        seeds.write("gguf", "with_codec_" + std::to_string(type) + ".gguf",
                    dia::testing::read_file(options.write.output_path));
    }
    options.codec_dir.clear();
    dia::convert_checkpoint(options);
    seeds.write("gguf", "without_codec.gguf", dia::testing::read_file(options.write.output_path));
}

// Weights of which a product overflows.
void write_overflowing_model(const Seeds & seeds, dia::testing::SmallCheckpoint checkpoint) {
    for (auto & [name, tensor] : checkpoint.tensors) {
        const std::vector<float> values(tensor.bytes.size() / sizeof(float), 6e4f);
        tensor = dia::testing::raw_floats(tensor.shape, values);
    }
    const dia::testing::TemporaryFolder folder;
    checkpoint.write(folder);
    dia::ConvertOptions options;
    options.model_dir = folder.path("dia");
    options.write.output_path = folder.path("out.gguf");
    options.write.types.type = DIA_TYPE_F16;
    dia::convert_checkpoint(options);
    seeds.write("gguf", "overflowing.gguf", dia::testing::read_file(options.write.output_path));
}

// The first byte is what config_fuzz.cpp chooses the file by.
void write_configs(const Seeds & seeds, const dia::testing::SmallCheckpoint & checkpoint) {
    seeds.write("config", "dia.json", std::string(1, '\0') + checkpoint.config.dump());
    seeds.write("config", "dac.json", '\1' + checkpoint.codec_config.dump());
    seeds.write("config", "generation.json",
                '\2' + std::string(R"({"do_sample": true, "temperature": 1.2, "top_k": 45, "top_p": 0.95,
        "guidance_scale": 3.0, "max_length": 3072, "bos_token_id": 18, "eos_token_id": 16, "pad_token_id": 17})"));
    seeds.write("config", "preprocessor.json",
                '\3' + std::string(R"({"feature_size": 1, "sampling_rate": 8000, "hop_length": 8})"));
    seeds.write("config", "tokenizer.json",
                '\4' + std::string(R"({"model_max_length": 64, "offset": 0, "pad_token": "<pad>"})"));
}

// Silence in every encoding, in whole samples.
void write_waves(const Seeds & seeds) {
    struct Encoding {
        const char * name;
        uint16_t number;
        uint16_t bits;
        bool extensible;
    };
    static constexpr Encoding kEncodings[] = {
        {"pcm8", 1, 8, false},   {"pcm16", 1, 16, false}, {"pcm24", 1, 24, true},
        {"pcm32", 1, 32, false}, {"f32", 3, 32, true},    {"f64", 3, 64, false},
        {"a_law", 6, 8, false},  {"mu_law", 7, 8, false}, {"adpcm", 2, 4, false}};
    for (const Encoding & encoding : kEncodings) {
        dia::testing::WavFields fields;
        fields.encoding = encoding.number;
        fields.bits = encoding.bits;
        fields.extensible = encoding.extensible;
        fields.n_channels = encoding.bits < 24 ? 2 : 1;
        fields.data.resize(encoding.bits * 12u);
        const dia::testing::Bytes bytes = dia::testing::wav_bytes(fields);
        seeds.write("audio", std::string(encoding.name) + ".wav", std::string(bytes.begin(), bytes.end()));
    }
}

void write_sounds(const Seeds & seeds) {
    for (const auto & entry : fs::directory_iterator(DIA_TEST_DATA_DIR "/audio")) {
        if (entry.path().extension() == ".flac" || entry.path().extension() == ".mp3") {
            seeds.write("audio", entry.path().filename().string(), dia::testing::read_file(entry.path().string()));
        }
    }
}

void write_texts(const Seeds & seeds) {
    seeds.write("text", "dialogue", "[S1] Hello there. [S2] Hi! (laughs)");
    seeds.write("text", "tags", "[S1][S2]<pad>[S3][S1");
    seeds.write("text", "unicode", "[S1] Gr\xc3\xbc\xc3\x9f Gott \xf0\x9f\x98\x80 \xff\xfe\xc3");
}

}  // namespace

int main(int argc, char ** argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " FOLDER\n";
        return 2;
    }
    const Seeds seeds(argv[1]);
    const dia::testing::SmallCheckpoint checkpoint = dia_fuzz::seed_checkpoint();
    write_models(seeds, checkpoint);
    write_overflowing_model(seeds, checkpoint);
    seeds.write("safetensors", "f32.safetensors", dia::testing::safetensors_of(checkpoint.tensors));
    write_configs(seeds, checkpoint);
    write_waves(seeds);
    write_sounds(seeds);
    write_texts(seeds);
    return 0;
}
