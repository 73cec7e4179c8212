/* spectrum.h - what a song is made of, hop by hop: a listener of mono.h.
 *
 * A spectrum of 93 ms each 23 ms (libaubio's phase vocoder) gives timbre, the strength of onsets
 * and the pitch classes. Hops below -70 dBFS tell nothing and count for the rhythm alone.
 */
#pragma once
#include "audio/analysis/mono.h"

#define SG_MFCC 13

/* A quantity over all hops. */
struct sg_moments {
    double mean, deviation;
};

struct sg_audio_spectrum_facts {
    struct sg_moments mfcc[SG_MFCC];
    struct sg_moments centroid, spread, rolloff; /* Hz; 85 % of the energy is below rolloff */
    struct sg_moments flatness;                  /* 0: a tone, 1: noise */
    struct sg_moments flux;                      /* of magnitudes, relative to their sum */
    struct sg_moments crossings;                 /* of zero, a share of the samples */
    struct sg_moments level;                     /* dBFS */
    double low, middle, high; /* shares of the energy: below 250 Hz, to 2 kHz, above */
    double chroma[12];        /* from C; their sum is 1, or 0: nothing tonal */
    double onset_rate;        /* a second */
    double tempo, pulse;      /* tempo.h */
};

struct sg_audio_spectrum;

int sg_audio_spectrum_new(struct sg_audio_spectrum **out, struct sg_error *e);
struct sg_mono_listener sg_audio_spectrum_listener(struct sg_audio_spectrum *s);
void sg_audio_spectrum_get(const struct sg_audio_spectrum *s, struct sg_audio_spectrum_facts *out);
void sg_audio_spectrum_free(struct sg_audio_spectrum *s);
