/* waveform.h - the outline of a song for display: a sink.
 *
 * Least and greatest sample of stretches of equal length over all channels, about a thousand of
 * them. How long the song is turns out at the end, so stretches are gathered finely and joined two
 * and two whenever there are too many.
 */
#pragma once
#include "audio/pcm.h"
#include "core/buf.h"

struct sg_waveform;

#define SG_WAVEFORM_PEAKS 1000

int sg_waveform_new(struct sg_waveform **out, struct sg_error *e);
struct sg_pcm_sink sg_waveform_sink(struct sg_waveform *w);
/* JSON as of the program audiowaveform (version 2, 8 bits): "data" has length pairs of least and
 * greatest, -128 to 127. */
void sg_waveform_json(const struct sg_waveform *w, struct sg_buf *out);
void sg_waveform_free(struct sg_waveform *w);
