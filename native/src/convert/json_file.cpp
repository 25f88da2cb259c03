#include "convert/json_file.h"

#include <cinttypes>
#include <filesystem>

#include "support/error.h"
#include "support/input_file.h"

namespace dia {

using Json = nlohmann::json;

namespace {

constexpr size_t kMaxJsonBytes = 64 * 1024 * 1024;  // the index of a checkpoint has some hundred kilobytes
constexpr size_t kMaxShownBytes = 60;               // of a value in a message

std::optional<int32_t> int32_of(const Json & value) {
    if (value.is_number_unsigned() && value.get<uint64_t>() <= INT32_MAX) {
        return value.get<int32_t>();
    }
    if (value.is_number_integer() && !value.is_number_unsigned() && value.get<int64_t>() >= INT32_MIN) {
        return value.get<int32_t>();
    }
    return std::nullopt;
}

}  // namespace

bool path_exists(const std::string & path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::u8path(path), ignored);
}

JsonObject JsonObject::read(const std::string & path) {
    const InputFile file(path);
    if (file.n_bytes() > kMaxJsonBytes) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the file has %" PRIu64 " bytes, expected at most %zu", path.c_str(),
             file.n_bytes(), kMaxJsonBytes);
    }
    const std::vector<uint8_t> bytes = file.read_all();
    try {
        JsonTree value = parse_json(path, bytes);
        if (!value->is_object()) {
            fail(DIA_STATUS_INVALID_FILE, "%s: the file holds %s, expected an object", path.c_str(),
                 value->type_name());
        }
        return JsonObject(path, "", std::move(value));
    } catch (const Json::exception & error) {
        fail(DIA_STATUS_INVALID_FILE, "%s: not valid JSON: %s", path.c_str(), error.what());
    }
}

const Json * JsonObject::find(const char * key) const {
    const auto found = value_->find(key);
    return found != value_->end() && !found->is_null() ? &*found : nullptr;
}

void JsonObject::refuse(const char * key, const Json & found, const char * expected) const {
    std::string text = found.dump();
    if (text.size() > kMaxShownBytes) {
        text = text.substr(0, kMaxShownBytes) + "...";
    }
    fail(DIA_STATUS_INVALID_FILE, "%s: %s%s is %s, expected %s", path_.c_str(), prefix_.c_str(), key, text.c_str(),
         expected);
}

std::optional<int32_t> JsonObject::integer(const char * key) const {
    const Json * found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    const std::optional<int32_t> value = int32_of(*found);
    if (!value) {
        refuse(key, *found, "an integer of 32 bits");
    }
    return value;
}

std::optional<float> JsonObject::number(const char * key) const {
    const Json * found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_number()) {
        refuse(key, *found, "a number");
    }
    return static_cast<float>(found->get<double>());
}

std::optional<bool> JsonObject::boolean(const char * key) const {
    const Json * found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_boolean()) {
        refuse(key, *found, "true or false");
    }
    return found->get<bool>();
}

std::optional<std::string> JsonObject::text(const char * key) const {
    const Json * found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_string()) {
        refuse(key, *found, "a string");
    }
    return found->get<std::string>();
}

std::optional<std::vector<int32_t>> JsonObject::integers(const char * key) const {
    const Json * found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_array()) {
        refuse(key, *found, "an array of integers");
    }
    std::vector<int32_t> values;
    for (const Json & element : *found) {
        const std::optional<int32_t> value = int32_of(element);
        if (!value) {
            refuse(key, *found, "an array of integers");
        }
        values.push_back(*value);
    }
    return values;
}

std::optional<JsonObject> JsonObject::object(const char * key) const {
    const Json * found = find(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_object()) {
        refuse(key, *found, "an object");
    }
    return JsonObject(path_, prefix_ + key + ".", JsonTree(value_, found));
}

void JsonObject::update(const char * key, int32_t & value) const {
    value = integer(key).value_or(value);
}

void JsonObject::update(const char * key, float & value) const {
    value = number(key).value_or(value);
}

void JsonObject::update(const char * key, bool & value) const {
    value = boolean(key).value_or(value);
}

void JsonObject::update(const char * key, std::vector<int32_t> & values) const {
    if (auto found = integers(key)) {
        values = std::move(*found);
    }
}

}  // namespace dia
