#include "golden_model.h"

#include <map>
#include <string>
#include <utility>

namespace dia::testing {

std::shared_ptr<const Model> golden_model(const GoldenSet & set, dia_type type) {
    static std::map<std::pair<const GoldenSet *, dia_type>, std::shared_ptr<const Model>> models;
    std::shared_ptr<const Model> & model = models[{&set, type}];
    if (!model) {
        model = load_model(set.gguf(type), LoadOptions());
    }
    return model;
}

}  // namespace dia::testing
