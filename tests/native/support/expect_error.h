// Expects a call to throw dia::Error with this status and a message that holds each of these texts.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <string>

#include "support/error.h"

namespace dia::testing {

inline void expect_error(dia_status status, std::initializer_list<std::string> texts,
                         const std::function<void()> & call) {
    try {
        call();
    } catch (const Error & error) {
        EXPECT_STREQ(status_name(error.status()), status_name(status)) << error.what();
        for (const std::string & text : texts) {
            EXPECT_NE(std::string(error.what()).find(text), std::string::npos)
                << "expected \"" << text << "\" in \"" << error.what() << "\"";
        }
        return;
    }
    ADD_FAILURE() << "expected " << status_name(status) << ", but nothing was thrown";
}

}  // namespace dia::testing
