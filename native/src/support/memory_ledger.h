// The live byte counter behind dia_live_bytes(): C++ objects of this library, and the memory of ggml that its
// owners enter here. File mappings are not counted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dia {

// Bytes that the library holds at this moment.
int64_t live_bytes() noexcept;

// Memory that operator new does not see, counted for as long as this object lives.
class LedgerEntry {
public:
    LedgerEntry() noexcept = default;
    explicit LedgerEntry(size_t bytes) noexcept { resize(bytes); }
    ~LedgerEntry() { resize(0); }

    LedgerEntry(LedgerEntry && other) noexcept : bytes_(other.bytes_) { other.bytes_ = 0; }
    LedgerEntry & operator=(LedgerEntry && other) noexcept;
    LedgerEntry(const LedgerEntry &) = delete;
    LedgerEntry & operator=(const LedgerEntry &) = delete;

    void resize(size_t bytes) noexcept;
    size_t bytes() const noexcept { return bytes_; }

private:
    size_t bytes_ = 0;
};

}  // namespace dia
