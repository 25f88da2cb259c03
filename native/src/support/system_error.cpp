#include "support/system_error.h"

#if defined(_WIN32)
#include "support/windows_api.h"

#include <system_error>
#else
#include <cerrno>
#include <cstring>
#endif

namespace dia {

std::string system_reason() {
#if defined(_WIN32)
    return std::system_category().message(static_cast<int>(GetLastError()));
#else
    return std::strerror(errno);
#endif
}

}  // namespace dia
