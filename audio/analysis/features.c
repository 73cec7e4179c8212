/* features.c - see features.h. */
#include "audio/analysis/features.h"
#include <math.h>

#define FAR 3.0

static const struct {
    const char *name;
    double centre, width;
} about[SG_AUDIO_FEATURES] = {
    {"mfcc_mean_0", -11, 5},
    {"mfcc_mean_1", 6, 2.5},
    {"mfcc_mean_2", -0.4, 1.8},
    {"mfcc_mean_3", 0.6, 1.1},
    {"mfcc_mean_4", 0.3, 1},
    {"mfcc_mean_5", 0.35, 0.8},
    {"mfcc_mean_6", 0.2, 0.7},
    {"mfcc_mean_7", 0.2, 0.6},
    {"mfcc_mean_8", 0.1, 0.5},
    {"mfcc_mean_9", 0.1, 0.5},
    {"mfcc_mean_10", 0, 0.4},
    {"mfcc_mean_11", 0, 0.5},
    {"mfcc_mean_12", 0, 0.6},
    {"mfcc_dev_0", 3.8, 1.8},
    {"mfcc_dev_1", 3, 1.5},
    {"mfcc_dev_2", 1.6, 0.5},
    {"mfcc_dev_3", 1.2, 0.5},
    {"mfcc_dev_4", 1.1, 0.5},
    {"mfcc_dev_5", 1, 0.6},
    {"mfcc_dev_6", 0.9, 0.5},
    {"mfcc_dev_7", 0.9, 0.6},
    {"mfcc_dev_8", 0.9, 0.6},
    {"mfcc_dev_9", 0.8, 0.5},
    {"mfcc_dev_10", 0.7, 0.3},
    {"mfcc_dev_11", 0.8, 0.4},
    {"mfcc_dev_12", 0.8, 0.5},
    {"centroid", 10.3, 0.6},
    {"centroid_dev", 9.3, 0.6},
    {"spread", 10.5, 0.5},
    {"rolloff", 10.6, 1},
    {"flatness", -2.6, 0.7},
    {"flux", 0.01, 0.006},
    {"flux_dev", 0.017, 0.008},
    {"crossings", 0.06, 0.035},
    {"crossings_dev", 0.025, 0.015},
    {"low", 0.5, 0.25},
    {"middle", 0.4, 0.2},
    {"high", 0.08, 0.1},
    {"level_dev", 4.5, 2},
    {"loudness", -14, 5},
    {"loudness_range", 4, 4},
    {"crest", 12, 4},
    {"onset_rate", 3.2, 1.2},
    {"tempo", 0, 0.4},
    {"pulse", 0.6, 0.25},
    {"mode", 0, 0.8},
    {"key_clarity", 0.8, 0.15},
    {"chroma_spread", 0.82, 0.1},
};

static double spread_of(const double chroma[12])
{
    double bits = 0;
    for (int i = 0; i < 12; i++)
        if (chroma[i] > 0)
            bits -= chroma[i] * log2(chroma[i]);
    return bits / log2(12);
}

static double known(double v, double otherwise)
{
    return v == SG_AUDIO_UNTOLD ? otherwise : v;
}

/* The numbers as they are measured, in the order of the table. */
static void measure(const struct sg_features_from *f, double *out)
{
    const struct sg_audio_spectrum_facts *s = f->spectrum;
    double loudness = known(f->loudness, -40), clear = fmax(f->key->clarity, 0);
    for (int i = 0; i < SG_MFCC; i++) {
        *out++ = s->mfcc[i].mean;
    }
    for (int i = 0; i < SG_MFCC; i++)
        *out++ = s->mfcc[i].deviation;
    const double rest[] = {
        log2(s->centroid.mean + 50),
        log2(s->centroid.deviation + 50),
        log2(s->spread.mean + 50),
        log2(s->rolloff.mean + 50),
        log10(s->flatness.mean + 1e-6),
        s->flux.mean,
        s->flux.deviation,
        s->crossings.mean,
        s->crossings.deviation,
        s->low,
        s->middle,
        s->high,
        s->level.deviation,
        loudness,
        known(f->loudness_range, 0),
        f->true_peak - loudness,
        s->onset_rate,
        s->tempo > 0 ? log2(s->tempo / 120) : 0,
        s->pulse,
        f->key->minor ? -clear : clear,
        f->key->clarity,
        spread_of(s->chroma),
    };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        *out++ = rest[i];
}

void sg_features_make(const struct sg_features_from *from, double out[SG_AUDIO_FEATURES])
{
    double raw[SG_AUDIO_FEATURES];
    measure(from, raw);
    for (size_t i = 0; i < SG_AUDIO_FEATURES; i++) {
        double v = (raw[i] - about[i].centre) / about[i].width;
        out[i] = isfinite(v) ? round(fmin(fmax(v, -FAR), FAR) * 1e4) / 1e4 : 0;
    }
}

const char *sg_features_name(size_t i)
{
    return i < SG_AUDIO_FEATURES ? about[i].name : NULL;
}
