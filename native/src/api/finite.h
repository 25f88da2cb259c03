// Arrays of the C interface that must hold finite numbers.
#pragma once

#include <cmath>
#include <cstddef>

#include "support/error.h"
#include "support/span.h"

namespace dia {

inline void require_finite(span<const float> values, const char * name) {
    for (size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "%s[%zu] is %g, expected a finite number", name, i,
                 static_cast<double>(values[i]));
        }
    }
}

}  // namespace dia
