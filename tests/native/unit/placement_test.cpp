#include "model/placement.h"

#include <gtest/gtest.h>

namespace dia {
namespace {

constexpr int64_t kLayers = 18;

// ggml's processor takes the place of a GPU.
Device gpu() {
    return Device(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
}

TEST(Placement, is_on_the_processor_without_a_gpu) {
    const Placement placement(Device(), kLayers, 7);
    EXPECT_FALSE(placement.device().is_gpu());
    EXPECT_EQ(placement.n_gpu_layers(), 0);
    EXPECT_EQ(placement.devices(), std::vector<Device>(1));
    EXPECT_EQ(placement.of_layers(), std::vector<Device>(kLayers));
    const std::vector<DecoderStage> stages = placement.decoder_stages();
    ASSERT_EQ(stages.size(), 1);
    EXPECT_EQ(stages[0].first, 0);
    EXPECT_EQ(stages[0].end, kLayers);
    EXPECT_TRUE(stages[0].has_embeddings && stages[0].has_head);
}

TEST(Placement, gives_a_gpu_the_end) {
    struct Case {
        int64_t asked;
        int64_t n_gpu_layers;
        bool encoder;
        size_t n_stages;
        size_t n_devices;
    };
    for (const Case & test : {Case{0, 0, false, 1, 1},
                              {1, 1, false, 2, 2},
                              {kLayers - 1, kLayers - 1, false, 2, 2},
                              {kLayers, kLayers, false, 1, 2},
                              {kLayers + 1, kLayers + 1, true, 1, 1},
                              {INT32_MAX, kLayers + 1, true, 1, 1}}) {
        const Placement placement(gpu(), kLayers, test.asked);
        EXPECT_EQ(placement.n_gpu_layers(), test.n_gpu_layers) << test.asked;
        EXPECT_TRUE(placement.of_codec().is_gpu());
        EXPECT_EQ(placement.of_encoder().is_gpu(), test.encoder) << test.asked;
        EXPECT_EQ(placement.of_embeddings().is_gpu(), test.asked >= kLayers) << test.asked;
        EXPECT_EQ(placement.of_head().is_gpu(), test.asked > 0) << test.asked;
        EXPECT_EQ(placement.devices().size(), test.n_devices) << test.asked;
        EXPECT_EQ(placement.decoder_stages().size(), test.n_stages) << test.asked;
    }
}

TEST(Placement, has_stages_that_follow_each_other) {
    const std::vector<DecoderStage> stages = Placement(gpu(), kLayers, 5).decoder_stages();
    ASSERT_EQ(stages.size(), 2);
    EXPECT_FALSE(stages[0].device.is_gpu());
    EXPECT_EQ(stages[0].first, 0);
    EXPECT_EQ(stages[0].end, 13);
    EXPECT_TRUE(stages[0].has_embeddings && !stages[0].has_head);
    EXPECT_TRUE(stages[1].device.is_gpu());
    EXPECT_EQ(stages[1].first, 13);
    EXPECT_EQ(stages[1].end, kLayers);
    EXPECT_TRUE(!stages[1].has_embeddings && stages[1].has_head);
}

}  // namespace
}  // namespace dia
