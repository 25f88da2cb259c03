// Log messages, ours and ggml's, and the callback they go to.
#include "support/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "expect_error.h"
#include "ggml-backend.h"
#include "gguf.h"

namespace dia::testing {
namespace {

using Messages = std::vector<std::pair<dia_log_level, std::string>>;

void collect(dia_log_level level, const char * message, void * user_data) {
    static_cast<Messages *>(user_data)->emplace_back(level, message);
}

class Log : public ::testing::Test {
protected:
    void TearDown() override { set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr); }

    Messages messages_;
};

TEST_F(Log, PassesMessagesFromTheLevelOn) {
    set_log_callback(DIA_LOG_LEVEL_INFO, collect, &messages_);
    log(DIA_LOG_LEVEL_DEBUG, "hidden");
    log(DIA_LOG_LEVEL_INFO, "%d layers", 12);
    log(DIA_LOG_LEVEL_ERROR, "failed");
    EXPECT_EQ(messages_, (Messages{{DIA_LOG_LEVEL_INFO, "12 layers"}, {DIA_LOG_LEVEL_ERROR, "failed"}}));
}

TEST_F(Log, DropsMessagesWithoutACallback) {
    log(DIA_LOG_LEVEL_ERROR, "nobody hears this");
    set_log_callback(DIA_LOG_LEVEL_NONE, collect, &messages_);
    log(DIA_LOG_LEVEL_ERROR, "nor this");
    EXPECT_FALSE(log_enabled(DIA_LOG_LEVEL_ERROR));
    EXPECT_TRUE(messages_.empty());
}

TEST_F(Log, ReceivesWhatGgmlSays) {
    set_log_callback(DIA_LOG_LEVEL_DEBUG, collect, &messages_);
    EXPECT_EQ(gguf_init_from_buffer("GGUX", 4, {true, nullptr}), nullptr);
    ASSERT_FALSE(messages_.empty());
    EXPECT_EQ(messages_.back().first, DIA_LOG_LEVEL_ERROR);
    EXPECT_EQ(messages_.back().second.find('\n'), std::string::npos);
}

TEST_F(Log, RefusesAnUnknownLevel) {
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"7"},
                 [] { set_log_callback(static_cast<dia_log_level>(7), nullptr, nullptr); });
}

TEST_F(Log, CallbackCannotCallItself) {
    static int calls;
    calls = 0;
    const auto recursive = [](dia_log_level, const char *, void *) {
        ++calls;
        log(DIA_LOG_LEVEL_ERROR, "again");
        expect_error(DIA_STATUS_INVALID_STATE, {"callback"},
                     [] { set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr); });
    };
    set_log_callback(DIA_LOG_LEVEL_DEBUG, recursive, nullptr);
    log(DIA_LOG_LEVEL_ERROR, "once");
    EXPECT_EQ(calls, 1);
}

TEST_F(Log, NeverCallsACallbackThatWasReplaced) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int i = 0; i < 2; ++i) {
        writers.emplace_back([&stop] {
            while (!stop) {
                log(DIA_LOG_LEVEL_INFO, "message");
            }
        });
    }
    for (int round = 0; round < 200; ++round) {
        auto alive = std::make_unique<std::atomic<int>>(1);
        const auto touch = [](dia_log_level, const char *, void * user_data) {
            EXPECT_EQ(static_cast<std::atomic<int> *>(user_data)->load(), 1);
        };
        set_log_callback(DIA_LOG_LEVEL_INFO, touch, alive.get());
        set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr);
        alive->store(0);
    }
    stop = true;
    for (std::thread & writer : writers) {
        writer.join();
    }
}

}  // namespace
}  // namespace dia::testing
