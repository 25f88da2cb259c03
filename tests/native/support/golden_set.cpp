#include "golden_set.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>

#include "convert/converter.h"

namespace dia::testing {

namespace fs = std::filesystem;

namespace {

nlohmann::json read_json(const fs::path & path) {
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return nlohmann::json::parse(file);
}

// The files that may hold cases beside the manifest, in the order of their names.
std::vector<fs::path> area_files(const std::string & folder) {
    std::vector<fs::path> paths;
    for (const auto & entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".json" && entry.path().filename() != "manifest.json") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

// A folder for converted checkpoints, removed when the process ends.
const fs::path & scratch_folder() {
    struct Scratch {
        fs::path path = fs::temp_directory_path() / ("dia-golden-" + std::to_string(std::random_device()()));
        Scratch() { fs::create_directories(path); }
        ~Scratch() {
            std::error_code ignored;
            fs::remove_all(path, ignored);
        }
    };
    static const Scratch scratch;
    return scratch.path;
}

template <typename T>
Array<T> copy_of(const SafetensorsFile & file, const SafetensorsTensor & tensor, SafetensorsType type) {
    if (tensor.type != type) {
        throw std::runtime_error("golden tensor " + tensor.name + " is of type " + tensor.type_name);
    }
    Array<T> array;
    array.shape = tensor.shape;
    array.values.resize(static_cast<size_t>(tensor.n_bytes / sizeof(T)));
    file.read(tensor, 0, {reinterpret_cast<uint8_t *>(array.values.data()), array.values.size() * sizeof(T)});
    return array;
}

std::vector<std::string> split(const std::string & text, char separator) {
    std::vector<std::string> parts;
    size_t start = 0;
    while (start <= text.size()) {
        const size_t end = std::min(text.find(separator, start), text.size());
        if (end > start) {
            parts.push_back(text.substr(start, end - start));
        }
        start = end + 1;
    }
    return parts;
}

std::vector<std::string> golden_folders() {
#if defined(_WIN32)
    const char separator = ';';
#else
    const char separator = ':';
#endif
    if (const char * named = std::getenv("DIA_GOLDEN_DIRS"); named != nullptr && *named != '\0') {
        return split(named, separator);
    }
    std::vector<std::string> folders;
    for (const auto & entry : fs::directory_iterator(DIA_TEST_GOLDEN_DIR)) {
        if (fs::exists(entry.path() / "golden" / "manifest.json")) {
            folders.push_back(entry.path().string());
        }
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

}  // namespace

GoldenSet::GoldenSet(const std::string & folder)
    : folder_(fs::absolute(folder).lexically_normal().string()),
      name_(fs::path(folder_).filename().string()),
      manifest_(read_json(fs::path(folder_) / "golden" / "manifest.json")) {
    if (name_.empty()) {  // the path ended in a separator
        name_ = fs::path(folder_).parent_path().filename().string();
    }
    cases_ = manifest_.at("cases").get<std::vector<nlohmann::json>>();
    for (const fs::path & path : area_files(golden_dir())) {
        const nlohmann::json area = read_json(path);
        if (area.is_object() && area.contains("cases")) {
            cases_.insert(cases_.end(), area.at("cases").begin(), area.at("cases").end());
        }
    }
}

std::vector<nlohmann::json> GoldenSet::cases(const std::string & kind) const {
    std::vector<nlohmann::json> found;
    for (const auto & entry : cases_) {
        if (entry.at("kind") == kind) {
            found.push_back(entry);
        }
    }
    return found;
}

const SafetensorsFile & GoldenSet::opened(const std::string & file) const {
    auto & opened = files_[file];
    if (!opened) {
        opened = std::make_unique<SafetensorsFile>(golden_dir() + "/" + file);
    }
    return *opened;
}

const SafetensorsTensor & GoldenSet::tensor(const std::string & file, const std::string & tensor) const {
    const SafetensorsTensor * found = opened(file).find(tensor);
    if (found == nullptr) {
        throw std::runtime_error("no tensor " + tensor + " in " + opened(file).path());
    }
    return *found;
}

bool GoldenSet::has(const nlohmann::json & entry, const std::string & tensor) const {
    return opened(entry.at("file").get<std::string>()).find(entry.at("id").get<std::string>() + "/" + tensor) !=
           nullptr;
}

Array<float> GoldenSet::floats(const nlohmann::json & entry, const std::string & tensor) const {
    return floats(entry.at("file").get<std::string>(), entry.at("id").get<std::string>() + "/" + tensor);
}

Array<int32_t> GoldenSet::ints(const nlohmann::json & entry, const std::string & tensor) const {
    return ints(entry.at("file").get<std::string>(), entry.at("id").get<std::string>() + "/" + tensor);
}

Array<float> GoldenSet::floats(const std::string & file, const std::string & tensor) const {
    return copy_of<float>(opened(file), this->tensor(file, tensor), SafetensorsType::F32);
}

Array<int32_t> GoldenSet::ints(const std::string & file, const std::string & tensor) const {
    return copy_of<int32_t>(opened(file), this->tensor(file, tensor), SafetensorsType::I32);
}

std::string GoldenSet::gguf(int type) const {
    const std::string key = std::to_string(std::hash<std::string>()(folder_));  // two sets may share a name
    const fs::path path = scratch_folder() / (name_ + "-" + key + "-" + std::to_string(type) + ".gguf");
    if (!fs::exists(path)) {
        ConvertOptions options;
        options.write.types.type = static_cast<dia_type>(type);
        options.write.types.codec_type = type == DIA_TYPE_F32 ? DIA_TYPE_F32 : DIA_TYPE_AUTO;
        options.model_dir = model_dir();
        options.codec_dir = codec_dir();
        options.write.output_path = path.string();
        convert_checkpoint(options);
    }
    return path.string();
}

const std::vector<std::unique_ptr<GoldenSet>> & golden_sets() {
    static const std::vector<std::unique_ptr<GoldenSet>> sets = [] {
        std::vector<std::unique_ptr<GoldenSet>> opened;
        for (const std::string & folder : golden_folders()) {
            opened.push_back(std::make_unique<GoldenSet>(folder));
        }
        return opened;
    }();
    return sets;
}

}  // namespace dia::testing
