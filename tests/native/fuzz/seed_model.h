// The model that the seeds show: as small as one can be that still has every part.
#pragma once

#include "small_checkpoint.h"

namespace dia_fuzz {

inline dia::testing::SmallCheckpoint seed_checkpoint() {
    dia::Hparams hparams = dia::testing::small_hparams();
    hparams.dia.encoder.num_hidden_layers = 1;
    hparams.dia.encoder.hidden_size = 32;  // a block of Q8_0
    hparams.dia.encoder.intermediate_size = 8;
    hparams.dia.encoder.num_attention_heads = 2;
    hparams.dia.encoder.num_key_value_heads = 1;
    hparams.dia.encoder.head_dim = 4;
    hparams.dia.decoder.num_hidden_layers = 1;
    hparams.dia.decoder.hidden_size = 8;
    hparams.dia.decoder.intermediate_size = 8;
    hparams.dia.decoder.num_attention_heads = 2;
    hparams.dia.decoder.num_key_value_heads = 1;
    hparams.dia.decoder.head_dim = 4;
    hparams.dia.decoder.cross_num_attention_heads = 2;
    hparams.dia.decoder.cross_num_key_value_heads = 1;
    hparams.dia.decoder.cross_head_dim = 4;
    hparams.dia.decoder.cross_hidden_size = 32;
    return dia::testing::SmallCheckpoint(hparams);
}

}  // namespace dia_fuzz
