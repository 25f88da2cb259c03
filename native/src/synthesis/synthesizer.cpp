#include "synthesis/synthesizer.h"

#include <cmath>
#include <memory>

#include "support/error.h"
#include "synthesis/preset.h"

namespace dia {

namespace {

// 64 bits of a counter, each as good as thrown by a coin: the output function of SplitMix64.
uint64_t mixed(uint64_t counter) {
    uint64_t z = counter * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t hash_of(const std::string & name, uint64_t seed) {
    uint64_t hash = mixed(seed + 1);
    for (const char c : name) {
        hash = mixed(hash ^ static_cast<unsigned char>(c));
    }
    return hash;
}

// Weights are uniform in center +- spread.
struct Distribution {
    float center;
    float spread;
};

// What a weight is multiplied with adds up over the inputs; 1 / sqrt(inputs) keeps signals of any width as loud.
Distribution distribution_of(const TensorEntry & entry) {
    const auto inputs = [&] {
        switch (entry.role) {
            case TensorRole::conv:
                return entry.shape[0] * entry.shape[1];
            case TensorRole::conv_transposed:  // two of the kernel's values meet in a sample
                return 2 * entry.shape[0];
            default:
                return entry.shape[0];
        }
    };
    switch (entry.role) {
        case TensorRole::norm:
        case TensorRole::alpha:
            return {1.0f, 0.25f};
        case TensorRole::bias:
            return {0.0f, 0.1f};
        case TensorRole::embedding:
        case TensorRole::codebook:
            return {0.0f, 1.0f};
        default:
            return {0.0f, 1.0f / std::sqrt(static_cast<float>(inputs()))};
    }
}

class RandomValues : public TensorValues {
public:
    RandomValues(const TensorEntry & entry, uint64_t seed)
        : entry_(entry), hash_(hash_of(entry.name, seed)), distribution_(distribution_of(entry)) {}

    dia_type type() const override {
        const bool is_matrix = entry_.role == TensorRole::matrix || entry_.role == TensorRole::embedding;
        return is_matrix ? DIA_TYPE_BF16 : DIA_TYPE_F32;
    }

    std::string place() const override { return "random tensor " + entry_.name; }

    void read(int64_t first, int64_t count, span<float> values) const override {
        const int64_t slice = entry_.n_elements() / entry_.shape.back();
        const uint64_t begin = hash_ + static_cast<uint64_t>(first * slice);
        const Distribution d = distribution_;
        for (size_t i = 0; i < static_cast<size_t>(count * slice); ++i) {
            const auto bits = static_cast<int32_t>(mixed(begin + i) >> 32);
            values[i] = d.center + d.spread * (static_cast<float>(bits) * 0x1p-31f);
        }
    }

private:
    const TensorEntry & entry_;
    const uint64_t hash_;
    const Distribution distribution_;
};

class RandomSource : public ModelSource {
public:
    explicit RandomSource(uint64_t seed) : seed_(seed) {}

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override {
        return std::make_unique<RandomValues>(entry, seed_);
    }

private:
    const uint64_t seed_;
};

}  // namespace

void synthesize_model(const SynthesisOptions & options) {
    const RandomSource source(options.seed);
    ModelWriter(preset_hparams(options.preset), source, options.write).write();
}

}  // namespace dia
