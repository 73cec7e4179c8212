/* onsets.c - see onsets.h. */
#include "audio/analysis/onsets.h"
#include <math.h>
#include <stdbool.h>

#define NEAR   2    /* hops on either side: 46 ms */
#define AROUND 12   /* for what is usual: 280 ms */
#define ABOVE  1.6  /* times that */
#define FAINT  0.05 /* of the strongest */

static bool is_greatest(const float *x, size_t n, size_t i)
{
    for (size_t k = i > NEAR ? i - NEAR : 0; k < n && k <= i + NEAR; k++)
        if (x[k] > x[i] || (x[k] == x[i] && k < i))
            return false;
    return true;
}

static double usual(const float *x, size_t n, size_t i)
{
    size_t from = i > AROUND ? i - AROUND : 0, to = i + AROUND < n ? i + AROUND : n - 1;
    double sum = 0;
    for (size_t k = from; k <= to; k++)
        sum += x[k];
    return sum / (double)(to - from + 1);
}

size_t sg_onsets_count(const float *strength, size_t n)
{
    size_t found = 0;
    float strongest = 0;
    for (size_t i = 0; i < n; i++)
        strongest = fmaxf(strongest, strength[i]);
    for (size_t i = 0; i < n; i++)
        found += strength[i] > FAINT * strongest && is_greatest(strength, n, i) &&
                 strength[i] > ABOVE * usual(strength, n, i);
    return found;
}
