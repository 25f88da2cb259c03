// The message of the last failed call, one per thread: what dia_last_error_message returns.
#pragma once

#include "dia/dia.h"

namespace dia {

// Longest message in bytes; a longer one is cut between two characters and ends in "...".
constexpr int kMaxErrorMessage = 4095;

// Neither allocates nor throws, so that it can report that memory has run out.
void set_last_error(const char * message) noexcept;

// Valid until the next set_last_error on this thread; "" before the first.
const char * last_error() noexcept;

}  // namespace dia
