#include "dac/residual_vector_quantizer.h"

#include <ggml-cpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "backend/graph.h"
#include "expect_error.h"

namespace dia {
namespace {

// Two quantizers of dimension 2 with the same four code vectors, as the reference was run with them.
class ResidualVectorQuantizerTest : public ::testing::Test {
protected:
    ResidualVectorQuantizerTest() : context_(ggml_init({16384, nullptr, false})) {
        for (int q = 0; q < 2; ++q) {
            quantizers_.push_back({conv({1.0f, 0.0f, 0.0f, 1.0f}, {0.0f, 0.0f}),
                                   tensor({1.0f, 0.0f, 0.0f, 2.0f, -0.5f, -0.5f, 0.3f, 0.4f}, 2, 4),
                                   conv({0.5f, 0.0f, 0.0f, 0.5f}, {0.1f, -0.1f})});
        }
    }

    ggml_tensor * tensor(const std::vector<float> & values, int64_t ne0, int64_t ne1 = 1, int64_t ne2 = 1) {
        ggml_tensor * made = ggml_new_tensor_3d(context_.get(), GGML_TYPE_F32, ne0, ne1, ne2);
        std::copy(values.begin(), values.end(), host_data<float>(made));
        return made;
    }

    DacConv conv(const std::vector<float> & weight, const std::vector<float> & bias) {
        return {tensor(weight, 1, 2, 2), tensor(bias, 2)};
    }

    ggml_context_ptr context_;
    std::vector<DacQuantizer> quantizers_;
};

// The latents of three frames, [2][3].
const std::vector<float> kLatents = {0.9f, 0.1f, -2.0f, 0.2f, 0.6f, -1.0f};
const std::vector<int32_t> kCodes = {0, 3, 1, 2, 2, 2};

TEST_F(ResidualVectorQuantizerTest, encodes_as_the_reference_does) {
    std::vector<int32_t> codes(6);
    const double lead = ResidualVectorQuantizer(quantizers_).encode(kLatents, 0, codes);
    EXPECT_EQ(codes, kCodes);
    EXPECT_GT(lead, 0.0);
}

TEST_F(ResidualVectorQuantizerTest, encodes_a_part_of_the_frames) {
    std::vector<int32_t> codes(2);
    ResidualVectorQuantizer(quantizers_).encode(kLatents, 1, codes);
    EXPECT_EQ(codes, std::vector<int32_t>(kCodes.begin() + 2, kCodes.begin() + 4));
}

TEST_F(ResidualVectorQuantizerTest, decodes_as_the_reference_does) {
    std::vector<float> latents(6);
    ResidualVectorQuantizer(quantizers_).decode(kCodes, latents);
    const std::vector<float> expected = {0.85f, -0.05f, -0.3f, 0.0f, 0.55f, -0.7f};
    for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(latents[i], expected[i], 1e-7) << "value " << i;
    }
}

TEST_F(ResidualVectorQuantizerTest, takes_the_lowest_code_on_ties) {
    for (DacQuantizer & quantizer : quantizers_) {
        quantizer.codebook = tensor({0.0f, -1.0f, 2.0f, 0.0f, 1.0f, 0.0f, 3.0f, 0.0f}, 2, 4);
    }
    std::vector<int32_t> codes(2);
    const double lead = ResidualVectorQuantizer(quantizers_).encode(std::vector<float>{5.0f, 0.0f}, 0, codes);
    EXPECT_EQ(codes, (std::vector<int32_t>{1, 1}));
    EXPECT_EQ(lead, 0.0);
}

TEST_F(ResidualVectorQuantizerTest, encodes_silence_and_empty_code_vectors) {
    for (DacQuantizer & quantizer : quantizers_) {
        quantizer.codebook = tensor({0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f}, 2, 4);
    }
    std::vector<int32_t> codes(2, -1);
    ResidualVectorQuantizer(quantizers_).encode(std::vector<float>{0.0f, 0.0f}, 0, codes);
    EXPECT_EQ(codes, (std::vector<int32_t>{0, 0}));
}

TEST_F(ResidualVectorQuantizerTest, names_the_frame_and_the_codebook_of_a_code_out_of_range) {
    const ResidualVectorQuantizer quantizer(quantizers_);
    quantizer.check(std::vector<int32_t>{0, 3, 3, 0}, 10);
    testing::expect_error(DIA_STATUS_INVALID_ARGUMENT, {"frame 11", "codebook 1", "is 4", "0 to 3"}, [&] {
        quantizer.check(std::vector<int32_t>{0, 3, 3, 4}, 10);
    });
    testing::expect_error(DIA_STATUS_INVALID_ARGUMENT, {"frame 10", "codebook 0", "is -1"}, [&] {
        quantizer.check(std::vector<int32_t>{-1, 3, 3, 4}, 10);
    });
}

}  // namespace
}  // namespace dia
