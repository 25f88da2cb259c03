#include "gguf/storage_type.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ggml.h"

namespace dia {
namespace {

TEST(StorageType, SizesAreThoseOfTheHeader) {
    const auto bits = [](dia_type type) { return 8.0 * static_cast<double>(stored_bytes(type, {256, 3})) / 768.0; };
    EXPECT_EQ(bits(DIA_TYPE_F32), 32.0);
    EXPECT_EQ(bits(DIA_TYPE_F16), 16.0);
    EXPECT_EQ(bits(DIA_TYPE_BF16), 16.0);
    EXPECT_EQ(bits(DIA_TYPE_Q8_0), 8.5);
    EXPECT_EQ(bits(DIA_TYPE_Q6_K), 6.5625);
    EXPECT_EQ(bits(DIA_TYPE_Q5_K), 5.5);
    EXPECT_EQ(bits(DIA_TYPE_Q5_0), 5.5);
    EXPECT_EQ(bits(DIA_TYPE_Q4_K), 4.5);
    EXPECT_EQ(bits(DIA_TYPE_IQ4_NL), 4.5);
    EXPECT_EQ(bits(DIA_TYPE_Q4_0), 4.5);
}

TEST(StorageType, HoldsWhatItSaysItHolds) {
    // A row whose largest value is the type's: it comes back within a step of its block.
    for (const StorageType & type : storage_types()) {
        std::vector<float> row(256);
        for (size_t i = 0; i < row.size(); ++i) {
            row[i] = type.largest * (static_cast<float>(i) / 127.5f - 1.0f);
        }
        std::vector<uint8_t> stored(stored_bytes(type.type, {256}));
        const auto ggml = static_cast<ggml_type>(type.type);
        ggml_quantize_chunk(ggml, row.data(), stored.data(), 0, 1, 256, nullptr);
        std::vector<float> back = row;
        if (type.type != DIA_TYPE_F32) {
            ggml_get_type_traits(ggml)->to_float(stored.data(), back.data(), 256);
        }
        for (size_t i = 0; i < row.size(); ++i) {
            EXPECT_LE(std::fabs(back[i] / type.largest - row[i] / type.largest), 0.25f)
                << type_name(type.type) << ", value " << row[i];
        }
    }
}

TEST(StorageType, FallsBackWhereABlockDoesNotFit) {
    EXPECT_EQ(type_for_rows(DIA_TYPE_Q4_K, 512), DIA_TYPE_Q4_K);
    EXPECT_EQ(type_for_rows(DIA_TYPE_Q4_K, 96), DIA_TYPE_IQ4_NL);
    EXPECT_EQ(type_for_rows(DIA_TYPE_Q5_K, 96), DIA_TYPE_Q5_0);
    EXPECT_EQ(type_for_rows(DIA_TYPE_Q6_K, 96), DIA_TYPE_Q8_0);
    for (const StorageType & type : storage_types()) {
        const dia_type odd = type_for_rows(type.type, 41);
        EXPECT_EQ(odd, is_quantized(type.type) ? DIA_TYPE_F16 : type.type) << type_name(type.type);
    }
}

TEST(StorageType, ABetterTypeHasMoreBits) {
    for (const StorageType & type : storage_types()) {
        if (type.better != type.type) {
            EXPECT_GT(stored_bytes(type.better, {256}), stored_bytes(type.type, {256})) << type_name(type.type);
        }
        EXPECT_GE(stored_bytes(type_for_rows(type.type, 96), {768}), stored_bytes(type.type, {768}))
            << type_name(type.type);
    }
}

TEST(StorageType, IsFoundByNumber) {
    EXPECT_TRUE(is_storage_type(GGML_TYPE_IQ4_NL));
    for (const int32_t number : {-1, 3, 4, 10, 31, 1000}) {
        EXPECT_FALSE(is_storage_type(number)) << number;
    }
}

}  // namespace
}  // namespace dia
