// Makes one allocation, read or write of the core fail: the n-th from the moment of arming, on whatever thread.
//
// The linker sends the calls of the core, of ggml and of the C++ library to fault_injection.cpp (CMakeLists.txt
// lists them). What is not made to fail are the small allocations inside of ggml, a few kilobytes for the head of a
// context or the hash table of a graph: ggml, which is used unpatched, ends the process there, or loses what it
// has. Whatever grows with a model or a text is allocated by the core, or by ggml in a way that reports the
// failure; all of that is covered.
#pragma once

#include <cstdint>

namespace dia_faults {

enum class Fault {
    allocation,  // operator new; buffers of ggml from 16 KiB on
    read,        // of a file: an error, or fewer bytes than were asked for; mapping it
    short_read,  // of a file: it ends here
    write,       // to a file: the disk is full
};

const char * name_of(Fault fault);

// From construction on, the n-th (from 0) of its kind fails; until destruction.
class ArmedFault {
public:
    ArmedFault(Fault fault, int64_t n);
    ~ArmedFault();
    ArmedFault(const ArmedFault &) = delete;
    ArmedFault & operator=(const ArmedFault &) = delete;

    // Whether there were so many.
    bool happened() const;

    // How many there were before it.
    int64_t n_passed() const;

private:
    int64_t n_;
};

}  // namespace dia_faults
