/* dots_avx2.c - inner products in vectors of 256 bits, where the processor has them. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define WIDTH  8
#define KERNEL vectors_dots_avx2
#include "index/vectors/dots_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
