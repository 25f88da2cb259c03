#include "gguf/hparams.h"

#include <algorithm>
#include <cmath>

#include "gguf/hparams_table.h"
#include "support/error.h"

namespace dia {

namespace {

// Each number alone.
class RangeCheck {
public:
    explicit RangeCheck(const std::string & source) : source_(source) {}

    void operator()(const char * key, int32_t value, int32_t least, int32_t greatest) const {
        if (value < least || value > greatest) {
            fail(DIA_STATUS_INVALID_FILE, "%s: %s is %d, expected %d to %d", source_.c_str(), key, value, least,
                 greatest);
        }
    }

    void operator()(const char * key, float value, float least, float greatest) const {
        if (!(value >= least && value <= greatest)) {  // not a number is out of range, too
            fail(DIA_STATUS_INVALID_FILE, "%s: %s is %g, expected %g to %g", source_.c_str(), key,
                 static_cast<double>(value), static_cast<double>(least), static_cast<double>(greatest));
        }
    }

    void operator()(const char * key, const std::vector<int32_t> & values, int32_t least, int32_t greatest) const {
        for (size_t i = 0; i < values.size(); ++i) {
            (*this)(format("%s[%zu]", key, i).c_str(), values[i], least, greatest);
        }
    }

    void operator()(const char *, bool) const {}

private:
    const std::string & source_;
};

// What numbers must be to each other.
class ConsistencyCheck {
public:
    explicit ConsistencyCheck(const std::string & source) : source_(source) {}

    void check(const DiaHparams & dia) const {
        heads("dia.encoder.", dia.encoder.num_attention_heads, dia.encoder.num_key_value_heads);
        heads("dia.decoder.", dia.decoder.num_attention_heads, dia.decoder.num_key_value_heads);
        heads("dia.decoder.cross_", dia.decoder.cross_num_attention_heads, dia.decoder.cross_num_key_value_heads);
        even("dia.encoder.head_dim", dia.encoder.head_dim);  // rotary embedding turns pairs
        even("dia.decoder.head_dim", dia.decoder.head_dim);
        equal("dia.decoder.cross_hidden_size", dia.decoder.cross_hidden_size, "dia.encoder.hidden_size",
              dia.encoder.hidden_size);
        special_tokens(dia);
        delays(dia);
    }

    void check(const DiaHparams & dia, const DacHparams & dac) const {
        ratios("dac.downsampling_ratios", dac.downsampling_ratios, dac.hop_length);
        ratios("dac.upsampling_ratios", dac.upsampling_ratios, dac.hop_length);
        equal("length of dac.upsampling_ratios", static_cast<int64_t>(dac.upsampling_ratios.size()),
              "length of dac.downsampling_ratios", static_cast<int64_t>(dac.downsampling_ratios.size()));
        equal("dac.n_codebooks", dac.n_codebooks, "dia.decoder.num_channels", dia.decoder.num_channels);
        if (dac.codebook_size > dia.eos_token_id) {
            fail(DIA_STATUS_INVALID_FILE, "%s: dac.codebook_size is %d, but codes end at dia.eos_token_id %d",
                 source_.c_str(), dac.codebook_size, dia.eos_token_id);
        }
        if (dac.decoder_hidden_size >> dac.upsampling_ratios.size() == 0) {
            fail(DIA_STATUS_INVALID_FILE, "%s: dac.decoder_hidden_size is %d, too few channels to halve %zu times",
                 source_.c_str(), dac.decoder_hidden_size, dac.upsampling_ratios.size());
        }
    }

private:
    void equal(const char * name, int64_t value, const char * other_name, int64_t other) const {
        if (value != other) {
            fail(DIA_STATUS_INVALID_FILE, "%s: %s is %lld, expected %s %lld", source_.c_str(), name,
                 static_cast<long long>(value), other_name, static_cast<long long>(other));
        }
    }

    void even(const char * name, int32_t value) const {
        if (value % 2 != 0) {
            fail(DIA_STATUS_INVALID_FILE, "%s: %s is %d, expected an even number", source_.c_str(), name, value);
        }
    }

    void heads(const char * prefix, int32_t queries, int32_t keys) const {
        if (queries % keys != 0) {
            fail(DIA_STATUS_INVALID_FILE,
                 "%s: %snum_attention_heads is %d, expected a multiple of %d key-value heads", source_.c_str(),
                 prefix, queries, keys);
        }
    }

    // Codes are the ids below EOS, so the other two lie above it.
    void special_tokens(const DiaHparams & dia) const {
        const struct {
            const char * name;
            int32_t id;
        } tokens[] = {{"dia.bos_token_id", dia.bos_token_id}, {"dia.pad_token_id", dia.pad_token_id}};
        for (const auto & token : tokens) {
            if (token.id <= dia.eos_token_id || token.id >= dia.decoder.vocab_size) {
                fail(DIA_STATUS_INVALID_FILE,
                     "%s: %s is %d, expected %d to %d: above dia.eos_token_id, below the "
                     "decoder's vocab_size",
                     source_.c_str(), token.name, token.id, dia.eos_token_id + 1, dia.decoder.vocab_size - 1);
            }
        }
        if (dia.bos_token_id == dia.pad_token_id) {
            fail(DIA_STATUS_INVALID_FILE, "%s: dia.bos_token_id and dia.pad_token_id are both %d", source_.c_str(),
                 dia.bos_token_id);
        }
    }

    void delays(const DiaHparams & dia) const {
        equal("length of dia.delay_pattern", static_cast<int64_t>(dia.delay_pattern.size()),
              "dia.decoder.num_channels", dia.decoder.num_channels);
        equal("dia.delay_pattern[0]", dia.delay_pattern[0], "the first delay to be", 0);
    }

    void ratios(const char * name, const std::vector<int32_t> & values, int32_t hop_length) const {
        if (values.empty() || values.size() > DIA_MAX_CODEC_BLOCKS) {
            fail(DIA_STATUS_INVALID_FILE, "%s: %s has %zu entries, expected 1 to %d", source_.c_str(), name,
                 values.size(), static_cast<int>(DIA_MAX_CODEC_BLOCKS));
        }
        int64_t product = 1;
        for (const int32_t value : values) {
            even(name, value);
            product *= value;
        }
        equal(format("product of %s", name).c_str(), product, "dac.hop_length", hop_length);
    }

    const std::string & source_;
};

}  // namespace

int32_t DiaHparams::max_delay() const {
    return delay_pattern.empty() ? 0 : *std::max_element(delay_pattern.begin(), delay_pattern.end());
}

void Hparams::validate(const std::string & source) const {
    visit_hparams(*this, RangeCheck(source));
    ConsistencyCheck(source).check(dia);
    if (dac) {
        visit_dac_hparams(*dac, RangeCheck(source));
        ConsistencyCheck(source).check(dia, *dac);
    }
}

}  // namespace dia
