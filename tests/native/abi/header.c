/* dia.h must compile as strict C99, on its own and included twice. */
#include "dia/dia.h"

int dia_header_as_c(void);

int dia_header_as_c(void) {
    return DIA_ABI_VERSION;
}
