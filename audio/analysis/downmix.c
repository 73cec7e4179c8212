/* downmix.c - see downmix.h. */
#include "audio/analysis/downmix.h"
#include "audio/analysis/loudness.h"
#include "audio/encode/resample.h"
#include "schemas/audio.h"
#include <stdlib.h>

enum { STEREO = 2, STEREO_LAYOUT = 0x3 };

struct sg_downmix_loudness {
    struct sg_loudness *loudness;
    struct sg_resampler *mixer; /* NULL: there is nothing to mix */
};

int sg_downmix_loudness_new(struct sg_downmix_loudness **out, struct sg_error *e)
{
    struct sg_downmix_loudness *d = calloc(1, sizeof *d);
    int rc = d ? sg_loudness_new(&d->loudness, e) : sg_fail(e, SG_ENOMEM, "loudness");
    if (rc) {
        free(d);
        return rc;
    }
    *out = d;
    return 0;
}

/* At the file's own rate: loudness is the same at all. */
static int begin(void *ctx, const struct sg_pcm_format *f, struct sg_error *e)
{
    struct sg_downmix_loudness *d = ctx;
    struct sg_pcm_format mixed = *f;
    struct sg_pcm_sink sink = sg_loudness_sink(d->loudness);
    if (f->channels <= STEREO)
        return 0;
    mixed.channels = STEREO;
    mixed.layout = STEREO_LAYOUT;
    int rc = sg_resampler_open(&d->mixer, f, f->sample_rate, STEREO, e);
    return rc ? rc : sink.begin(sink.ctx, &mixed, e);
}

static int listen(struct sg_downmix_loudness *d, const float *const *planes, size_t n,
                  struct sg_error *e)
{
    struct sg_pcm_sink sink = sg_loudness_sink(d->loudness);
    int rc = 0;
    for (size_t at = 0; !rc && at < n; at += SG_PCM_FRAMES_MAX) {
        const float *part[STEREO] = {planes[0] + at, planes[1] + at};
        rc = sink.block(sink.ctx, part, n - at < SG_PCM_FRAMES_MAX ? n - at : SG_PCM_FRAMES_MAX, e);
    }
    return rc;
}

static int block(void *ctx, const float *const *planes, size_t frames, struct sg_error *e)
{
    struct sg_downmix_loudness *d = ctx;
    const float *const *mixed;
    size_t n = 0;
    if (!d->mixer)
        return 0;
    int rc = sg_resampler_feed(d->mixer, planes, frames, &mixed, &n, e);
    return rc ? rc : listen(d, mixed, n, e);
}

static int end(void *ctx, struct sg_error *e)
{
    struct sg_downmix_loudness *d = ctx;
    struct sg_pcm_sink sink = sg_loudness_sink(d->loudness);
    const float *const *mixed;
    size_t n = 1;
    int rc = 0;
    if (!d->mixer)
        return 0;
    while (!rc && n) {
        rc = sg_resampler_finish(d->mixer, &mixed, &n, e);
        if (!rc)
            rc = listen(d, mixed, n, e);
    }
    return rc ? rc : sink.end(sink.ctx, e);
}

struct sg_pcm_sink sg_downmix_loudness_sink(struct sg_downmix_loudness *d)
{
    return (struct sg_pcm_sink){d, begin, block, end};
}

void sg_downmix_loudness_get(const struct sg_downmix_loudness *d, double *integrated, double *peak)
{
    double range;
    *integrated = *peak = SG_AUDIO_UNTOLD;
    if (d->mixer)
        sg_loudness_get(d->loudness, integrated, &range, peak);
}

void sg_downmix_loudness_free(struct sg_downmix_loudness *d)
{
    if (!d)
        return;
    sg_resampler_close(d->mixer);
    sg_loudness_free(d->loudness);
    free(d);
}
