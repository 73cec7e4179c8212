/* convert.c - see convert.h. Samples of 32 bits are rounded to a float's 24, others are exact. */
#include "audio/decode/convert.h"
#include <math.h>

int sg_convert_knows(enum AVSampleFormat format)
{
    return format > AV_SAMPLE_FMT_NONE && format < AV_SAMPLE_FMT_NB;
}

/* Source of one channel, and how far apart its samples lie. */
struct line {
    const uint8_t *p;
    size_t step;
};

static struct line line_of(const AVFrame *f, int channel, size_t from)
{
    size_t size = (size_t)av_get_bytes_per_sample(f->format);
    if (av_sample_fmt_is_planar(f->format))
        return (struct line){f->extended_data[channel] + from * size, 1};
    size_t channels = (size_t)f->ch_layout.nb_channels;
    return (struct line){f->extended_data[0] + (from * channels + (size_t)channel) * size,
                         channels};
}

#define EACH(type, expression)                                                                     \
    for (size_t i = 0; i < n; i++) {                                                               \
        type v = ((const type *)(const void *)l.p)[i * l.step];                                    \
        out[i] = (float)(expression);                                                              \
    }

size_t sg_convert(const AVFrame *frame, int channel, size_t from, size_t n, float *out)
{
    struct line l = line_of(frame, channel, from);
    size_t bad = 0;
    switch (av_get_packed_sample_fmt(frame->format)) {
    case AV_SAMPLE_FMT_U8:
        EACH(uint8_t, (v - 128) / 128.0f);
        break;
    case AV_SAMPLE_FMT_S16:
        EACH(int16_t, (float)v / 32768.0f);
        break;
    case AV_SAMPLE_FMT_S32:
        EACH(int32_t, (float)v / 2147483648.0f);
        break;
    case AV_SAMPLE_FMT_S64:
        EACH(int64_t, (float)v / 9223372036854775808.0f);
        break;
    case AV_SAMPLE_FMT_FLT:
        EACH(float, v);
        break;
    default:
        EACH(double, v);
    }
    for (size_t i = 0; i < n; i++)
        if (!isfinite(out[i])) {
            out[i] = 0;
            bad++;
        }
    return bad;
}
