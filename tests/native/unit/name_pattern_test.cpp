#include "quantize/name_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace dia {
namespace {

constexpr const char * kName = "model.decoder.layers.3.mlp.down_proj.weight";

TEST(NamePattern, FitsAnyPartOfAName) {
    for (const char * pattern : {"", "model", "weight", "decoder.*.mlp.*", "layers.3.", "l?yers.?.mlp", "*", "***",
                                 "m*t", "down*down*", "*.mlp.*weight*", "o*o*o*j"}) {
        const bool expected = std::string(pattern) != "down*down*";
        EXPECT_EQ(contains_pattern(kName, pattern), expected) << pattern;
    }
    for (const char * pattern : {"encoder", "layers.33", "layers?mlp", "weight?", "w*weight.", "mlp*layers"}) {
        EXPECT_FALSE(contains_pattern(kName, pattern)) << pattern;
    }
}

TEST(NamePattern, AnswersSoonWhateverThePattern) {
    const std::string name(4000, 'a');
    std::string pattern;
    for (int i = 0; i < 30; ++i) {
        pattern += "*a";
    }
    EXPECT_FALSE(contains_pattern(name.substr(0, 63), pattern + "*b"));
}

}  // namespace
}  // namespace dia
