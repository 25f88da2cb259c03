// GGUF files become models, and whatever is wrong with one is told before ggml, which would abort, sees it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "expect_error.h"
#include "ggml-cpp.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_hparams.h"
#include "gguf/hparams_table.h"
#include "golden_set.h"
#include "model/model.h"
#include "small_checkpoint.h"
#include "support/memory_ledger.h"

namespace dia::testing {
namespace {

// A GGUF whose directory can be changed in ways that the converter would not; the tensors' data are zeros.
class GgufEditor {
public:
    explicit GgufEditor(const std::string & path) : file_(path), metadata_(gguf_init_empty()) {
        const std::string bytes = read_file(path);
        const gguf_context_ptr source(gguf_init_from_buffer(bytes.data(), bytes.size(), {true, nullptr}));
        gguf_set_kv(metadata_.get(), source.get());
        tensors_ = file_.tensors();
    }

    gguf_context * metadata() { return metadata_.get(); }

    GgufTensor & tensor(const std::string & name) {
        for (GgufTensor & tensor : tensors_) {
            if (tensor.name == name) {
                return tensor;
            }
        }
        throw std::runtime_error("no tensor " + name);
    }

    void remove_tensor(const std::string & name) { tensor(name).name.clear(); }

    void add_tensor(const std::string & name, ggml_type type, const std::vector<int64_t> & shape) {
        tensors_.push_back({name, type, shape, 0, {}});
    }

    std::string bytes() const {
        // A context takes its alignment from a file, not from a key that is set.
        const std::string keys = directory_of(metadata_.get());
        const gguf_context_ptr directory(gguf_init_from_buffer(keys.data(), keys.size(), {true, nullptr}));
        const ggml_context_ptr context(ggml_init({tensors_.size() * ggml_tensor_overhead(), nullptr, true}));
        size_t n_data = 0;
        const size_t alignment = gguf_get_alignment(directory.get());
        for (const GgufTensor & edited : tensors_) {
            if (!edited.name.empty()) {
                ggml_tensor * tensor = ggml_new_tensor(context.get(), edited.type,
                                                       static_cast<int>(edited.shape.size()), edited.shape.data());
                ggml_set_name(tensor, edited.name.c_str());
                gguf_add_tensor(directory.get(), tensor);
                n_data += (ggml_nbytes(tensor) + alignment - 1) / alignment * alignment;
            }
        }
        return directory_of(directory.get()) + std::string(n_data, '\0');
    }

private:
    static std::string directory_of(const gguf_context * context) {
        std::string bytes(gguf_get_meta_size(context), '\0');
        gguf_get_meta_data(context, bytes.data());
        return bytes;
    }

    GgufFile file_;
    gguf_context_ptr metadata_;
    std::vector<GgufTensor> tensors_;
};

class ModelLoader : public ::testing::Test {
protected:
    ModelLoader() {
        SmallCheckpoint().write(folder_);
        path_ = convert_small(folder_);
    }

    std::shared_ptr<const Model> load(const std::string & bytes) const {
        return load_model(folder_.write("changed.gguf", bytes), {});
    }

    // The changed file is refused, and the message names it and holds these texts.
    void expect_refused(dia_status status, std::initializer_list<std::string> texts,
                        const std::function<void(GgufEditor &)> & change) const {
        GgufEditor editor(path_);
        change(editor);
        expect_bytes_refused(editor.bytes(), status, texts);
    }

    void expect_bytes_refused(const std::string & bytes, dia_status status,
                              std::initializer_list<std::string> texts) const {
        expect_error(status, texts, [&] { load(bytes); });
        expect_error(status, {folder_.path("changed.gguf")}, [&] { load(bytes); });
    }

    TemporaryFolder folder_;
    std::string path_;
};

TEST_F(ModelLoader, HandsOutEveryNumberAndTensor) {
    const auto model = load_model(path_, {});
    EXPECT_EQ(model->hparams.name, "dia");
    EXPECT_EQ(model->hparams.dia.decoder.cross_head_dim, 32);
    EXPECT_EQ(model->hparams.dia.delay_pattern, (std::vector<int32_t>{0, 2, 3}));
    EXPECT_EQ(model->hparams.dac->upsampling_ratios, (std::vector<int32_t>{4, 2}));
    EXPECT_EQ(model->hparams.generation.top_k, 45);
    ASSERT_EQ(model->encoder.layers.size(), 2u);
    ASSERT_EQ(model->decoder.layers.size(), 2u);
    EXPECT_STREQ(model->encoder.layers[1].post_sa_norm->name, "dia.enc.blk.1.ffn_norm.weight");
    EXPECT_STREQ(model->decoder.layers[1].cross_kv_proj->name, "dia.dec.blk.1.cross_attn_kv.weight");
    EXPECT_STREQ(model->decoder.logits_dense->name, "dia.dec.output.weight");
    EXPECT_STREQ(model->dac->decoder.blocks[1].res_units[2].conv1.bias->name, "dac.dec.blk.1.res.2.conv1.bias");
    EXPECT_STREQ(model->dac->encoder.blocks[0].conv.weight->name, "dac.enc.blk.0.down.weight");
    const ggml_tensor * up = model->dac->decoder.blocks[0].conv.weight;
    EXPECT_EQ(std::vector<int64_t>(up->ne, up->ne + 3), (std::vector<int64_t>{20, 8, 10}));
}

TEST_F(ModelLoader, CountsAndDescribes) {
    const auto model = load_model(path_, {});
    int64_t n_bytes = 0;
    const GgufFile file(path_);
    for (const GgufTensor & tensor : file.tensors()) {
        n_bytes += static_cast<int64_t>(tensor.n_bytes);
    }
    EXPECT_EQ(model->n_bytes, n_bytes);
    EXPECT_EQ(model->n_bytes, 4 * (model->n_parameters + model->codec_n_parameters));
    EXPECT_EQ(model->description, "Dia " + size_label(model->n_parameters) + " f32 + DAC f32");
    EXPECT_EQ(size_label(1'611'160'576), "1.6B");
    EXPECT_EQ(size_label(76'620'777), "77M");
    EXPECT_EQ(size_label(1'363'040), "1.4M");
    EXPECT_EQ(size_label(2'500), "2K");
}

TEST_F(ModelLoader, LeavesTheCodecOutIfAsked) {
    LoadOptions options;
    options.load_codec = false;
    const auto model = load_model(path_, options);
    EXPECT_FALSE(model->dac.has_value());
    EXPECT_EQ(model->codec_n_parameters, 0);
    EXPECT_EQ(model->description, "Dia " + size_label(model->n_parameters) + " f32");
}

TEST_F(ModelLoader, MapsOrReadsTheSameBytes) {
    LoadOptions read;
    read.use_mmap = false;
    for (const auto & set : golden_sets()) {
        const auto mapped = load_model(set->gguf(DIA_TYPE_Q8_0), {});
        const auto copied = load_model(set->gguf(DIA_TYPE_Q8_0), read);
        const ggml_tensor * a = mapped->decoder.layers.back().cross_kv_proj;
        const ggml_tensor * b = copied->decoder.layers.back().cross_kv_proj;
        ASSERT_EQ(ggml_nbytes(a), ggml_nbytes(b));
        EXPECT_EQ(std::memcmp(a->data, b->data, ggml_nbytes(a)), 0) << set->name();
    }
}

TEST_F(ModelLoader, OnlyWeightsThatAreReadCountAsLiveBytes) {
    const int64_t before = live_bytes();
    LoadOptions options;
    auto model = load_model(path_, options);
    EXPECT_LT(live_bytes() - before, model->n_bytes);
    options.use_mmap = false;
    model = load_model(path_, options);
    EXPECT_GE(live_bytes() - before, model->n_bytes);
    model.reset();
    EXPECT_EQ(live_bytes(), before);
}

TEST_F(ModelLoader, ProgressEndsAtTheTotalAndCanCancel) {
    for (const bool use_mmap : {true, false}) {
        int64_t last = -1;
        LoadOptions options;
        options.use_mmap = use_mmap;
        options.progress = [&](int64_t done, int64_t total) {
            EXPECT_LE(done, total);
            last = done;
            return true;
        };
        EXPECT_EQ(load_model(path_, options)->n_bytes, last);
        options.progress = [](int64_t, int64_t) { return false; };
        expect_error(DIA_STATUS_CANCELLED, {path_}, [&] { load_model(path_, options); });
    }
}

TEST_F(ModelLoader, ReadsFilesWhoseTensorsAreNotAligned) {
    GgufEditor editor(path_);
    gguf_set_val_u32(editor.metadata(), "general.alignment", 4);
    const std::string bytes = editor.bytes();
    const GgufFile file(folder_.write("unaligned.gguf", bytes));
    EXPECT_NE(file.find_tensor("dac.dec.conv_in.weight")->offset % 32, 0u);
    const auto model = load(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(model->dac->decoder.conv1.weight->data) % 32, 0u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(model->decoder.logits_dense->data) % 32, 0u);
}

TEST_F(ModelLoader, IgnoresTensorsAndKeysOfOthers) {
    GgufEditor editor(path_);
    editor.add_tensor("something.else", GGML_TYPE_Q4_0, {32, 3});
    gguf_set_val_str(editor.metadata(), "something.else", "text");
    EXPECT_EQ(load(editor.bytes())->hparams.name, "dia");
}

TEST_F(ModelLoader, AcceptsIntegersAndFloatsOfOtherWidths) {
    GgufEditor editor(path_);
    gguf_set_val_i64(editor.metadata(), "dia.eos_token_id", 16);
    gguf_set_val_u8(editor.metadata(), "dia.pad_token_id", 17);
    gguf_set_val_f64(editor.metadata(), "dia.encoder.norm_eps", 0.5);
    const uint16_t delays[] = {0, 2, 3};
    gguf_set_arr_data(editor.metadata(), "dia.delay_pattern", GGUF_TYPE_UINT16, delays, 3);
    const auto model = load(editor.bytes());
    EXPECT_EQ(model->hparams.dia.eos_token_id, 16);
    EXPECT_EQ(model->hparams.dia.encoder.norm_eps, 0.5f);
    EXPECT_EQ(model->hparams.dia.delay_pattern, (std::vector<int32_t>{0, 2, 3}));
}

TEST_F(ModelLoader, RefusesOtherFiles) {
    expect_error(DIA_STATUS_IO, {"nowhere.gguf"}, [&] { load_model(folder_.path("nowhere.gguf"), {}); });
    expect_error(DIA_STATUS_IO, {folder_.path()}, [&] { load_model(folder_.path(), {}); });
    expect_bytes_refused("", DIA_STATUS_INVALID_FILE, {"0 bytes", "24"});
    expect_bytes_refused("GGUF", DIA_STATUS_INVALID_FILE, {"4 bytes"});
    expect_bytes_refused(std::string(100, 'x'), DIA_STATUS_INVALID_FILE, {"not a GGUF file"});
    expect_bytes_refused(read_file(folder_.path("dia/model.safetensors")), DIA_STATUS_INVALID_FILE,
                         {"not a GGUF file"});
}

TEST_F(ModelLoader, RefusesOtherArchitecturesAndVersions) {
    expect_refused(DIA_STATUS_UNSUPPORTED, {"\"llama\"", "\"dia\""},
                   [](GgufEditor & e) { gguf_set_val_str(e.metadata(), "general.architecture", "llama"); });
    expect_refused(DIA_STATUS_UNSUPPORTED, {"dia.format_version is 2", "version 1"},
                   [](GgufEditor & e) { gguf_set_val_u32(e.metadata(), "dia.format_version", 2); });
    expect_refused(DIA_STATUS_UNSUPPORTED, {"dia.format_version is missing"},
                   [](GgufEditor & e) { gguf_remove_key(e.metadata(), "dia.format_version"); });
}

// Every key that the table of hyper-parameters has.
std::vector<std::string> hparam_keys() {
    std::vector<std::string> keys;
    const auto collect = [&keys](const char * key, auto &&...) { keys.emplace_back(key); };
    Hparams hparams = small_hparams();
    visit_hparams(hparams, collect);
    visit_dac_hparams(*hparams.dac, collect);
    return keys;
}

TEST_F(ModelLoader, RefusesEveryMissingKey) {
    std::vector<std::string> keys = hparam_keys();
    EXPECT_EQ(keys.size(), 45u);
    keys.insert(keys.end(), {"general.architecture", "general.name", "dia.has_codec"});
    for (const std::string & key : keys) {
        expect_refused(DIA_STATUS_INVALID_FILE, {key, "missing"},
                       [&](GgufEditor & e) { gguf_remove_key(e.metadata(), key.c_str()); });
    }
}

TEST_F(ModelLoader, RefusesEveryKeyOfAnotherType) {
    for (const std::string & key : hparam_keys()) {
        expect_refused(DIA_STATUS_INVALID_FILE, {key, "str"},
                       [&](GgufEditor & e) { gguf_set_val_str(e.metadata(), key.c_str(), "7"); });
        const char * texts[] = {"7", "8"};
        expect_refused(DIA_STATUS_INVALID_FILE, {key, "arr[str]"},
                       [&](GgufEditor & e) { gguf_set_arr_str(e.metadata(), key.c_str(), texts, 2); });
    }
    for (const char * key : {"general.architecture", "general.name"}) {
        expect_refused(DIA_STATUS_INVALID_FILE, {key, "u32", "str"},
                       [&](GgufEditor & e) { gguf_set_val_u32(e.metadata(), key, 7); });
    }
}

TEST_F(ModelLoader, RefusesAbsurdNumbersInEveryKey) {
    Hparams hparams = small_hparams();
    const auto check = [&](const char * key, auto & member, auto &&...) {
        SCOPED_TRACE(key);
        using Member = std::decay_t<decltype(member)>;
        if constexpr (std::is_same_v<Member, int32_t>) {
            for (const int64_t absurd : {int64_t{-1}, int64_t{INT32_MAX}, int64_t{1} << 40}) {
                expect_refused(DIA_STATUS_INVALID_FILE, {key},
                               [&](GgufEditor & e) { gguf_set_val_i64(e.metadata(), key, absurd); });
            }
            expect_refused(DIA_STATUS_INVALID_FILE, {key},
                           [&](GgufEditor & e) { gguf_set_val_u64(e.metadata(), key, UINT64_MAX); });
        } else if constexpr (std::is_same_v<Member, float>) {
            for (const float absurd : {-1.0f, INFINITY, NAN}) {
                expect_refused(DIA_STATUS_INVALID_FILE, {key},
                               [&](GgufEditor & e) { gguf_set_val_f32(e.metadata(), key, absurd); });
            }
        } else if constexpr (std::is_same_v<Member, std::vector<int32_t>>) {
            const std::vector<int32_t> absurd(100, INT32_MAX);
            expect_refused(DIA_STATUS_INVALID_FILE, {key}, [&](GgufEditor & e) {
                gguf_set_arr_data(e.metadata(), key, GGUF_TYPE_INT32, absurd.data(), absurd.size());
            });
            expect_refused(DIA_STATUS_INVALID_FILE, {key}, [&](GgufEditor & e) {
                gguf_set_arr_data(e.metadata(), key, GGUF_TYPE_INT32, absurd.data(), 0);
            });
        }
    };
    visit_hparams(hparams, check);
    visit_dac_hparams(*hparams.dac, check);
}

TEST_F(ModelLoader, RefusesEveryMissingTensor) {
    const GgufFile file(path_);
    for (const GgufTensor & tensor : file.tensors()) {
        expect_refused(DIA_STATUS_INVALID_FILE, {tensor.name, "missing"},
                       [&](GgufEditor & e) { e.remove_tensor(tensor.name); });
    }
}

TEST_F(ModelLoader, RefusesTensorsOfAnotherShapeOrType) {
    const std::string matrix = "dia.dec.blk.0.ffn_down.weight";
    expect_refused(
        DIA_STATUS_INVALID_FILE,
        {matrix,
         "expected [96, 64] f32, f16, bf16, q8_0, q6_K, q5_K, q5_0, q4_K, iq4_nl or q4_0, found [96, 63] f32"},
        [&](GgufEditor & e) {
            e.tensor(matrix).shape = {96, 63};
        });
    expect_refused(DIA_STATUS_INVALID_FILE, {matrix, "found [64, 96] f32"}, [&](GgufEditor & e) {
        e.tensor(matrix).shape = {64, 96};
    });
    expect_refused(DIA_STATUS_INVALID_FILE, {matrix, "found [96, 64, 2] f32"}, [&](GgufEditor & e) {
        e.tensor(matrix).shape = {96, 64, 2};
    });
    expect_refused(DIA_STATUS_INVALID_FILE, {matrix, "found [96, 64] q4_1"},
                   [&](GgufEditor & e) { e.tensor(matrix).type = GGML_TYPE_Q4_1; });
    expect_refused(DIA_STATUS_INVALID_FILE, {"dia.enc.output_norm.weight", "expected [32] f32, found [32] f16"},
                   [&](GgufEditor & e) { e.tensor("dia.enc.output_norm.weight").type = GGML_TYPE_F16; });
    expect_refused(DIA_STATUS_INVALID_FILE, {"dac.dec.conv_in.weight", "f32 or f16", "found [7, 12, 20] bf16"},
                   [&](GgufEditor & e) { e.tensor("dac.dec.conv_in.weight").type = GGML_TYPE_BF16; });
}

// Where the directory says the sizes of a tensor; a file that ggml's writer would not make.
size_t place_of_sizes(const std::string & bytes, const std::string & tensor) {
    const size_t name = bytes.find(tensor);
    EXPECT_NE(name, std::string::npos);
    return name + tensor.size() + sizeof(uint32_t);
}

TEST_F(ModelLoader, RefusesShapesWhoseSizeOverflows) {
    const std::string good = read_file(path_);
    const std::string name = "dia.dec.blk.0.ffn_down.weight";
    const std::vector<std::vector<int64_t>> shapes = {
        {int64_t{1} << 32, int64_t{1} << 32}, {int64_t{1} << 62, 4}, {INT64_MAX, 1}, {-96, 64}, {96, 0}, {0, 0}};
    for (const std::vector<int64_t> & shape : shapes) {
        std::string bytes = good;
        std::memcpy(&bytes[place_of_sizes(bytes, name)], shape.data(), shape.size() * sizeof(int64_t));
        expect_bytes_refused(bytes, DIA_STATUS_INVALID_FILE, {});
    }
}

TEST_F(ModelLoader, RefusesHugeCounts) {
    for (const size_t place : {size_t{8}, size_t{16}}) {
        for (const uint64_t count : {uint64_t{1} << 16, uint64_t{1} << 62, UINT64_MAX}) {
            std::string bytes = read_file(path_);
            std::memcpy(&bytes[place], &count, sizeof(count));
            expect_bytes_refused(bytes, DIA_STATUS_INVALID_FILE, {std::to_string(count)});
        }
    }
}

TEST_F(ModelLoader, RefusesATruncatedFileWhereverItEnds) {
    const std::string good = read_file(path_);
    const GgufFile file(path_);
    std::vector<size_t> ends;
    for (size_t end = 0; end < file.tensors().front().offset; end += 41) {
        ends.push_back(end);
    }
    for (const GgufTensor & tensor : file.tensors()) {
        ends.push_back(tensor.offset);
        ends.push_back(tensor.offset + tensor.n_bytes - 1);
    }
    for (const size_t end : ends) {
        SCOPED_TRACE(end);
        expect_error(DIA_STATUS_INVALID_FILE, {"changed.gguf"}, [&] { load(good.substr(0, end)); });
    }
}

// Whatever bytes the directory has, loading ends with a model or an error.
TEST_F(ModelLoader, SurvivesRandomDamage) {
    const std::string good = read_file(path_);
    const GgufFile file(path_);
    const size_t directory = file.tensors().front().offset;
    std::mt19937 random(7);
    int refused = 0;
    for (int round = 0; round < 600; ++round) {
        std::string bytes = good;
        for (int flips = 1 + round % 3; flips > 0; --flips) {
            bytes[random() % directory] = static_cast<char>(random());
        }
        try {
            load(bytes);
        } catch (const Error & error) {
            ++refused;
            EXPECT_TRUE(error.status() == DIA_STATUS_INVALID_FILE || error.status() == DIA_STATUS_UNSUPPORTED)
                << error.what();
        }
    }
    EXPECT_GT(refused, 200);
}

}  // namespace
}  // namespace dia::testing
