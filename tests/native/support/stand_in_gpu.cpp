#include "stand_in_gpu.h"

#include <ggml-backend-impl.h>
#include <ggml-cpu.h>

namespace dia::testing {

namespace {

size_t g_memory = size_t{8} << 30;

ggml_backend_dev_t processor() {
    return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
}

ggml_backend_buffer_type_t memory_of(ggml_backend_dev_t device) {
    static ggml_backend_buffer_type memory = {
        {[](ggml_backend_buffer_type_t) { return "StandIn0"; },
         [](ggml_backend_buffer_type_t type, size_t size) -> ggml_backend_buffer_t {
             ggml_backend_buffer_t buffer =
                 size <= g_memory ? ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), size) : nullptr;
             if (buffer != nullptr) {
                 buffer->buft = type;
                 ggml_backend_buffer_clear(buffer, 0xFF);  // a NaN of every floating type
             }
             return buffer;
         },
         [](ggml_backend_buffer_type_t) { return ggml_backend_buft_get_alignment(ggml_backend_cpu_buffer_type()); },
         nullptr, nullptr, [](ggml_backend_buffer_type_t) { return false; }},
        device,
        nullptr};
    return &memory;
}

ggml_backend_t open(ggml_backend_dev_t, const char *) {
    ggml_backend_t backend = ggml_backend_cpu_init();
    if (backend != nullptr) {
        ggml_backend_cpu_set_n_threads(backend, 1);
    }
    return backend;
}

bool supports(ggml_backend_dev_t, const ggml_tensor * operation) {
    switch (operation->op) {
        case GGML_OP_MAP_CUSTOM1:
        case GGML_OP_MAP_CUSTOM2:
        case GGML_OP_MAP_CUSTOM3:
        case GGML_OP_CUSTOM:
            return false;
        default:
            return ggml_backend_dev_supports_op(processor(), operation);
    }
}

constexpr ggml_backend_device_i kInterface = {
    [](ggml_backend_dev_t) { return "StandIn0"; },
    [](ggml_backend_dev_t) { return "ggml's CPU backend in the place of a GPU"; },
    [](ggml_backend_dev_t, size_t * free, size_t * total) { *free = *total = g_memory; },
    [](ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_GPU; },
    [](ggml_backend_dev_t device, ggml_backend_dev_props * props) {
        *props = {};
        props->name = ggml_backend_dev_name(device);
        props->description = ggml_backend_dev_description(device);
        props->type = ggml_backend_dev_type(device);
        ggml_backend_dev_memory(device, &props->memory_free, &props->memory_total);
    },
    open,
    memory_of,
    nullptr,
    nullptr,
    supports,
    [](ggml_backend_dev_t device, ggml_backend_buffer_type_t type) { return type == memory_of(device); },
    nullptr,
    nullptr,
    nullptr,
    nullptr};

}  // namespace

Device stand_in_gpu() {
    static ggml_backend_device device = {kInterface, ggml_backend_dev_backend_reg(processor()), nullptr};
    static const bool is_registered = (ggml_backend_device_register(&device), true);
    (void)is_registered;
    return Device(&device);
}

void set_stand_in_memory(size_t n_bytes) {
    g_memory = n_bytes;
}

}  // namespace dia::testing
