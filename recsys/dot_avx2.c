/* dot_avx2.c - dot.h in vectors of 256 bits. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define DOT sg_dot_avx2
#include "recsys/dot_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
