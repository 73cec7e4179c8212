/* downmix.h - the loudness of what lossy renditions have of more than two channels: a sink.
 *
 *   blocks --> the packager's own downmix (audio/encode/resample.h) --> EBU R128 (loudness.h)
 *
 * One and two channels are passed over: their renditions are as loud as the original.
 */
#pragma once
#include "audio/pcm.h"

struct sg_downmix_loudness;

int sg_downmix_loudness_new(struct sg_downmix_loudness **out, struct sg_error *e);
struct sg_pcm_sink sg_downmix_loudness_sink(struct sg_downmix_loudness *d);
/* After end. LUFS and dBTP; both SG_AUDIO_UNTOLD: nothing is mixed down. Loudness alone: nothing
 * passes the gates. */
void sg_downmix_loudness_get(const struct sg_downmix_loudness *d, double *integrated, double *peak);
void sg_downmix_loudness_free(struct sg_downmix_loudness *d);
