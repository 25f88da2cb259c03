// The per-thread error message.

#include "api/last_error.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace dia {
namespace {

TEST(LastError, KeepsTheMessageOfTheLatestFailure) {
    set_last_error("first");
    set_last_error("second, with numbers: expected 4, found 5");
    EXPECT_STREQ(last_error(), "second, with numbers: expected 4, found 5");
}

TEST(LastError, IsEmptyOnAThreadWithoutFailures) {
    set_last_error("on the main thread");
    std::string seen = "not run";
    std::thread([&] { seen = last_error(); }).join();
    EXPECT_EQ(seen, "");
    EXPECT_STREQ(last_error(), "on the main thread");
}

TEST(LastError, KeepsTheLongestMessageWhole) {
    const std::string message(kMaxErrorMessage, 'x');
    set_last_error(message.c_str());
    EXPECT_EQ(last_error(), message);
}

TEST(LastError, CutsALongerMessageBetweenTwoCharacters) {
    // Two-byte characters at odd offsets: the plain cut would fall inside one of them.
    std::string message = "x";
    while (message.size() <= kMaxErrorMessage) {
        message += "\xC3\xA9";
    }
    set_last_error(message.c_str());
    const std::string cut = last_error();
    ASSERT_LE(cut.size(), static_cast<size_t>(kMaxErrorMessage));
    EXPECT_EQ(cut.substr(cut.size() - 3), "...");
    EXPECT_EQ((cut.size() - 3 - 1) % 2, 0u) << "half a character before the ellipsis in " << cut.size() << " bytes";
}

TEST(LastError, CanBeSetToItself) {
    set_last_error("passed on");
    set_last_error(last_error());
    EXPECT_STREQ(last_error(), "passed on");
}

}  // namespace
}  // namespace dia
