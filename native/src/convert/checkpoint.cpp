#include "convert/checkpoint.h"

#include "convert/json_file.h"
#include "support/error.h"

namespace dia {

namespace {

constexpr const char * kSingleFile = "/model.safetensors";
constexpr const char * kIndexFile = "/model.safetensors.index.json";

// A shard lies beside its index; anything else could reach outside the folder.
bool is_plain_name(const std::string & name) {
    return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\:") == std::string::npos &&
           name.find('\0') == std::string::npos;
}

}  // namespace

Checkpoint::Checkpoint(const std::string & folder) : folder_(folder) {
    if (path_exists(folder + kSingleFile)) {
        open_single(folder + kSingleFile);
    } else if (path_exists(folder + kIndexFile)) {
        open_shards(folder + kIndexFile);
    } else {
        fail(DIA_STATUS_IO, "%s: the folder has neither %s nor %s", folder.c_str(), kSingleFile + 1,
             kIndexFile + 1);
    }
}

void Checkpoint::open_single(const std::string & path) {
    auto & file = files_[path];
    file = std::make_unique<SafetensorsFile>(path);
    for (const SafetensorsTensor & tensor : file->tensors()) {
        tensors_[tensor.name] = {file.get(), &tensor};
    }
}

void Checkpoint::open_shards(const std::string & index_path) {
    const JsonObject index = JsonObject::read(index_path);
    const auto map = index.object("weight_map");
    if (!map) {
        fail(DIA_STATUS_INVALID_FILE, "%s: weight_map is missing", index_path.c_str());
    }
    for (const auto & [name, shard] : map->value().items()) {
        const std::string shard_name = map->text(name.c_str()).value_or("");
        if (!is_plain_name(shard_name)) {
            fail(DIA_STATUS_INVALID_FILE,
                 "%s: tensor %s is in \"%s\", expected the name of a file in the same folder", index_path.c_str(),
                 name.c_str(), shard_name.c_str());
        }
        auto & file = files_[shard_name];
        if (!file) {
            file = std::make_unique<SafetensorsFile>(folder_ + "/" + shard_name);
        }
        const SafetensorsTensor * tensor = file->find(name);
        if (tensor == nullptr) {
            fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s is missing, though %s names it", file->path().c_str(),
                 name.c_str(), index_path.c_str());
        }
        tensors_[name] = {file.get(), tensor};
    }
}

const SafetensorsTensor * Checkpoint::find(const std::string & name) const {
    const auto found = tensors_.find(name);
    return found != tensors_.end() ? found->second.tensor : nullptr;
}

void Checkpoint::read(const SafetensorsTensor & tensor, uint64_t first, span<uint8_t> bytes) const {
    tensors_.at(tensor.name).file->read(tensor, first, bytes);
}

const std::string & Checkpoint::path_of(const SafetensorsTensor & tensor) const {
    return tensors_.at(tensor.name).file->path();
}

std::vector<std::string> Checkpoint::names() const {
    std::vector<std::string> names;
    for (const auto & [name, place] : tensors_) {
        names.push_back(name);
    }
    return names;
}

std::vector<std::string> Checkpoint::paths() const {
    std::vector<std::string> paths;
    for (const auto & [name, file] : files_) {
        paths.push_back(file->path());
    }
    return paths;
}

}  // namespace dia
