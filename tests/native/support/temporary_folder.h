// An empty folder for one test, removed at its end with all that is in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dia::testing {

class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder & operator=(const TemporaryFolder &) = delete;

    // UTF-8 paths, with '/' between the parts.
    std::string path() const;
    std::string path(const std::string & name) const;

    // Writes a file and returns its path.
    std::string write(const std::string & name, const std::string & content) const;

    // Names of the files and folders in it, sorted.
    std::vector<std::string> names() const;

private:
    std::filesystem::path path_;
};

// The content of a file.
std::string read_file(const std::string & path);

}  // namespace dia::testing
