/* The one translation unit with the body of miniaudio; what it leaves out stands in native/CMakeLists.txt. */
#define MINIAUDIO_IMPLEMENTATION
#include <miniaudio/miniaudio.h>
