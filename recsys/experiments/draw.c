/* draw.c - see draw.h. */
#include "recsys/experiments/draw.h"
#include "recsys/random.h"
#include <math.h>

uint64_t draw_u64(struct draw *d)
{
    uint64_t x = sg_scramble(d->state);
    d->state += 0x9e3779b97f4a7c15u;
    return x;
}

double draw_unit(struct draw *d)
{
    return ((double)(draw_u64(d) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller, one of the two. */
double draw_normal(struct draw *d)
{
    double r = sqrt(-2 * log(draw_unit(d)));
    return r * cos(2 * M_PI * draw_unit(d));
}

double draw_gamma(struct draw *d, double shape)
{
    double c = shape - 1.0 / 3, scale = 1 / sqrt(9 * c);
    for (;;) {
        double x = draw_normal(d), v = 1 + scale * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(draw_unit(d)) < 0.5 * x * x + c - c * v + c * log(v))
            return c * v;
    }
}

double draw_beta(struct draw *d, double a, double b)
{
    double x = draw_gamma(d, a), y = draw_gamma(d, b);
    return x / (x + y);
}
