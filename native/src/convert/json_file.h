// Reads the JSON files of a checkpoint. Every message names the file and the member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convert/json_tree.h"

namespace dia {

// Whether there is something under this UTF-8 path.
bool path_exists(const std::string & path);

// One object of a JSON file. A member that is null counts as absent, as it does in the hub's libraries. Values of
// the wrong type throw DIA_STATUS_INVALID_FILE.
class JsonObject {
public:
    // Throws DIA_STATUS_IO, or DIA_STATUS_INVALID_FILE if the file does not hold an object.
    static JsonObject read(const std::string & path);

    bool has(const char * key) const { return find(key) != nullptr; }

    std::optional<int32_t> integer(const char * key) const;
    std::optional<float> number(const char * key) const;
    std::optional<bool> boolean(const char * key) const;
    std::optional<std::string> text(const char * key) const;
    std::optional<std::vector<int32_t>> integers(const char * key) const;
    std::optional<JsonObject> object(const char * key) const;

    // Overwrites `value` if the member is there.
    void update(const char * key, int32_t & value) const;
    void update(const char * key, float & value) const;
    void update(const char * key, bool & value) const;
    void update(const char * key, std::vector<int32_t> & values) const;

    const nlohmann::json & value() const { return *value_; }

    const std::string & path() const { return path_; }

    // How a message names a member: "encoder_config.hidden_size".
    std::string name_of(const std::string & key) const { return prefix_ + key; }

private:
    JsonObject(std::string path, std::string prefix, JsonTree value)
        : path_(std::move(path)), prefix_(std::move(prefix)), value_(std::move(value)) {}

    const nlohmann::json * find(const char * key) const;
    [[noreturn]] void refuse(const char * key, const nlohmann::json & found, const char * expected) const;

    std::string path_;
    std::string prefix_;  // before the name of a member: "encoder_config."
    JsonTree value_;      // or a part of it, which keeps the whole
};

}  // namespace dia
