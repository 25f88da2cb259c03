#include "golden_inputs.h"

#include <algorithm>

#include "generation/delay_pattern.h"

namespace dia::testing {

namespace {

// Row b of a table [B][n].
span<const int32_t> row_of(const Array<int32_t> & table, size_t b) {
    const size_t n = table.values.size() / static_cast<size_t>(table.shape.at(0));
    return span<const int32_t>(table.values).subspan(b * n, n);
}

int64_t count(span<const int32_t> values, int32_t value) {
    return std::count(values.begin(), values.end(), value);
}

std::vector<int32_t> undelayed_prompt(span<const int32_t> delayed, int64_t n_frames,
                                      const nlohmann::json & manifest) {
    const auto delays = manifest.at("delay_pattern").get<std::vector<int32_t>>();
    std::vector<int32_t> frames(delayed.size());
    revert_delay(delayed, delays, -1, frames);
    const auto n_channels = static_cast<int64_t>(delays.size());
    const auto first = frames.begin() + n_channels;  // after BOS
    return std::vector<int32_t>(first, first + n_frames * n_channels);
}

}  // namespace

std::vector<GoldenRow> golden_rows(const GoldenCase & golden) {
    const auto texts = golden.entry.at("texts").get<std::vector<std::string>>();
    const Array<int32_t> input_ids = golden.set->ints(golden.entry, "input_ids");
    const Array<int32_t> attention_mask = golden.set->ints(golden.entry, "attention_mask");
    const Array<int32_t> decoder_input_ids = golden.set->ints(golden.entry, "decoder_input_ids");
    const Array<int32_t> decoder_mask = golden.set->ints(golden.entry, "decoder_attention_mask");
    const auto n_channels = golden.set->manifest().at("channels").get<int64_t>();

    std::vector<GoldenRow> rows;
    for (size_t b = 0; b < texts.size(); ++b) {
        GoldenRow row;
        row.text = texts[b];
        const auto n_ids = static_cast<size_t>(count(row_of(attention_mask, b), 1));
        const span<const int32_t> ids = row_of(input_ids, b).subspan(0, n_ids);
        row.input_ids.assign(ids.begin(), ids.end());
        row.left_padding = count(row_of(decoder_mask, b), 0);
        const span<const int32_t> padded = row_of(decoder_input_ids, b);
        const auto offset = static_cast<size_t>(row.left_padding * n_channels);
        const int64_t n_frames = golden.entry.at("valid_len").get<int64_t>() - row.left_padding - 1;
        row.prompt_codes =
            undelayed_prompt(padded.subspan(offset, padded.size() - offset), n_frames, golden.set->manifest());
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace dia::testing
