#include "support/process_memory.h"

#if defined(__linux__)
#include <fstream>
#include <string>
#elif defined(__APPLE__)
#include <mach/mach.h>
#include <sys/resource.h>
#elif defined(_WIN32)
#include "support/windows_api.h"
// Needs windows.h before it.
#include <psapi.h>
#endif

namespace dia {

#if defined(__linux__)

namespace {

int64_t status_bytes(const char * key) {
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;) {
        if (word == key) {
            int64_t kibibytes = 0;
            file >> kibibytes;
            return 1024 * kibibytes;
        }
    }
    return 0;
}

}  // namespace

int64_t resident_bytes() {
    return status_bytes("VmRSS:");
}

int64_t peak_resident_bytes() {
    return status_bytes("VmHWM:");
}

void reset_peak_resident_bytes() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

#elif defined(__APPLE__)

int64_t resident_bytes() {
    mach_task_basic_info info = {};
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
    void * address = &info;
    const bool known = task_info(mach_task_self(), MACH_TASK_BASIC_INFO, static_cast<task_info_t>(address),
                                 &count) == KERN_SUCCESS;
    return known ? static_cast<int64_t>(info.resident_size) : 0;
}

int64_t peak_resident_bytes() {
    rusage usage = {};
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

void reset_peak_resident_bytes() {}

#elif defined(_WIN32)

namespace {

// Zeros if the system does not tell.
PROCESS_MEMORY_COUNTERS memory_counters() {
    PROCESS_MEMORY_COUNTERS counters = {};
    const bool known = K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)) != 0;
    return known ? counters : PROCESS_MEMORY_COUNTERS();
}

}  // namespace

int64_t resident_bytes() {
    return static_cast<int64_t>(memory_counters().WorkingSetSize);
}

int64_t peak_resident_bytes() {
    return static_cast<int64_t>(memory_counters().PeakWorkingSetSize);
}

void reset_peak_resident_bytes() {}

#else

int64_t resident_bytes() {
    return 0;
}

int64_t peak_resident_bytes() {
    return 0;
}

void reset_peak_resident_bytes() {}

#endif

}  // namespace dia
