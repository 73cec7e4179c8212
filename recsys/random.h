/* random.h - numbers from a seed and a position, so that no order of threads matters.
 * splitmix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>

static inline uint64_t sg_scramble(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Number i of the stream, and as a uniform in [0, 1). */
static inline uint64_t sg_random(uint64_t seed, uint64_t i)
{
    return sg_scramble(sg_scramble(seed) + i * 0x9e3779b97f4a7c15u);
}
static inline double sg_random_unit(uint64_t seed, uint64_t i)
{
    return (double)(sg_random(seed, i) >> 11) * 0x1p-53;
}

/* Standard normal by the Box-Muller transform. */
static inline void sg_random_normal(float *v, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(sqrt(-2 * log(sg_random_unit(seed, 2 * i) + 0x1p-54)) *
                       cos(2 * M_PI * sg_random_unit(seed, 2 * i + 1)));
}
