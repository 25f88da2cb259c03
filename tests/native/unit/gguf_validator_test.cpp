#include "gguf/gguf_validator.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <string>

#include "expect_error.h"
#include "ggml.h"
#include "gguf.h"
#include "temporary_folder.h"

namespace dia {
namespace {

using testing::expect_error;

// Writes a GGUF field by field, so that any of them can lie.
class Bytes {
public:
    template <typename T>
    Bytes & number(T value) {
        text_.append(reinterpret_cast<const char *>(&value), sizeof(T));
        return *this;
    }

    Bytes & text(const std::string & value) {
        number<uint64_t>(value.size());
        text_ += value;
        return *this;
    }

    Bytes & header(uint64_t n_tensors, uint64_t n_metadata, uint32_t version = GGUF_VERSION) {
        text_ += "GGUF";
        return number(version).number(n_tensors).number(n_metadata);
    }

    Bytes & entry(const std::string & key, uint32_t type) { return text(key).number(type); }

    Bytes & tensor(const std::string & name, const std::vector<uint64_t> & shape, uint32_t type, uint64_t offset) {
        text(name).number(static_cast<uint32_t>(shape.size()));
        for (const uint64_t size : shape) {
            number(size);
        }
        return number(type).number(offset);
    }

    // The data section: `n_bytes` behind the next multiple of `alignment`.
    Bytes & data(size_t n_bytes, size_t alignment = GGUF_DEFAULT_ALIGNMENT) {
        text_.resize((text_.size() + alignment - 1) / alignment * alignment + n_bytes);
        return *this;
    }

    const std::string & str() const { return text_; }

private:
    std::string text_;
};

void validate(const std::string & bytes) {
    static const testing::TemporaryFolder folder;
    read_gguf_directory(InputFile(folder.write("test.gguf", bytes)));
}

void expect_refused(const Bytes & bytes, std::initializer_list<std::string> texts) {
    expect_error(DIA_STATUS_INVALID_FILE, texts, [&] { validate(bytes.str()); });
}

// One entry of every type, and two tensors.
Bytes whole_file() {
    Bytes bytes;
    bytes.header(2, 15).entry(GGUF_KEY_GENERAL_ALIGNMENT, GGUF_TYPE_UINT32).number<uint32_t>(64);
    bytes.entry("u8", GGUF_TYPE_UINT8).number<uint8_t>(1).entry("i8", GGUF_TYPE_INT8).number<int8_t>(-1);
    bytes.entry("u16", GGUF_TYPE_UINT16).number<uint16_t>(1).entry("i16", GGUF_TYPE_INT16).number<int16_t>(-1);
    bytes.entry("u32", GGUF_TYPE_UINT32).number<uint32_t>(1).entry("i32", GGUF_TYPE_INT32).number<int32_t>(-1);
    bytes.entry("u64", GGUF_TYPE_UINT64).number<uint64_t>(1).entry("i64", GGUF_TYPE_INT64).number<int64_t>(-1);
    bytes.entry("f32", GGUF_TYPE_FLOAT32).number(1.5f).entry("f64", GGUF_TYPE_FLOAT64).number(1.5);
    bytes.entry("bool", GGUF_TYPE_BOOL).number<uint8_t>(1).entry("str", GGUF_TYPE_STRING).text("dia");
    bytes.entry("strs", GGUF_TYPE_ARRAY).number<uint32_t>(GGUF_TYPE_STRING).number<uint64_t>(2).text("a").text("");
    bytes.entry("u16s", GGUF_TYPE_ARRAY).number<uint32_t>(GGUF_TYPE_UINT16).number<uint64_t>(2).number<uint32_t>(7);
    bytes.tensor("a", {3, 5}, GGML_TYPE_F32, 0).tensor("b", {32}, GGML_TYPE_Q8_0, 64);
    return bytes.data(64 + 34, 64);
}

TEST(GgufValidator, AcceptsEveryTypeOfMetadata) {
    EXPECT_NO_THROW(validate(whole_file().str()));
    EXPECT_NO_THROW(validate(Bytes().header(0, 0).str()));
}

TEST(GgufValidator, RefusesEveryTruncation) {
    const std::string whole = whole_file().str();
    for (size_t n_bytes = 0; n_bytes < whole.size(); ++n_bytes) {
        EXPECT_THROW(validate(whole.substr(0, n_bytes)), Error) << n_bytes << " of " << whole.size() << " bytes";
    }
}

TEST(GgufValidator, RefusesOtherVersionsAndByteOrders) {
    expect_refused(Bytes().header(0, 0, 1), {"version 1", "expected 2 to 3"});
    expect_refused(Bytes().header(0, 0, 4), {"version 4"});
    expect_refused(Bytes().header(0, 0, 0x03000000), {"byte order"});
}

TEST(GgufValidator, RefusesAbsurdCounts) {
    constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
    expect_refused(Bytes().header(kMost, 0), {"18446744073709551615 tensors", "at most 16384"});
    expect_refused(Bytes().header(0, 8193), {"8193 metadata entries", "8192"});
    expect_refused(Bytes().header(0, 1).number(kMost), {"metadata key 0", "at most 65535"});
    expect_refused(Bytes().header(0, 1).entry("k", GGUF_TYPE_STRING).number(kMost), {"\"k\"", "truncated"});
    const auto array = [](uint32_t type, uint64_t count) {
        return Bytes().header(0, 1).entry("k", GGUF_TYPE_ARRAY).number(type).number(count);
    };
    expect_refused(array(GGUF_TYPE_UINT64, kMost / 8 + 2), {"\"k\"", "truncated"});
    expect_refused(array(GGUF_TYPE_STRING, kMost), {"\"k\"", "truncated"});
}

TEST(GgufValidator, RefusesKeysThatAreNone) {
    expect_refused(Bytes().header(0, 1).entry("", GGUF_TYPE_UINT8).number<uint8_t>(0), {"metadata key 0", "empty"});
    expect_refused(Bytes().header(0, 1).entry(std::string("a\0b", 3), GGUF_TYPE_UINT8).number<uint8_t>(0), {"NUL"});
    Bytes twice;
    twice.header(0, 2).entry("k", GGUF_TYPE_UINT8).number<uint8_t>(0).entry("k", GGUF_TYPE_BOOL).number<uint8_t>(0);
    expect_refused(twice, {"\"k\"", "twice"});
    expect_refused(Bytes().header(0, 1).entry("\x1b[2J", GGUF_TYPE_COUNT), {"\"?[2J\"", "unknown type 13"});
}

TEST(GgufValidator, RefusesTypesThatDoNotExist) {
    expect_refused(Bytes().header(0, 1).entry("k", 1000), {"\"k\"", "unknown type 1000"});
    const auto nested = Bytes().header(0, 1).entry("k", GGUF_TYPE_ARRAY).number<uint32_t>(GGUF_TYPE_ARRAY);
    expect_refused(Bytes(nested).number<uint64_t>(1), {"\"k\"", "unknown type 9"});
    expect_refused(Bytes().header(1, 0).tensor("t", {32}, 4, 0),
                   {"\"t\"", "unknown type 4"});  // a type that ggml removed
    expect_refused(Bytes().header(1, 0).tensor("t", {32}, 100000, 0), {"\"t\"", "unknown type 100000"});
}

TEST(GgufValidator, RefusesAlignmentsThatGgmlCannotUse) {
    for (const uint32_t alignment : {0u, 3u, 1u << 17}) {
        expect_refused(Bytes().header(0, 1).entry(GGUF_KEY_GENERAL_ALIGNMENT, GGUF_TYPE_UINT32).number(alignment),
                       {"general.alignment", std::to_string(alignment), "power of two"});
    }
    expect_refused(Bytes().header(0, 1).entry(GGUF_KEY_GENERAL_ALIGNMENT, GGUF_TYPE_UINT64).number<uint64_t>(32),
                   {"general.alignment", "expected u32"});
}

TEST(GgufValidator, RefusesNamesThatAreNone) {
    expect_refused(Bytes().header(1, 0).tensor(std::string(GGML_MAX_NAME, 'n'), {1}, 0, 0),
                   {"name of tensor 0", "at most " + std::to_string(GGML_MAX_NAME - 1)});
    expect_refused(Bytes().header(1, 0).tensor(std::string(1, '\0'), {1}, 0, 0).data(4), {"NUL"});
    expect_refused(Bytes().header(2, 0).tensor("t", {1}, 0, 0).tensor("t", {1}, 0, 32), {"\"t\"", "twice"});
}

TEST(GgufValidator, RefusesShapesThatCannotBe) {
    expect_refused(Bytes().header(1, 0).tensor("t", {}, 0, 0), {"\"t\"", "0 dimensions"});
    expect_refused(Bytes().header(1, 0).tensor("t", {1, 1, 1, 1, 1}, 0, 0), {"\"t\"", "5 dimensions", "1 to 4"});
    expect_refused(Bytes().header(1, 0).tensor("t", {4, 0}, 0, 0), {"\"t\"", "empty"});
    expect_refused(Bytes().header(1, 0).tensor("t", {1ull << 32, 1ull << 32}, 0, 0), {"\"t\"", "more values"});
    expect_refused(Bytes().header(1, 0).tensor("t", {1ull << 62, 4}, 0, 0), {"\"t\"", "more values"});
    expect_refused(Bytes().header(1, 0).tensor("t", {1ull << 62}, 0, 0), {"\"t\"", "more bytes"});
    expect_refused(Bytes().header(1, 0).tensor("t", {33}, GGML_TYPE_Q8_0, 0), {"\"t\"", "33", "32", "q8_0"});
}

// More than is read at first.
TEST(GgufValidator, ReadsALargeDirectoryWhole) {
    const std::string vocabulary(600 << 10, 'v');
    Bytes bytes;
    bytes.header(1, 2).entry("a", GGUF_TYPE_STRING).text(vocabulary).entry("b", GGUF_TYPE_STRING).text(vocabulary);
    bytes.tensor("t", {4}, GGML_TYPE_F32, 0);
    const size_t n_directory = bytes.data(0).str().size();
    const testing::TemporaryFolder folder;
    const InputFile file(folder.write("large.gguf", bytes.data(16).str()));
    const std::vector<uint8_t> directory = read_gguf_directory(file);
    EXPECT_EQ(std::string(directory.begin(), directory.end()), bytes.str().substr(0, n_directory));
}

TEST(GgufValidator, RefusesADirectoryTooLargeToHold) {
    const testing::TemporaryFolder folder;
    const std::string path = folder.write(
        "sparse.gguf", Bytes().header(0, 1).entry("k", GGUF_TYPE_STRING).number<uint64_t>(1 << 30).str());
    std::filesystem::resize_file(path, 2ull << 30);
    expect_error(DIA_STATUS_INVALID_FILE, {"\"k\"", "at most 268435456"},
                 [&] { read_gguf_directory(InputFile(path)); });
}

TEST(GgufValidator, RefusesDataThatOverlapsOrLeavesTheFile) {
    expect_refused(Bytes().header(2, 0).tensor("a", {16}, 0, 0).tensor("b", {16}, 0, 32).data(128),
                   {"\"b\"", "begins at 32", "expected 64"});
    expect_refused(Bytes().header(1, 0).tensor("a", {16}, 0, 32).data(128), {"\"a\"", "expected 0"});
    expect_refused(Bytes().header(1, 0).tensor("a", {16}, 0, 0).data(63), {"\"a\"", "truncated"});
}

}  // namespace
}  // namespace dia
