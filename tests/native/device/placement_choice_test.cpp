// How much of a model a GPU gets that has too little memory for all of it. The stand-in takes the GPU's place even
// where there is one: its memory can be set.
#include "generation/placement_choice.h"

#include <cstdio>
#include <numeric>

#include "device_fixture.h"
#include "expect_error.h"
#include "generation/memory_estimate.h"
#include "model/decoder_session.h"
#include "stand_in_gpu.h"

namespace dia::testing {
namespace {

constexpr size_t kPlenty = size_t{8} << 30;
constexpr int32_t kAll = 3;  // two layers and the encoder

class PlacementChoiceTest : public DeviceTest {
protected:
    ~PlacementChoiceTest() override { set_stand_in_memory(kPlenty); }

    static std::string path() { return model_path(DIA_TYPE_F16); }

    static LoadOptions choose(const std::string & device, int32_t n_gpu_layers) {
        LoadOptions options;
        choose_placement(device, n_gpu_layers, path(), options);
        return options;
    }

    // Bytes of the stand-in that so many layers and the longest speech take.
    static int64_t needed(int32_t n_gpu_layers) {
        LoadOptions options;
        options.device = stand_in_gpu();
        options.n_gpu_layers = n_gpu_layers;
        options.only_measure = true;
        const auto model = load_model(path(), options);
        DecoderSessionOptions speech;
        speech.n_text = model->hparams.dia.encoder.max_position_embeddings;
        speech.n_positions = model->hparams.dia.decoder.max_position_embeddings;
        return estimate_memory(model, speech, stand_in_gpu()).total_streaming();
    }
};

TEST_F(PlacementChoiceTest, takes_the_layers_that_fit) {
    int64_t before = 0;
    for (int32_t n = 0; n <= kAll; ++n) {
        const int64_t bytes = needed(n);
        std::printf("%d layers: %lld bytes\n", n, static_cast<long long>(bytes));
        EXPECT_GT(bytes, before);
        before = bytes;
        set_stand_in_memory(static_cast<size_t>(bytes));
        const LoadOptions options = choose(stand_in_gpu().name(), kLayersThatFit);
        EXPECT_EQ(options.device, stand_in_gpu());
        EXPECT_EQ(options.n_gpu_layers, n);
        if (n > 0) {
            set_stand_in_memory(static_cast<size_t>(bytes - 1));
            EXPECT_EQ(choose(stand_in_gpu().name(), kLayersThatFit).n_gpu_layers, n - 1);
        }
    }
}

TEST_F(PlacementChoiceTest, refuses_a_gpu_without_room_for_dac) {
    set_stand_in_memory(static_cast<size_t>(needed(0) - 1));
    expect_error(DIA_STATUS_OUT_OF_MEMORY, {stand_in_gpu().name(), "DAC"},
                 [] { choose(stand_in_gpu().name(), kLayersThatFit); });
}

TEST_F(PlacementChoiceTest, takes_as_many_as_are_asked_for) {
    EXPECT_EQ(choose(stand_in_gpu().name(), 1).n_gpu_layers, 1);
    EXPECT_FALSE(choose("CPU", 1).device.is_gpu());
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_gpu_layers", "-2"}, [] { choose("auto", -2); });

    set_stand_in_memory(1'000'000);
    LoadOptions options = choose(stand_in_gpu().name(), kAll);
    expect_error(DIA_STATUS_OUT_OF_MEMORY, {stand_in_gpu().name(), "1000000"},
                 [&] { load_model(path(), options); });
}

// Of GPUs that are not named, one that has no room is passed over.
TEST_F(PlacementChoiceTest, falls_back_on_the_processor) {
    if (all_devices().size() > 2) {
        GTEST_SKIP() << "the machine has a GPU, whose memory cannot be set";
    }
    EXPECT_EQ(choose("", kLayersThatFit).n_gpu_layers, kAll);
    set_stand_in_memory(static_cast<size_t>(needed(1)));
    EXPECT_EQ(choose("auto", kLayersThatFit).n_gpu_layers, 1);
    EXPECT_FALSE(choose("auto", 2).device.is_gpu());
    set_stand_in_memory(1000);
    EXPECT_FALSE(choose("", kLayersThatFit).device.is_gpu());
}

TEST_F(PlacementChoiceTest, estimates_the_parts_of_both) {
    DecoderSessionOptions speech;
    speech.n_text = 100;
    speech.n_positions = 500;
    LoadOptions options;
    options.device = stand_in_gpu();
    for (int32_t n = 0; n <= kAll; ++n) {
        options.n_gpu_layers = n;
        const auto model = load_model(path(), options);
        EXPECT_EQ(model->weights_mapped, true) << "those of the processor";
        const MemoryEstimate host = estimate_memory(model, speech);
        const MemoryEstimate device = estimate_memory(model, speech, stand_in_gpu());
        EXPECT_EQ(host.weights + device.weights, model->n_bytes);
        EXPECT_EQ(device.self_cache > 0, n > 0);
        EXPECT_EQ(host.self_cache > 0, n < 2);
        EXPECT_EQ(device.step > 0, n > 0);
        EXPECT_EQ(device.encoder > 0, n > 0) << "the encoder's states are read where the layers are";
        EXPECT_GT(device.codec, 0);
    }
}

}  // namespace
}  // namespace dia::testing
