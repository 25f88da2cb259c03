// Every allocation, read and write fails once, through the public interface: each time there is a status and a
// message, nothing is left in memory, and nothing on the disk.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dia/dia.h"
#include "fault_injection.h"
#include "handle.h"
#include "small_checkpoint.h"
#include "wav_bytes.h"

namespace dia_faults {
namespace {

using dia::testing::TemporaryFolder;
using dia_abi::Handle;

// What a scenario stops at.
struct Failure {
    dia_status status;
};

void check(dia_status status) {
    if (status != DIA_STATUS_OK) {
        throw Failure{status};
    }
}

// The result of `create(..., T ** out)`.
template <typename T, typename Create>
Handle<T> made(const Create & create) {
    T * object = nullptr;
    check(create(&object));
    return Handle<T>(object);
}

class Faults : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<TemporaryFolder>();
        dia::Hparams hparams = dia::testing::small_hparams();
        hparams.dia.encoder.num_hidden_layers = 1;
        hparams.dia.decoder.num_hidden_layers = 1;
        dia::testing::SmallCheckpoint(hparams).write(*folder_);
        model_path_ = dia::testing::convert_small(*folder_);
    }

    static void TearDownTestSuite() { folder_.reset(); }

    static std::string path(const char * name) { return folder_->path(name); }

    static Handle<dia_model> load(int32_t use_mmap) {
        dia_model_params params = {};
        check(dia_model_params_init(&params, sizeof params));
        params.use_mmap = use_mmap;
        return made<dia_model>([&](dia_model ** out) { return dia_model_load(model_path_.c_str(), &params, out); });
    }

    // Runs `scenario` with the n-th fault of each kind, for every n that there is.
    static void fail_everywhere(const std::vector<Fault> & faults, const std::function<void()> & scenario) {
        scenario();  // what is made once per process
        const std::vector<std::string> files = folder_->names();
        for (const Fault fault : faults) {
            int64_t n = 0;
            while (fails_at(fault, n, scenario)) {
                ASSERT_FALSE(HasFailure()) << name_of(fault) << " " << n;
                EXPECT_EQ(folder_->names(), files) << name_of(fault) << " " << n;
                ++n;
            }
            EXPECT_GT(n, 0) << "no " << name_of(fault) << " to fail";
            std::cout << n << " faults injected: " << name_of(fault) << '\n';
        }
    }

    static std::unique_ptr<TemporaryFolder> folder_;
    static std::string model_path_;

private:
    // False if there is no n-th one, and the scenario succeeded.
    static bool fails_at(Fault fault, int64_t n, const std::function<void()> & scenario) {
        const int64_t bytes_before = dia_live_bytes();
        dia_status status = DIA_STATUS_OK;
        bool happened = false;
        {
            const ArmedFault armed(fault, n);
            try {
                scenario();
            } catch (const Failure & failure) {
                status = failure.status;
            }
            happened = armed.happened();
        }
        EXPECT_EQ(dia_live_bytes(), bytes_before) << name_of(fault) << " " << n;
        if (!happened) {
            EXPECT_EQ(status, DIA_STATUS_OK) << dia_last_error_message();
            return false;
        }
        if (status == DIA_STATUS_OK) {
            EXPECT_EQ(fault, Fault::allocation)
                << "the scenario succeeded in spite of " << name_of(fault) << " " << n;
            return true;  // there was another way, with less memory
        }
        EXPECT_EQ(status, fault == Fault::allocation ? DIA_STATUS_OUT_OF_MEMORY : DIA_STATUS_IO)
            << name_of(fault) << " " << n << ": " << dia_last_error_message();
        EXPECT_STRNE(dia_last_error_message(), "");
        return true;
    }
};

std::unique_ptr<TemporaryFolder> Faults::folder_;
std::string Faults::model_path_;

TEST_F(Faults, Convert) {
    const std::string model_dir = path("dia");
    const std::string codec_dir = path("dac");
    const std::string output = path("converted.gguf");
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read, Fault::write}, [&] {
        dia_convert_params params = {};
        check(dia_convert_params_init(&params, sizeof params));
        params.type = DIA_TYPE_Q8_0;
        params.n_threads = 2;
        params.model_dir = model_dir.c_str();
        params.codec_dir = codec_dir.c_str();
        params.output_path = output.c_str();
        check(dia_convert(&params));
    });
}

TEST_F(Faults, Quantize) {
    const std::string output = path("quantized.gguf");
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read, Fault::write}, [&] {
        dia_quantize_params params = {};
        check(dia_quantize_params_init(&params, sizeof params));
        params.type = DIA_TYPE_Q8_0;
        params.n_threads = 2;
        params.input_path = model_path_.c_str();
        params.output_path = output.c_str();
        check(dia_quantize(&params));
    });
}

TEST_F(Faults, Synthesize) {
    const std::string output = path("synthesized.gguf");
    fail_everywhere({Fault::allocation, Fault::write}, [&] {
        dia_synthesize_params params = {};
        check(dia_synthesize_params_init(&params, sizeof params));
        params.preset = "tiny";
        params.n_threads = 2;
        params.output_path = output.c_str();
        check(dia_synthesize(&params));
    });
}

TEST_F(Faults, ListAFile) {
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read}, [&] {
        const auto gguf = made<dia_gguf>([](dia_gguf ** out) { return dia_gguf_open(model_path_.c_str(), out); });
        ASSERT_GT(dia_gguf_tensor_count(gguf.get()), 0);
    });
}

TEST_F(Faults, LoadMapped) {
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read}, [] { load(1); });
}

TEST_F(Faults, LoadIntoMemory) {
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read}, [] { load(0); });
}

TEST_F(Faults, Generate) {
    const Handle<dia_model> model = load(1);
    std::vector<int32_t> codes(4096);
    fail_everywhere({Fault::allocation}, [&] {
        dia_generation_params params = {};
        check(dia_generation_params_init(&params, sizeof params));
        params.has_seed = 1;
        params.n_threads = 1;
        params.max_new_tokens = 4;
        const auto generator = made<dia_generator>(
            [&](dia_generator ** out) { return dia_generator_create(model.get(), &params, out); });
        check(dia_generator_add_text(generator.get(), "[S1] Hi", -1, nullptr));
        check(dia_generator_prefill(generator.get()));
        for (int32_t active = 1; active > 0;) {
            check(dia_generator_step(generator.get(), &active));
        }
        int64_t n_frames = 0;
        check(dia_generator_copy_frames(generator.get(), 0, 0, codes.data(), 4096, &n_frames));
    });
}

// Once its graph is built; whether tokens are drawn or not.
TEST_F(Faults, AStepAllocatesNothing) {
    const Handle<dia_model> model = load(1);
    for (const float temperature : {0.0f, 1.0f}) {
        dia_generation_params params = {};
        check(dia_generation_params_init(&params, sizeof params));
        params.has_seed = 1;
        params.temperature = temperature;
        params.top_p = 0.9f;
        params.max_new_tokens = 40;
        params.min_new_tokens = 40;
        const auto generator = made<dia_generator>(
            [&](dia_generator ** out) { return dia_generator_create(model.get(), &params, out); });
        check(dia_generator_add_text(generator.get(), "[S1] Hi", -1, nullptr));
        check(dia_generator_add_text(generator.get(), "[S1] Hello there", -1, nullptr));
        check(dia_generator_prefill(generator.get()));
        int32_t active = 0;
        int64_t in_first = 0;
        int64_t in_others = 0;
        int64_t n_steps = 0;
        do {
            const ArmedFault counter(Fault::allocation, INT64_MAX);
            check(dia_generator_step(generator.get(), &active));
            (n_steps == 0 ? in_first : in_others) += counter.n_passed();
            ++n_steps;
        } while (active > 0);
        std::cout << "temperature " << temperature << ": " << in_first
                  << " allocations in the first step, which builds the graph, " << in_others << " in "
                  << n_steps - 1 << " others\n";
        EXPECT_GT(in_first, 0);
        EXPECT_EQ(in_others, 0);
        EXPECT_GT(n_steps, 30);
    }
}

TEST_F(Faults, EncodeTextAndDecode) {
    const Handle<dia_model> model = load(1);
    dia_config config = {};
    config.struct_size = sizeof config;
    check(dia_model_get_config(model.get(), &config));
    const std::vector<int32_t> ids = {1, 72, 105};
    const std::vector<int32_t> tokens(static_cast<size_t>(2 * config.num_channels), 0);
    fail_everywhere({Fault::allocation}, [&] {
        const auto encoding = made<dia_encoding>([&](dia_encoding ** out) {
            return dia_encoding_create(model.get(), ids.data(), static_cast<int64_t>(ids.size()), nullptr, out);
        });
        const auto decoder =
            made<dia_decoder>([&](dia_decoder ** out) { return dia_decoder_create(encoding.get(), nullptr, out); });
        dia_decoder_input input = {};
        check(dia_decoder_input_init(&input, sizeof input));
        input.tokens = tokens.data();
        input.n_positions = 2;
        check(dia_decoder_run(decoder.get(), &input));
    });
}

class CodecFaults : public Faults {
protected:
    CodecFaults() : model_(load(1)) {
        config_.struct_size = sizeof config_;
        check(dia_model_get_config(model_.get(), &config_));
    }

    // A codec with two threads, and windows of which a clip needs several.
    Handle<dia_codec> make_codec() const {
        dia_codec_params params = {};
        check(dia_codec_params_init(&params, sizeof params));
        params.n_threads = 2;
        params.window_frames = 3;
        return made<dia_codec>([&](dia_codec ** out) { return dia_codec_create(model_.get(), &params, out); });
    }

    static constexpr int64_t kFrames = 7;

    const Handle<dia_model> model_;
    dia_config config_ = {};
};

TEST_F(CodecFaults, Decode) {
    const std::vector<int32_t> codes(static_cast<size_t>(kFrames * config_.codec_n_codebooks), 1);
    std::vector<float> samples(static_cast<size_t>(kFrames * config_.codec_hop_length));
    fail_everywhere({Fault::allocation}, [&] {
        const Handle<dia_codec> codec = make_codec();
        check(dia_codec_decode(codec.get(), codes.data(), kFrames, 0, kFrames, samples.data(),
                               static_cast<int64_t>(samples.size()), nullptr));
    });
}

TEST_F(CodecFaults, Encode) {
    const std::vector<float> samples(static_cast<size_t>(kFrames * config_.codec_hop_length), 0.25f);
    std::vector<int32_t> codes(static_cast<size_t>(kFrames * config_.codec_n_codebooks));
    fail_everywhere({Fault::allocation}, [&] {
        const Handle<dia_codec> codec = make_codec();
        check(dia_codec_encode(codec.get(), samples.data(), static_cast<int64_t>(samples.size()), codes.data(),
                               static_cast<int64_t>(codes.size()), nullptr));
    });
}

class AudioFaults : public Faults, public ::testing::WithParamInterface<const char *> {};

TEST_P(AudioFaults, Load) {
    const std::string file = DIA_TEST_DATA_DIR "/audio/" + std::string(GetParam());
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read}, [&] {
        made<dia_audio>([&](dia_audio ** out) { return dia_audio_load(file.c_str(), 16000, out); });
    });
}

INSTANTIATE_TEST_SUITE_P(Formats, AudioFaults,
                         ::testing::Values("mono_22050_24bit.flac", "stereo_44100_128kbps.mp3"));

TEST_F(Faults, LoadWav) {
    dia::testing::WavFields fields;
    fields.data.resize(4000);
    const dia::testing::Bytes bytes = dia::testing::wav_bytes(fields);
    const std::string file = folder_->write("sound.wav", std::string(bytes.begin(), bytes.end()));
    fail_everywhere({Fault::allocation, Fault::read, Fault::short_read}, [&] {
        made<dia_audio>([&](dia_audio ** out) { return dia_audio_load(file.c_str(), 16000, out); });
    });
}

TEST_F(Faults, MeasureImportance) {
    const Handle<dia_model> model = load(1);
    const std::string output = path("importance.gguf");
    fail_everywhere({Fault::allocation, Fault::write}, [&] {
        dia_generation_params generation = {};
        check(dia_generation_params_init(&generation, sizeof generation));
        generation.has_seed = 1;
        generation.max_new_tokens = 2;
        dia_importance_params params = {};
        check(dia_importance_params_init(&params, sizeof params));
        params.scripts = "[S1] Hi";
        params.generation = &generation;
        params.output_path = output.c_str();
        check(dia_importance_measure(model.get(), &params));
    });
}

}  // namespace
}  // namespace dia_faults
