/* resample.h - planar floats to another rate and fewer channels, by libswresample (soxr where it
 * was built with it).
 *
 * What comes out begins with the sound's first sample and has as many samples as the rates say,
 * rounded up: the resampler's own delay is made good. Nothing to change: blocks pass through as
 * they are. Thread-compatible.
 */
#pragma once
#include "audio/pcm.h"

struct sg_resampler;

/* channels 1 or 2 when they are fewer than the format's; the format's otherwise. */
int sg_resampler_open(struct sg_resampler **out, const struct sg_pcm_format *from, int rate,
                      int channels, struct sg_error *e);
void sg_resampler_close(struct sg_resampler *r);
/* *out and *made are of what came out of these n; views, valid until the next call. */
int sg_resampler_feed(struct sg_resampler *r, const float *const *planes, size_t n,
                      const float *const **out, size_t *made, struct sg_error *e);
/* The rest, call until *made is 0. */
int sg_resampler_finish(struct sg_resampler *r, const float *const **out, size_t *made,
                        struct sg_error *e);
/* What the sums of channels are turned down by when they are mixed: <= 0. */
double sg_resampler_gain_db(const struct sg_resampler *r);
