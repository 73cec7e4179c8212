/* stream.c - see stream.h. */
#include "audio/package/stream.h"
#include "audio/package/grid.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int on_packet(void *ctx, const struct sg_packet *packet, struct sg_error *e)
{
    struct sg_stream *s = ctx;
    return s->cmaf ? sg_cmaf_packet(s->cmaf, packet, e) : sg_ogg_packet(s->ogg, packet, e);
}

static void name_files(struct sg_stream *s, const struct sg_package_job *job)
{
    const struct sg_rendition *r = s->rendition;
    const char *folder = r->premium ? "p" : "f", *end = r->codec == SG_CODEC_VORBIS ? "ogg" : "mp4";
    snprintf(s->path, sizeof s->path, "%s/%s.%s", folder, r->name, end);
    snprintf(s->playlist, sizeof s->playlist, "%s/%s.m3u8", folder, r->name);
    if (job->fallback && r->premium && r->codec == SG_CODEC_AAC)
        snprintf(s->fallback_path, sizeof s->fallback_path, "p/%s.hls.mp4", r->name);
}

static int open_encoder(struct sg_stream *s, const struct sg_pcm_format *source, struct sg_error *e)
{
    struct sg_encoder_format f = {.codec = s->rendition->codec,
                                  .bitrate = sg_rendition_bitrate(s->rendition, source->channels),
                                  .sample_rate = source->sample_rate,
                                  .channels = source->channels,
                                  .layout = source->layout,
                                  .bits = source->bits > 16 ? 24 : 16,
                                  .frame = sg_grid_of(source->sample_rate).frame};
    return sg_encoder_open(&s->encoder, &f, on_packet, s, e);
}

static uint64_t unusual(const struct sg_pcm_format *source)
{
    static const uint64_t usual[] = {0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x70f, 0x63f};
    return source->layout == usual[source->channels - 1] ? 0 : source->layout;
}

static int open_cmaf(struct sg_stream *s, const struct sg_package_job *job,
                     const struct sg_pcm_format *source, struct sg_error *e)
{
    bool flac = s->rendition->codec == SG_CODEC_FLAC;
    struct sg_cmaf_format f = {.codec = s->rendition->codec,
                               .sample_rate = source->sample_rate,
                               .channels = source->channels,
                               .bits = source->bits > 16 ? 24 : 16,
                               .layout = flac ? unusual(source) : 0,
                               .frame = sg_encoder_frame(s->encoder),
                               .lead = sg_encoder_lead(s->encoder),
                               .segment = SG_SEGMENT_SAMPLES(source->sample_rate)};
    int rc = 0;
    if (s->rendition->premium && job->protection != SG_PROTECT_NONE)
        rc = sg_cenc_open(&s->cenc, job->protection, job->cenc_key,
                          (uint8_t)(s->rendition - sg_renditions + 1), e);
    if (!rc)
        rc = sg_cmaf_open(&s->cmaf, s->fd, &f, s->cenc, job->kid, e);
    if (!rc && s->fallback_fd >= 0)
        rc = sg_cmaf_fallback(s->cmaf, s->fallback_fd, job->hls_key, e);
    return rc;
}

int sg_stream_open(struct sg_stream *s, const struct sg_rendition *r, struct sg_tree *tree,
                   const struct sg_package_job *job, const struct sg_pcm_format *source,
                   struct sg_error *e)
{
    *s = (struct sg_stream){.rendition = r, .fd = -1, .fallback_fd = -1};
    s->sample_rate = source->sample_rate;
    s->channels = source->channels;
    name_files(s, job);
    int rc = sg_tree_create(tree, s->path, &s->fd, e);
    if (!rc && *s->fallback_path)
        rc = sg_tree_create(tree, s->fallback_path, &s->fallback_fd, e);
    if (!rc)
        rc = open_encoder(s, source, e);
    if (rc)
        return rc;
    return r->codec == SG_CODEC_VORBIS ? sg_ogg_open(&s->ogg, s->fd, s->encoder, e)
                                       : open_cmaf(s, job, source, e);
}

void sg_stream_close(struct sg_stream *s)
{
    sg_encoder_close(s->encoder);
    sg_cmaf_close(s->cmaf);
    sg_ogg_close(s->ogg);
    sg_cenc_close(s->cenc);
    if (s->fd >= 0)
        close(s->fd);
    if (s->fallback_fd >= 0)
        close(s->fallback_fd);
    *s = (struct sg_stream){.fd = -1, .fallback_fd = -1};
}

void sg_stream_feed(struct sg_stream *s, const float *const *planes, size_t n, size_t cuts)
{
    if (!s->rc && n)
        s->rc = sg_encoder_feed(s->encoder, planes, n, &s->error);
    if (!s->rc && s->cmaf)
        s->rc = sg_cmaf_cut(s->cmaf, cuts, &s->error);
}

void sg_stream_finish(struct sg_stream *s, size_t cuts)
{
    if (!s->rc)
        s->rc = sg_encoder_finish(s->encoder, &s->error);
    if (!s->rc && s->ogg)
        s->rc = sg_ogg_finish(s->ogg, &s->error);
    if (s->rc || !s->cmaf)
        return;
    s->rc = sg_cmaf_cut(s->cmaf, cuts, &s->error);
    size_t n = 0;
    const uint8_t *config = sg_encoder_config(s->encoder, &n);
    if (!s->rc)
        s->rc = sg_cmaf_finish(s->cmaf, config, n, &s->error);
}

static uint64_t average(const struct sg_stream *s, int64_t samples, struct sg_error *e)
{
    struct stat st;
    if (fstat(s->fd, &st)) {
        sg_fail_errno(e, "%s", s->path);
        return 0;
    }
    return (uint64_t)((double)st.st_size * 8 * s->sample_rate / (double)samples + 0.5);
}

int sg_stream_add(struct sg_stream *s, struct sg_tree *tree, int64_t samples, struct sg_error *e)
{
    bool mp4 = s->cmaf != NULL;
    struct sg_track t =
        mp4 ? (struct sg_track){.facts = sg_cmaf_facts(s->cmaf), .sample_rate = s->sample_rate}
            : (struct sg_track){0};
    uint64_t bitrate = mp4 ? sg_track_average(&t) : average(s, samples, e);
    if (!bitrate)
        return e ? e->code : SG_EIO;
    int rc = sg_tree_add(tree, s->path, mp4 ? "audio/mp4" : "audio/ogg", !s->cenc,
                         sg_codec_name(s->rendition->codec), bitrate, e);
    if (!rc && *s->fallback_path)
        rc = sg_tree_add(tree, s->fallback_path, "audio/mp4", false, "", 0, e);
    return rc;
}

struct sg_track sg_stream_track(const struct sg_stream *s, const struct sg_package_job *job)
{
    return (struct sg_track){.rendition = s->rendition,
                             .path = s->path,
                             .playlist = s->playlist,
                             .sample_rate = s->sample_rate,
                             .channels = s->channels,
                             .facts = sg_cmaf_facts(s->cmaf),
                             .protection = s->cenc ? job->protection : SG_PROTECT_NONE,
                             .kid = job->kid};
}

struct sg_track sg_stream_fallback(const struct sg_stream *s)
{
    return (struct sg_track){.rendition = s->rendition,
                             .path = s->fallback_path,
                             .playlist = "p/hls.m3u8",
                             .sample_rate = s->sample_rate,
                             .channels = s->channels,
                             .facts = sg_cmaf_fallback_facts(s->cmaf)};
}
