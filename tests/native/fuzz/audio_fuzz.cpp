// A sound file: it is read at its own rate and, if it is short, at another one.
#include <cmath>

#include "fuzz_target.h"

namespace {

using dia_fuzz::expect;
using dia_fuzz::succeeded;

constexpr int64_t kMaxSamplesToResample = 1 << 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    dia_audio * audio = nullptr;
    if (succeeded(dia_audio_load_memory(data, static_cast<int64_t>(size), 0, &audio))) {
        const int64_t n_samples = dia_audio_sample_count(audio);
        expect(n_samples > 0 && dia_audio_sampling_rate(audio) > 0, "a sound has samples and a rate");
        expect(dia_audio_format(audio) != nullptr, "a sound has a format");
        for (int64_t i = 0; i < n_samples; ++i) {
            expect(std::isfinite(dia_audio_samples(audio)[i]), "a sample is a number");
        }
        dia_audio_free(audio);
        audio = nullptr;
        if (n_samples <= kMaxSamplesToResample &&
            succeeded(dia_audio_load_memory(data, static_cast<int64_t>(size), 44100, &audio))) {
            expect(dia_audio_sampling_rate(audio) == 44100, "the rate is the one that was asked for");
            dia_audio_free(audio);
        }
    }
    return 0;
}
