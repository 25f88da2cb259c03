// The memory of this process as the system counts it.
#pragma once

#include <cstdint>

namespace dia {

// What is resident, mapped files that were touched included; 0 where the system does not tell.
int64_t resident_bytes();

// The most that was, since the start or the last reset; 0 where the system does not tell.
int64_t peak_resident_bytes();

// Counts anew from here on. Where the system cannot, which is everywhere but on Linux, the peak stays that of the
// whole process.
void reset_peak_resident_bytes();

}  // namespace dia
