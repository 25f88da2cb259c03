// Where measurements were taken, and of which source.
#pragma once

#include <cstdint>
#include <string>

namespace dia {

struct Machine {
    std::string processor;  // its name, as the system tells it
    int32_t n_cores = 0;    // physical ones that this process may use
    int32_t n_logical_processors = 0;
    std::string system;     // "Linux x86_64"
    std::string cpu_level;  // the instruction set that the library was compiled for
    std::string version;    // of the library
    std::string commit;     // of its source, "unknown" where it was built outside a repository
    std::string time;       // UTC, ISO 8601
};

Machine this_machine();

}  // namespace dia
