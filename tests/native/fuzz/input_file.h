// The inputs of a target that reads files: each overwrites the one before it.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "fuzz_target.h"
#include "temporary_folder.h"

namespace dia_fuzz {

class InputFile {
public:
    explicit InputFile(const std::string & name) : path_(folder_.path(name)) {}

    const char * path() const { return path_.c_str(); }

    void write(const uint8_t * data, size_t size) const {
        std::ofstream file(path_, std::ios::binary | std::ios::trunc);
        file.write(reinterpret_cast<const char *>(data), static_cast<std::streamsize>(size));
        expect(file.flush().good(), "the input can be written");
    }

private:
    dia::testing::TemporaryFolder folder_;
    std::string path_;
};

}  // namespace dia_fuzz
