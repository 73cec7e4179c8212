/* dot.h - inner products in the widest vectors that the processor at hand has, chosen once.
 * Thread-safe. Private to recsys.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sg_dot {
    float (*floats)(const float *a, const float *b, size_t n);
    float (*bytes)(const float *a, const int8_t *b, size_t n);
    /* to += by * the bytes */
    void (*add_bytes)(float *to, const int8_t *b, float by, size_t n);
};
extern const struct sg_dot sg_dot_plain;
#if defined(__x86_64__)
extern const struct sg_dot sg_dot_avx2;
#endif
const struct sg_dot *sg_dot(void);
