/* chroma.c - see chroma.h. */
#include "audio/analysis/chroma.h"
#include <math.h>

#define LOWEST_HZ  60.0
#define HIGHEST_HZ 2000.0 /* above lie overtones for the most part */
#define C0_HZ      16.351597831287414
#define FAINT      0.02 /* of the strongest peak */
#define OVERTONE   0.25 /* what counts of a peak that a lower tone explains */
#define NEAR       0.02 /* frequencies that are the same */
#define PEAKS      256

struct peak {
    double hz, height;
};

/* A parabola through the logarithms of three magnitudes. */
static struct peak peak_at(const float *m, size_t i, double hz_per_bin)
{
    double a = log(m[i - 1] + 1e-9), b = log(m[i] + 1e-9), c = log(m[i + 1] + 1e-9);
    double bend = a - 2 * b + c, off = bend < 0 ? 0.5 * (a - c) / bend : 0;
    return (struct peak){((double)i + off) * hz_per_bin, exp(b - 0.25 * (a - c) * off)};
}

static size_t find_peaks(const float *m, size_t n, double hz_per_bin, struct peak *out)
{
    size_t from = (size_t)(LOWEST_HZ / hz_per_bin) + 1, to = (size_t)(HIGHEST_HZ / hz_per_bin);
    size_t count = 0;
    float strongest = 0;
    if (to + 1 >= n)
        to = n - 2;
    for (size_t i = from; i <= to; i++)
        strongest = fmaxf(strongest, m[i]);
    for (size_t i = from; i <= to && count < PEAKS; i++)
        if (m[i] >= FAINT * strongest && m[i] > m[i - 1] && m[i] >= m[i + 1])
            out[count++] = peak_at(m, i, hz_per_bin);
    return count;
}

/* Whether it is the third or fifth partial of a tone that is as strong: those are of other pitch
 * classes, and would turn minor into major. */
static int is_overtone(const struct peak *peaks, size_t of)
{
    for (size_t i = 0; i < of; i++)
        for (int partial = 3; partial <= 5; partial += 2)
            if (peaks[i].height >= 0.5 * peaks[of].height &&
                fabs(peaks[i].hz * partial / peaks[of].hz - 1) < NEAR)
                return 1;
    return 0;
}

void sg_chroma_add(const float *magnitude, size_t n, double hz_per_bin, double chroma[12])
{
    struct peak peaks[PEAKS];
    size_t count = find_peaks(magnitude, n, hz_per_bin, peaks);
    for (size_t i = 0; i < count; i++) {
        double pitch = 12 * log2(peaks[i].hz / C0_HZ), near = rint(pitch);
        double weight = sqrt(peaks[i].height) * (1 - 2 * fabs(pitch - near));
        int class = (int)near % 12;
        if (class >= 0) /* a tone between two semitones belongs to neither */
            chroma[class] += weight * (is_overtone(peaks, i) ? OVERTONE : 1);
    }
}
