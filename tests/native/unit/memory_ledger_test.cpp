#include "support/memory_ledger.h"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace dia {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsObjects = false;
#else
constexpr bool kCountsObjects = true;
#endif

TEST(MemoryLedger, counts_an_entry_until_it_is_destroyed) {
    const int64_t before = live_bytes();
    {
        LedgerEntry entry(1000);
        EXPECT_EQ(live_bytes() - before, 1000);
        entry.resize(400);
        EXPECT_EQ(live_bytes() - before, 400);
    }
    EXPECT_EQ(live_bytes(), before);
}

TEST(MemoryLedger, counts_a_moved_entry_once) {
    const int64_t before = live_bytes();
    {
        LedgerEntry first(100);
        LedgerEntry second(std::move(first));
        LedgerEntry third(7);
        third = std::move(second);
        EXPECT_EQ(live_bytes() - before, 100);
        EXPECT_EQ(third.bytes(), 100u);
    }
    EXPECT_EQ(live_bytes(), before);
}

TEST(MemoryLedger, counts_objects_until_they_are_deleted) {
    if (!kCountsObjects) {
        GTEST_SKIP() << "a sanitizer's operator new is in use";
    }
    const int64_t before = live_bytes();
    auto one = std::make_unique<int64_t>(1);
    std::vector<char> many(100000);
    void * volatile quiet = ::operator new[](5000, std::nothrow);
    EXPECT_GE(live_bytes() - before, 105008);
    ::operator delete[](quiet);
    many = std::vector<char>();
    one.reset();
    EXPECT_EQ(live_bytes(), before);
}

}  // namespace
}  // namespace dia
