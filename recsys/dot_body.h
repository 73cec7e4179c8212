/* dot_body.h - the loops of dot.h, compiled once for each kind of processor. DOT: the table. */
#include "recsys/dot.h"

enum { LANES = 16 };

/* In a tree, so that halves are added at once. */
static inline float add_up(float part[LANES])
{
    for (size_t k = 0; k < 8; k++)
        part[k] += part[k + 8];
    for (size_t k = 0; k < 4; k++)
        part[k] += part[k + 4];
    return (part[0] + part[2]) + (part[1] + part[3]);
}

static float dot_floats(const float *a, const float *b, size_t n)
{
    float part[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum += a[i] * b[i];
    return sum + add_up(part);
}

static float dot_bytes(const float *a, const int8_t *b, size_t n)
{
    float part[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            part[k] += a[i + k] * (float)b[i + k];
    for (; i < n; i++)
        sum += a[i] * (float)b[i];
    return sum + add_up(part);
}

static void add_bytes(float *to, const int8_t *b, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += by * (float)b[i];
}

const struct sg_dot DOT = {dot_floats, dot_bytes, add_bytes};
