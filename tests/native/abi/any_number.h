/* Calls that pass any number as an enumeration, as a caller in C or C# can; in C++ that is undefined behaviour. */
#pragma once

#include "dia/dia.h"

#ifdef __cplusplus
extern "C" {
#endif

const char * name_of_status(int32_t number);
dia_status set_log_callback(int32_t level, dia_log_fn callback, void * user_data);

#ifdef __cplusplus
}
#endif
