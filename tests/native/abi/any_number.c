#include "any_number.h"

const char * name_of_status(int32_t number) {
    return dia_status_name((dia_status)number);
}

dia_status set_log_callback(int32_t level, dia_log_fn callback, void * user_data) {
    return dia_log_set_callback((dia_log_level)level, callback, user_data);
}
