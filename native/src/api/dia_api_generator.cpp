// The generator of the C interface.

#include <memory>
#include <optional>
#include <utility>

#include "api/api_guard.h"
#include "api/copy_out.h"
#include "api/encoding_handle.h"
#include "api/input_text.h"
#include "api/memory_struct.h"
#include "api/model_handle.h"
#include "api/versioned_struct.h"
#include "dia/dia.h"
#include "generation/generation_params.h"
#include "generation/generator.h"
#include "model/decoder_run.h"

struct dia_generator {
    dia_generator(std::shared_ptr<const dia::Model> model, const dia_generation_params & params);

    const std::shared_ptr<const dia::Model> model;
    dia::Generator generator;
};

namespace {

// The text of an utterance: its ids, or what they were encoded to.
void read_text(const dia_utterance & fields, const dia_generator & target, dia::Utterance & utterance) {
    if (fields.encoding == nullptr) {
        target.generator.require_text_length(fields.n_input_ids);
        utterance.input_ids.assign(fields.input_ids, fields.input_ids + fields.n_input_ids);
        return;
    }
    if (fields.n_input_ids != 0) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "the utterance has an encoding and %lld input_ids; give one of them",
                  static_cast<long long>(fields.n_input_ids));
    }
    if (fields.encoding->text->model != target.model) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "the encoding was made by another model than the generator");
    }
    utterance.encoding = fields.encoding->text;
}

dia::Utterance read_utterance(const dia_utterance & caller, const dia_generator & target) {
    const dia_utterance fields = dia::read_struct(caller, dia_utterance{});
    dia::require_array(fields.input_ids, fields.n_input_ids, "input_ids", "n_input_ids");
    dia::require_array(fields.prompt_codes, fields.n_prompt_frames, "prompt_codes", "n_prompt_frames");
    if (fields.n_prompt_frames > dia::kMaxPositions) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "n_prompt_frames must be at most %lld, found %lld",
                  static_cast<long long>(dia::kMaxPositions), static_cast<long long>(fields.n_prompt_frames));
    }
    dia::Utterance utterance;
    read_text(fields, target, utterance);
    utterance.prompt_codes.assign(fields.prompt_codes,
                                  fields.prompt_codes + fields.n_prompt_frames * target.generator.n_channels());
    if (fields.has_seed != 0) {
        utterance.seed = fields.seed;
    }
    return utterance;
}

dia_row_state state_of(const dia::GenerationRow & row) {
    dia_row_state state = {};
    state.finish_reason = row.finish_reason();
    state.n_tokens = row.n_positions();
    state.n_prompt_frames = row.prefix() - 1;
    state.n_frames = row.n_frames();
    state.max_tokens = row.limit();
    state.seed = row.seed();
    return state;
}

}  // namespace

dia_generator::dia_generator(std::shared_ptr<const dia::Model> shared_model, const dia_generation_params & params)
    : model(std::move(shared_model)),
      generator(model->hparams.dia, dia::frame_rate_of(model->hparams), params, dia::model_predictor(model)) {
    dia::cache_type(params.kv_type, *model);  // refused now, not by the prefill
}

dia_status dia_generation_params_init(dia_generation_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, dia::default_generation_params(), "params"); });
}

dia_status dia_model_get_generation_params(const dia_model * model, dia_generation_params * params,
                                           uint32_t struct_size) {
    return dia::guard([&] {
        const dia::GenerationDefaults & defaults = dia::require(model, "model").model->hparams.generation;
        dia::init_struct(params, struct_size, dia::generation_params_of(defaults), "params");
    });
}

dia_status dia_generator_create(const dia_model * model, const dia_generation_params * params,
                                dia_generator ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        const std::shared_ptr<const dia::Model> loaded = dia::require(model, "model").model;
        const dia_generation_params defaults = dia::generation_params_of(loaded->hparams.generation);
        *out = std::make_unique<dia_generator>(loaded, dia::read_struct(params, defaults)).release();
    });
}

void dia_generator_free(dia_generator * generator) {
    const std::unique_ptr<dia_generator> owned(generator);
}

dia_status dia_generator_add_text(dia_generator * generator, const char * text, int64_t n_bytes, int32_t * row) {
    return dia::guard([&] {
        const int32_t index =
            dia::require(generator, "generator").generator.add_text(dia::input_text(text, n_bytes));
        if (row != nullptr) {
            *row = index;
        }
    });
}

dia_status dia_generator_add_utterance(dia_generator * generator, const dia_utterance * utterance, int32_t * row) {
    return dia::guard([&] {
        dia_generator & target = dia::require(generator, "generator");
        const int32_t index =
            target.generator.add_utterance(read_utterance(dia::require(utterance, "utterance"), target));
        if (row != nullptr) {
            *row = index;
        }
    });
}

int32_t dia_generator_row_count(const dia_generator * generator) {
    return generator == nullptr ? 0 : generator->generator.n_rows();
}

dia_status dia_generator_estimate_memory(const dia_generator * generator, int32_t device,
                                         dia_memory_estimate * estimate) {
    return dia::guard([&] {
        const dia_generator & source = dia::require(generator, "generator");
        dia::write_struct(estimate, dia::memory_struct(source.model, source.generator.session_options(), device),
                          "estimate");
    });
}

dia_status dia_generator_prefill(dia_generator * generator) {
    return dia::guard([&] { dia::require(generator, "generator").generator.prefill(); });
}

dia_status dia_generator_step(dia_generator * generator, int32_t * n_active) {
    return dia::guard([&] {
        const int32_t active = dia::require(generator, "generator").generator.step();
        if (n_active != nullptr) {
            *n_active = active;
        }
    });
}

dia_status dia_generator_stop_row(dia_generator * generator, int32_t row) {
    return dia::guard([&] { dia::require(generator, "generator").generator.stop_row(row); });
}

void dia_generator_cancel(dia_generator * generator) {
    if (generator != nullptr) {
        generator->generator.cancel();
    }
}

dia_status dia_generator_get_row_state(const dia_generator * generator, int32_t row, dia_row_state * state) {
    return dia::guard([&] {
        const dia::GenerationRow & source = dia::require(generator, "generator").generator.row(row);
        dia::write_struct(state, state_of(source), "state");
    });
}

dia_status dia_generator_copy_tokens(const dia_generator * generator, int32_t row, int32_t * tokens,
                                     int64_t capacity, int64_t * needed) {
    return dia::guard([&] {
        const dia::GenerationRow & source = dia::require(generator, "generator").generator.row(row);
        dia::copy_out(source.tokens(), tokens, capacity, needed, "tokens");
    });
}

dia_status dia_generator_copy_frames(const dia_generator * generator, int32_t row, int64_t first_frame,
                                     int32_t * codes, int64_t capacity, int64_t * n_frames) {
    return dia::guard([&] {
        const dia::GenerationRow & source = dia::require(generator, "generator").generator.row(row);
        dia::require_array(codes, capacity, "codes", "capacity");
        int64_t & n_copied = dia::require(n_frames, "n_frames");
        if (first_frame < 0 || first_frame > source.n_frames()) {
            dia::fail(DIA_STATUS_INVALID_ARGUMENT, "first_frame must be 0 to %lld, found %lld",
                      static_cast<long long>(source.n_frames()), static_cast<long long>(first_frame));
        }
        n_copied = source.copy_frames(first_frame, {codes, static_cast<size_t>(capacity)});
    });
}

dia_status dia_generator_copy_logits(const dia_generator * generator, int32_t row, int32_t unconditional,
                                     float * logits, int64_t capacity, int64_t * needed) {
    return dia::guard([&] {
        const dia::RowLogits source = dia::require(generator, "generator").generator.logits(row);
        if (unconditional != 0 && unconditional != 1) {
            dia::fail(DIA_STATUS_INVALID_ARGUMENT, "unconditional must be 0 or 1, found %d", unconditional);
        }
        if (unconditional == 1 && source.unconditional.empty()) {
            dia::fail(DIA_STATUS_INVALID_STATE, "guidance is off, so that there is no unconditional branch");
        }
        dia::copy_out(unconditional == 1 ? source.unconditional : source.conditional, logits, capacity, needed,
                      "logits");
    });
}

dia_status dia_generator_copy_scores(const dia_generator * generator, int32_t row, float * scores, int64_t capacity,
                                     int64_t * needed) {
    return dia::guard([&] {
        dia::copy_out(dia::require(generator, "generator").generator.scores(row), scores, capacity, needed,
                      "scores");
    });
}
