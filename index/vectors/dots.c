/* dots.c - see dots.h; and the kernel that every processor can run. */
#define WIDTH  4
#define KERNEL vectors_dots_any
#include "index/vectors/dots_body.h"

#if defined(__x86_64__)
vectors_dots_fn vectors_dots_avx512, vectors_dots_avx2;

vectors_dots_fn *vectors_dots(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return vectors_dots_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return vectors_dots_avx2;
    return vectors_dots_any;
}
#else
vectors_dots_fn *vectors_dots(void)
{
    return vectors_dots_any;
}
#endif
