// The handle dia_gguf: the directory of a file that exists, or of one that will be written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dia/dia.h"
#include "gguf/gguf_file.h"
#include "quantize/model_writer.h"

struct dia_gguf {
    struct MetadataEntry {
        std::string key;
        std::string type;
        std::string value;
    };

    struct Tensor {
        std::string name;
        const char * type_name;
        std::vector<int64_t> shape;
        uint64_t offset;
        uint64_t n_bytes;
    };

    explicit dia_gguf(const dia::GgufFile & file);
    explicit dia_gguf(const std::vector<dia::PlannedTensor> & planned);

    std::vector<MetadataEntry> metadata;  // text, which the getters lend
    std::vector<Tensor> tensors;
};
