// J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
#include "generation/rng.h"

#include <random>

namespace dia {

namespace {

constexpr int kRounds = 10;
constexpr uint64_t kMultiplier0 = 0xD2511F53;
constexpr uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1

constexpr uint32_t low_word(uint64_t value) {
    return static_cast<uint32_t>(value);
}

constexpr uint32_t high_word(uint64_t value) {
    return static_cast<uint32_t>(value >> 32);
}

}  // namespace

PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) noexcept {
    for (int round = 0; round < kRounds; ++round) {
        const uint64_t product0 = kMultiplier0 * counter[0];
        const uint64_t product1 = kMultiplier1 * counter[2];
        counter = {high_word(product1) ^ counter[1] ^ key[0], low_word(product1),
                   high_word(product0) ^ counter[3] ^ key[1], low_word(product0)};
        key = {key[0] + kWeyl0, key[1] + kWeyl1};
    }
    return counter;
}

double uniform(uint64_t seed, int64_t position, int32_t channel) noexcept {
    const auto place = static_cast<uint64_t>(position);
    const PhiloxCounter counter = {low_word(place), high_word(place), static_cast<uint32_t>(channel), 0};
    const PhiloxCounter words = philox4x32(counter, {low_word(seed), high_word(seed)});
    const uint64_t bits = (static_cast<uint64_t>(words[0]) << 32 | words[1]) >> 11;
    return static_cast<double>(bits) * 0x1p-53;
}

uint64_t random_seed() {
    std::random_device device;
    const uint64_t high = device();
    return high << 32 | device();
}

}  // namespace dia
