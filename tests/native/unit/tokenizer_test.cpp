#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace dia {
namespace {

using namespace std::string_literals;
using Ids = std::vector<int32_t>;
using testing::expect_error;

TEST(Tokenizer, EncodesBytesAndTagsAsTheReferenceDoes) {
    const std::vector<std::pair<std::string, Ids>> cases = {
        {"", {}},
        {" ", {32}},
        {"[S1] Hi", {1, 32, 72, 105}},
        {"[S1]Hi[S2]yo", {1, 72, 105, 2, 121, 111}},
        {"  [S1]  Hi  [S2]  yo  ", {32, 32, 1, 32, 32, 72, 105, 32, 32, 2, 32, 32, 121, 111, 32, 32}},
        {"[s1] hi", {91, 115, 49, 93, 32, 104, 105}},
        {"[S3] x", {91, 83, 51, 93, 32, 120}},
        {"é", {195, 169}},
        {"日本", {230, 151, 165, 230, 156, 172}},
        {"😀", {240, 159, 152, 128}},
        {"a<pad>b", {97, 0, 98}},
        {"[S1][S1]", {1, 1}},
        {"\0\1\2"s, {0, 1, 2}},
        {"Hello (laughs)\n[S2] x",
         {72, 101, 108, 108, 111, 32, 40, 108, 97, 117, 103, 104, 115, 41, 10, 2, 32, 120}},
        {"<unk>", {60, 117, 110, 107, 62}},
        {"\t[S1]\n", {9, 1, 10}},
        {"[S1 [S1]", {91, 83, 49, 32, 1}},
        {"<pad", {60, 112, 97, 100}},
    };
    for (const auto & [text, ids] : cases) {
        EXPECT_EQ(tokenize(text), ids) << text;
    }
}

TEST(Tokenizer, DecodesWhatItEncoded) {
    for (const std::string text : {"", "[S1] Hi [S2] yo", "é日本😀 <pad> done", "[s1]\r\n\t"}) {
        EXPECT_EQ(detokenize(tokenize(text), false), text);
    }
}

TEST(Tokenizer, DropsOnlyPaddingAmongSpecialTokens) {
    EXPECT_EQ(detokenize(Ids{97, 0, 98}, true), "ab");
    EXPECT_EQ(detokenize(Ids{97, 0, 98}, false), "a<pad>b");
    EXPECT_EQ(detokenize(Ids{1, 97, 2}, true), "[S1]a[S2]");
}

TEST(Tokenizer, DecodesEveryMaximalInvalidRunAsOneReplacementCharacter) {
    const std::string replacement = "\xEF\xBF\xBD";
    const std::vector<std::pair<Ids, std::string>> cases = {
        {{0x80}, replacement},
        {{0xC0, 0xAF}, replacement + replacement},                                          // overlong
        {{0xED, 0xA0, 0x80}, replacement + replacement + replacement},                      // a surrogate
        {{0xF4, 0x90, 0x80, 0x80}, replacement + replacement + replacement + replacement},  // above U+10FFFF
        {{0xE6, 0x97}, replacement},                                                        // cut off
        {{0xE6, 0x97, 97}, replacement + "a"},
        {{0xF0, 0x9F, 0x98, 0xE6, 0x97, 0xA5}, replacement + "日"},
        {{0xC3, 1, 0xA9}, replacement + "[S1]" + replacement},  // a tag ends the character
    };
    for (const auto & [ids, text] : cases) {
        EXPECT_EQ(detokenize(ids, false), text);
    }
}

TEST(Tokenizer, RefusesIdsThatAreNoBytes) {
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"id 1 is 256", "0 to 255"}, [] { detokenize(Ids{97, 256}, false); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"id 0 is -1"}, [] { detokenize(Ids{-1}, false); });
}

TEST(TokenizeScript, RefusesWhatCannotBeSpoken) {
    const auto refuse = [](dia_status status, const std::string & text, const std::string & message) {
        expect_error(status, {message}, [&] { tokenize_script(text, 14); });
    };
    refuse(DIA_STATUS_INVALID_ARGUMENT, "", "empty");
    refuse(DIA_STATUS_INVALID_ARGUMENT, "Hi <pad>", "offset 3");
    refuse(DIA_STATUS_INVALID_ARGUMENT, "Hi\0"s, "control byte 0 at offset 2");
    refuse(DIA_STATUS_INVALID_ARGUMENT, "\1Hi", "control byte 1 at offset 0");
    refuse(DIA_STATUS_INVALID_ARGUMENT, "\2", "control byte 2");
    refuse(DIA_STATUS_INVALID_ARGUMENT, "caf\xE9", "0xE9 at offset 3");
    refuse(DIA_STATUS_TEXT_TOO_LONG, "[S1] sixteen bytes", "15 tokens; the model reads at most 14");
}

TEST(TokenizeScript, CountsTokensNotBytesAgainstTheLimit) {
    EXPECT_EQ(tokenize_script("[S1][S2]\3", 3), (Ids{1, 2, 3}));
    expect_error(DIA_STATUS_TEXT_TOO_LONG, {"3 tokens", "at most 2"}, [] { tokenize_script("[S1]é", 2); });
}

}  // namespace
}  // namespace dia
