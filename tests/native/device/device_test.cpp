// What a device holds, and how it refuses what it cannot.
#include "backend/device.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "backend/backend.h"
#include "backend/graph.h"
#include "device_fixture.h"
#include "expect_error.h"
#include "generation/memory_estimate.h"
#include "generation/placement_choice.h"
#include "model/decoder_session.h"
#include "model/kv_cache.h"

namespace dia::testing {
namespace {

std::vector<uint8_t> bytes_of(const ggml_tensor * tensor) {
    std::vector<uint8_t> bytes(ggml_nbytes(tensor));
    ggml_backend_tensor_get(tensor, bytes.data(), 0, bytes.size());
    return bytes;
}

TEST_F(DeviceTest, is_found_by_its_name) {
    std::string name = gpu().name();
    EXPECT_EQ(find_device(name), gpu());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_EQ(find_device(name), gpu());
    EXPECT_GT(gpu().total_memory(), 0);
    EXPECT_LE(gpu().free_memory(), gpu().total_memory());
}

TEST_F(DeviceTest, is_chosen_unless_the_processor_is_asked_for) {
    const std::string path = model_path(DIA_TYPE_F16);
    const Device first = all_devices()[1];
    const auto choose = [&](const std::string & name) {
        LoadOptions options;
        choose_placement(name, kLayersThatFit, path, options);
        return options.device;
    };
    EXPECT_EQ(choose(""), first);
    EXPECT_EQ(choose("auto"), first);
    EXPECT_EQ(choose(gpu().name()), gpu());
    EXPECT_EQ(choose("cpu"), Device());
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"\"nowhere\"", "CPU", gpu().name()}, [&] { choose("nowhere"); });
}

TEST_F(DeviceTest, holds_the_weights_of_the_file) {
    for (const dia_type type : {DIA_TYPE_F16, DIA_TYPE_Q4_K}) {
        const auto expected = load(type, Device());
        int64_t last = 0;
        LoadOptions options;
        options.device = gpu();
        options.progress = [&last](int64_t done, int64_t) { return (last = done) >= 0; };
        const auto model = load_model(model_path(type), options);
        EXPECT_EQ(last, model->n_bytes);
        EXPECT_GT(model->gpu_n_bytes, 0);
        EXPECT_TRUE(model->weights_mapped) << "those of the quantizer";
        EXPECT_EQ(bytes_of(model->decoder.logits_dense), bytes_of(expected->decoder.logits_dense));
        EXPECT_EQ(bytes_of(model->encoder.layers[1].down_proj), bytes_of(expected->encoder.layers[1].down_proj));
        EXPECT_EQ(bytes_of(model->decoder.norm), bytes_of(expected->decoder.norm));
    }
}

TEST_F(DeviceTest, loads_until_it_is_told_to_stop) {
    LoadOptions options;
    options.device = gpu();
    options.progress = [](int64_t, int64_t) { return false; };
    expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { load_model(model_path(DIA_TYPE_F16), options); });
}

TEST_F(DeviceTest, computes_with_what_the_host_writes) {
    Graph graph(8, gpu());
    ggml_tensor * a = graph.input(GGML_TYPE_F32, 4);
    ggml_tensor * b = graph.input(GGML_TYPE_F32, 4);
    ggml_tensor * unused = graph.input(GGML_TYPE_F32, 4);
    ggml_tensor * sum = ggml_add(graph.context(), a, b);
    graph.add_output(sum);
    graph.allocate();
    const auto backend = make_backend(gpu(), 1);
    std::fill_n(graph.values_of<float>(b), 4, 100.0f);
    std::fill_n(graph.values_of<float>(unused), 4, 7.0f);
    for (const float value : {1.0f, 2.0f}) {  // b keeps its values
        std::fill_n(graph.values_of<float>(a), 4, value);
        backend->compute(graph);
        EXPECT_EQ(floats_of(sum), std::vector<float>(4, 100.0f + value));
    }
}

TEST_F(DeviceTest, refuses_an_operation_that_it_lacks) {
    Graph graph(8, gpu());
    ggml_tensor * x = graph.input(GGML_TYPE_F32, 4);
    graph.add_output(ggml_map_custom1(
        graph.context(), x, [](ggml_tensor *, const ggml_tensor *, int, int, void *) {}, 1, nullptr));
    expect_error(DIA_STATUS_UNSUPPORTED, {gpu().name(), "MAP_CUSTOM1", "[4, 1, 1, 1]"}, [&] { graph.allocate(); });
}

TEST_F(DeviceTest, refuses_more_than_its_memory) {
    expect_error(DIA_STATUS_OUT_OF_MEMORY, {gpu().name(), "cache"},
                 [] { KvCache(std::vector<Device>(18, gpu()), 16, 128, 50'000'000, 1, GGML_TYPE_F16); });
    Graph graph(4, gpu());
    ggml_tensor * x = graph.input(GGML_TYPE_F32, 1 << 20, 1 << 20, 1 << 4);
    graph.add_output(ggml_cont(graph.context(), x));
    EXPECT_THROW(graph.allocate(), Error);
}

TEST_F(DeviceTest, moves_the_slots_of_its_caches) {
    KvCache cache(std::vector<Device>(2, gpu()), 3, 8, 5, 2, GGML_TYPE_F32);
    EXPECT_EQ(cache.capacity(), 256);
    ggml_tensor * keys = cache.keys(1);
    std::vector<float> values(static_cast<size_t>(ggml_nelements(keys)));
    EXPECT_EQ(floats_of(keys), values);  // zero at first
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i);
    }
    ggml_backend_tensor_set(keys, values.data(), 0, ggml_nbytes(keys));
    cache.swap_slots(0, 1, 2);
    cache.grow(400, 4);
    EXPECT_EQ(cache.capacity(), 512);
    keys = cache.keys(1);
    const std::vector<float> moved = floats_of(keys);
    const auto old_index = [](int64_t slot, int64_t head, int64_t position) {
        return static_cast<size_t>(((slot * 3 + head) * 256 + position) * 8);
    };
    for (const int64_t slot : {0, 1}) {
        for (const int64_t head : {0, 1, 2}) {
            for (int64_t position = 0; position < 512; ++position) {
                const float expected = position < 2   ? values[old_index(1 - slot, head, position)]
                                       : position < 4 ? values[old_index(slot, head, position)]
                                                      : 0.0f;
                EXPECT_EQ(moved[static_cast<size_t>(((slot * 3 + head) * 512 + position) * 8)], expected);
            }
        }
    }
    cache.clear();
    EXPECT_EQ(floats_of(cache.keys(1)), std::vector<float>(moved.size()));
}

TEST_F(DeviceTest, has_its_own_part_of_an_estimate) {
    LoadOptions options;
    options.device = gpu();
    options.only_measure = true;
    const auto model = load_model(model_path(DIA_TYPE_Q8_0), options);
    DecoderSessionOptions speech;
    speech.n_text = 100;
    speech.n_positions = 500;
    const MemoryEstimate host = estimate_memory(model, speech);
    const MemoryEstimate device = estimate_memory(model, speech, gpu());
    EXPECT_EQ(device.weights, model->gpu_n_bytes);
    EXPECT_EQ(host.weights + device.weights, model->n_bytes);
    EXPECT_EQ(host.self_cache, 0);
    const DecoderHparams & hparams = model->hparams.dia.decoder;
    EXPECT_EQ(device.self_cache, KvCache::n_bytes(hparams.num_hidden_layers, hparams.num_key_value_heads,
                                                  hparams.head_dim, 512, 2, GGML_TYPE_F16));
    EXPECT_GT(device.step, 0);
    EXPECT_GT(host.step, 0) << "descriptions and copies of the inputs";
    EXPECT_EQ(device.audio, 0);
    EXPECT_EQ(device.process, 0);
}

}  // namespace
}  // namespace dia::testing
