#include "golden_model.h"

#include <map>
#include <string>
#include <tuple>

namespace dia::testing {

std::shared_ptr<const Model> golden_model(const GoldenSet & set, dia_type type, Device device) {
    static std::map<std::tuple<const GoldenSet *, dia_type, std::string>, std::shared_ptr<const Model>> models;
    std::shared_ptr<const Model> & model = models[{&set, type, device.name()}];
    if (!model) {
        LoadOptions options;
        options.device = device;
        model = load_model(set.gguf(type), options);
    }
    return model;
}

}  // namespace dia::testing
