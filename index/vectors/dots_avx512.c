/* dots_avx512.c - inner products in vectors of 512 bits, where the processor has them. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
#define WIDTH  16
#define KERNEL vectors_dots_avx512
#include "index/vectors/dots_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
