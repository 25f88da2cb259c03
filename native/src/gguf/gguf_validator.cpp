#include "gguf/gguf_validator.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "ggml.h"
#include "gguf.h"
#include "support/checked_math.h"
#include "support/error.h"

namespace dia {

namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr size_t kHeaderBytes = 24;  // magic, version, numbers of tensors and metadata entries
constexpr uint32_t kMinVersion = 2;  // version 1 has other widths
// ggml compares every name with every other one, so a hostile file could keep it busy for hours.
constexpr uint64_t kMaxTensors = 1 << 14;
constexpr uint64_t kMaxMetadata = 1 << 13;
constexpr uint64_t kMaxKeyBytes = (1 << 16) - 1;  // of the GGUF specification
constexpr uint32_t kMaxAlignment = 1 << 16;
// The directory is held in memory. That of Dia has 60 kB; a vocabulary, which Dia lacks, takes some megabytes.
constexpr uint64_t kMaxDirectoryBytes = 256 << 20;
constexpr uint64_t kFirstRead = 256 << 10;

// The length of a value of this type, 0 if it has no fixed one.
size_t fixed_size(uint32_t type) {
    switch (type) {
        case GGUF_TYPE_UINT8:
        case GGUF_TYPE_INT8:
        case GGUF_TYPE_BOOL:
            return 1;
        case GGUF_TYPE_UINT16:
        case GGUF_TYPE_INT16:
            return 2;
        case GGUF_TYPE_UINT32:
        case GGUF_TYPE_INT32:
        case GGUF_TYPE_FLOAT32:
            return 4;
        case GGUF_TYPE_UINT64:
        case GGUF_TYPE_INT64:
        case GGUF_TYPE_FLOAT64:
            return 8;
        default:
            return 0;
    }
}

// Names come out of the file: only what can be printed goes into a message.
std::string printable(std::string_view name) {
    constexpr size_t kMaxShown = 64;
    std::string shown;
    for (const char c : name.substr(0, kMaxShown)) {
        shown += c >= ' ' && c <= '~' ? c : '?';
    }
    return name.size() > kMaxShown ? shown + "..." : shown;
}

// Bytes of a tensor, or nothing if they cannot be counted.
std::optional<uint64_t> tensor_bytes(ggml_type type, const uint64_t (&sizes)[GGML_MAX_DIMS]) {
    std::optional<uint64_t> total = sizes[0] / static_cast<uint64_t>(ggml_blck_size(type));
    total = checked_mul(*total, ggml_type_size(type));
    for (size_t i = 1; total && i < GGML_MAX_DIMS; ++i) {
        total = checked_mul(*total, sizes[i]);
    }
    return total;
}

// The directory does not end in the bytes that were read; so many of the file are needed at least.
struct NeedsMore {
    uint64_t n_bytes;
};

// Walks through the directory from front to back.
class Validator {
public:
    // `begin` are the first bytes of a file of `n_bytes`.
    Validator(const std::string & path, span<const uint8_t> begin, uint64_t n_bytes)
        : path_(path), begin_(begin), n_bytes_(n_bytes) {}

    // Returns where the data begins. Throws Error, or NeedsMore.
    uint64_t run() {
        read_header();
        for (uint64_t i = 0; i < n_metadata_; ++i) {
            read_metadata(i);
        }
        for (uint64_t i = 0; i < n_tensors_; ++i) {
            read_tensor(i);
        }
        return check_data();
    }

private:
    [[noreturn]] void refuse(const std::string & what) const {
        fail(DIA_STATUS_INVALID_FILE, "%s: not a well-formed GGUF file: %s", path_.c_str(), what.c_str());
    }

    span<const uint8_t> take(uint64_t n_bytes, const std::string & what) {
        if (n_bytes > n_bytes_ - at_) {
            fail(DIA_STATUS_INVALID_FILE,
                 "%s: %s takes %" PRIu64 " bytes at byte %" PRIu64 ", the file has %" PRIu64 ": it is truncated",
                 path_.c_str(), what.c_str(), n_bytes, at_, n_bytes_);
        }
        if (at_ + n_bytes > kMaxDirectoryBytes) {
            refuse(what + format(" ends at byte %" PRIu64 ", at most %" PRIu64 " are allowed before the data",
                                 at_ + n_bytes, kMaxDirectoryBytes));
        }
        if (at_ + n_bytes > begin_.size()) {
            throw NeedsMore{at_ + n_bytes};
        }
        const span<const uint8_t> bytes = begin_.subspan(static_cast<size_t>(at_), static_cast<size_t>(n_bytes));
        at_ += n_bytes;
        return bytes;
    }

    template <typename T>
    T read(const std::string & what) {
        T value;
        std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
        return value;
    }

    std::string_view read_text(uint64_t max_bytes, const std::string & what) {
        const auto length = read<uint64_t>("the length of " + what);
        if (length > max_bytes) {
            refuse(what + format(" has %" PRIu64 " bytes, at most %" PRIu64 " are allowed", length, max_bytes));
        }
        const span<const uint8_t> bytes = take(length, what);
        return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
    }

    void read_header() {
        if (n_bytes_ < kHeaderBytes) {
            fail(DIA_STATUS_INVALID_FILE, "%s: the file has %" PRIu64 " bytes, a GGUF file at least %zu",
                 path_.c_str(), n_bytes_, kHeaderBytes);
        }
        if (std::memcmp(begin_.data(), kMagic.data(), kMagic.size()) != 0) {
            fail(DIA_STATUS_INVALID_FILE, "%s: not a GGUF file: it does not begin with \"GGUF\"", path_.c_str());
        }
        at_ = kMagic.size();
        const auto version = read<uint32_t>("the version");
        if (version < kMinVersion || version > GGUF_VERSION) {
            refuse((version & 0xFFFF) == 0 ? "its byte order is not that of this machine"
                                           : format("version %" PRIu32 ", expected %" PRIu32 " to %d", version,
                                                    kMinVersion, GGUF_VERSION));
        }
        n_tensors_ = read<uint64_t>("the number of tensors");
        n_metadata_ = read<uint64_t>("the number of metadata entries");
        if (n_tensors_ > kMaxTensors || n_metadata_ > kMaxMetadata) {
            refuse(format("it claims %" PRIu64 " tensors and %" PRIu64 " metadata entries, at most %" PRIu64
                          " and %" PRIu64 " are allowed",
                          n_tensors_, n_metadata_, kMaxTensors, kMaxMetadata));
        }
    }

    void read_metadata(uint64_t index) {
        const std::string_view key = read_text(kMaxKeyBytes, format("metadata key %" PRIu64, index));
        const std::string what = "metadata key \"" + printable(key) + '"';
        if (key.empty() || key.find('\0') != std::string_view::npos) {
            refuse(format("metadata key %" PRIu64, index) + (key.empty() ? " is empty" : " holds a NUL"));
        }
        if (!keys_.insert(key).second) {
            refuse(what + " stands twice");
        }
        const auto type = read<uint32_t>("the type of " + what);
        if (key == GGUF_KEY_GENERAL_ALIGNMENT) {
            read_alignment(type, what);
        } else if (type == GGUF_TYPE_ARRAY) {
            const auto element_type = read<uint32_t>("the element type of " + what);
            skip_values(element_type, read<uint64_t>("the length of " + what), what);
        } else {
            skip_values(type, 1, what);
        }
    }

    void read_alignment(uint32_t type, const std::string & what) {
        if (type != GGUF_TYPE_UINT32) {
            refuse(what + format(" has type %" PRIu32 ", expected u32", type));
        }
        alignment_ = read<uint32_t>(what);
        if (alignment_ == 0 || (alignment_ & (alignment_ - 1)) != 0 || alignment_ > kMaxAlignment) {
            refuse(what +
                   format(" is %" PRIu32 ", expected a power of two up to %" PRIu32, alignment_, kMaxAlignment));
        }
    }

    void skip_values(uint32_t type, uint64_t count, const std::string & what) {
        if (type == GGUF_TYPE_STRING) {
            for (uint64_t i = 0; i < count; ++i) {
                read_text(std::numeric_limits<uint64_t>::max(), what);
            }
            return;
        }
        const size_t size = fixed_size(type);
        if (size == 0) {
            refuse(what + format(" has the unknown type %" PRIu32, type));
        }
        const std::optional<uint64_t> n_bytes = checked_mul(count, size);
        take(n_bytes.value_or(std::numeric_limits<uint64_t>::max()), what);
    }

    void read_tensor(uint64_t index) {
        const std::string_view name = read_text(GGML_MAX_NAME - 1, format("the name of tensor %" PRIu64, index));
        const std::string what = "tensor \"" + printable(name) + '"';
        if (name.find('\0') != std::string_view::npos) {
            refuse(format("the name of tensor %" PRIu64 " holds a NUL", index));
        }
        if (!names_.insert(name).second) {
            refuse(what + " stands twice");
        }
        uint64_t sizes[GGML_MAX_DIMS] = {1, 1, 1, 1};
        read_shape(sizes, what);
        const auto type = read<uint32_t>("the type of " + what);
        if (type >= GGML_TYPE_COUNT || ggml_blck_size(static_cast<ggml_type>(type)) == 0) {
            refuse(what + format(" has the unknown type %" PRIu32, type));
        }
        const auto block = static_cast<uint64_t>(ggml_blck_size(static_cast<ggml_type>(type)));
        if (sizes[0] % block != 0) {
            refuse(what + format(" has rows of %" PRIu64 " values, no multiple of the %" PRIu64 " of type %s",
                                 sizes[0], block, ggml_type_name(static_cast<ggml_type>(type))));
        }
        place(read<uint64_t>("the offset of " + what), tensor_bytes(static_cast<ggml_type>(type), sizes), what);
    }

    void read_shape(uint64_t (&sizes)[GGML_MAX_DIMS], const std::string & what) {
        const auto n_dimensions = read<uint32_t>("the number of dimensions of " + what);
        if (n_dimensions < 1 || n_dimensions > GGML_MAX_DIMS) {
            refuse(what + format(" has %" PRIu32 " dimensions, expected 1 to %d", n_dimensions, GGML_MAX_DIMS));
        }
        std::optional<uint64_t> n_elements = 1;
        for (uint32_t i = 0; i < n_dimensions; ++i) {
            sizes[i] = read<uint64_t>("the shape of " + what);
            n_elements = n_elements ? checked_mul(*n_elements, sizes[i]) : std::nullopt;
        }
        if (!n_elements || *n_elements == 0 || *n_elements >= INT64_MAX) {
            refuse(what + (n_elements == 0 ? " is empty" : " has more values than can be counted"));
        }
    }

    // A tensor begins where the one before it ends, at the next multiple of the alignment.
    void place(uint64_t offset, std::optional<uint64_t> n_bytes, const std::string & what) {
        if (offset != next_offset_) {
            refuse(what + format(" begins at %" PRIu64 " of the data, expected %" PRIu64
                                 ": tensors overlap or leave a gap",
                                 offset, next_offset_));
        }
        const std::optional<uint64_t> end = n_bytes ? checked_add(offset, *n_bytes) : std::nullopt;
        const std::optional<uint64_t> padded = end ? checked_add(*end, alignment_ - 1) : std::nullopt;
        if (!padded) {
            refuse(what + " has more bytes than can be counted");
        }
        last_ = what;
        data_end_ = *end;
        next_offset_ = *padded / alignment_ * alignment_;
    }

    uint64_t check_data() const {
        if (n_tensors_ == 0) {
            return at_;
        }
        const uint64_t begin = (at_ + alignment_ - 1) / alignment_ * alignment_;
        const std::optional<uint64_t> end = checked_add(begin, data_end_);
        if (!end || *end > n_bytes_) {
            fail(DIA_STATUS_INVALID_FILE,
                 "%s: %s ends at byte %" PRIu64 ", the file has %" PRIu64 ": it is truncated", path_.c_str(),
                 last_.c_str(), end.value_or(UINT64_MAX), n_bytes_);
        }
        return begin;
    }

    const std::string & path_;
    const span<const uint8_t> begin_;
    const uint64_t n_bytes_;
    uint64_t at_ = 0;
    uint64_t n_tensors_ = 0;
    uint64_t n_metadata_ = 0;
    uint32_t alignment_ = GGUF_DEFAULT_ALIGNMENT;
    uint64_t next_offset_ = 0;  // in the data section
    uint64_t data_end_ = 0;
    std::string last_;  // the tensor read last
    std::unordered_set<std::string_view> keys_;
    std::unordered_set<std::string_view> names_;
};

}  // namespace

std::vector<uint8_t> read_gguf_directory(const InputFile & file) {
    uint64_t n_bytes = kFirstRead;
    for (;;) {
        std::vector<uint8_t> bytes = file.read_bytes(0, std::min(n_bytes, file.n_bytes()));
        try {
            bytes.resize(static_cast<size_t>(Validator(file.path(), bytes, file.n_bytes()).run()));
            return bytes;
        } catch (const NeedsMore & needed) {
            n_bytes = std::max(needed.n_bytes, 2 * n_bytes);
        }
    }
}

}  // namespace dia
