/* bootstrap.c - see bootstrap.h. */
#include "recsys/evaluate/bootstrap.h"
#include "recsys/random.h"
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void mean_of(const float *values, size_t n, size_t columns, double *mean)
{
    memset(mean, 0, columns * sizeof *mean);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < columns; c++)
            mean[c] += (double)values[i * columns + c] / (double)n;
}

static void draw(const float *values, size_t n, size_t columns, uint64_t seed, double *mean)
{
    memset(mean, 0, columns * sizeof *mean);
    for (size_t i = 0; i < n; i++) {
        /* Lemire 2019: a number below n by multiplication. */
        size_t row = (size_t)((unsigned __int128)sg_random(seed, i) * n >> 64);
        for (size_t c = 0; c < columns; c++)
            mean[c] += (double)values[row * columns + c];
    }
    for (size_t c = 0; c < columns; c++)
        mean[c] /= (double)n;
}

int sg_bootstrap(const float *values, size_t n, size_t columns, size_t resamples, uint64_t seed,
                 struct sg_interval *out)
{
    double *means = calloc((resamples + 1) * (columns + 1), sizeof *means);
    double *column = malloc((resamples + 1) * sizeof *column);
    int rc = means && column ? 0 : SG_ENOMEM;
    for (size_t r = 0; r < resamples && !rc && n; r++)
        draw(values, n, columns, sg_scramble(seed + r), means + r * columns);
    double *mean = rc ? NULL : means + resamples * columns;
    if (!rc)
        mean_of(values, n, columns, mean);
    for (size_t c = 0; c < columns && !rc; c++) {
        out[c] = (struct sg_interval){mean[c], mean[c], mean[c]};
        for (size_t r = 0; r < resamples; r++)
            column[r] = means[r * columns + c];
        if (!resamples)
            continue;
        qsort(column, resamples, sizeof *column, by_value);
        out[c].low = column[(size_t)((double)(resamples - 1) * 0.025)];
        out[c].high = column[(size_t)((double)(resamples - 1) * 0.975)];
    }
    free(means);
    free(column);
    return rc;
}
