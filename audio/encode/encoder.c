/* encoder.c - see encoder.h. */
#include "audio/encode/encoder.h"
#include "audio/encode/samples.h"
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <stdlib.h>

struct sg_encoder {
    struct sg_encoder_format format;
    AVCodecContext *av;
    AVFrame *frame;
    AVPacket *packet;
    int filled;         /* samples in frame */
    uint32_t lead;      /* silence and delay before the sound */
    int64_t fed, coded; /* samples: of the sound; of packets, from the lead's first */
    bool ended;         /* fed is final */
    sg_packet_fn sink;
    void *ctx;
};

static const AVCodec *codec_of(enum sg_codec codec)
{
    static const char *const names[] = {"aac", "libopus", "libvorbis", "flac"};
    return avcodec_find_encoder_by_name(names[codec]);
}

static enum AVSampleFormat sample_format(const struct sg_encoder_format *f)
{
    switch (f->codec) {
    case SG_CODEC_OPUS:
        return AV_SAMPLE_FMT_FLT;
    case SG_CODEC_FLAC:
        return f->bits == 16 ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32;
    default:
        return AV_SAMPLE_FMT_FLTP;
    }
}

static int open_context(struct sg_encoder *enc, struct sg_error *e)
{
    const struct sg_encoder_format *f = &enc->format;
    const AVCodec *codec = codec_of(f->codec);
    if (!codec)
        return sg_fail(e, SG_EINTERNAL, "libavcodec has no encoder for %s",
                       sg_codec_name(f->codec));
    AVCodecContext *av = enc->av = avcodec_alloc_context3(codec);
    if (!av)
        return sg_fail(e, SG_ENOMEM, "encoder");
    av->bit_rate = f->bitrate;
    av->sample_rate = f->sample_rate;
    av->time_base = (AVRational){1, f->sample_rate};
    av->sample_fmt = sample_format(f);
    av->bits_per_raw_sample = f->bits;
    av->thread_count = 1;
    av->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (f->codec == SG_CODEC_OPUS) /* otherwise tones take 14 % more than they were given */
        av_opt_set(av->priv_data, "vbr", "constrained", 0);
    if (f->codec == SG_CODEC_FLAC)
        av->frame_size = (int)f->frame;
    if (av_channel_layout_from_mask(&av->ch_layout, f->layout))
        return sg_fail(e, SG_EINVAL, "a layout of channels that is not known");
    int rc = avcodec_open2(av, codec, NULL);
    if (rc < 0 || av->frame_size <= 0)
        return sg_fail(e, SG_EINVAL, "%s: %s", codec->name, av_err2str(rc));
    return 0;
}

static int open_frame(struct sg_encoder *enc, struct sg_error *e)
{
    const AVCodecContext *av = enc->av;
    enc->packet = av_packet_alloc();
    AVFrame *frame = enc->frame = av_frame_alloc();
    if (!frame || !enc->packet)
        return sg_fail(e, SG_ENOMEM, "encoder");
    frame->format = av->sample_fmt;
    frame->nb_samples = av->frame_size;
    frame->sample_rate = av->sample_rate;
    frame->pts = 0;
    if (av_channel_layout_copy(&frame->ch_layout, &av->ch_layout) ||
        av_frame_get_buffer(frame, 0) < 0)
        return sg_fail(e, SG_ENOMEM, "encoder");
    return 0;
}

/* Silence in front of the sound, so that it and the encoder's delay are whole frames. */
static int fill_lead(struct sg_encoder *enc, struct sg_error *e)
{
    if (enc->format.codec == SG_CODEC_VORBIS)
        return 0;
    uint32_t size = sg_encoder_frame(enc), delay = (uint32_t)enc->av->initial_padding;
    static const float silence[8192];
    uint32_t fill = (size - delay % size) % size;
    if (fill > sizeof silence / sizeof *silence || fill > size)
        return sg_fail(e, SG_EINTERNAL, "an encoder's delay of %u", delay);
    const float *planes[8] = {silence, silence, silence, silence,
                              silence, silence, silence, silence};
    int rc = fill ? sg_encoder_feed(enc, planes, fill, e) : 0;
    enc->lead = delay + fill;
    enc->fed = 0;
    return rc;
}

int sg_encoder_open(struct sg_encoder **out, const struct sg_encoder_format *format,
                    sg_packet_fn packet, void *ctx, struct sg_error *e)
{
    struct sg_encoder *enc = calloc(1, sizeof *enc);
    if (!enc)
        return sg_fail(e, SG_ENOMEM, "encoder");
    enc->format = *format;
    enc->sink = packet;
    enc->ctx = ctx;
    int rc = open_context(enc, e);
    if (!rc)
        rc = open_frame(enc, e);
    if (!rc)
        rc = fill_lead(enc, e);
    if (rc) {
        sg_encoder_close(enc);
        return rc;
    }
    *out = enc;
    return 0;
}

void sg_encoder_close(struct sg_encoder *enc)
{
    if (!enc)
        return;
    avcodec_free_context(&enc->av);
    av_frame_free(&enc->frame);
    av_packet_free(&enc->packet);
    free(enc);
}

/* What packets say of their length is not always so for the last ones (a frame of AAC is one
 * whatever it holds): they are counted here, and cut to the sound once it is over. */
static int give(struct sg_encoder *enc, struct sg_error *e)
{
    AVPacket *p = enc->packet;
    if (!p->size)
        return 0;
    if (enc->format.codec == SG_CODEC_VORBIS) /* long and short blocks, told by themselves */
        return enc->sink(
            enc->ctx, &(struct sg_packet){p->data, (size_t)p->size, p->pts, (uint32_t)p->duration},
            e);
    int64_t samples = sg_encoder_frame(enc), at = enc->coded - enc->lead;
    enc->coded += samples;
    if (enc->ended && at + samples > enc->fed)
        samples = enc->fed - at;
    if (samples <= 0)
        return 0; /* nothing of the sound is in it */
    return enc->sink(enc->ctx, &(struct sg_packet){p->data, (size_t)p->size, at, (uint32_t)samples},
                     e);
}

static int drain(struct sg_encoder *enc, struct sg_error *e)
{
    for (;;) {
        int rc = avcodec_receive_packet(enc->av, enc->packet);
        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
            return 0;
        if (rc < 0)
            return sg_fail(e, rc == AVERROR(ENOMEM) ? SG_ENOMEM : SG_EINTERNAL, "%s: %s",
                           enc->av->codec->name, av_err2str(rc));
        rc = give(enc, e);
        av_packet_unref(enc->packet);
        if (rc)
            return rc;
    }
}

static int send(struct sg_encoder *enc, AVFrame *frame, struct sg_error *e)
{
    int rc = avcodec_send_frame(enc->av, frame);
    if (rc < 0)
        return sg_fail(e, rc == AVERROR(ENOMEM) ? SG_ENOMEM : SG_EINTERNAL, "%s: %s",
                       enc->av->codec->name, av_err2str(rc));
    return drain(enc, e);
}

static int send_filled(struct sg_encoder *enc, struct sg_error *e)
{
    AVFrame *frame = enc->frame;
    frame->nb_samples = enc->filled;
    int rc = send(enc, frame, e);
    frame->pts += enc->filled;
    frame->nb_samples = enc->av->frame_size;
    enc->filled = 0;
    return rc;
}

int sg_encoder_feed(struct sg_encoder *enc, const float *const *planes, size_t n,
                    struct sg_error *e)
{
    size_t done = 0, size = (size_t)enc->av->frame_size;
    while (done < n) {
        if (!enc->filled && av_frame_make_writable(enc->frame) < 0)
            return sg_fail(e, SG_ENOMEM, "encoder");
        size_t room = size - (size_t)enc->filled, take = n - done < room ? n - done : room;
        sg_samples_put(enc->frame->data, enc->frame->format, enc->format.channels,
                       (size_t)enc->filled, planes, done, take);
        enc->filled += (int)take;
        done += take;
        int rc = (size_t)enc->filled == size ? send_filled(enc, e) : 0;
        if (rc)
            return rc;
    }
    enc->fed += (int64_t)n;
    return 0;
}

int sg_encoder_finish(struct sg_encoder *enc, struct sg_error *e)
{
    enc->ended = true;
    int rc = enc->filled ? send_filled(enc, e) : 0;
    if (!rc)
        rc = send(enc, NULL, e);
    int64_t have = enc->coded - enc->lead;
    if (!rc && enc->format.codec != SG_CODEC_VORBIS && have < enc->fed)
        return sg_fail(e, SG_EINTERNAL, "%s: gave %lld of %lld samples", enc->av->codec->name,
                       (long long)have, (long long)enc->fed);
    return rc;
}

uint32_t sg_encoder_frame(const struct sg_encoder *enc)
{
    return (uint32_t)enc->av->frame_size;
}

uint32_t sg_encoder_lead(const struct sg_encoder *enc)
{
    return enc->lead;
}

const uint8_t *sg_encoder_config(const struct sg_encoder *enc, size_t *n)
{
    *n = (size_t)enc->av->extradata_size;
    return enc->av->extradata;
}

const struct AVCodecContext *sg_encoder_context(const struct sg_encoder *enc)
{
    return enc->av;
}
