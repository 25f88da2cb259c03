// windows.h, tamed. Only for sources that are built for Windows.
#pragma once

#define WIN32_LEAN_AND_MEAN  // without sockets, cryptography and what else nobody here needs
#if !defined(NOMINMAX)       // MinGW's C++ library defines it, too
#define NOMINMAX             // min and max stay functions of the standard library
#endif
#include <windows.h>
