/* run.c - every packet decoded, every block handed to every sink. */
#include "audio/decode/convert.h"
#include "audio/decode/internal.h"
#include "audio/refuse.h"
#include <math.h>

#define VALUES_MAX (4ull << 30) /* samples of all channels: an hour of 6 at 192 kHz */

struct run {
    struct sg_decoder *d;
    const struct sg_decode_options *o;
    struct sg_decoded *out;
    struct sg_error *e;
    int percent;
};

static int check_format(const struct sg_pcm_format *f, struct sg_error *e)
{
    if (f->channels < 1 || f->channels > SG_AUDIO_CHANNELS_MAX)
        return sg_refuse(e, SG_AUDIO_CHANNELS, "it has %d channels; 1 to %d are taken", f->channels,
                         SG_AUDIO_CHANNELS_MAX);
    if (f->sample_rate < SG_AUDIO_RATE_MIN || f->sample_rate > SG_AUDIO_RATE_MAX)
        return sg_refuse(e, SG_AUDIO_SAMPLE_RATE, "its sample rate is %d Hz; %d to %d are taken",
                         f->sample_rate, SG_AUDIO_RATE_MIN, SG_AUDIO_RATE_MAX);
    return 0;
}

static uint64_t layout_of(const AVChannelLayout *l)
{
    AVChannelLayout usual = {0};
    if (l->order == AV_CHANNEL_ORDER_NATIVE)
        return l->u.mask;
    av_channel_layout_default(&usual, l->nb_channels);
    uint64_t mask = usual.order == AV_CHANNEL_ORDER_NATIVE ? usual.u.mask : 0;
    return mask ? mask : (1ull << l->nb_channels) - 1;
}

static int begin(struct run *r, const AVFrame *f)
{
    struct sg_decoder_facts facts;
    sg_decoder_facts(r->d, &facts);
    struct sg_pcm_format *format = &r->out->format;
    *format = (struct sg_pcm_format){
        .sample_rate = f->sample_rate, .channels = f->ch_layout.nb_channels, .bits = facts.bits};
    int rc = check_format(format, r->e);
    if (!rc && !sg_convert_knows(f->format))
        rc = sg_refuse(r->e, SG_AUDIO_UNSUPPORTED, "its samples are of an unknown kind");
    if (!rc)
        format->layout = layout_of(&f->ch_layout);
    if (r->d->is_edited)
        r->d->last = (uint64_t)av_rescale_q(r->d->stream->duration, r->d->stream->time_base,
                                            (AVRational){1, f->sample_rate});
    for (size_t i = 0; !rc && i < r->o->n_sinks; i++)
        rc = r->o->sinks[i].begin(r->o->sinks[i].ctx, format, r->e);
    return rc;
}

static int give_block(struct run *r, const AVFrame *f, size_t from, size_t n)
{
    struct sg_decoded *out = r->out;
    int rc = 0;
    for (int c = 0; c < out->format.channels; c++) {
        float *plane = r->d->planes[c];
        out->not_finite += sg_convert(f, c, from, n, plane);
        for (size_t i = 0; i < n; i++)
            out->peak = fmaxf(out->peak, fabsf(plane[i]));
    }
    out->frames += n;
    for (size_t i = 0; !rc && i < r->o->n_sinks; i++)
        rc = r->o->sinks[i].block(r->o->sinks[i].ctx, (const float *const *)r->d->planes, n, r->e);
    return rc;
}

static int check_length(struct run *r)
{
    const struct sg_decoded *out = r->out;
    if (out->frames > r->o->max_seconds * (uint64_t)out->format.sample_rate)
        return sg_refuse(r->e, SG_AUDIO_TOO_LONG, "it is longer than %llu s",
                         (unsigned long long)r->o->max_seconds);
    if (out->frames * (uint64_t)out->format.channels > VALUES_MAX)
        return sg_refuse(r->e, SG_AUDIO_TOO_LARGE, "decoded it is too large");
    return 0;
}

static int take_frame(struct run *r, const AVFrame *f)
{
    int rc = r->out->frames || !f->nb_samples ? 0 : begin(r, f);
    if (!rc && f->nb_samples &&
        (f->sample_rate != r->out->format.sample_rate ||
         f->ch_layout.nb_channels != r->out->format.channels))
        rc = sg_refuse(r->e, SG_AUDIO_DAMAGED, "its sample rate or channels change on the way");
    size_t all = f->nb_samples > 0 ? (size_t)f->nb_samples : 0;
    if (r->d->last && r->out->frames + all > r->d->last)
        all = r->out->frames < r->d->last ? (size_t)(r->d->last - r->out->frames) : 0;
    for (size_t from = 0; !rc && from < all;) {
        size_t n = all - from < SG_PCM_FRAMES_MAX ? all - from : SG_PCM_FRAMES_MAX;
        rc = give_block(r, f, from, n);
        from += n;
    }
    return rc ? rc : check_length(r);
}

/* All frames that are ready. An error of the decoder counts as one failed packet. */
static int take_frames(struct run *r)
{
    int rc = 0;
    while (!rc) {
        int got = avcodec_receive_frame(r->d->codec, r->d->frame);
        if (got == AVERROR(EAGAIN) || got == AVERROR_EOF)
            break;
        if (got < 0) {
            r->out->failed++;
            break;
        }
        rc = take_frame(r, r->d->frame);
        av_frame_unref(r->d->frame);
    }
    return rc;
}

static int take_packet(struct run *r, const AVPacket *p)
{
    if (av_packet_get_side_data(p, AV_PKT_DATA_ENCRYPTION_INFO, NULL))
        return sg_refuse(r->e, SG_AUDIO_ENCRYPTED, "the sound is encrypted");
    r->out->packets++;
    if (avcodec_send_packet(r->d->codec, p) < 0)
        r->out->failed++;
    return take_frames(r);
}

static void tell(struct run *r)
{
    int64_t size = r->d->io.size, at = r->d->io.at;
    int percent = size > 0 && at < size ? (int)(at * 100 / size) : 100;
    if (r->o->progress && percent > r->percent) {
        r->percent = percent;
        r->o->progress(r->o->ctx, percent);
    }
}

int sg_decoder_run(struct sg_decoder *d, const struct sg_decode_options *o, struct sg_decoded *out,
                   struct sg_error *e)
{
    *out = (struct sg_decoded){0};
    struct run r = {d, o, out, e, -1};
    int rc = 0, got = 0;
    while (!rc && (got = av_read_frame(d->format, d->packet)) >= 0) {
        if (d->packet->stream_index == d->stream->index)
            rc = take_packet(&r, d->packet);
        av_packet_unref(d->packet);
        tell(&r);
    }
    if (!rc && avcodec_send_packet(d->codec, NULL) >= 0)
        rc = take_frames(&r);
    out->ended_early = got != AVERROR_EOF;
    if (!rc && d->io.budget < 0)
        rc = sg_refuse(e, SG_AUDIO_DAMAGED, "its parts lie criss-cross");
    if (!rc && !out->frames)
        rc = sg_refuse(e, SG_AUDIO_DAMAGED, "nothing of it can be decoded");
    return rc;
}
