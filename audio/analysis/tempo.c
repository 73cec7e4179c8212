/* tempo.c - see tempo.h. */
#include "audio/analysis/tempo.h"
#include <math.h>
#include <stdlib.h>

#define SLOWEST   50.0
#define STEP      1.0025 /* between tempos that are tried: up to .. */
#define TEMPOS    594    /* .. 220 */
#define USUAL     120.0  /* beats a minute, and .. */
#define OCTAVES   0.9    /* .. how far around it people tap; Ellis has 1.4 */
#define MULTIPLES 8
#define PULSE_MIN 0.08 /* less is no beat: noise, drones */
#define SECONDS   3.0  /* shorter is not looked at */

/* acf[lag] for lag up to max, of the strength without its mean, divided by acf[0]. */
static int correlate(const float *x, size_t n, size_t max, double *acf)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i];
    mean /= (double)n;
    for (size_t lag = 0; lag <= max; lag++) {
        double sum = 0;
        for (size_t i = lag; i < n; i++)
            sum += (x[i] - mean) * (x[i - lag] - mean);
        acf[lag] = sum / (double)(n - lag);
    }
    if (acf[0] <= 0)
        return -1;
    for (size_t lag = max + 1; lag-- > 0;)
        acf[lag] /= acf[0];
    return 0;
}

static double at(const double *acf, size_t max, double lag)
{
    size_t i = (size_t)lag;
    double part = lag - (double)i;
    return i + 1 > max ? 0 : acf[i] * (1 - part) + acf[i + 1] * part;
}

/* Mean of the autocorrelation at the period's multiples that are there. */
static double comb(const double *acf, size_t max, double period)
{
    double sum = 0;
    int k = 1;
    for (; k <= MULTIPLES && period * k < (double)max; k++)
        sum += at(acf, max, period * k);
    return k > 1 ? sum / (k - 1) : 0;
}

double sg_tempo(const float *strength, size_t n, double rate, double *pulse)
{
    double best = 0, tempo = 0;
    *pulse = 0;
    if ((double)n < SECONDS * rate)
        return 0;
    size_t max = (size_t)(rate * 60 / SLOWEST * MULTIPLES) + 2;
    if (max > n * 3 / 4)
        max = n * 3 / 4;
    double *acf = malloc((max + 1) * sizeof *acf);
    if (!acf || correlate(strength, n, max, acf)) {
        free(acf);
        return 0;
    }
    for (int i = 0; i < TEMPOS; i++) {
        double t = SLOWEST * pow(STEP, i);
        double away = log2(t / USUAL) / OCTAVES, c = comb(acf, max, 60 * rate / t);
        double score = c * exp(-0.5 * away * away);
        if (score > best) {
            best = score;
            tempo = t;
            *pulse = c;
        }
    }
    free(acf);
    *pulse = fmin(*pulse, 1);
    return *pulse >= PULSE_MIN ? tempo : 0;
}
