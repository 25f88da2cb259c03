// The part of the C interface that concerns the library as a whole: versions, errors, log, memory,
// what it runs on.

#include <string>

#include "api/api_guard.h"
#include "api/versioned_struct.h"
#include "backend/device.h"
#include "dia/dia.h"
#include "ggml-backend.h"
#include "support/log.h"
#include "support/memory_ledger.h"

namespace {

// "AVX2 = 1 | FMA = 1 | ..." of one ggml backend.
std::string backend_features(ggml_backend_reg_t registration) {
    void * address = ggml_backend_reg_get_proc_address(registration, "ggml_backend_get_features");
    if (address == nullptr) {
        return "";
    }
    const auto get_features = reinterpret_cast<ggml_backend_get_features_t>(address);
    std::string text;
    for (const ggml_backend_feature * feature = get_features(registration); feature->name != nullptr; ++feature) {
        text += dia::format("%s%s = %s", text.empty() ? "" : " | ", feature->name, feature->value);
    }
    return text;
}

std::string describe_system() {
    std::string text = dia::format("libdia %s, compiled for %s", DIA_VERSION, DIA_CPU_LEVEL);
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        text += dia::format("\n%s: %s", ggml_backend_dev_name(device), ggml_backend_dev_description(device));
        const std::string features = backend_features(ggml_backend_dev_backend_reg(device));
        if (!features.empty()) {
            text += " (" + features + ")";
        }
    }
    return text;
}

dia_device_type type_of(dia::Device device) {
    switch (device.type()) {
        case dia::DeviceType::cpu:
            return DIA_DEVICE_TYPE_CPU;
        case dia::DeviceType::gpu:
            return DIA_DEVICE_TYPE_GPU;
        case dia::DeviceType::integrated_gpu:
            return DIA_DEVICE_TYPE_INTEGRATED_GPU;
    }
    return DIA_DEVICE_TYPE_UNKNOWN;
}

dia_device_info info_of(dia::Device device) {
    dia_device_info info = {};
    info.type = type_of(device);
    info.name = device.name();
    info.description = device.description();
    info.total_memory = device.total_memory();
    info.free_memory = device.free_memory();
    return info;
}

// Any number may stand in an enumeration that comes from outside.
dia_log_level known_level(const dia_log_level & level) {
    const int32_t number = dia::raw_value(level);
    if (number < DIA_LOG_LEVEL_NONE || number > DIA_LOG_LEVEL_ERROR) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "level is %d, expected %d to %d", number, DIA_LOG_LEVEL_NONE,
                  DIA_LOG_LEVEL_ERROR);
    }
    return static_cast<dia_log_level>(number);
}

}  // namespace

int32_t dia_abi_version(void) {
    return DIA_ABI_VERSION;
}

const char * dia_version(void) {
    return DIA_VERSION;
}

const char * dia_system_info(void) {
    return dia::guard_or("", [] {
        static const std::string kText = describe_system();
        return kText.c_str();
    });
}

int32_t dia_device_count(void) {
    return dia::guard_or(0, [] { return static_cast<int32_t>(dia::all_devices().size()); });
}

dia_status dia_device_get_info(int32_t index, dia_device_info * info) {
    return dia::guard([&] {
        const std::vector<dia::Device> devices = dia::all_devices();
        if (index < 0 || static_cast<size_t>(index) >= devices.size()) {
            dia::fail(DIA_STATUS_INVALID_ARGUMENT, "index is %d, but there are %zu devices", index, devices.size());
        }
        dia::write_struct(info, info_of(devices[static_cast<size_t>(index)]), "info");
    });
}

const char * dia_status_name(dia_status status) {
    const int32_t number = dia::raw_value(status);
    const bool is_known = number <= DIA_STATUS_OK && number >= DIA_STATUS_MEMORY_LIMIT;
    return is_known ? dia::status_name(status) : "unknown dia_status";
}

const char * dia_last_error_message(void) {
    return dia::last_error();
}

dia_status dia_log_set_callback(dia_log_level level, dia_log_fn callback, void * user_data) {
    return dia::guard([&] { dia::set_log_callback(known_level(level), callback, user_data); });
}

int64_t dia_live_bytes(void) {
    return dia::live_bytes();
}
