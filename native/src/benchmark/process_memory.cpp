#include "benchmark/process_memory.h"

#if defined(__linux__)
#include <fstream>
#include <string>
#elif defined(__APPLE__)
#include <sys/resource.h>
#elif defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
// After windows.h, which it needs.
#include <psapi.h>
#endif

namespace dia {

#if defined(__linux__)

int64_t peak_resident_bytes() {
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;) {
        if (word == "VmHWM:") {
            int64_t kibibytes = 0;
            file >> kibibytes;
            return 1024 * kibibytes;
        }
    }
    return 0;
}

void reset_peak_resident_bytes() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

#elif defined(__APPLE__)

int64_t peak_resident_bytes() {
    rusage usage = {};
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

void reset_peak_resident_bytes() {}

#elif defined(_WIN32)

int64_t peak_resident_bytes() {
    PROCESS_MEMORY_COUNTERS counters = {};
    const bool known = K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)) != 0;
    return known ? static_cast<int64_t>(counters.PeakWorkingSetSize) : 0;
}

void reset_peak_resident_bytes() {}

#else

int64_t peak_resident_bytes() {
    return 0;
}

void reset_peak_resident_bytes() {}

#endif

}  // namespace dia
