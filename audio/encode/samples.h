/* samples.h - planar floats into the form that an encoder takes. */
#pragma once
#include <libavutil/samplefmt.h>
#include <stddef.h>

/* Floats may be over full scale, so far: encoders refuse what is near to infinite. */
#define SG_SAMPLES_OVER 16.0f

/* Samples from..from+n of planes become samples at..at+n of data, in format: FLTP, FLT, S16, or S32
 * with 24 bits that count. Integers are rounded to the nearest and cut off at full scale: those of
 * as many bits that were made floats come back exactly. */
void sg_samples_put(uint8_t *const *data, int format, int channels, size_t at,
                    const float *const *planes, size_t from, size_t n);
