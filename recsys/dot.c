/* dot.c - see dot.h. */
#define DOT sg_dot_plain
#include "recsys/dot_body.h"

const struct sg_dot *sg_dot(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &sg_dot_avx2;
#endif
    return &sg_dot_plain;
}
