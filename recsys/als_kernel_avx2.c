/* als_kernel_avx2.c - the kernel in vectors of 256 bits, where the processor has them. */
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define WIDTH       8
#define KERNEL      sg_als_kernel_avx2
#define KERNEL_NAME "avx2"
#include "recsys/als_kernel_body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
