// What is behind a dia_encoding: a share in the encoded text. Decoders and generators take their own.
#pragma once

#include <memory>

#include "dia/dia.h"
#include "model/text_encoding.h"

struct dia_encoding {
    std::shared_ptr<const dia::TextEncoding> text;
};
