// Compiled without contraction into fused multiply-adds: every operation is rounded by itself, as in the reference.
#include "generation/logits_processors.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <numeric>

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

// Their probabilities.
span<const double> probabilities_of(span<const float> scores, ScoreScratch & scratch) {
    softmax(scores, scratch.probabilities);
    return span<const double>(scratch.probabilities).subspan(0, scores.size());
}

double entropy_of(span<const double> probabilities) {
    double entropy = 0.0;
    for (const double probability : probabilities) {
        if (probability > 0.0) {
            entropy -= probability * std::log(probability);
        }
    }
    return entropy;
}

// Removes what is less probable than `smallest`, but never the best.
void cut_below(span<float> scores, span<const double> probabilities, double smallest) {
    const float best = scores[static_cast<size_t>(argmax(scores))];
    for (size_t i = 0; i < scores.size(); ++i) {
        if (probabilities[i] < smallest && scores[i] < best) {
            scores[i] = kRemoved;
        }
    }
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

void keep_top_h(span<float> scores, float h, ScoreScratch & scratch) {
    constexpr size_t kMost = 100;
    const span<int32_t> candidates = list_candidates(scores, scratch);
    const auto is_better = [scores](int32_t a, int32_t b) {
        const float score_a = scores[static_cast<size_t>(a)];
        const float score_b = scores[static_cast<size_t>(b)];
        return score_a != score_b ? score_a > score_b : a < b;
    };
    const size_t n = std::min(kMost, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + n, candidates.end(), is_better);
    for (const int32_t id : candidates.subspan(n, candidates.size() - n)) {
        scores[static_cast<size_t>(id)] = kRemoved;
    }
    const span<const double> probabilities = probabilities_of(scores, scratch);
    const auto information = [probabilities](int32_t id) {
        const double probability = probabilities[static_cast<size_t>(id)];
        return probability > 0.0 ? -probability * std::log(probability) : 0.0;
    };
    const span<int32_t> best = candidates.subspan(0, n);
    const auto add = [&information](double sum, int32_t id) { return sum + information(id); };
    const double limit = std::accumulate(best.begin(), best.end(), 0.0, add) * static_cast<double>(h);
    double sum = information(best[0]);
    for (const int32_t id : best.subspan(1, n - 1)) {
        sum += information(id);
        if (sum > limit) {
            scores[static_cast<size_t>(id)] = kRemoved;
        }
    }
}

void keep_min_p(span<float> scores, float p, ScoreScratch & scratch) {
    const span<const double> probabilities = probabilities_of(scores, scratch);
    const double best = *std::max_element(probabilities.begin(), probabilities.end());
    cut_below(scores, probabilities, best * static_cast<double>(p));
}

void keep_typical(span<float> scores, float mass, ScoreScratch & scratch) {
    if (mass >= 1.0f) {
        return;
    }
    const span<const double> probabilities = probabilities_of(scores, scratch);
    const double entropy = entropy_of(probabilities);
    const span<int32_t> candidates = list_candidates(scores, scratch);
    const auto distance = [probabilities, entropy](int32_t id) {
        return std::fabs(-std::log(probabilities[static_cast<size_t>(id)]) - entropy);
    };
    std::sort(candidates.begin(), candidates.end(), [&distance](int32_t a, int32_t b) {
        const double distance_a = distance(a);
        const double distance_b = distance(b);
        return distance_a != distance_b ? distance_a < distance_b : a < b;
    });
    double kept = 0.0;
    size_t last = 0;
    for (; last + 1 < candidates.size(); ++last) {
        kept += probabilities[static_cast<size_t>(candidates[last])];
        if (kept >= static_cast<double>(mass)) {
            break;
        }
    }
    const double largest = distance(candidates[last]);
    for (const int32_t id : candidates.subspan(last, candidates.size() - last)) {
        if (distance(id) > largest) {
            scores[static_cast<size_t>(id)] = kRemoved;
        }
    }
}

void cut_epsilon(span<float> scores, float epsilon, ScoreScratch & scratch) {
    cut_below(scores, probabilities_of(scores, scratch), static_cast<double>(epsilon));
}

void cut_eta(span<float> scores, float epsilon, ScoreScratch & scratch) {
    const span<const double> probabilities = probabilities_of(scores, scratch);
    const auto cutoff = static_cast<double>(epsilon);
    cut_below(scores, probabilities, std::min(cutoff, std::sqrt(cutoff) * std::exp(-entropy_of(probabilities))));
}

void normalize(span<float> scores, ScoreScratch & scratch) {
    const span<const double> probabilities = probabilities_of(scores, scratch);
    const auto best = static_cast<size_t>(argmax(scores));
    const double shift =
        static_cast<double>(scores[best]) - std::log(probabilities[best]);  // log of the sum of exp
    for (float & score : scores) {
        score = static_cast<float>(static_cast<double>(score) - shift);
    }
}

}  // namespace dia
