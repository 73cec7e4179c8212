/* loudness.h - EBU R128 (ITU-R BS.1770-4) by libebur128: a sink. */
#pragma once
#include "audio/pcm.h"

struct sg_loudness;

int sg_loudness_new(struct sg_loudness **out, struct sg_error *e);
struct sg_pcm_sink sg_loudness_sink(struct sg_loudness *l);
/* After end. LUFS and LU, SG_AUDIO_UNTOLD where nothing passes the gates; dBTP. */
void sg_loudness_get(const struct sg_loudness *l, double *integrated, double *range, double *peak);
void sg_loudness_free(struct sg_loudness *l);
