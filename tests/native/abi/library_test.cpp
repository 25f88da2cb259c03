// What concerns the library as a whole: versions, names, the message of a thread, the log.

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>
#include <thread>

#include "any_number.h"
#include "dia/dia.h"
#include "refusal.h"

namespace dia_abi {
namespace {

TEST(Library, StatesItsVersions) {
    EXPECT_EQ(dia_abi_version(), DIA_ABI_VERSION);
    EXPECT_NE(std::string(dia_version()), "");
    EXPECT_NE(std::string(dia_system_info()).find(dia_version()), std::string::npos) << dia_system_info();
    EXPECT_NE(std::string(dia_system_info()).find("CPU"), std::string::npos) << dia_system_info();
}

TEST(Library, ListsItsDevices) {
    ASSERT_GE(dia_device_count(), 1);
    for (int32_t index = 0; index < dia_device_count(); ++index) {
        dia_device_info info = {};
        info.struct_size = sizeof info;
        ASSERT_EQ(dia_device_get_info(index, &info), DIA_STATUS_OK);
        EXPECT_EQ(info.type == DIA_DEVICE_TYPE_CPU, index == 0);
        EXPECT_STRNE(info.name, "");
        EXPECT_STRNE(info.description, "");
        EXPECT_GT(info.total_memory, 0);
        EXPECT_LE(info.free_memory, info.total_memory);
        EXPECT_NE(std::string(dia_system_info()).find(info.name), std::string::npos) << info.name;
    }
    dia_device_info info = {};
    EXPECT_INVALID(dia_device_get_info(0, nullptr), "info is NULL");
    EXPECT_INVALID(dia_device_get_info(0, &info), "struct_size of dia_device_info is 0");
    info.struct_size = sizeof info;
    EXPECT_INVALID(dia_device_get_info(-1, &info), "index is -1");
    EXPECT_INVALID(dia_device_get_info(dia_device_count(), &info), "devices");
}

TEST(Library, NamesEveryStatusDifferently) {
    std::set<std::string> names;
    for (int32_t number = DIA_STATUS_MEMORY_LIMIT; number <= DIA_STATUS_OK; ++number) {
        const std::string name = name_of_status(number);
        EXPECT_EQ(name.rfind("DIA_STATUS_", 0), 0u) << number << " is called " << name;
        names.insert(name);
    }
    EXPECT_EQ(names.size(), static_cast<size_t>(DIA_STATUS_OK - DIA_STATUS_MEMORY_LIMIT + 1));
}

TEST(Library, HasANameForNumbersThatAreNoStatus) {
    for (const int32_t number : {1, DIA_STATUS_MEMORY_LIMIT - 1, 12345, INT32_MIN, INT32_MAX}) {
        EXPECT_STREQ(name_of_status(number), "unknown dia_status") << number;
    }
}

TEST(Library, KeepsOneErrorMessagePerThread) {
    EXPECT_INVALID(dia_generator_prefill(nullptr), "generator");
    std::string before = "not run";
    std::string after = "not run";
    std::thread([&] {
        before = dia_last_error_message();
        dia_model_params_init(nullptr, sizeof(dia_model_params));
        after = dia_last_error_message();
    }).join();
    EXPECT_EQ(before, "");
    EXPECT_EQ(after, "params is NULL");
    EXPECT_STREQ(dia_last_error_message(), "generator is NULL");
}

TEST(Library, CountsItsBytes) {
    EXPECT_GE(dia_live_bytes(), 0);
}

void receive(dia_log_level, const char *, void * user_data) {
    ++*static_cast<int *>(user_data);
}

TEST(Library, RefusesUnknownLogLevels) {
    int n_messages = 0;
    for (const int32_t number : {-2, 4, 99}) {
        EXPECT_INVALID(set_log_callback(number, receive, &n_messages), std::to_string(number));
    }
    EXPECT_EQ(dia_log_set_callback(DIA_LOG_LEVEL_DEBUG, receive, &n_messages), DIA_STATUS_OK);
    EXPECT_EQ(dia_log_set_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr), DIA_STATUS_OK);
}

}  // namespace
}  // namespace dia_abi
