/* packager.c - see package.h. */
#include "audio/encode/resample.h"
#include "audio/package/crew.h"
#include "audio/package/grid.h"
#include "audio/package/publish.h"
#include <stdlib.h>

/* One input of encoders: the sound as the lossy ones have it, or as FLAC has it. */
struct feed {
    struct sg_resampler *resampler;
    struct sg_pcm_format format;
    const float *const *planes; /* of this call */
    size_t n;
};

enum { LOSSY, LOSSLESS, FEEDS };

struct sg_packager {
    struct sg_tree *tree;
    struct sg_package_job job;
    struct sg_crew *crew;
    struct feed feeds[FEEDS];
    struct sg_stream streams[SG_RENDITIONS];
    size_t n;
    int rate;        /* of the source */
    int64_t samples; /* so far, of the source */
    size_t cuts;
};

static struct feed *feed_of(struct sg_packager *p, const struct sg_rendition *r)
{
    return &p->feeds[r->codec == SG_CODEC_FLAC ? LOSSLESS : LOSSY];
}

int sg_packager_new(struct sg_packager **out, struct sg_tree *tree,
                    const struct sg_package_job *job, struct sg_error *e)
{
    if (!(job->renditions & SG_RENDITIONS_ALL) || job->threads < 1 || job->threads > 64)
        return sg_fail(e, SG_EINVAL, "a job without renditions, or without threads");
    if (job->fallback && job->protection == SG_PROTECT_NONE)
        return sg_fail(e, SG_EINVAL, "a fallback of what is not encrypted");
    struct sg_packager *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "packager");
    p->tree = tree;
    p->job = *job;
    *out = p;
    return 0;
}

void sg_packager_free(struct sg_packager *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        sg_stream_close(&p->streams[i]);
    for (int i = 0; i < FEEDS; i++)
        sg_resampler_close(p->feeds[i].resampler);
    sg_crew_close(p->crew);
    explicit_bzero(&p->job, sizeof p->job);
    free(p);
}

/* channels 0: as many as the source has. */
static int open_feed(struct feed *f, const struct sg_pcm_format *source, int rate, int channels,
                     struct sg_error *e)
{
    f->format = *source;
    f->format.sample_rate = rate;
    if (channels) {
        f->format.channels = channels < source->channels ? channels : source->channels;
        f->format.layout = f->format.channels == 1 ? 0x4 : 0x3; /* AV_CH_LAYOUT_MONO, _STEREO */
    }
    return sg_resampler_open(&f->resampler, source, rate, f->format.channels, e);
}

static int begin(void *ctx, const struct sg_pcm_format *source, struct sg_error *e)
{
    struct sg_packager *p = ctx;
    if (source->channels < 1 || source->channels > 8 || source->sample_rate < 1000 ||
        source->sample_rate > 768000)
        return sg_fail(e, SG_EINVAL, "%d channels at %d Hz", source->channels, source->sample_rate);
    p->rate = source->sample_rate;
    int rc = open_feed(&p->feeds[LOSSY], source, SG_LOSSY_RATE, 2, e);
    if (!rc)
        rc = open_feed(&p->feeds[LOSSLESS], source, sg_grid_of(p->rate).rate, 0, e);
    for (size_t i = 0; i < SG_RENDITIONS && !rc; i++) {
        if (!(p->job.renditions >> i & 1))
            continue;
        const struct sg_rendition *r = &sg_renditions[i];
        rc = sg_stream_open(&p->streams[p->n++], r, p->tree, &p->job, &feed_of(p, r)->format, e);
    }
    if (!rc)
        rc = sg_crew_open(&p->crew, p->job.threads < (int)p->n ? p->job.threads : (int)p->n, e);
    return rc;
}

static void feed_one(void *ctx, size_t i)
{
    struct sg_packager *p = ctx;
    struct sg_stream *s = &p->streams[i];
    const struct feed *f = feed_of(p, s->rendition);
    sg_stream_feed(s, f->planes, f->n, p->cuts);
}

static void finish_one(void *ctx, size_t i)
{
    struct sg_packager *p = ctx;
    sg_stream_finish(&p->streams[i], p->cuts);
}

/* The first that failed tells why. */
static int run(struct sg_packager *p, void (*work)(void *, size_t), struct sg_error *e)
{
    sg_crew_run(p->crew, work, p, p->n);
    for (size_t i = 0; i < p->n; i++) {
        const struct sg_stream *s = &p->streams[i];
        if (s->rc)
            return sg_fail(e, s->rc, "%s: %s", s->rendition->name, s->error.text);
    }
    return 0;
}

static int block(void *ctx, const float *const *planes, size_t frames, struct sg_error *e)
{
    struct sg_packager *p = ctx;
    p->samples += (int64_t)frames;
    p->cuts = sg_grid_cuts(p->samples, p->rate);
    for (int i = 0; i < FEEDS; i++) {
        struct feed *f = &p->feeds[i];
        int rc = sg_resampler_feed(f->resampler, planes, frames, &f->planes, &f->n, e);
        if (rc)
            return rc;
    }
    return run(p, feed_one, e);
}

/* What the resamplers still have. */
static int feed_rest(struct sg_packager *p, struct sg_error *e)
{
    for (size_t came = 1; came;) {
        came = 0;
        for (int i = 0; i < FEEDS; i++) {
            struct feed *f = &p->feeds[i];
            int rc = sg_resampler_finish(f->resampler, &f->planes, &f->n, e);
            if (rc)
                return rc;
            came += f->n;
        }
        int rc = run(p, feed_one, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int end(void *ctx, struct sg_error *e)
{
    struct sg_packager *p = ctx;
    if (!p->samples)
        return sg_fail(e, SG_EINVAL, "there is no sound");
    int rc = feed_rest(p, e);
    if (!rc)
        rc = run(p, finish_one, e);
    for (size_t i = 0; i < p->n && !rc; i++) {
        struct sg_stream *s = &p->streams[i];
        int rate = feed_of(p, s->rendition)->format.sample_rate;
        rc = sg_stream_add(s, p->tree, p->samples * rate / p->rate, e);
    }
    return rc ? rc : sg_publish(p->tree, p->streams, p->n, &p->job, p->samples, p->rate, e);
}

struct sg_pcm_sink sg_packager_sink(struct sg_packager *p)
{
    return (struct sg_pcm_sink){p, begin, block, end};
}

double sg_packager_downmix_db(const struct sg_packager *p)
{
    return sg_resampler_gain_db(p->feeds[LOSSY].resampler);
}
