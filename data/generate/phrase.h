/* phrase.h - a short piece of music by numbers: what demo songs sound like.
 *
 * Four beats to a bar, a chord to each, a bass, a melody that walks over the key's pentatonic scale
 * and drums. The same seed gives the same sound. Tests know tempo and key of what they hear.
 */
#pragma once
#include "core/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SG_PHRASE_RATE 44100

struct sg_phrase {
    double tempo; /* beats a minute */
    int tonic;    /* 0: C .. 11: B */
    bool minor;
    int bars;        /* four chords go round */
    int progression; /* 0 to 3 */
    int timbre;      /* 0 to 4: of melody and chords */
    double drums;    /* 0 to 1 */
    uint64_t seed;   /* of the melody and the noises */
};

/* 8 to 12 s of music of that kind: genre (any number) sets what is usual for it. */
void sg_phrase_draw(uint64_t seed, uint64_t genre, struct sg_phrase *out);
/* Stereo, interleaved, peaking at -3 dBFS; the last half second fades out. free(*samples). */
int sg_phrase_render(const struct sg_phrase *p, float **samples, size_t *frames,
                     struct sg_error *e);
