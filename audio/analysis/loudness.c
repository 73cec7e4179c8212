/* loudness.c - see loudness.h. */
#include "audio/analysis/loudness.h"
#include "schemas/audio.h"
#include <ebur128.h>
#include <math.h>
#include <stdlib.h>

#define CHANNELS   SG_AUDIO_CHANNELS_MAX
#define QUIET_DBTP (-200.0) /* what digital silence is said to peak at */

struct sg_loudness {
    ebur128_state *state;
    int channels;
    double integrated, range, peak;
    float mixed[SG_PCM_FRAMES_MAX * CHANNELS]; /* interleaved */
};

int sg_loudness_new(struct sg_loudness **out, struct sg_error *e)
{
    struct sg_loudness *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "loudness");
    *out = l;
    return 0;
}

/* The place of the n-th channel of a layout: masks are WAVE's (AV_CH_FRONT_LEFT is bit 0 ...). */
static int place_of(uint64_t layout, int n)
{
    static const int places[] = {EBUR128_LEFT,   EBUR128_RIGHT,         EBUR128_CENTER,
                                 EBUR128_UNUSED, EBUR128_LEFT_SURROUND, EBUR128_RIGHT_SURROUND,
                                 EBUR128_Mp030,  EBUR128_Mm030,         EBUR128_Mp180,
                                 EBUR128_Mp090,  EBUR128_Mm090};
    for (size_t bit = 0; bit < 64; bit++)
        if (layout >> bit & 1 && n-- == 0)
            return bit < sizeof places / sizeof *places ? places[bit] : EBUR128_LEFT;
    return EBUR128_LEFT;
}

static int begin(void *ctx, const struct sg_pcm_format *f, struct sg_error *e)
{
    struct sg_loudness *l = ctx;
    l->channels = f->channels;
    l->state = ebur128_init((unsigned)f->channels, (unsigned long)f->sample_rate,
                            EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK |
                                EBUR128_MODE_HISTOGRAM);
    if (!l->state)
        return sg_fail(e, SG_ENOMEM, "loudness");
    for (int c = 0; c < f->channels && f->channels > 2; c++)
        ebur128_set_channel(l->state, (unsigned)c, place_of(f->layout, c));
    return 0;
}

static int block(void *ctx, const float *const *planes, size_t frames, struct sg_error *e)
{
    struct sg_loudness *l = ctx;
    for (int c = 0; c < l->channels; c++)
        for (size_t i = 0; i < frames; i++)
            l->mixed[i * (size_t)l->channels + (size_t)c] = planes[c][i];
    return ebur128_add_frames_float(l->state, l->mixed, frames) ? sg_fail(e, SG_ENOMEM, "loudness")
                                                                : 0;
}

/* A hundredth is more than anybody hears. */
static double told(int rc, double v)
{
    return rc || !isfinite(v) || v < -100 ? SG_AUDIO_UNTOLD : round(v * 100) / 100;
}

static int end(void *ctx, struct sg_error *e)
{
    struct sg_loudness *l = ctx;
    double v = 0, peak = 0;
    (void)e;
    int rc = ebur128_loudness_global(l->state, &v);
    l->integrated = told(rc, v);
    rc = ebur128_loudness_range(l->state, &v);
    l->range = told(rc, v);
    for (unsigned c = 0; c < (unsigned)l->channels; c++)
        if (!ebur128_true_peak(l->state, c, &v) && v > peak)
            peak = v;
    l->peak = peak > 1e-10 ? round(2000 * log10(peak)) / 100 : QUIET_DBTP;
    return 0;
}

struct sg_pcm_sink sg_loudness_sink(struct sg_loudness *l)
{
    return (struct sg_pcm_sink){l, begin, block, end};
}

void sg_loudness_get(const struct sg_loudness *l, double *integrated, double *range, double *peak)
{
    *integrated = l->integrated;
    *range = l->range;
    *peak = l->peak;
}

void sg_loudness_free(struct sg_loudness *l)
{
    if (l && l->state)
        ebur128_destroy(&l->state);
    free(l);
}
