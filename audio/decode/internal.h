/* internal.h - what the two halves of decode.h share. */
#pragma once
#include "audio/decode/decode.h"
#include <libavcodec/avcodec.h>

struct sg_decoder {
    struct sg_io io;
    AVFormatContext *format;
    AVStream *stream;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    bool is_edited;   /* an edit list says where it ends (ISO 14496-12, 8.6.6) */
    uint64_t last;    /* samples after which it has ended; 0: not told */
    float *planes[8]; /* SG_PCM_FRAMES_MAX each, of one allocation */
};
