// Messages for whoever runs the program. They go to the one callback of the process (dia_log_set_callback), and
// so do those of ggml; without a callback they are dropped.
#pragma once

#include <string>

#include "dia/dia.h"
#include "support/error.h"

namespace dia {

// Replaces the callback, NULL for none, after running calls of the old one have returned. Messages below `level`
// are dropped. Throws DIA_STATUS_INVALID_ARGUMENT for an unknown level and DIA_STATUS_INVALID_STATE when called
// from within the callback.
void set_log_callback(dia_log_level level, dia_log_fn callback, void * user_data);

// Whether a message of this severity would reach a callback; to be asked before composing an expensive one.
bool log_enabled(dia_log_level level) noexcept;

// Formats as printf does. A message has no line break at its end. What a callback logs while it runs is dropped.
void log(dia_log_level level, const char * format, ...) DIA_PRINTF_LIKE(2, 3);

// The last error that ggml logged on this thread, "" if none: the reason for a NULL that it returned.
std::string last_ggml_error();

}  // namespace dia
