/* grid.h - where segments begin. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Segments are 3.84 s long: the least common multiple of AAC's 1024 and Opus's 960 samples at
 * 48 kHz is 0.32 s; twelve of those. */
#define SG_SEGMENT_SAMPLES(rate) ((uint32_t)((rate) / 25 * 96))
#define SG_LOSSY_RATE            48000

struct sg_grid {
    int rate;         /* Hz */
    uint32_t frame;   /* samples of a packet */
    uint32_t segment; /* samples: whole frames */
};

/* FLAC's: at rate itself where a frame of a usual size divides 3.84 s of it, at the next usual rate
 * where none does (no multiple of 25 Hz, or one of a large prime). */
struct sg_grid sg_grid_of(int rate);

/* How many segments another one follows, once so many samples of rate have come: what is left
 * behind the last one is at least half a second. Goes by the original, so that all renditions
 * agree. */
size_t sg_grid_cuts(int64_t samples, int rate);
