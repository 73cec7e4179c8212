/* open.c - finding the one sound in a container, or why there is none. */
#include "audio/decode/internal.h"
#include "audio/refuse.h"
#include <libavutil/mem.h>
#include <stdlib.h>
#include <string.h>

/* Containers and codecs that are taken. Their demuxers open no other file. */
static const char containers[] =
    "wav,w64,aiff,flac,mp3,aac,mov,mp4,m4a,ogg,matroska,webm,wv,caf,au";
static const char codecs[] =
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,"
    "pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,flac,"
    "alac,wavpack,mp3float,mp3,mp2float,mp2,mp1float,mp1,aac,opus,vorbis";

#define OPEN_BYTES    (40ll << 20) /* a header with tags and a cover is no longer */
#define ALLOC_BYTES   (256u << 20) /* the most that a container makes libav allocate at once */
#define STREAMS       "16"         /* of a file */
#define FRAME_SAMPLES (4ll << 20)  /* of all channels: no codec here has longer frames */
#define READ_AGAIN    3            /* times a file's bytes may be read while decoding */

static int open_container(struct sg_decoder *d, struct sg_error *e)
{
    AVDictionary *options = NULL;
    d->format = avformat_alloc_context();
    if (!d->format)
        return sg_fail(e, SG_ENOMEM, "the file");
    sg_io_attach(&d->io, d->format);
    d->io.budget = OPEN_BYTES;
    av_dict_set(&options, "format_whitelist", containers, 0);
    av_dict_set(&options, "codec_whitelist", codecs, 0);
    av_dict_set(&options, "protocol_whitelist", "none", 0);
    av_dict_set(&options, "max_streams", STREAMS, 0);
    int rc = avformat_open_input(&d->format, NULL, NULL, &options);
    av_dict_free(&options);
    if (rc >= 0)
        rc = avformat_find_stream_info(d->format, NULL);
    if (d->io.budget < 0)
        return sg_refuse(e, SG_AUDIO_TOO_LARGE, "the file's header, tags or cover are too large");
    if (rc == AVERROR(ENOMEM))
        return sg_refuse(e, SG_AUDIO_TOO_LARGE, "a part of the file claims too much memory");
    if (rc < 0)
        return sg_refuse(e, SG_AUDIO_UNSUPPORTED, "it is no kind of sound file that is taken");
    return 0;
}

static bool is_cover(const AVStream *s)
{
    return s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           (s->disposition & AV_DISPOSITION_ATTACHED_PIC);
}

static int pick_stream(struct sg_decoder *d, struct sg_error *e)
{
    for (unsigned i = 0; i < d->format->nb_streams; i++) {
        AVStream *s = d->format->streams[i];
        if (s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_cover(s))
            return sg_refuse(e, SG_AUDIO_STREAMS, "it has moving pictures");
        if (s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && d->stream)
            return sg_refuse(e, SG_AUDIO_STREAMS, "it has several sounds");
        if (s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            d->stream = s;
        else
            s->discard = AVDISCARD_ALL;
    }
    return d->stream ? 0 : sg_refuse(e, SG_AUDIO_NO_AUDIO, "there is no sound in it");
}

static bool is_encrypted(const AVStream *s)
{
    uint32_t tag = s->codecpar->codec_tag;
    return tag == MKTAG('d', 'r', 'm', 's') || tag == MKTAG('e', 'n', 'c', 'a') ||
           tag == MKTAG('a', 'a', 'v', 'd') ||
           av_stream_get_side_data(s, AV_PKT_DATA_ENCRYPTION_INIT_INFO, NULL);
}

/* A broken frame of a lossless file fails; lossy decoders are left to bridge what they can. */
static int strictness(const AVStream *s)
{
    const AVCodecDescriptor *about = avcodec_descriptor_get(s->codecpar->codec_id);
    return about && (about->props & AV_CODEC_PROP_LOSSLESS) ? AV_EF_CRCCHECK | AV_EF_EXPLODE : 0;
}

static int open_codec(struct sg_decoder *d, struct sg_error *e)
{
    const AVCodec *codec = avcodec_find_decoder(d->stream->codecpar->codec_id);
    AVDictionary *options = NULL;
    if (is_encrypted(d->stream))
        return sg_refuse(e, SG_AUDIO_ENCRYPTED, "the sound is encrypted");
    if (!codec)
        return sg_refuse(e, SG_AUDIO_UNSUPPORTED, "no decoder for the sound in it");
    d->codec = avcodec_alloc_context3(codec);
    if (!d->codec || avcodec_parameters_to_context(d->codec, d->stream->codecpar) < 0)
        return sg_fail(e, SG_ENOMEM, "the decoder");
    d->codec->pkt_timebase = d->stream->time_base;
    d->codec->thread_count = 1;
    d->codec->max_samples = FRAME_SAMPLES;
    d->codec->err_recognition = strictness(d->stream);
    av_dict_set(&options, "codec_whitelist", codecs, 0);
    int rc = avcodec_open2(d->codec, codec, &options);
    av_dict_free(&options);
    if (rc < 0)
        return sg_refuse(e, SG_AUDIO_UNSUPPORTED, "sound coded as %s is not taken",
                         avcodec_get_name(codec->id));
    return 0;
}

static int make_room(struct sg_decoder *d, struct sg_error *e)
{
    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();
    float *all = calloc(8 * SG_PCM_FRAMES_MAX, sizeof *all);
    for (size_t i = 0; all && i < 8; i++)
        d->planes[i] = all + i * SG_PCM_FRAMES_MAX;
    d->is_edited = d->stream->nb_frames > 0 && d->stream->duration > 0 &&
                   !strncmp(d->format->iformat->name, "mov", 3);
    d->io.budget = READ_AGAIN * d->io.size + OPEN_BYTES;
    return d->packet && d->frame && all ? 0 : sg_fail(e, SG_ENOMEM, "the decoder");
}

int sg_decoder_open(struct sg_decoder **out, int fd, struct sg_error *e)
{
    struct sg_decoder *d = calloc(1, sizeof *d);
    av_log_set_level(AV_LOG_QUIET);
    av_max_alloc(ALLOC_BYTES);
    int rc = d ? sg_io_open(&d->io, fd, e) : sg_fail(e, SG_ENOMEM, "the decoder");
    if (!rc)
        rc = open_container(d, e);
    if (!rc)
        rc = pick_stream(d, e);
    if (!rc)
        rc = open_codec(d, e);
    if (!rc)
        rc = make_room(d, e);
    if (rc)
        sg_decoder_close(d);
    else
        *out = d;
    return rc;
}

void sg_decoder_close(struct sg_decoder *d)
{
    if (!d)
        return;
    free(d->planes[0]);
    av_frame_free(&d->frame);
    av_packet_free(&d->packet);
    avcodec_free_context(&d->codec);
    avformat_close_input(&d->format);
    sg_io_close(&d->io);
    free(d);
}

static int bits_of(const struct sg_decoder *d)
{
    const AVCodecParameters *p = d->stream->codecpar;
    enum AVCodecID id = p->codec_id;
    const AVCodecDescriptor *about = avcodec_descriptor_get(id);
    if (id == AV_CODEC_ID_PCM_ALAW || id == AV_CODEC_ID_PCM_MULAW)
        return 16; /* what they expand to */
    if (!about || !(about->props & AV_CODEC_PROP_LOSSLESS))
        return 0;
    int exact = av_get_exact_bits_per_sample(id);
    return exact                      ? exact
           : p->bits_per_raw_sample   ? p->bits_per_raw_sample
           : p->bits_per_coded_sample ? p->bits_per_coded_sample
                                      : 16;
}

void sg_decoder_facts(const struct sg_decoder *d, struct sg_decoder_facts *out)
{
    *out = (struct sg_decoder_facts){.container = d->format->iformat->name,
                                     .codec = avcodec_get_name(d->codec->codec_id),
                                     .bits = bits_of(d)};
    if (d->stream->duration > 0 &&
        d->format->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE)
        out->declared_s = (double)d->stream->duration * av_q2d(d->stream->time_base);
}

const AVFormatContext *sg_decoder_container(const struct sg_decoder *d)
{
    return d->format;
}

const AVStream *sg_decoder_stream(const struct sg_decoder *d)
{
    return d->stream;
}
