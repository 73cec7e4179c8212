/* lanes.h - vectors of WIDTH floats, and the sums of eight of them at once; for kernels
 * that are compiled once for each width (16, 8, 4) and chosen at run time.
 *
 * Whoever includes this has set WIDTH and the compiler's target before.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef float vec __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
#define INLINE static inline __attribute__((always_inline))
enum { LANES_ROWS = 8 };

#define SHUFFLE __builtin_shufflevector
/* a's and b's sums side by side, halves of `span` floats added: span is halved by each level. */
#if WIDTH == 16
INLINE vec fold8(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           SHUFFLE(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}
INLINE vec fold4(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}
INLINE vec fold2(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
           SHUFFLE(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
}
INLINE void sums(const vec s[LANES_ROWS], float out[LANES_ROWS])
{
    vec all = fold2(fold4(fold8(s[0], s[1]), fold8(s[2], s[3])),
                    fold4(fold8(s[4], s[5]), fold8(s[6], s[7])));
    for (int i = 0; i < LANES_ROWS; i++)
        out[i] = all[2 * i] + all[2 * i + 1];
}
#elif WIDTH == 8
INLINE vec fold4(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}
INLINE vec fold2(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 1, 4, 5, 8, 9, 12, 13) + SHUFFLE(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
}
INLINE void sums(const vec s[LANES_ROWS], float out[LANES_ROWS])
{
    vec a = fold2(fold4(s[0], s[1]), fold4(s[2], s[3]));
    vec b = fold2(fold4(s[4], s[5]), fold4(s[6], s[7]));
    vec all = SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14) + SHUFFLE(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
    *(vec *)out = all;
}
#else
INLINE vec fold2(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 1, 4, 5) + SHUFFLE(a, b, 2, 3, 6, 7);
}
INLINE vec fold1(vec a, vec b)
{
    return SHUFFLE(a, b, 0, 2, 4, 6) + SHUFFLE(a, b, 1, 3, 5, 7);
}
INLINE void sums(const vec s[LANES_ROWS], float out[LANES_ROWS])
{
    *(vec *)out = fold1(fold2(s[0], s[1]), fold2(s[2], s[3]));
    *(vec *)(out + 4) = fold1(fold2(s[4], s[5]), fold2(s[6], s[7]));
}
#endif
