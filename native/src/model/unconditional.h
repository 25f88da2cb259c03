// What cross-attention adds to the unconditional branch of guidance: one constant vector per layer.
//
// The reference encodes a text of zeros for that branch. All its positions have the same embedding, hence the same
// value vectors, and attention, being a weighted mean of equal vectors, returns that vector whatever the weights:
// every encoder state is the same vector u, for any length. The same holds in cross-attention, which therefore
// returns Wo_l Wv_l u in layer l for every query. One byte is enough to compute u.
// H hidden_size of the decoder.
#pragma once

#include <memory>
#include <vector>

struct ggml_tensor;

namespace dia {

class Backends;
struct Model;

// A member of Model, filled by the first generator that needs it. Safe to share between threads.
class Unconditional {
public:
    Unconditional();
    Unconditional(Unconditional &&) noexcept;
    Unconditional & operator=(Unconditional &&) noexcept;
    ~Unconditional();

    // F32 [H] for each layer: what it adds.
    const std::vector<ggml_tensor *> & cross_attention(const Model & model, const Backends & backends) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dia
