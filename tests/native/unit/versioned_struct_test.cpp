// Callers compiled against an older or a newer dia.h. The structure here has had one release more than its first:
// `a` and `b` came with the first, `c` with the second.

#include "api/versioned_struct.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

struct dia_sample_params {
    uint32_t struct_size;
    int32_t a;
    int32_t b;
    int32_t c;
};

namespace dia {

template <>
struct StructVersion<dia_sample_params> {
    static constexpr const char * kName = "dia_sample_params";
    static constexpr uint32_t kFirstSize = offsetof(dia_sample_params, b) + sizeof(int32_t);
};

namespace {

constexpr uint32_t kOldSize = StructVersion<dia_sample_params>::kFirstSize;
constexpr uint32_t kSize = sizeof(dia_sample_params);
constexpr dia_sample_params kDefaults = {kSize, 1, 2, 3};

struct NewerSampleParams {
    dia_sample_params known;
    int32_t d;
    int32_t guard;
};
constexpr uint32_t kNewSize = offsetof(NewerSampleParams, guard);

std::string message_of(dia_status expected, void (*body)()) {
    EXPECT_EQ(guard(body), expected);
    return last_error();
}

TEST(VersionedStruct, NullMeansDefaults) {
    const dia_sample_params * none = nullptr;
    EXPECT_EQ(read_struct(none, kDefaults).b, 2);
}

TEST(VersionedStruct, FieldsAnOlderCallerLacksHaveTheirDefaults) {
    const dia_sample_params caller = {kOldSize, 10, 20, 99};
    const dia_sample_params read = read_struct(caller, kDefaults);
    EXPECT_EQ(read.a, 10);
    EXPECT_EQ(read.b, 20);
    EXPECT_EQ(read.c, 3) << "the caller's structure ends before c";
    EXPECT_EQ(read.struct_size, kSize);
}

TEST(VersionedStruct, InitWritesNoByteBeyondAnOlderCallersStructure) {
    dia_sample_params caller = {7, 7, 7, 7};
    init_struct(&caller, kOldSize, kDefaults, "params");
    EXPECT_EQ(caller.struct_size, kOldSize);
    EXPECT_EQ(caller.a, 1);
    EXPECT_EQ(caller.b, 2);
    EXPECT_EQ(caller.c, 7);
}

TEST(VersionedStruct, InitZeroesWhatANewerCallerHasMore) {
    NewerSampleParams caller;
    std::memset(&caller, 0x55, sizeof caller);
    init_struct(&caller.known, kNewSize, kDefaults, "params");
    EXPECT_EQ(caller.known.struct_size, kNewSize);
    EXPECT_EQ(caller.known.c, 3);
    EXPECT_EQ(caller.d, 0);
    EXPECT_EQ(caller.guard, 0x55555555);
}

TEST(VersionedStruct, FieldsOfANewerCallerMustBeZero) {
    NewerSampleParams caller = {{kNewSize, 10, 20, 30}, 0, -1};
    EXPECT_EQ(read_struct(caller.known, kDefaults).c, 30);
    caller.d = 1 << 16;
    EXPECT_EQ(guard([&] { read_struct(caller.known, kDefaults); }), DIA_STATUS_UNSUPPORTED);
    EXPECT_NE(std::string(last_error()).find("byte 18"), std::string::npos) << last_error();
}

TEST(VersionedStruct, SizesBelowTheFirstReleaseAreErrors) {
    EXPECT_EQ(message_of(DIA_STATUS_INVALID_ARGUMENT,
                         [] {
                             read_struct(dia_sample_params{kOldSize - 1, 0, 0, 0}, kDefaults);
                         }),
              "struct_size of dia_sample_params is 11, expected 12 to 4096; it must be sizeof(dia_sample_params)");
}

TEST(VersionedStruct, SizesThatWereNeverSetAreErrors) {
    EXPECT_NE(message_of(DIA_STATUS_INVALID_ARGUMENT,
                         [] {
                             read_struct(dia_sample_params{0xCCCCCCCCu, 0, 0, 0}, kDefaults);
                         })
                  .find("3435973836"),
              std::string::npos);
}

TEST(VersionedStruct, WriteKeepsTheCallersSize) {
    dia_sample_params caller = {kOldSize, 0, 0, 7};
    write_struct(&caller, kDefaults, "info");
    EXPECT_EQ(caller.struct_size, kOldSize);
    EXPECT_EQ(caller.b, 2);
    EXPECT_EQ(caller.c, 7);
    dia_sample_params * missing = nullptr;
    EXPECT_EQ(guard([&] { write_struct(missing, kDefaults, "info"); }), DIA_STATUS_INVALID_ARGUMENT);
    EXPECT_STREQ(last_error(), "info is NULL");
}

}  // namespace
}  // namespace dia
