/* pcm.h - decoded sound on its way from the one decoder to all who want it.
 *
 *   decode --+--> loudness, features, fingerprint, waveform
 *            +--> an encoder for each rendition
 *
 * A file is decoded once; each block goes to every sink in turn, on the thread that decodes. Blocks
 * are float and planar, as the file has them: its rate, its channels, nominally -1 to 1 (more is
 * possible, NaN and infinite are not: they count as damage and come as 0). Integers of up to 24
 * bits come exactly: v / 2^(bits - 1). Delay and padding that the file tells of are already cut
 * off. How long it is is known at the end only.
 *
 * A file may be refused after a sink has taken all of it (silent, truncated ...): then end is never
 * called, and what was written is thrown away with its folder.
 */
#pragma once
#include "core/err.h"
#include <stddef.h>
#include <stdint.h>

#define SG_PCM_FRAMES_MAX 4096 /* of a block */

struct sg_pcm_format {
    int sample_rate; /* Hz, SG_AUDIO_RATE_MIN.. */
    int channels;    /* 1..8 */
    uint64_t layout; /* libavutil's mask of channels (AV_CH_LAYOUT_...), channels bits in it */
    int bits;        /* of a sample in the file; 0: lossy, none */
};

struct sg_pcm_sink {
    void *ctx;
    int (*begin)(void *ctx, const struct sg_pcm_format *format, struct sg_error *e);
    /* planes: channels of them in libavutil's order, frames floats each; 1..SG_PCM_FRAMES_MAX. */
    int (*block)(void *ctx, const float *const *planes, size_t frames, struct sg_error *e);
    int (*end)(void *ctx, struct sg_error *e);
};
