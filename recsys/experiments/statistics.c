/* statistics.c - see statistics.h. */
#include "recsys/experiments/statistics.h"
#include <math.h>

static const double z95 = 1.959963984540054;

double sample_mean(const struct sample *s)
{
    return s->n > 0 ? s->sum / s->n : 0;
}

double sample_variance(const struct sample *s)
{
    if (s->n < 2)
        return 0;
    double v = (s->sum2 - s->sum * s->sum / s->n) / (s->n - 1);
    return v > 0 ? v : 0;
}

int lift_of(const struct sample *a, const struct sample *b, struct lift *out)
{
    double ma = sample_mean(a), mb = sample_mean(b);
    if (a->n < 2 || b->n < 2 || ma <= 0 || mb <= 0)
        return 0;
    double va = sample_variance(a) / a->n, vb = sample_variance(b) / b->n;
    double spread = z95 * sqrt(va / (ma * ma) + vb / (mb * mb)), ratio = mb / ma;
    double se = sqrt(va + vb);
    *out = (struct lift){.lift = ratio - 1,
                         .low = ratio * exp(-spread) - 1,
                         .high = ratio * exp(spread) - 1,
                         .p = se > 0 ? erfc(fabs(mb - ma) / se / M_SQRT2) : ma == mb};
    return 1;
}

double sign_test(unsigned wins, unsigned losses)
{
    unsigned n = wins + losses, k = wins < losses ? wins : losses;
    double tail = 0;
    for (unsigned i = 0; i <= k; i++)
        tail += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) - n * M_LN2);
    tail *= 2;
    return tail < 1 ? tail : 1;
}

/* The upper regularised incomplete gamma function Q(a, x): by its series below a + 1, by its
 * continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31; Lentz's method). */
static double gamma_q(double a, double x)
{
    if (x <= 0)
        return 1;
    double front = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (int i = 1; i < 500 && term > sum * 1e-16; i++)
            sum += term *= x / (a + i);
        return 1 - front * sum;
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (int i = 1; i < 500; i++) {
        double an = -i * (i - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        h *= c * d;
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return front * h;
}

double shares_test(const double *counts, const double *shares, size_t k)
{
    double n = 0, chi2 = 0;
    size_t used = 0;
    for (size_t i = 0; i < k; i++)
        n += counts[i];
    for (size_t i = 0; i < k; i++) {
        double expected = n * shares[i];
        if (expected <= 0)
            continue;
        chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
        used++;
    }
    return used < 2 || n <= 0 ? 1 : gamma_q((double)(used - 1) / 2, chi2 / 2);
}
