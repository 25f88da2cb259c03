// Every kind of exception becomes a status and a message.

#include "api/api_guard.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace dia {
namespace {

TEST(ApiGuard, ReturnsOkWhenTheBodyReturns) {
    EXPECT_EQ(guard([] {}), DIA_STATUS_OK);
}

TEST(ApiGuard, TakesStatusAndMessageOfOurError) {
    EXPECT_EQ(guard([] { fail(DIA_STATUS_INVALID_FILE, "expected %d, found %d", 3, 4); }), DIA_STATUS_INVALID_FILE);
    EXPECT_STREQ(last_error(), "expected 3, found 4");
}

TEST(ApiGuard, ReportsLackOfMemory) {
    EXPECT_EQ(guard([] { throw std::bad_alloc(); }), DIA_STATUS_OUT_OF_MEMORY);
    EXPECT_STREQ(last_error(), "memory could not be allocated");
}

TEST(ApiGuard, ReportsAnyOtherExceptionAsInternal) {
    EXPECT_EQ(guard([] { throw std::out_of_range("index 7 of 3"); }), DIA_STATUS_INTERNAL);
    EXPECT_STREQ(last_error(), "index 7 of 3");
    EXPECT_EQ(guard([] { throw 42; }), DIA_STATUS_INTERNAL);
    EXPECT_STREQ(last_error(), "an exception of unknown type was thrown");
}

TEST(ApiGuard, KeepsTheMessageWhenALaterCallSucceeds) {
    guard([] { fail(DIA_STATUS_IO, "the disk is full"); });
    guard([] {});
    EXPECT_STREQ(last_error(), "the disk is full");
}

TEST(ApiGuard, GettersReturnTheirFallback) {
    EXPECT_EQ(guard_or(-1, [] { return 5; }), 5);
    EXPECT_EQ(guard_or(-1, []() -> int { throw std::runtime_error("no value"); }), -1);
    EXPECT_STREQ(last_error(), "no value");
}

TEST(ApiGuard, RequireNamesTheParameter) {
    const int * missing = nullptr;
    EXPECT_EQ(guard([&] { require(missing, "codes"); }), DIA_STATUS_INVALID_ARGUMENT);
    EXPECT_STREQ(last_error(), "codes is NULL");
}

TEST(ApiGuard, ArraysMayBeNullOnlyWhenEmpty) {
    const int * missing = nullptr;
    EXPECT_EQ(guard([&] { require_array(missing, 0, "codes", "n_codes"); }), DIA_STATUS_OK);
    EXPECT_EQ(guard([&] { require_array(missing, 2, "codes", "n_codes"); }), DIA_STATUS_INVALID_ARGUMENT);
    EXPECT_STREQ(last_error(), "codes is NULL");
    EXPECT_EQ(guard([&] { require_array(missing, -1, "codes", "n_codes"); }), DIA_STATUS_INVALID_ARGUMENT);
    EXPECT_STREQ(last_error(), "n_codes is -1, expected at least 0");
}

TEST(ApiGuard, ClearOutputSetsNullBeforeAnythingElse) {
    int object = 0;
    int * out = &object;
    clear_output(&out, "out");
    EXPECT_EQ(out, nullptr);
    EXPECT_THROW(clear_output<int>(nullptr, "out"), Error);
}

}  // namespace
}  // namespace dia
