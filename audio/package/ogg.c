/* ogg.c - see ogg.h. */
#include "audio/package/ogg.h"
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK 65536

struct sg_ogg {
    AVFormatContext *mux;
    AVIOContext *io;
    AVPacket *packet;
    int fd;
};

static int write_out(void *ctx, uint8_t *p, int n)
{
    struct sg_ogg *o = ctx;
    for (int done = 0; done < n;) {
        ssize_t wrote = write(o->fd, p + done, (size_t)(n - done));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return AVERROR(errno ? errno : EIO);
        done += (int)wrote;
    }
    return n;
}

static int fail(struct sg_error *e, int rc)
{
    errno = AVUNERROR(rc);
    return rc == AVERROR(ENOMEM) ? sg_fail(e, SG_ENOMEM, "Ogg") : sg_fail_errno(e, "writing Ogg");
}

static int start(struct sg_ogg *o, const struct sg_encoder *encoder, struct sg_error *e)
{
    uint8_t *buf = av_malloc(CHUNK);
    o->packet = av_packet_alloc();
    o->io = buf ? avio_alloc_context(buf, CHUNK, 1, o, NULL, write_out, NULL) : NULL;
    if (!o->io)
        av_free(buf);
    if (!o->io || !o->packet || avformat_alloc_output_context2(&o->mux, NULL, "ogg", NULL) < 0)
        return sg_fail(e, SG_ENOMEM, "Ogg");
    o->mux->pb = o->io;
    o->mux->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT; /* no random serial number */
    const AVCodecContext *av = sg_encoder_context(encoder);
    AVStream *stream = avformat_new_stream(o->mux, NULL);
    if (!stream || avcodec_parameters_from_context(stream->codecpar, av) < 0)
        return sg_fail(e, SG_ENOMEM, "Ogg");
    stream->time_base = av->time_base;
    /* A page that is both the first and the last cannot tell where the sound begins and where it
     * ends: a sound of a second has several. */
    av_opt_set_int(o->mux->priv_data, "page_duration", 400000, 0);
    int rc = avformat_write_header(o->mux, NULL);
    return rc < 0 ? fail(e, rc) : 0;
}

int sg_ogg_open(struct sg_ogg **out, int fd, const struct sg_encoder *encoder, struct sg_error *e)
{
    struct sg_ogg *o = calloc(1, sizeof *o);
    if (!o)
        return sg_fail(e, SG_ENOMEM, "Ogg");
    o->fd = fd;
    int rc = start(o, encoder, e);
    if (rc) {
        sg_ogg_close(o);
        return rc;
    }
    *out = o;
    return 0;
}

int sg_ogg_packet(struct sg_ogg *o, const struct sg_packet *p, struct sg_error *e)
{
    AVPacket *packet = o->packet;
    int rc = av_new_packet(packet, (int)p->n);
    if (rc < 0)
        return fail(e, rc);
    memcpy(packet->data, p->p, p->n);
    const AVStream *stream = o->mux->streams[0];
    packet->pts = packet->dts = p->at;
    packet->duration = p->samples;
    av_packet_rescale_ts(packet, (AVRational){1, stream->codecpar->sample_rate}, stream->time_base);
    rc = av_write_frame(o->mux, packet);
    av_packet_unref(packet);
    return rc < 0 ? fail(e, rc) : 0;
}

int sg_ogg_finish(struct sg_ogg *o, struct sg_error *e)
{
    int rc = av_write_trailer(o->mux);
    avio_flush(o->io);
    if (rc >= 0)
        rc = o->io->error;
    return rc < 0 ? fail(e, rc) : 0;
}

void sg_ogg_close(struct sg_ogg *o)
{
    if (!o)
        return;
    avformat_free_context(o->mux);
    if (o->io)
        av_freep(&o->io->buffer);
    avio_context_free(&o->io);
    av_packet_free(&o->packet);
    free(o);
}
