/* draw.h - repeatable random draws; private to recsys/experiments. */
#pragma once
#include <stdint.h>

struct draw {
    uint64_t state;
};
uint64_t draw_u64(struct draw *d);
double draw_unit(struct draw *d); /* in (0, 1) */
double draw_normal(struct draw *d);
/* Gamma(shape, 1) for shape >= 1 (Marsaglia and Tsang, ACM TOMS 2000). */
double draw_gamma(struct draw *d, double shape);
/* Beta(a, b) for a, b >= 1. */
double draw_beta(struct draw *d, double a, double b);
