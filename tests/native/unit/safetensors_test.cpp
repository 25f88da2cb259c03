// Files in the safetensors format, good ones and every way in which one can be wrong.
#include "convert/safetensors.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "temporary_folder.h"

namespace dia::testing {
namespace {

std::string little_endian(uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) {
        bytes += static_cast<char>(value >> (8 * i) & 0xff);
    }
    return bytes;
}

std::string file_of(const std::string & header, const std::string & data) {
    return little_endian(header.size()) + header + data;
}

class Safetensors : public ::testing::Test {
protected:
    // The file is refused, and the message names the file and holds these texts.
    void expect_refused(const std::string & content, std::initializer_list<std::string> texts) {
        const std::string path = folder_.write("bad.safetensors", content);
        expect_error(DIA_STATUS_INVALID_FILE, texts, [&] { SafetensorsFile{path}; });
        expect_error(DIA_STATUS_INVALID_FILE, {path}, [&] { SafetensorsFile{path}; });
    }

    // As above, for a tensor "w" described by this JSON, with 16 bytes of data.
    void expect_entry_refused(const std::string & entry, std::initializer_list<std::string> texts) {
        SCOPED_TRACE(entry);
        expect_refused(file_of("{\"w\":" + entry + "}", std::string(16, '\0')), texts);
    }

    TemporaryFolder folder_;
};

TEST_F(Safetensors, FindsTensorsByName) {
    const std::string header = R"({"__metadata__":{"format":"pt"},)"
                               R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                               R"("a":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},)"
                               R"("none":{"dtype":"U8","shape":[0,7],"data_offsets":[8,8]},)"
                               R"("scalar":{"dtype":"I32","shape":[],"data_offsets":[14,18]}})";
    const SafetensorsFile file(folder_.write("good.safetensors", file_of(header, "01234567abcdef####")));

    ASSERT_EQ(file.tensors().size(), 4u);
    EXPECT_EQ(file.tensors()[0].name, "a");
    const SafetensorsTensor * b = file.find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->type, SafetensorsType::F32);
    EXPECT_EQ(b->shape, (std::vector<int64_t>{2, 1}));
    const std::vector<uint8_t> bytes = file.read_all(*b);
    EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "01234567");
    EXPECT_EQ(file.find("a")->type_name, "BF16");
    EXPECT_EQ(file.find("a")->n_elements(), 3);
    EXPECT_EQ(file.find("none")->n_elements(), 0);
    EXPECT_EQ(file.find("scalar")->n_elements(), 1);
    EXPECT_EQ(file.find("c"), nullptr);
    EXPECT_EQ(file.find("__metadata__"), nullptr);
}

TEST_F(Safetensors, OpensAFileWithANameBeyondAscii) {
    EXPECT_TRUE(SafetensorsFile(folder_.write("ünï 日本.safetensors", file_of("{}", ""))).tensors().empty());
}

TEST_F(Safetensors, RefusesWhatIsNotARegularFile) {
    expect_error(DIA_STATUS_IO, {"missing.safetensors"},
                 [&] { SafetensorsFile{folder_.path("missing.safetensors")}; });
    expect_error(DIA_STATUS_IO, {folder_.path()}, [&] { SafetensorsFile{folder_.path()}; });
}

TEST_F(Safetensors, RefusesATruncatedFileAtEveryByte) {
    const std::string good =
        file_of(R"({"w":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}})", std::string(8, '\0'));
    EXPECT_NO_THROW(SafetensorsFile{folder_.write("good.safetensors", good)});
    for (size_t size = 0; size < good.size(); ++size) {
        SCOPED_TRACE(size);
        expect_refused(good.substr(0, size), {});
    }
}

TEST_F(Safetensors, RefusesAnOverlongHeader) {
    expect_refused(little_endian(100'000'001) + "{}", {"100000001", "100000000"});
    expect_refused(little_endian(UINT64_MAX) + "{}", {"18446744073709551615"});
    expect_refused(little_endian(3) + "{}", {"3 bytes", "truncated"});
}

TEST_F(Safetensors, RefusesAHeaderThatIsNotAnObject) {
    expect_refused(file_of("", ""), {"JSON"});
    expect_refused(file_of("[]", ""), {"array", "object"});
    expect_refused(file_of("{\"w\":", ""), {"JSON"});
    expect_refused(file_of("{\"\xff\":1}", ""), {"JSON"});
    expect_refused(file_of(std::string(100'000, '['), ""), {"JSON"});
}

TEST_F(Safetensors, RefusesATensorThatIsThereTwice) {
    const std::string entry = R"("w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
    expect_refused(file_of("{" + entry + "," + entry + "}", "x"), {"tensor w", "twice"});
}

TEST_F(Safetensors, RefusesAMalformedEntry) {
    expect_entry_refused("7", {"tensor w", "dtype"});
    expect_entry_refused("{}", {"tensor w", "dtype"});
    expect_entry_refused(R"({"dtype":3,"shape":[4],"data_offsets":[0,16]})", {"tensor w", "dtype", "number"});
    expect_entry_refused(R"({"dtype":"F31","shape":[4],"data_offsets":[0,16]})", {"tensor w", "F31"});
    expect_entry_refused(R"({"dtype":"F32","data_offsets":[0,16]})", {"tensor w", "shape"});
    expect_entry_refused(R"({"dtype":"F32","shape":4,"data_offsets":[0,16]})", {"tensor w", "shape"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4]})", {"tensor w", "data_offsets"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4],"data_offsets":[0]})", {"tensor w", "data_offsets"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4],"data_offsets":["0","16"]})", {"tensor w", "data_offsets"});
}

TEST_F(Safetensors, RefusesAnImpossibleShape) {
    expect_entry_refused(R"({"dtype":"F32","shape":[-4],"data_offsets":[0,16]})", {"tensor w", "-4"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4.5],"data_offsets":[0,16]})", {"tensor w", "4.5"});
    expect_entry_refused(R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,16]})", {"tensor w"});
    expect_entry_refused(R"({"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]})", {"tensor w"});
    expect_entry_refused(R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]})", {"tensor w", "8"});
    // The product wraps to 0, and to 16, in 64 bits.
    expect_entry_refused(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})", {"tensor w"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4611686018427387908],"data_offsets":[0,16]})", {"tensor w"});
}

TEST_F(Safetensors, RefusesOffsetsThatDisagree) {
    expect_entry_refused(R"({"dtype":"F32","shape":[4],"data_offsets":[0,12]})", {"tensor w", "16", "12"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4],"data_offsets":[16,0]})", {"tensor w", "16"});
    expect_entry_refused(R"({"dtype":"F32","shape":[8],"data_offsets":[0,32]})", {"tensor w", "32", "16"});
    expect_entry_refused(R"({"dtype":"F32","shape":[4],"data_offsets":[-16,0]})", {"tensor w", "data_offsets"});
    expect_entry_refused(
        R"({"dtype":"F32","shape":[4],"data_offsets":[18446744073709551600,18446744073709551616]})",
        {"tensor w", "data_offsets"});
    expect_entry_refused(
        R"({"dtype":"F32","shape":[4],"data_offsets":[18446744073709551599,18446744073709551615]})",
        {"tensor w", "truncated"});
}

TEST_F(Safetensors, RefusesGapsAndOverlaps) {
    const auto two = [](const std::string & a, const std::string & b) {
        return file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
                           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}",
                       "01234567");
    };
    EXPECT_NO_THROW(SafetensorsFile{folder_.write("good.safetensors", two("[4,8]", "[0,4]"))});
    expect_refused(two("[0,4]", "[0,4]"), {"tensor b", "begins at byte 0", "expected 4"});
    expect_refused(two("[0,4]", "[3,7]"), {"tensor b", "begins at byte 3", "expected 4"});
    expect_refused(two("[1,5]", "[5,8]"), {"tensor b", "4", "3"});
    expect_refused(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "01234567"),
                   {"4 bytes after"});
}

}  // namespace
}  // namespace dia::testing
