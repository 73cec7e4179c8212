/* als_kernel.c - see als_kernel.h; and the kernel that every processor can run. */
#define WIDTH       4
#define KERNEL      sg_als_kernel_any
#define KERNEL_NAME "128 bits"
#include "recsys/als_kernel_body.h"

#if defined(__x86_64__)
extern const struct sg_als_kernel sg_als_kernel_avx512, sg_als_kernel_avx2;

static size_t usable(const struct sg_als_kernel *out[3])
{
    size_t n = 0;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        out[n++] = &sg_als_kernel_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        out[n++] = &sg_als_kernel_avx2;
    out[n++] = &sg_als_kernel_any;
    return n;
}
#else
static size_t usable(const struct sg_als_kernel *out[3])
{
    out[0] = &sg_als_kernel_any;
    return 1;
}
#endif

const struct sg_als_kernel *sg_als_kernel(size_t i)
{
    const struct sg_als_kernel *all[3];
    return i < usable(all) ? all[i] : NULL;
}
