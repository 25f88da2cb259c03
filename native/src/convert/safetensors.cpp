#include "convert/safetensors.h"

#include <algorithm>
#include <cinttypes>
#include <set>

#include "convert/json_tree.h"
#include "support/checked_math.h"
#include "support/error.h"

namespace dia {

namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;                 // the header's length comes first, little-endian
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // as in the format's own library
constexpr size_t kMaxDimensions = 8;
constexpr const char * kMetadataKey = "__metadata__";

struct TypeRow {
    const char * name;
    SafetensorsType type;
    uint64_t n_bytes;  // of one element
};

constexpr TypeRow kTypes[] = {
    {"F32", SafetensorsType::F32, 4},    {"F16", SafetensorsType::F16, 2},        //
    {"BF16", SafetensorsType::BF16, 2},  {"I32", SafetensorsType::I32, 4},        //
    {"I64", SafetensorsType::I64, 8},    {"F64", SafetensorsType::other, 8},      //
    {"U64", SafetensorsType::other, 8},  {"U32", SafetensorsType::other, 4},      //
    {"U16", SafetensorsType::other, 2},  {"I16", SafetensorsType::other, 2},      //
    {"U8", SafetensorsType::other, 1},   {"I8", SafetensorsType::other, 1},       //
    {"BOOL", SafetensorsType::other, 1}, {"F8_E4M3", SafetensorsType::other, 1},  //
    {"C64", SafetensorsType::other, 8},  {"F8_E5M2", SafetensorsType::other, 1},
};

// The JSON text between the length and the data.
std::vector<uint8_t> read_header(const InputFile & file) {
    if (file.n_bytes() < kLengthBytes) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the file has %" PRIu64 " bytes, a safetensors file at least %zu",
             file.path().c_str(), file.n_bytes(), kLengthBytes);
    }
    const std::vector<uint8_t> bytes = file.read_bytes(0, kLengthBytes);
    uint64_t length = 0;
    for (size_t i = 0; i < kLengthBytes; ++i) {
        length |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    }
    if (length > kMaxHeaderBytes) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the header claims %" PRIu64 " bytes, at most %" PRIu64 " are allowed",
             file.path().c_str(), length, kMaxHeaderBytes);
    }
    if (length > file.n_bytes() - kLengthBytes) {
        fail(DIA_STATUS_INVALID_FILE,
             "%s: the header claims %" PRIu64 " bytes, the file has %" PRIu64 ": it is truncated",
             file.path().c_str(), length, file.n_bytes() - kLengthBytes);
    }
    return file.read_bytes(kLengthBytes, length);
}

// Refuses a name that comes twice, of which a JSON object would silently keep one.
JsonTree parse_header(const std::string & path, span<const uint8_t> text) {
    std::set<std::string> names;
    const auto check_names = [&](int depth, Json::parse_event_t event, Json & value) {
        if (depth == 1 && event == Json::parse_event_t::key && !names.insert(value.get<std::string>()).second) {
            fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s is there twice", path.c_str(),
                 value.get<std::string>().c_str());
        }
        return true;
    };
    try {
        JsonTree header = parse_json(path, text, check_names);
        if (!header->is_object()) {
            fail(DIA_STATUS_INVALID_FILE, "%s: the header is %s, expected an object", path.c_str(),
                 header->type_name());
        }
        return header;
    } catch (const Json::exception & error) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the header is not valid JSON: %s", path.c_str(), error.what());
    }
}

// Turns one entry of the header into a tensor whose shape, type and place agree with each other.
class EntryReader {
public:
    EntryReader(const std::string & path, const std::string & name, const Json & entry, uint64_t data_bytes)
        : path_(path), name_(name), entry_(entry), data_bytes_(data_bytes) {}

    SafetensorsTensor read() const {
        SafetensorsTensor tensor;
        tensor.name = name_;
        const TypeRow & type = read_type();
        tensor.type = type.type;
        tensor.type_name = type.name;
        tensor.shape = read_shape();
        tensor.n_bytes = n_bytes(tensor.shape, type);
        tensor.offset = read_offset(tensor.n_bytes);
        return tensor;
    }

private:
    [[noreturn]] void refuse(const std::string & reason) const {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s: %s", path_.c_str(), name_.c_str(), reason.c_str());
    }

    const Json & member(const char * key) const {
        const auto found = entry_.is_object() ? entry_.find(key) : entry_.end();
        if (!entry_.is_object() || found == entry_.end()) {
            refuse(format("\"%s\" is missing", key));
        }
        return *found;
    }

    const TypeRow & read_type() const {
        const Json & value = member("dtype");
        if (!value.is_string()) {
            refuse(format("\"dtype\" is %s, expected a string", value.type_name()));
        }
        const std::string & name = value.get_ref<const std::string &>();
        for (const TypeRow & row : kTypes) {
            if (name == row.name) {
                return row;
            }
        }
        refuse(format("unknown dtype \"%s\"", name.c_str()));
    }

    std::vector<int64_t> read_shape() const {
        const Json & value = member("shape");
        if (!value.is_array() || value.size() > kMaxDimensions) {
            refuse(format("\"shape\" is not an array of at most %zu sizes", kMaxDimensions));
        }
        std::vector<int64_t> shape;
        for (const Json & size : value) {
            if (!size.is_number_unsigned() || size.get<uint64_t>() > INT64_MAX) {
                refuse(format("\"shape\" contains %s, expected a size", size.dump().c_str()));
            }
            shape.push_back(size.get<int64_t>());
        }
        return shape;
    }

    uint64_t n_bytes(const std::vector<int64_t> & shape, const TypeRow & type) const {
        std::optional<uint64_t> total = type.n_bytes;
        for (const int64_t size : shape) {
            total = checked_mul(*total, static_cast<uint64_t>(size));
            if (!total || *total > INT64_MAX) {
                refuse("\"shape\" is larger than any file");
            }
        }
        return *total;
    }

    // From the start of the data.
    uint64_t read_offset(uint64_t expected_bytes) const {
        const Json & value = member("data_offsets");
        if (!value.is_array() || value.size() != 2 || !value[0].is_number_unsigned() ||
            !value[1].is_number_unsigned()) {
            refuse("\"data_offsets\" is not an array of two offsets");
        }
        const uint64_t begin = value[0].get<uint64_t>();
        const uint64_t end = value[1].get<uint64_t>();
        if (begin > end) {
            refuse(format("\"data_offsets\" end at %" PRIu64 " before they begin at %" PRIu64, end, begin));
        }
        if (end - begin != expected_bytes) {
            refuse(format("\"shape\" and \"dtype\" need %" PRIu64 " bytes, \"data_offsets\" give %" PRIu64,
                          expected_bytes, end - begin));
        }
        if (end > data_bytes_) {
            refuse(format("the data ends at byte %" PRIu64 ", the file has %" PRIu64 ": it is truncated", end,
                          data_bytes_));
        }
        return begin;
    }

    const std::string & path_;
    const std::string & name_;
    const Json & entry_;
    uint64_t data_bytes_;
};

// The format knows neither gaps nor overlaps.
void check_places(const std::string & path, const std::vector<SafetensorsTensor> & tensors, uint64_t data_bytes) {
    std::vector<const SafetensorsTensor *> by_place;
    for (const SafetensorsTensor & tensor : tensors) {
        by_place.push_back(&tensor);
    }
    std::sort(by_place.begin(), by_place.end(), [](const SafetensorsTensor * a, const SafetensorsTensor * b) {
        return std::make_pair(a->offset, a->n_bytes) < std::make_pair(b->offset, b->n_bytes);
    });
    uint64_t position = 0;
    for (const SafetensorsTensor * tensor : by_place) {
        if (tensor->offset != position) {
            fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s begins at byte %" PRIu64 " of the data, expected %" PRIu64,
                 path.c_str(), tensor->name.c_str(), tensor->offset, position);
        }
        position += tensor->n_bytes;
    }
    if (position != data_bytes) {
        fail(DIA_STATUS_INVALID_FILE, "%s: %" PRIu64 " bytes after the last tensor belong to none", path.c_str(),
             data_bytes - position);
    }
}

}  // namespace

int64_t SafetensorsTensor::n_elements() const {
    int64_t total = 1;
    for (const int64_t size : shape) {
        total *= size;
    }
    return total;
}

SafetensorsFile::SafetensorsFile(const std::string & path) : file_(path) {
    const std::vector<uint8_t> header = read_header(file_);
    const uint64_t data_begin = kLengthBytes + header.size();
    const uint64_t data_bytes = file_.n_bytes() - data_begin;
    const JsonTree entries = parse_header(path, header);
    for (const auto & [name, entry] : entries->items()) {
        if (name != kMetadataKey) {
            tensors_.push_back(EntryReader(path, name, entry, data_bytes).read());
        }
    }
    check_places(path, tensors_, data_bytes);
    for (SafetensorsTensor & tensor : tensors_) {
        tensor.offset += data_begin;
    }
}

const SafetensorsTensor * SafetensorsFile::find(const std::string & name) const {
    const auto found = std::lower_bound(
        tensors_.begin(), tensors_.end(), name,
        [](const SafetensorsTensor & tensor, const std::string & wanted) { return tensor.name < wanted; });
    return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace dia
