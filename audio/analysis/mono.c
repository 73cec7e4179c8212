/* mono.c - see mono.h. Channels are averaged; libswresample changes the rate. */
#include "audio/analysis/mono.h"
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX (4 * SG_PCM_FRAMES_MAX) /* of one block: 8 kHz becomes 2.8 times as much */

struct sg_mono {
    const struct sg_mono_listener *listeners;
    size_t n_listeners;
    SwrContext *swr;
    int channels;
    size_t have; /* of the hop */
    float hop[SG_MONO_HOP];
    float mixed[SG_PCM_FRAMES_MAX], out[OUT_MAX];
};

int sg_mono_new(struct sg_mono **out, const struct sg_mono_listener *listeners, size_t n,
                struct sg_error *e)
{
    struct sg_mono *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "analysis");
    m->listeners = listeners;
    m->n_listeners = n;
    *out = m;
    return 0;
}

static int begin(void *ctx, const struct sg_pcm_format *f, struct sg_error *e)
{
    struct sg_mono *m = ctx;
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    m->channels = f->channels;
    int rc = swr_alloc_set_opts2(&m->swr, &mono, AV_SAMPLE_FMT_FLT, SG_MONO_RATE, &mono,
                                 AV_SAMPLE_FMT_FLT, f->sample_rate, 0, NULL);
    if (rc >= 0)
        rc = swr_init(m->swr);
    return rc < 0 ? sg_fail(e, SG_ENOMEM, "a resampler") : 0;
}

static int give(struct sg_mono *m, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < m->n_listeners; i++)
        rc = m->listeners[i].hop(m->listeners[i].ctx, m->hop, e);
    m->have = 0;
    return rc;
}

static int pass(struct sg_mono *m, const float *in, int frames, struct sg_error *e)
{
    uint8_t *out = (uint8_t *)m->out;
    const uint8_t *from = (const uint8_t *)in;
    int n = swr_convert(m->swr, &out, OUT_MAX, in ? &from : NULL, frames), rc = 0;
    if (n < 0)
        return sg_fail(e, SG_EINTERNAL, "resampling failed");
    for (int i = 0; !rc && i < n; i++) {
        m->hop[m->have++] = m->out[i];
        if (m->have == SG_MONO_HOP)
            rc = give(m, e);
    }
    return rc;
}

static int block(void *ctx, const float *const *planes, size_t frames, struct sg_error *e)
{
    struct sg_mono *m = ctx;
    float share = 1.0f / (float)m->channels;
    for (size_t i = 0; i < frames; i++) {
        float sum = 0;
        for (int c = 0; c < m->channels; c++)
            sum += planes[c][i];
        m->mixed[i] = sum * share;
    }
    return pass(m, m->mixed, (int)frames, e);
}

static int end(void *ctx, struct sg_error *e)
{
    struct sg_mono *m = ctx;
    int rc = pass(m, NULL, 0, e);
    if (rc || !m->have)
        return rc;
    memset(m->hop + m->have, 0, (SG_MONO_HOP - m->have) * sizeof *m->hop);
    return give(m, e);
}

struct sg_pcm_sink sg_mono_sink(struct sg_mono *m)
{
    return (struct sg_pcm_sink){m, begin, block, end};
}

void sg_mono_free(struct sg_mono *m)
{
    if (m)
        swr_free(&m->swr);
    free(m);
}
