/* samples.c - see samples.h. */
#include "audio/encode/samples.h"
#include <math.h>
#include <stdint.h>

/* Comparisons are such that what is not a number ends at a bound. */
static float within(float v, float low, float high)
{
    return v > low ? v < high ? v : high : low;
}

static void put_s16(int16_t *to, int step, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i * (size_t)step] = (int16_t)within(rintf(from[i] * 32768.0f), -32768.0f, 32767.0f);
}

/* 24 bits, in the upper ones of 32. A float has 24 bits too: 8388607 is exact. */
static void put_s32(int32_t *to, int step, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i * (size_t)step] =
            (int32_t)within(rintf(from[i] * 8388608.0f), -8388608.0f, 8388607.0f) * 256;
}

static void put_float(float *to, int step, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i * (size_t)step] = within(from[i], -SG_SAMPLES_OVER, SG_SAMPLES_OVER);
}

void sg_samples_put(uint8_t *const *data, int format, int channels, size_t at,
                    const float *const *planes, size_t from, size_t n)
{
    size_t first = at * (size_t)channels;
    for (int c = 0; c < channels; c++) {
        const float *p = planes[c] + from;
        switch (format) {
        case AV_SAMPLE_FMT_S16:
            put_s16((int16_t *)(void *)data[0] + first + c, channels, p, n);
            break;
        case AV_SAMPLE_FMT_S32:
            put_s32((int32_t *)(void *)data[0] + first + c, channels, p, n);
            break;
        case AV_SAMPLE_FMT_FLT:
            put_float((float *)(void *)data[0] + first + c, channels, p, n);
            break;
        default: /* FLTP */
            put_float((float *)(void *)data[c] + at, 1, p, n);
        }
    }
}
