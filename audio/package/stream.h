/* stream.h - one rendition on its way: encoder, muxer, file; private to the packager. */
#pragma once
#include "audio/package/manifest.h"
#include "audio/package/ogg.h"

struct sg_stream {
    const struct sg_rendition *rendition;
    char path[64], playlist[64]; /* below the asset's root; Vorbis has no playlist */
    char fallback_path[64];      /* "": none */
    int fd, fallback_fd;         /* -1: not open */
    struct sg_encoder *encoder;
    struct sg_cmaf *cmaf; /* or .. */
    struct sg_ogg *ogg;   /* .. of Vorbis */
    struct sg_cenc *cenc; /* NULL: clear */
    int sample_rate, channels;
    int rc;                /* of the last thing done .. */
    struct sg_error error; /* .. and why it failed */
};

/* source: what the encoder is fed with; FLAC's is on a grid already. kid: outlives the stream. */
int sg_stream_open(struct sg_stream *s, const struct sg_rendition *r, struct sg_tree *tree,
                   const struct sg_package_job *job, const struct sg_pcm_format *source,
                   struct sg_error *e);
void sg_stream_close(struct sg_stream *s);
/* Errors of these are s->rc and s->error: several streams run at once. */
void sg_stream_feed(struct sg_stream *s, const float *const *planes, size_t n, size_t cuts);
void sg_stream_finish(struct sg_stream *s, size_t cuts);
/* Files into the tree's list. samples: of the source, for the average bit rate. */
int sg_stream_add(struct sg_stream *s, struct sg_tree *tree, int64_t samples, struct sg_error *e);
/* Of a file that manifests name. */
struct sg_track sg_stream_track(const struct sg_stream *s, const struct sg_package_job *job);
struct sg_track sg_stream_fallback(const struct sg_stream *s);
