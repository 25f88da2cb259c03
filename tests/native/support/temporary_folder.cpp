#include "temporary_folder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace dia::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
    std::random_device random;
    do {
        path_ = fs::temp_directory_path() / ("dia-test-" + std::to_string(random()));
    } while (!fs::create_directory(path_));
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string TemporaryFolder::path() const {
    return path_.generic_u8string();
}

std::string TemporaryFolder::path(const std::string & name) const {
    return (path_ / fs::u8path(name)).generic_u8string();
}

std::string TemporaryFolder::write(const std::string & name, const std::string & content) const {
    const std::string written = path(name);
    std::ofstream file(fs::u8path(written), std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) {
        throw std::runtime_error("cannot write " + written);
    }
    return written;
}

std::vector<std::string> TemporaryFolder::names() const {
    std::vector<std::string> found;
    for (const auto & entry : fs::directory_iterator(path_)) {
        found.push_back(entry.path().filename().u8string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string read_file(const std::string & path) {
    std::ifstream file(fs::u8path(path), std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace dia::testing
