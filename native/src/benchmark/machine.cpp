#include "benchmark/machine.h"

#include <ctime>
#include <thread>

#include "backend/cpu_topology.h"
#include "dia_commit.h"
#include "ggml-backend.h"

namespace dia {

namespace {

constexpr const char * kSystem =
#if defined(_WIN32)
    "Windows"
#elif defined(__APPLE__)
    "macOS"
#elif defined(__linux__)
    "Linux"
#else
    "unknown system"
#endif
#if defined(__x86_64__) || defined(_M_X64)
    " x64";
#elif defined(__aarch64__) || defined(_M_ARM64)
    " arm64";
#else
    "";
#endif

std::string processor_name() {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    return device == nullptr ? "unknown" : ggml_backend_dev_description(device);
}

std::string time_now() {
    const std::time_t now = std::time(nullptr);
    char text[sizeof("2000-01-01T00:00:00Z")] = "";
    // gmtime() shares its result between threads, and what does not has another name everywhere.
    std::tm utc = {};
#if defined(_WIN32)
    gmtime_s(&utc, &now);
#else
    gmtime_r(&now, &utc);
#endif
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

}  // namespace

Machine this_machine() {
    Machine machine;
    machine.processor = processor_name();
    machine.n_cores = physical_core_count();
    machine.n_logical_processors = static_cast<int32_t>(std::thread::hardware_concurrency());
    machine.system = kSystem;
    machine.cpu_level = DIA_CPU_LEVEL;
    machine.version = DIA_VERSION;
    machine.commit = DIA_COMMIT;
    machine.time = time_now();
    return machine;
}

}  // namespace dia
