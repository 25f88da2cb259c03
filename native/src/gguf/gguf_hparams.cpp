#include "gguf/gguf_hparams.h"

#include "gguf/hparams_table.h"
#include "support/error.h"

namespace dia {

namespace {

constexpr const char * kArchitectureKey = "general.architecture";
constexpr const char * kNameKey = "general.name";
constexpr const char * kVersionKey = "dia.format_version";
constexpr const char * kCodecKey = "dia.has_codec";
constexpr const char * kCodecEncoderKey = "dac.has_encoder";

struct Reader {
    const GgufFile & file;

    void operator()(const char * key, int32_t & value, int32_t, int32_t) const { value = file.integer(key); }
    void operator()(const char * key, float & value, float, float) const { value = file.number(key); }
    void operator()(const char * key, bool & value) const { value = file.boolean(key); }
    void operator()(const char * key, std::vector<int32_t> & values, int32_t, int32_t) const {
        values = file.integers(key);
    }
};

struct Writer {
    gguf_context * file;

    void operator()(const char * key, int32_t value, int32_t, int32_t) const {
        gguf_set_val_u32(file, key, static_cast<uint32_t>(value));
    }
    void operator()(const char * key, float value, float, float) const { gguf_set_val_f32(file, key, value); }
    void operator()(const char * key, bool value) const { gguf_set_val_bool(file, key, value); }
    void operator()(const char * key, const std::vector<int32_t> & values, int32_t, int32_t) const {
        gguf_set_arr_data(file, key, GGUF_TYPE_INT32, values.data(), values.size());
    }
};

void check_origin(const GgufFile & file) {
    const std::string architecture = file.text(kArchitectureKey);
    if (architecture != kArchitecture) {
        fail(DIA_STATUS_UNSUPPORTED, "%s: the architecture is \"%s\", expected \"%s\"", file.path().c_str(),
             architecture.c_str(), kArchitecture);
    }
    if (!file.has(kVersionKey)) {
        fail(DIA_STATUS_UNSUPPORTED, "%s: the key %s is missing: the file was not made by this library's converter",
             file.path().c_str(), kVersionKey);
    }
    const int32_t version = file.integer(kVersionKey);
    if (version != kFormatVersion) {
        fail(DIA_STATUS_UNSUPPORTED, "%s: %s is %d, this library reads version %d", file.path().c_str(),
             kVersionKey, version, kFormatVersion);
    }
}

}  // namespace

Hparams read_hparams(const GgufFile & file) {
    check_origin(file);
    Hparams hparams;
    visit_hparams(hparams, Reader{file});
    if (file.boolean(kCodecKey)) {
        visit_dac_hparams(hparams.dac.emplace(), Reader{file});
        hparams.dac->has_encoder = !file.has(kCodecEncoderKey) || file.boolean(kCodecEncoderKey);
    }
    hparams.name = file.text(kNameKey);
    hparams.validate(file.path());
    return hparams;
}

void write_hparams(const Hparams & hparams, gguf_context * file) {
    gguf_set_val_str(file, kArchitectureKey, kArchitecture);
    gguf_set_val_str(file, kNameKey, hparams.name.c_str());
    gguf_set_val_u32(file, kVersionKey, static_cast<uint32_t>(kFormatVersion));
    gguf_set_val_bool(file, kCodecKey, hparams.dac.has_value());
    visit_hparams(hparams, Writer{file});
    if (hparams.dac) {
        visit_dac_hparams(*hparams.dac, Writer{file});
        gguf_set_val_bool(file, kCodecEncoderKey, hparams.dac->has_encoder);
    }
}

std::string size_label(int64_t n_parameters) {
    const double n = static_cast<double>(n_parameters);
    return n_parameters >= 1'000'000'000 ? format("%.1fB", n / 1e9)
           : n_parameters >= 10'000'000  ? format("%.0fM", n / 1e6)
           : n_parameters >= 1'000'000   ? format("%.1fM", n / 1e6)
                                         : format("%.0fK", n / 1e3);
}

}  // namespace dia
