// A generator driven by scripted logits: three channels with the delays 0, 2 and 3, codes 0 to 23, EOS 24, PAD 25,
// BOS 26.
#include "generation/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "expect_error.h"
#include "generation/generation_params.h"

namespace dia {
namespace {

using testing::expect_error;
using Tokens = std::vector<int32_t>;

constexpr int32_t kChannels = 3;
constexpr int32_t kVocab = 28;
constexpr int32_t kEos = 24;
constexpr int32_t kPad = 25;
constexpr int32_t kBos = 26;
const Tokens kHello = {1, 72, 105};

DiaHparams small_hparams() {
    DiaHparams hparams;
    hparams.encoder.max_position_embeddings = 16;
    hparams.decoder.num_channels = kChannels;
    hparams.decoder.vocab_size = kVocab;
    hparams.eos_token_id = kEos;
    hparams.pad_token_id = kPad;
    hparams.bos_token_id = kBos;
    hparams.delay_pattern = {0, 2, 3};
    return hparams;
}

// What the decoder was asked to do.
struct Call {
    Tokens rows;
    Tokens tokens;
};

// The best token of a row at a position of a channel. All other tokens share one lower score.
using Script = std::function<int32_t(int32_t row, int64_t position, int32_t channel)>;

class ScriptedPredictor : public Predictor {
public:
    ScriptedPredictor(Script script, std::vector<Call> * calls, const DecoderSessionOptions & options)
        : script_(std::move(script)),
          calls_(calls),
          options_(options),
          logits_(static_cast<size_t>(options.n_rows)),
          positions_(static_cast<size_t>(options.n_rows)) {}

    void prefill(int32_t row, span<const int32_t>, span<const int32_t> prefix) override {
        calls_->push_back({{row}, Tokens(prefix.begin(), prefix.end())});
        positions_[static_cast<size_t>(row)] = static_cast<int64_t>(prefix.size()) / kChannels;
        predict(row);
    }

    void prefill(int32_t row, const TextEncoding &, span<const int32_t> prefix) override {
        prefill(row, span<const int32_t>(), prefix);
    }

    void step(span<const int32_t> rows, span<const int32_t> tokens) override {
        if (options_.cancelled->load()) {
            fail(DIA_STATUS_CANCELLED, "cancelled between two nodes");
        }
        calls_->push_back({Tokens(rows.begin(), rows.end()), Tokens(tokens.begin(), tokens.end())});
        for (const int32_t row : rows) {
            ++positions_[static_cast<size_t>(row)];
            predict(row);
        }
    }

    RowLogits logits(int32_t row) const override {
        const std::vector<float> & logits = logits_[static_cast<size_t>(row)];
        return {logits, options_.guidance ? span<const float>(logits) : span<const float>()};
    }

private:
    void predict(int32_t row) {
        const int64_t position = positions_[static_cast<size_t>(row)];
        EXPECT_LE(position, options_.n_positions) << "row " << row << " outgrew its caches";
        std::vector<float> logits(kChannels * kVocab, 0.0f);
        for (int32_t c = 0; c < kChannels; ++c) {
            const int32_t best = script_(row, position, c);
            logits[static_cast<size_t>(c * kVocab + std::max(best, 0))] =
                best < 0 ? std::numeric_limits<float>::quiet_NaN() : 10.0f;
        }
        logits_[static_cast<size_t>(row)] = std::move(logits);
    }

    Script script_;
    std::vector<Call> * calls_;
    DecoderSessionOptions options_;
    std::vector<std::vector<float>> logits_;
    std::vector<int64_t> positions_;
};

// Code 10 * channel + position modulo 7, so that every token tells where it comes from.
int32_t code(int64_t position, int32_t channel) {
    return static_cast<int32_t>(position % 7) + 8 * channel;
}

int32_t never_ends(int32_t, int64_t position, int32_t channel) {
    return code(position, channel);
}

class GeneratorTest : public ::testing::Test {
protected:
    GeneratorTest() { params_.do_sample = 0; }

    std::unique_ptr<Generator> make() {
        return std::make_unique<Generator>(
            small_hparams(), FrameRate{44100, 512}, params_, [this](const DecoderSessionOptions & options) {
                options_ = options;
                return std::make_unique<ScriptedPredictor>(script_, &calls_, options);
            });
    }

    static Utterance hello(const Tokens & prompt_codes = {}) {
        Utterance utterance;
        utterance.input_ids = kHello;
        utterance.prompt_codes = prompt_codes;
        return utterance;
    }

    static void run(Generator & generator) {
        generator.prefill();
        while (generator.step() > 0) {
        }
    }

    static Tokens tokens_of(const Generator & generator, int32_t row = 0) {
        const span<const int32_t> tokens = generator.row(row).tokens();
        return Tokens(tokens.begin(), tokens.end());
    }

    static Tokens frames_of(const Generator & generator, int32_t row = 0) {
        Tokens codes(static_cast<size_t>(generator.row(row).n_frames() * kChannels));
        EXPECT_EQ(generator.row(row).copy_frames(0, codes), generator.row(row).n_frames());
        return codes;
    }

    dia_generation_params params_ = default_generation_params();
    Script script_ = never_ends;
    DecoderSessionOptions options_;
    std::vector<Call> calls_;
};

TEST_F(GeneratorTest, ForcesTheEndSoThatTheLastFrameIsComplete) {
    params_.max_new_tokens = 7;  // 7 - (3 + 1) = 3 frames
    auto generator = make();
    generator->add_utterance(hello());
    run(*generator);
    EXPECT_EQ(tokens_of(*generator),
              (Tokens{
                  kBos,       kBos,       kBos,       code(1, 0), kBos,       kBos,       code(2, 0), kBos,
                  kBos,       code(3, 0), code(3, 1), kBos,       kEos,       code(4, 1), code(4, 2), kPad,
                  code(5, 1), code(5, 2), kPad,       kEos,       code(6, 2), kPad,       kPad,       kEos,
              }));
    EXPECT_EQ(frames_of(*generator), (Tokens{
                                         code(1, 0),
                                         code(3, 1),
                                         code(4, 2),
                                         code(2, 0),
                                         code(4, 1),
                                         code(5, 2),
                                         code(3, 0),
                                         code(5, 1),
                                         code(6, 2),
                                     }));
    EXPECT_EQ(generator->row(0).finish_reason(), DIA_FINISH_REASON_LENGTH);
    EXPECT_EQ(generator->row(0).limit(), 8);
    EXPECT_EQ(options_.n_positions, 7) << "the last position is not fed back";
}

TEST_F(GeneratorTest, EndsWhereTheModelEnds) {
    script_ = [](int32_t, int64_t position, int32_t channel) {
        return position == 3 && channel == 0 ? kEos : code(position, channel);
    };
    auto generator = make();
    generator->add_utterance(hello());
    run(*generator);
    EXPECT_EQ(generator->row(0).n_positions(), 3 + 3 + 1);
    EXPECT_EQ(generator->row(0).n_frames(), 2);
    EXPECT_EQ(generator->row(0).finish_reason(), DIA_FINISH_REASON_END_OF_SPEECH);
    EXPECT_EQ(generator->step(), 0) << "a step without active rows does nothing";
    EXPECT_EQ(generator->row(0).n_positions(), 7);
}

TEST_F(GeneratorTest, GivesNoFrameWhereTheLimitLeavesNoRoom) {
    for (const int64_t max_new_tokens : {1, 2, 3, 4}) {
        params_.max_new_tokens = max_new_tokens;
        auto generator = make();
        generator->add_utterance(hello());
        run(*generator);
        const Tokens tokens = tokens_of(*generator);
        EXPECT_EQ(generator->row(0).n_positions(), 1 + max_new_tokens);
        EXPECT_EQ(generator->row(0).n_frames(), 0) << max_new_tokens;
        EXPECT_EQ(generator->row(0).finish_reason(), DIA_FINISH_REASON_LENGTH);
        const bool has_end = std::count(tokens.begin(), tokens.end(), kEos) > 0;
        EXPECT_EQ(has_end, max_new_tokens == 4) << "no end of speech fits into fewer than D + 1 positions";
    }
}

TEST_F(GeneratorTest, ContinuesAnAudioPrompt) {
    params_.max_new_tokens = 6;
    auto generator = make();
    const Tokens prompt = {20, 21, 22, 17, 18, 19};
    generator->add_utterance(hello(prompt));
    run(*generator);
    EXPECT_EQ(calls_[0].tokens, (Tokens{kBos, kBos, kBos, 20, kBos, kBos, 17, kBos, kBos}));
    EXPECT_EQ(tokens_of(*generator),
              (Tokens{
                  kBos,       kBos,       kBos,       20,         kBos, kBos,       17,   kBos,       kBos,
                  code(3, 0), 21,         kBos,       code(4, 0), 18,   22,         kEos, code(5, 1), 19,
                  kPad,       code(6, 1), code(6, 2), kPad,       kEos, code(0, 2), kPad, kPad,       kEos,
              }));
    EXPECT_EQ(frames_of(*generator),
              (Tokens{code(3, 0), code(5, 1), code(6, 2), code(4, 0), code(6, 1), code(0, 2)}));
    EXPECT_EQ(generator->row(0).prefix(), 3);
}

TEST_F(GeneratorTest, GivesFramesAsSoonAsTheyAreComplete) {
    params_.max_new_tokens = 10;
    auto generator = make();
    generator->add_utterance(hello());
    generator->prefill();
    for (int64_t steps = 1; generator->step() > 0; ++steps) {
        EXPECT_EQ(generator->row(0).n_frames(), std::clamp<int64_t>(steps - 3, 0, 6))
            << "after " << steps << " steps";
    }
    Tokens two(2 * kChannels + 1);
    EXPECT_EQ(generator->row(0).copy_frames(1, two), 2) << "as many whole frames as fit";
    EXPECT_EQ(two[0], code(2, 0));
    EXPECT_EQ(generator->row(0).copy_frames(6, two), 0);
}

TEST_F(GeneratorTest, DropsRowsThatHaveEnded) {
    script_ = [](int32_t row, int64_t position, int32_t channel) {
        const int64_t end = row == 0 ? 5 : row == 1 ? 2 : 4;
        return position == end && channel == 0 ? kEos : code(position, channel);
    };
    auto generator = make();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(generator->add_utterance(hello()), i);
    }
    run(*generator);
    EXPECT_EQ(generator->row(0).n_positions(), 9);
    EXPECT_EQ(generator->row(1).n_positions(), 6);
    EXPECT_EQ(generator->row(2).n_positions(), 8);
    ASSERT_EQ(calls_.size(), 3u + 7u);
    EXPECT_EQ(calls_[6].rows, (Tokens{0, 1, 2})) << "position 4";
    EXPECT_EQ(calls_[7].rows, (Tokens{0, 2})) << "position 5, with which row 1 has ended";
    EXPECT_EQ(calls_[7].tokens.size(), 2u * kChannels);
    EXPECT_EQ(calls_[9].rows, (Tokens{0})) << "position 7";
}

TEST_F(GeneratorTest, EndsNotBeforeMinNewTokens) {
    script_ = [](int32_t, int64_t, int32_t channel) { return channel == 0 ? kEos : 1; };
    params_.min_new_tokens = 5;
    auto generator = make();
    generator->add_utterance(hello());
    run(*generator);
    EXPECT_EQ(generator->row(0).n_frames(), 5);
}

TEST_F(GeneratorTest, DrawsTheSameTokensAloneAndInABatch) {
    script_ = [](int32_t, int64_t position, int32_t channel) { return code(position, channel); };
    params_.do_sample = 1;
    params_.temperature = 6.0f;
    params_.has_seed = 1;
    params_.seed = 7;
    params_.max_new_tokens = 40;
    auto batch = make();
    Utterance other = hello();
    other.seed = 8;
    batch->add_utterance(other);
    batch->add_utterance(hello());
    batch->add_utterance(hello());
    run(*batch);
    auto alone = make();
    alone->add_utterance(hello());
    run(*alone);
    EXPECT_EQ(tokens_of(*batch, 1), tokens_of(*alone));
    EXPECT_EQ(tokens_of(*batch, 2), tokens_of(*alone)) << "rows share the seed of the generator";
    EXPECT_NE(tokens_of(*batch, 0), tokens_of(*alone)) << "but for those that state their own";
    EXPECT_EQ(batch->row(0).seed(), 8u);
    EXPECT_EQ(batch->row(1).seed(), 7u);
}

TEST_F(GeneratorTest, DrawsASeedIfNoneIsGiven) {
    auto first = make();
    auto second = make();
    first->add_utterance(hello());
    second->add_utterance(hello());
    EXPECT_NE(first->row(0).seed(), second->row(0).seed());
}

TEST_F(GeneratorTest, PassesItsOptionsToTheDecoder) {
    params_.guidance_scale = 1.0f;
    params_.n_threads = 3;
    params_.kv_type = DIA_TYPE_F16;
    params_.max_length = 10;
    auto generator = make();
    generator->add_utterance(hello());
    generator->add_utterance(hello());
    generator->prefill();
    EXPECT_EQ(options_.n_rows, 2);
    EXPECT_EQ(options_.n_positions, 10 + 3 - 1);
    EXPECT_FALSE(options_.guidance);
    EXPECT_EQ(options_.n_threads, 3);
    EXPECT_EQ(options_.kv_type, DIA_TYPE_F16);
}

TEST_F(GeneratorTest, StopsWhenCancelledAndKeepsWhatIsThere) {
    params_.max_new_tokens = 20;
    auto generator = make();
    generator->add_utterance(hello());
    generator->prefill();
    for (int i = 0; i < 6; ++i) {
        generator->step();
    }
    generator->cancel();
    for (int i = 0; i < 2; ++i) {
        expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { generator->step(); });
        EXPECT_EQ(generator->row(0).n_positions(), 7);
        EXPECT_EQ(generator->row(0).n_frames(), 3);
    }
    EXPECT_EQ(generator->row(0).finish_reason(), DIA_FINISH_REASON_NONE);
}

TEST_F(GeneratorTest, StaysCancelledIfTheDecoderWasInterrupted) {
    params_.max_new_tokens = 20;
    Generator * running = nullptr;
    script_ = [&running](int32_t, int64_t position, int32_t channel) {
        if (position == 5) {
            running->cancel();
        }
        return code(position, channel);
    };
    auto generator = make();
    running = generator.get();
    generator->add_utterance(hello());
    generator->prefill();
    for (int i = 0; i < 4; ++i) {
        generator->step();
    }
    expect_error(DIA_STATUS_CANCELLED, {}, [&] { generator->step(); });
    expect_error(DIA_STATUS_CANCELLED, {}, [&] { generator->step(); });
}

TEST_F(GeneratorTest, CancelsPrefill) {
    auto generator = make();
    generator->add_utterance(hello());
    generator->cancel();
    expect_error(DIA_STATUS_CANCELLED, {}, [&] { generator->prefill(); });
    EXPECT_TRUE(calls_.empty());
}

TEST_F(GeneratorTest, NamesThePlaceOfALogitThatIsNoNumber) {
    script_ = [](int32_t row, int64_t position, int32_t channel) {
        return row == 1 && position == 4 && channel == 2 ? -1 : code(position, channel);
    };
    auto generator = make();
    generator->add_utterance(hello());
    generator->add_utterance(hello());
    generator->prefill();
    generator->step();
    generator->step();
    expect_error(DIA_STATUS_NOT_A_NUMBER, {"nan", "row 1", "channel 2", "position 4"}, [&] { generator->step(); });
    expect_error(DIA_STATUS_INVALID_STATE, {"an earlier call failed"}, [&] { generator->step(); });
    EXPECT_EQ(generator->row(0).n_positions(), 4);
}

TEST_F(GeneratorTest, RefusesCallsOutOfOrder) {
    auto generator = make();
    expect_error(DIA_STATUS_INVALID_STATE, {"no row was added"}, [&] { generator->prefill(); });
    generator->add_utterance(hello());
    expect_error(DIA_STATUS_INVALID_STATE, {"cannot step before prefill"}, [&] { generator->step(); });
    generator->prefill();
    expect_error(DIA_STATUS_INVALID_STATE, {"cannot prefill again"}, [&] { generator->prefill(); });
    expect_error(DIA_STATUS_INVALID_STATE, {"cannot add a row after"}, [&] { generator->add_utterance(hello()); });
    expect_error(DIA_STATUS_INVALID_STATE, {"cannot add a row after"}, [&] { generator->add_text("Hi"); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row 1 does not exist; the generator has 1"},
                 [&] { generator->row(1); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row -1"}, [&] { generator->row(-1); });
}

TEST_F(GeneratorTest, RefusesUtterancesThatTheModelCannotTake) {
    params_.max_length = 4;
    auto generator = make();
    const auto refuse = [&](dia_status status, const char * message, Utterance utterance) {
        expect_error(status, {message}, [&] { generator->add_utterance(utterance); });
    };
    Utterance utterance;
    refuse(DIA_STATUS_INVALID_ARGUMENT, "no input_ids: n_input_ids is 0", utterance);
    utterance.input_ids = Tokens(17, 65);
    refuse(DIA_STATUS_TEXT_TOO_LONG, "17 tokens; the model reads at most 16", utterance);
    utterance.input_ids = {65, 256};
    refuse(DIA_STATUS_INVALID_ARGUMENT, "input id 1 is 256", utterance);
    refuse(DIA_STATUS_INVALID_ARGUMENT, "4 codes, which are no whole frames of 3", hello({1, 2, 3, 4}));
    refuse(DIA_STATUS_INVALID_ARGUMENT, "prompt frame 1, channel 2 is 24", hello({1, 2, 3, 4, 5, 24}));
    refuse(DIA_STATUS_INVALID_ARGUMENT, "prompt frame 0, channel 0 is -1", hello({-1, 2, 3}));
    refuse(DIA_STATUS_INVALID_ARGUMENT, "takes 7 positions, but max_length = 4 allows only 7",
           hello(Tokens(18, 0)));
    EXPECT_EQ(generator->n_rows(), 0);
    EXPECT_EQ(generator->add_utterance(hello(Tokens(15, 0))), 0);
}

TEST_F(GeneratorTest, RefusesOptionsOutOfRange) {
    params_.temperature = -1.0f;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"temperature"}, [&] { make(); });
}

// What a logits callback was told, and what it does.
struct Listener {
    std::vector<dia_logits_context> contexts;
    std::vector<Tokens> tokens;
    std::function<int32_t(const dia_logits_context &, span<float>)> action;

    static int32_t call(const dia_logits_context * context, float * scores, void * user_data) {
        auto & self = *static_cast<Listener *>(user_data);
        self.contexts.push_back(*context);
        self.tokens.emplace_back(context->tokens, context->tokens + context->n_tokens * context->n_channels);
        const auto n = static_cast<size_t>(context->n_channels * context->vocab_size);
        return self.action ? self.action(*context, {scores, n}) : 0;
    }
};

class LogitsCallbackTest : public GeneratorTest {
protected:
    LogitsCallbackTest() {
        params_.max_new_tokens = 7;
        params_.guidance_scale = 1.0f;
        params_.logits_callback = &Listener::call;
        params_.logits_user_data = &listener_;
    }

    Listener listener_;
};

TEST_F(LogitsCallbackTest, IsToldTheTokensSoFar) {
    auto generator = make();
    generator->add_utterance(hello());
    generator->add_utterance(hello({1, 2, 3}));
    run(*generator);
    ASSERT_EQ(listener_.contexts.size(), 14u) << "seven positions of two rows";
    const dia_logits_context & context = listener_.contexts[3];
    EXPECT_EQ(context.struct_size, sizeof context);
    EXPECT_EQ(context.row, 1);
    EXPECT_EQ(context.n_channels, kChannels);
    EXPECT_EQ(context.vocab_size, kVocab);
    EXPECT_EQ(context.n_tokens, 3);
    EXPECT_EQ(context.n_prompt_frames, 1);
    const Tokens all = tokens_of(*generator, 1);
    EXPECT_EQ(listener_.tokens[3], Tokens(all.begin(), all.begin() + 9));
}

TEST_F(LogitsCallbackTest, DecidesWhatIsChosen) {
    listener_.action = [](const dia_logits_context &, span<float> scores) {
        for (size_t c = 0; c < kChannels; ++c) {
            scores[c * kVocab + 5 + c] = 1000.0f;
        }
        return 0;
    };
    auto generator = make();
    generator->add_utterance(hello());
    run(*generator);
    EXPECT_EQ(frames_of(*generator), (Tokens{5, 6, 7, 5, 6, 7, 5, 6, 7})) << "but not where the speech ends";
}

TEST_F(LogitsCallbackTest, SeesTheScoresAfterTheRulesAboutTokens) {
    const Tokens suppressed = {code(1, 0), 3};
    params_.suppress_tokens = suppressed.data();
    params_.n_suppress_tokens = 2;
    listener_.action = [](const dia_logits_context & context, span<float> scores) {
        EXPECT_EQ(scores[3], kRemoved) << "position " << context.n_tokens;
        EXPECT_EQ(scores[4], 0.0f) << "before temperature and top-k";
        return 0;
    };
    auto generator = make();
    generator->add_utterance(hello());
    generator->prefill();
    generator->step();
}

TEST_F(LogitsCallbackTest, StopsTheGeneration) {
    listener_.action = [](const dia_logits_context & context, span<float>) {
        return context.n_tokens == 6 ? 1 : 0;
    };
    auto generator = make();
    generator->add_utterance(hello());
    generator->prefill();
    for (int i = 0; i < 5; ++i) {
        generator->step();
    }
    expect_error(DIA_STATUS_CANCELLED, {"logits callback", "row 0", "position 6"}, [&] { generator->step(); });
    EXPECT_EQ(generator->row(0).n_frames(), 2) << "what is there stays";
    expect_error(DIA_STATUS_INVALID_STATE, {"an earlier call failed"}, [&] { generator->step(); });
}

TEST_F(LogitsCallbackTest, IsNamedForScoresThatAreNoNumbers) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        listener_.action = [bad](const dia_logits_context &, span<float> scores) {
            scores[kVocab + 4] = bad;
            return 0;
        };
        auto generator = make();
        generator->add_utterance(hello());
        generator->prefill();
        expect_error(DIA_STATUS_NOT_A_NUMBER, {"logits callback", "token 4", "row 0", "channel 1", "position 1"},
                     [&] { generator->step(); });
    }
}

TEST_F(LogitsCallbackTest, IsNamedIfItLeavesNoToken) {
    int32_t channel = 0;
    listener_.action = [&channel](const dia_logits_context &, span<float> scores) {
        const span<float> removed = scores.subspan(static_cast<size_t>(channel * kVocab), kVocab);
        std::fill(removed.begin(), removed.end(), kRemoved);
        return 0;
    };
    auto generator = make();
    generator->add_utterance(hello());
    generator->prefill();
    expect_error(DIA_STATUS_INVALID_ARGUMENT,
                 {"no token is left for channel 0 of row 0 at position 1", "the logits callback"},
                 [&] { generator->step(); });
    channel = 2;
    generator = make();
    generator->add_utterance(hello());
    generator->prefill();
    for (int position = 1; position <= 3; ++position) {
        generator->step();  // the delay decides channel 2 up to here
    }
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"channel 2", "position 4"}, [&] { generator->step(); });
}

TEST_F(GeneratorTest, NamesTheOptionThatLeavesNoToken) {
    Tokens all(kEos + 1);
    std::iota(all.begin(), all.end(), 0);
    params_.suppress_tokens = all.data();
    params_.n_suppress_tokens = static_cast<int64_t>(all.size());
    for (const int32_t do_sample : {0, 1}) {
        params_.do_sample = do_sample;
        auto generator = make();
        generator->add_utterance(hello());
        generator->prefill();
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {"channel 0", "row 0", "position 1", "suppress_tokens"},
                     [&] { generator->step(); });
    }
}

TEST_F(GeneratorTest, EndsIfTheEndIsAllThatIsLeft) {
    Tokens codes(kEos);
    std::iota(codes.begin(), codes.end(), 0);
    params_.begin_suppress_tokens = codes.data();
    params_.n_begin_suppress_tokens = static_cast<int64_t>(codes.size());
    auto generator = make();
    generator->add_utterance(hello());
    run(*generator);
    EXPECT_EQ(generator->row(0).n_frames(), 0);
    EXPECT_EQ(generator->row(0).finish_reason(), DIA_FINISH_REASON_END_OF_SPEECH);
}

TEST_F(GeneratorTest, CountsMinLengthFromTheBegin) {
    script_ = [](int32_t, int64_t, int32_t channel) { return channel == 0 ? kEos : 1; };
    params_.min_length = 6;
    auto generator = make();
    generator->add_utterance(hello());
    generator->add_utterance(hello({1, 2, 3, 4, 5, 6}));
    run(*generator);
    EXPECT_EQ(generator->row(0).n_frames(), 5) << "positions 1 to 5";
    EXPECT_EQ(generator->row(1).n_frames(), 3) << "positions 3 to 5";
}

TEST_F(GeneratorTest, StopsARowAlone) {
    params_.max_new_tokens = 12;
    auto generator = make();
    generator->add_utterance(hello());
    generator->add_utterance(hello());
    expect_error(DIA_STATUS_INVALID_STATE, {"cannot stop a row before prefill"}, [&] { generator->stop_row(0); });
    generator->prefill();
    for (int i = 0; i < 5; ++i) {
        generator->step();
    }
    generator->stop_row(0);
    generator->stop_row(0);
    EXPECT_EQ(generator->row(0).finish_reason(), DIA_FINISH_REASON_STOPPED);
    EXPECT_EQ(generator->step(), 1);
    while (generator->step() > 0) {
    }
    EXPECT_EQ(generator->row(0).n_positions(), 6);
    EXPECT_EQ(generator->row(0).n_frames(), 2);
    EXPECT_EQ(generator->row(1).n_frames(), 8);
    generator->stop_row(1);
    EXPECT_EQ(generator->row(1).finish_reason(), DIA_FINISH_REASON_LENGTH) << "it had ended";
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row 2 does not exist"}, [&] { generator->stop_row(2); });
}

TEST_F(GeneratorTest, KeepsTheScoresOfEveryRow) {
    params_.guidance_scale = 1.0f;
    params_.keep_scores = 1;
    auto generator = make();
    generator->add_utterance(hello());
    generator->add_utterance(hello());
    generator->prefill();
    expect_error(DIA_STATUS_INVALID_STATE, {"row 1 has taken no step"}, [&] { generator->scores(1); });
    generator->step();
    for (const int32_t row : {0, 1}) {
        const span<const float> scores = generator->scores(row);
        ASSERT_EQ(scores.size(), static_cast<size_t>(kChannels * kVocab));
        EXPECT_FLOAT_EQ(scores[static_cast<size_t>(code(1, 0))], 10.0f / 1.2f);
        EXPECT_EQ(scores[kEos], kRemoved);
    }
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row 2 does not exist"}, [&] { generator->scores(2); });
    params_.keep_scores = 0;
    auto without = make();
    without->add_utterance(hello());
    without->prefill();
    without->step();
    expect_error(DIA_STATUS_INVALID_STATE, {"keep_scores"}, [&] { without->scores(0); });
}

TEST_F(GeneratorTest, GivesTheLogitsOfTheNextPosition) {
    params_.max_new_tokens = 3;
    auto generator = make();
    generator->add_utterance(hello());
    expect_error(DIA_STATUS_INVALID_STATE, {"before prefill"}, [&] { generator->logits(0); });
    generator->prefill();
    EXPECT_EQ(generator->logits(0).conditional[static_cast<size_t>(code(1, 0))], 10.0f);
    EXPECT_EQ(generator->logits(0).unconditional.size(), static_cast<size_t>(kChannels * kVocab));
    while (generator->step() > 0) {
    }
    expect_error(DIA_STATUS_INVALID_STATE, {"row 0 has ended"}, [&] { generator->logits(0); });
}

}  // namespace
}  // namespace dia
