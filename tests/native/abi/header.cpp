// dia.h must compile as C++, on its own and included twice.
#include "dia/dia.h"

int dia_header_as_cpp() {
    return DIA_ABI_VERSION;
}
