// Compiled without contraction into fused multiply-adds: every operation is rounded by itself, as in the reference.
#include "generation/logits_processors.h"

#include <algorithm>
#include <cassert>
#include <functional>

#include "generation/sampler.h"

namespace dia {

namespace {

// The scores that have not been removed.
span<float> copy_candidates(span<const float> scores, ScoreScratch & scratch) {
    float * const first = scratch.values.data();
    float * const last = std::remove_copy(scores.begin(), scores.end(), first, kRemoved);
    return {first, static_cast<size_t>(last - first)};
}

// Their ids.
span<int32_t> list_candidates(span<const float> scores, ScoreScratch & scratch) {
    size_t n = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
        if (scores[i] != kRemoved) {
            scratch.order[n++] = static_cast<int32_t>(i);
        }
    }
    return span<int32_t>(scratch.order).subspan(0, n);
}

}  // namespace

void apply_temperature(span<float> scores, float temperature) {
    assert(temperature > 0.0f);
    for (float & score : scores) {
        score /= temperature;
    }
}

void suppress_end(span<float> scores, int32_t eos) {
    scores[static_cast<size_t>(eos)] = kRemoved;
}

void filter_special_ids(span<float> scores, int32_t channel, int32_t eos) {
    float * const end_score = scores.begin() + eos;
    if (channel != 0) {
        std::fill(end_score, scores.end(), kRemoved);
        return;
    }
    std::fill(end_score + 1, scores.end(), kRemoved);
    if (argmax(scores) == eos) {
        std::fill(scores.begin(), end_score, kRemoved);
    } else {
        *end_score = kRemoved;
    }
}

void keep_top_k(span<float> scores, int32_t k, ScoreScratch & scratch) {
    const span<float> candidates = copy_candidates(scores, scratch);
    if (k <= 0 || static_cast<size_t>(k) >= candidates.size()) {
        return;
    }
    std::nth_element(candidates.begin(), candidates.begin() + (k - 1), candidates.end(), std::greater<float>());
    const float smallest = candidates[static_cast<size_t>(k - 1)];
    std::replace_if(
        scores.begin(), scores.end(), [smallest](float score) { return score < smallest; }, kRemoved);
}

void keep_top_p(span<float> scores, float p, ScoreScratch & scratch) {
    if (p >= 1.0f) {
        return;
    }
    softmax(scores, scratch.probabilities);
    const auto is_less = [scores](int32_t a, int32_t b) {
        const float score_a = scores[static_cast<size_t>(a)];
        const float score_b = scores[static_cast<size_t>(b)];
        return score_a != score_b ? score_a < score_b : a < b;
    };
    // A heap gives the largest first; few are needed. What is left when they reach p is the tail of at most 1 - p.
    const span<int32_t> candidates = list_candidates(scores, scratch);
    int32_t * const first = candidates.begin();
    int32_t * last = candidates.end();
    std::make_heap(first, last, is_less);
    for (double kept = 0.0; first != last && kept < static_cast<double>(p); --last) {
        kept += scratch.probabilities[static_cast<size_t>(*first)];
        std::pop_heap(first, last, is_less);
    }
    for (const int32_t id : candidates.subspan(0, static_cast<size_t>(last - first))) {
        scores[static_cast<size_t>(id)] = kRemoved;
    }
}

}  // namespace dia
