/* mono.h - the sound as analysis hears it: one channel at 22,050 Hz, in hops of 512 samples. A sink
 * that hands on to what looks at it. */
#pragma once
#include "audio/pcm.h"

#define SG_MONO_RATE 22050
#define SG_MONO_HOP  512 /* 23 ms */

struct sg_mono;
/* x: SG_MONO_HOP samples; what is missing of the last hop is 0. */
struct sg_mono_listener {
    void *ctx;
    int (*hop)(void *ctx, const float *x, struct sg_error *e);
};

/* The array outlives it. */
int sg_mono_new(struct sg_mono **out, const struct sg_mono_listener *listeners, size_t n,
                struct sg_error *e);
struct sg_pcm_sink sg_mono_sink(struct sg_mono *m);
void sg_mono_free(struct sg_mono *m);
