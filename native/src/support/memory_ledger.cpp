#include "support/memory_ledger.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

namespace dia {

namespace {

// Initialised at compile time and never destroyed, so that it counts before main and after it.
std::atomic<int64_t> g_live_bytes{0};

}  // namespace

int64_t live_bytes() noexcept {
    return g_live_bytes.load(std::memory_order_relaxed);
}

LedgerEntry & LedgerEntry::operator=(LedgerEntry && other) noexcept {
    if (this != &other) {
        resize(other.bytes_);
        other.resize(0);
    }
    return *this;
}

void LedgerEntry::resize(size_t bytes) noexcept {
    g_live_bytes.fetch_add(static_cast<int64_t>(bytes) - static_cast<int64_t>(bytes_), std::memory_order_relaxed);
    bytes_ = bytes;
}

}  // namespace dia

// Sanitizers bring their own operator new, which finds more than a count would.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DIA_COUNT_OBJECTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define DIA_COUNT_OBJECTS 0
#endif
#endif
#if !defined(DIA_COUNT_OBJECTS)
#define DIA_COUNT_OBJECTS 1
#endif

#if DIA_COUNT_OBJECTS

namespace {

size_t allocated_size(void * memory) noexcept {
#if defined(__APPLE__)
    return malloc_size(memory);
#elif defined(_WIN32)
    return _msize(memory);
#else
    return malloc_usable_size(memory);
#endif
}

void count(size_t bytes, int64_t sign) noexcept {
    dia::g_live_bytes.fetch_add(sign * static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

}  // namespace

// Replaces the operators of this library alone: the shared library exports none of them. The array and the
// nothrow forms call these two.
void * operator new(size_t size) {
    for (;;) {
        if (void * memory = std::malloc(size > 0 ? size : 1)) {
            count(allocated_size(memory), 1);
            return memory;
        }
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) {
            throw std::bad_alloc();
        }
        handler();
    }
}

void operator delete(void * memory) noexcept {
    if (memory != nullptr) {
        count(allocated_size(memory), -1);
        std::free(memory);
    }
}

void operator delete(void * memory, size_t) noexcept {
    operator delete(memory);
}

#endif
