#include "generation/memory_budget.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "expect_error.h"
#include "generation/predictor.h"
#include "hash_model.h"
#include "support/memory_ledger.h"
#include "synthesis/synthesizer.h"
#include "temporary_folder.h"

namespace dia {
namespace {

using testing::expect_error;

DecoderSessionOptions speech() {
    DecoderSessionOptions options;
    options.n_text = 100;
    options.n_positions = 500;
    options.n_threads = 1;
    return options;
}

// A model of which the process holds nothing else, so that limits are exact.
std::shared_ptr<const Model> limited(int64_t max_memory) {
    const auto model = std::const_pointer_cast<Model>(testing::make_hash_model(testing::hash_tiny_hparams()));
    model->max_memory = max_memory;
    return model;
}

TEST(MemoryReservation, is_granted_up_to_the_limit_and_refused_beyond) {
    const int64_t need = estimate_memory(limited(0), speech()).total_streaming();
    { const MemoryReservation reservation(limited(need), speech()); }
    expect_error(DIA_STATUS_MEMORY_LIMIT, {"MB of memory", "max_memory is", "of caches"},
                 [&] { const MemoryReservation reservation(limited(need - 1), speech()); });
}

TEST(MemoryReservation, counts_what_runs_beside_it) {
    const MemoryEstimate estimate = estimate_memory(limited(0), speech());
    const auto model = limited(estimate.total_streaming() + estimate.of_generation());
    {
        const MemoryReservation first(model, speech());
        auto second = std::make_unique<MemoryReservation>(model, speech());
        expect_error(DIA_STATUS_MEMORY_LIMIT, {"of other generations"},
                     [&] { const MemoryReservation third(model, speech()); });
        second.reset();
        const MemoryReservation fourth(model, speech());
    }
    EXPECT_EQ(model->reserved_n_bytes.load(), 0);
}

TEST(MemoryReservation, is_free_without_a_limit) {
    const auto model = limited(0);
    const MemoryReservation reservation(model, speech());
    EXPECT_EQ(model->reserved_n_bytes.load(), 0);
}

TEST(MemoryReservation, comes_before_the_caches) {
    const auto model = limited(estimate_memory(limited(0), speech()).total_streaming());
    const PredictorFactory predictor = model_predictor(model);
    DecoderSessionOptions options = speech();
    options.n_positions = 1'000'000;
    const int64_t before = live_bytes();
    expect_error(DIA_STATUS_MEMORY_LIMIT, {"max_memory"}, [&] { predictor(options); });
    EXPECT_EQ(live_bytes(), before);
    EXPECT_NE(predictor(speech()), nullptr);
}

TEST(LoadModelWithinLimit, refuses_what_cannot_speak_and_loads_the_rest) {
    const testing::TemporaryFolder folder;
    SynthesisOptions synthesis;
    synthesis.preset = "tiny";
    synthesis.write.output_path = folder.path("tiny.gguf");
    synthesize_model(synthesis);
    for (const bool use_mmap : {true, false}) {
        LoadOptions options;
        options.use_mmap = use_mmap;
        const int64_t n_bytes = load_model(folder.path("tiny.gguf"), options)->n_bytes;
        int calls = 0;
        options.progress = [&](int64_t, int64_t) { return ++calls > 0; };
        options.max_memory = n_bytes / 2;
        expect_error(DIA_STATUS_MEMORY_LIMIT, {"tiny.gguf", "max_memory is", "of weights"},
                     [&] { load_model_within_limit(folder.path("tiny.gguf"), options); });
        EXPECT_EQ(calls, 0) << "weights were read";
        options.max_memory = INT64_MAX;
        EXPECT_EQ(load_model_within_limit(folder.path("tiny.gguf"), options)->max_memory, INT64_MAX);
        EXPECT_GT(calls, 0);
    }
}

}  // namespace
}  // namespace dia
