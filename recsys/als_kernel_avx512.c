/* als_kernel_avx512.c - the kernel in vectors of 512 bits, where the processor has them. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
#define WIDTH       16
#define KERNEL      sg_als_kernel_avx512
#define KERNEL_NAME "avx512"
#include "recsys/als_kernel_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
