// The tensors of a Hugging Face folder: one safetensors file, or several with an index.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "convert/safetensors.h"

namespace dia {

class Checkpoint {
public:
    // Opens model.safetensors, or the files that model.safetensors.index.json names. Throws DIA_STATUS_IO or
    // DIA_STATUS_INVALID_FILE.
    explicit Checkpoint(const std::string & folder);

    const std::string & folder() const { return folder_; }

    // nullptr if there is no such tensor.
    const SafetensorsTensor * find(const std::string & name) const;

    // Reads bytes of a tensor of find(), from `first` on. Throws DIA_STATUS_IO.
    void read(const SafetensorsTensor & tensor, uint64_t first, span<uint8_t> bytes) const;

    // The file that holds a tensor of find().
    const std::string & path_of(const SafetensorsTensor & tensor) const;

    // Every name, ordered.
    std::vector<std::string> names() const;

    // Every file.
    std::vector<std::string> paths() const;

private:
    struct Place {
        const SafetensorsFile * file;
        const SafetensorsTensor * tensor;
    };

    void open_single(const std::string & path);
    void open_shards(const std::string & index_path);

    std::string folder_;
    std::map<std::string, std::unique_ptr<SafetensorsFile>> files_;  // by name
    std::map<std::string, Place> tensors_;
};

}  // namespace dia
