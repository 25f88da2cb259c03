#include "backend/cpu_topology.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include "support/windows_api.h"
#endif

#include "support/error.h"

namespace dia {

namespace {

int32_t logical_processor_count() {
    return std::max(1, static_cast<int32_t>(std::thread::hardware_concurrency()));
}

#if defined(__linux__)

// Sibling threads of a core share one line in their topology files.
int32_t allowed_core_count() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        return 0;
    }
    std::set<std::string> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) {
            continue;
        }
        std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string siblings;
        if (!std::getline(file, siblings)) {
            siblings = std::to_string(cpu);
        }
        cores.insert(siblings);
    }
    return static_cast<int32_t>(cores.size());
}

// The processors that a container grants, rounded up; 0 where there is no limit.
int32_t granted_processor_count() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::string quota;
    double period = 0.0;
    if (!(file >> quota >> period) || quota == "max" || period <= 0.0) {
        return 0;
    }
    return static_cast<int32_t>(std::ceil(std::strtod(quota.c_str(), nullptr) / period));
}

#elif defined(__APPLE__)

// The fast cores alone: threads meet after every node of a graph, so the slowest core sets the pace.
int32_t allowed_core_count() {
    for (const char * name : {"hw.perflevel0.physicalcpu", "hw.physicalcpu"}) {
        int32_t count = 0;
        size_t size = sizeof(count);
        if (sysctlbyname(name, &count, &size, nullptr, 0) == 0 && count > 0) {
            return count;
        }
    }
    return 0;
}

int32_t granted_processor_count() {
    return 0;
}

#elif defined(_WIN32)

int32_t allowed_core_count() {
    DWORD size = 0;
    GetLogicalProcessorInformationEx(RelationProcessorCore, nullptr, &size);
    std::vector<char> buffer(size);
    auto * first = reinterpret_cast<SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *>(buffer.data());
    if (size == 0 || !GetLogicalProcessorInformationEx(RelationProcessorCore, first, &size)) {
        return 0;
    }
    int32_t count = 0;
    for (DWORD offset = 0; offset < size; ++count) {
        offset += reinterpret_cast<SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *>(buffer.data() + offset)->Size;
    }
    return count;
}

int32_t granted_processor_count() {
    return 0;
}

#else

int32_t allowed_core_count() {
    return 0;
}
int32_t granted_processor_count() {
    return 0;
}

#endif

}  // namespace

int32_t physical_core_count() {
    int32_t count = allowed_core_count();
    if (count < 1) {
        count = logical_processor_count();
    }
    const int32_t granted = granted_processor_count();
    return granted > 0 ? std::min(count, granted) : count;
}

int32_t require_thread_count(int32_t n_threads) {
    if (n_threads < 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_threads is %d, expected at least 0", n_threads);
    }
    return n_threads;
}

int32_t resolve_thread_count(int32_t n_threads) {
    return n_threads > 0 ? std::min(n_threads, 4 * logical_processor_count()) : physical_core_count();
}

int32_t resolve_thread_count(int32_t n_threads, int64_t n_weights) {
    if (n_threads > 0) {
        return resolve_thread_count(n_threads);
    }
    // 500 meetings of two threads take about 0.6 ms; so does a pass over the half of 16 million weights.
    constexpr int64_t kWeightsPerThread = 8'000'000;
    const int64_t busy = std::max<int64_t>(1, n_weights / kWeightsPerThread);
    return static_cast<int32_t>(std::min<int64_t>(busy, physical_core_count()));
}

}  // namespace dia
