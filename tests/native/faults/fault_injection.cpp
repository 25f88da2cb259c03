#include "fault_injection.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <new>

#include "ggml-alloc.h"
#include "gguf.h"

namespace dia_faults {

namespace {

constexpr size_t kLargeBuffer = 16 * 1024;

std::atomic<bool> g_armed{false};
std::atomic<Fault> g_fault{Fault::allocation};
std::atomic<int64_t> g_remaining{0};  // -1 after the failure

// Some functions of ggml lose what they have when one of their small objects cannot be made. Only their buffers
// fail.
thread_local bool t_inside_ggml = false;

class InsideGgml {
public:
    InsideGgml() { t_inside_ggml = true; }
    ~InsideGgml() { t_inside_ggml = false; }
};

bool is_due(Fault fault) {
    return g_armed && g_fault == fault && g_remaining >= 0 && g_remaining.fetch_sub(1) == 0;
}

}  // namespace

const char * name_of(Fault fault) {
    switch (fault) {
        case Fault::allocation:
            return "allocation";
        case Fault::read:
            return "read";
        case Fault::short_read:
            return "short read";
        case Fault::write:
            return "write";
    }
    return "";
}

ArmedFault::ArmedFault(Fault fault, int64_t n) : n_(n) {
    g_fault = fault;
    g_remaining = n;
    g_armed = true;
}

ArmedFault::~ArmedFault() {
    g_armed = false;
}

bool ArmedFault::happened() const {
    return g_remaining < 0;
}

int64_t ArmedFault::n_passed() const {
    return happened() ? n_ : n_ - g_remaining;
}

}  // namespace dia_faults

using dia_faults::Fault;
using dia_faults::is_due;

// The linker's names: __wrap_x takes the calls of x, __real_x is x.
extern "C" {

void * __real__Znwm(size_t size);
int __real_posix_memalign(void ** out, size_t alignment, size_t size);
ssize_t __real_pread(int file, void * bytes, size_t n_bytes, off_t offset);
ssize_t __real_write(int file, const void * bytes, size_t n_bytes);
int __real_fsync(int file);
void * __real_mmap(void * address, size_t n_bytes, int protection, int flags, int file, off_t offset);
gguf_context * __real_gguf_init_from_buffer(const void * data, size_t size, gguf_init_params params);
bool __real_ggml_gallocr_alloc_graph(ggml_gallocr_t allocator, ggml_cgraph * graph);
ggml_backend_buffer_t __real_ggml_backend_alloc_ctx_tensors_from_buft(ggml_context * context,
                                                                      ggml_backend_buffer_type_t type);

// operator new(size_t)
void * __wrap__Znwm(size_t size) {
    if (!dia_faults::t_inside_ggml && is_due(Fault::allocation)) {
        throw std::bad_alloc();
    }
    return __real__Znwm(size);
}

int __wrap_posix_memalign(void ** out, size_t alignment, size_t size) {
    if (size >= dia_faults::kLargeBuffer && is_due(Fault::allocation)) {
        return ENOMEM;
    }
    return __real_posix_memalign(out, alignment, size);
}

ssize_t __wrap_pread(int file, void * bytes, size_t n_bytes, off_t offset) {
    if (is_due(Fault::read)) {
        errno = EIO;
        return -1;
    }
    if (is_due(Fault::short_read)) {
        return 0;
    }
    return __real_pread(file, bytes, n_bytes, offset);
}

ssize_t __wrap_write(int file, const void * bytes, size_t n_bytes) {
    if (is_due(Fault::write)) {
        errno = ENOSPC;
        return -1;
    }
    return __real_write(file, bytes, n_bytes);
}

int __wrap_fsync(int file) {
    if (is_due(Fault::write)) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(file);
}

void * __wrap_mmap(void * address, size_t n_bytes, int protection, int flags, int file, off_t offset) {
    if (file >= 0 && is_due(Fault::read)) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    return __real_mmap(address, n_bytes, protection, flags, file, offset);
}

gguf_context * __wrap_gguf_init_from_buffer(const void * data, size_t size, gguf_init_params params) {
    const dia_faults::InsideGgml inside;
    return __real_gguf_init_from_buffer(data, size, params);
}

bool __wrap_ggml_gallocr_alloc_graph(ggml_gallocr_t allocator, ggml_cgraph * graph) {
    const dia_faults::InsideGgml inside;
    return __real_ggml_gallocr_alloc_graph(allocator, graph);
}

ggml_backend_buffer_t __wrap_ggml_backend_alloc_ctx_tensors_from_buft(ggml_context * context,
                                                                      ggml_backend_buffer_type_t type) {
    const dia_faults::InsideGgml inside;
    return __real_ggml_backend_alloc_ctx_tensors_from_buft(context, type);
}

}  // extern "C"
