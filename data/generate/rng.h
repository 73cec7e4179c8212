/* rng.h - random numbers that belong to a place: a stream is seeded by
 * (seed, purpose, a, b), so that any song's title can be made again later
 * without keeping it. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
 */
#pragma once
#include <math.h>
#include <stdint.h>

struct sg_rng {
    uint64_t state;
};

static inline uint64_t sg_rng_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline struct sg_rng sg_rng_at(uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b)
{
    uint64_t s = sg_rng_mix(seed + 0x9e3779b97f4a7c15u * (purpose + 1));
    s = sg_rng_mix(s ^ (a + 0x9e3779b97f4a7c15u));
    return (struct sg_rng){sg_rng_mix(s ^ (b * 0xd1342543de82ef95u + 1))};
}

static inline uint64_t sg_rng_next(struct sg_rng *r)
{
    return sg_rng_mix(r->state += 0x9e3779b97f4a7c15u);
}

/* In (0, 1). */
static inline double sg_rng_unit(struct sg_rng *r)
{
    return ((double)(sg_rng_next(r) >> 11) + 0.5) * 0x1p-53;
}

/* In [0, n); n > 0. */
static inline uint64_t sg_rng_below(struct sg_rng *r, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)sg_rng_next(r) * n) >> 64);
}

static inline int sg_rng_chance(struct sg_rng *r, double p)
{
    return sg_rng_unit(r) < p;
}

/* Standard normal, by Box and Muller. */
static inline double sg_rng_normal(struct sg_rng *r)
{
    double radius = sqrt(-2 * log(sg_rng_unit(r)));
    return radius * cos(6.283185307179586 * sg_rng_unit(r));
}

/* Rank in [0, n) under Zipf-Mandelbrot with exponent 1 and offset q > 0. */
static inline uint64_t sg_rng_zipf(struct sg_rng *r, uint64_t n, double q)
{
    double x = q * expm1(sg_rng_unit(r) * log1p((double)n / q));
    return x < (double)n ? (uint64_t)x : n - 1;
}
