/* convert.h - libavcodec's frames as blocks of pcm.h. */
#pragma once
#include "audio/pcm.h"
#include <libavutil/frame.h>

/* n samples of one channel, from sample `from` on. Returns how many were NaN or infinite; they
 * become 0. format: one that sg_convert_knows. */
size_t sg_convert(const AVFrame *frame, int channel, size_t from, size_t n, float *out);
int sg_convert_knows(enum AVSampleFormat format);
