// What the operating system says of the call that has just failed on this thread.
#pragma once

#include <string>

namespace dia {

std::string system_reason();

}  // namespace dia
