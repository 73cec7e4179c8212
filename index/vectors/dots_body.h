/* dots_body.h - included once for each width; see dots.h and core/lanes.h. */
#include "core/lanes.h"
#include "index/vectors/dots.h"

INLINE void dots8(const float *row, size_t stride, const float *q, float out[LANES_ROWS])
{
    vec s[LANES_ROWS] = {{0}};
    for (size_t f = 0; f < stride; f += WIDTH) {
        vec v = *(const vec *)(q + f);
        for (size_t i = 0; i < LANES_ROWS; i++)
            s[i] += *(const vec *)(row + i * stride + f) * v;
    }
    sums(s, out);
}

INLINE float dot1(const float *row, size_t stride, const float *q)
{
    vec s = {0};
    float sum = 0;
    for (size_t f = 0; f < stride; f += WIDTH)
        s += *(const vec *)(row + f) * *(const vec *)(q + f);
    for (int i = 0; i < WIDTH; i++)
        sum += s[i];
    return sum;
}

vectors_dots_fn KERNEL;
void KERNEL(const float *rows, size_t n, size_t stride, const float *query, float *out)
{
    size_t i = 0;
    for (; i + LANES_ROWS <= n; i += LANES_ROWS)
        dots8(rows + i * stride, stride, query, out + i);
    for (; i < n; i++)
        out[i] = dot1(rows + i * stride, stride, query);
}
