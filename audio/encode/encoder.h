/* encoder.h - one codec of libavcodec, fed with planar floats, giving packets.
 *
 *            lead      the sound                            tail
 *   coded  |--------|------------------------------------|------|
 *          | frame  | frame  | frame  | ...        | frame      |
 *
 * What a decoder makes before the sound begins (the encoder's delay) is made to fill whole frames
 * by silence in front of the sound: so frame k of AAC, of Opus and of FLAC begin where they should,
 * and segments of all renditions at the same sample. The last packet's samples are cut to what the
 * sound has.
 *
 * Thread-compatible.
 */
#pragma once
#include "audio/encode/rendition.h"
#include "core/err.h"
#include <stddef.h>
#include <stdint.h>

struct sg_packet {
    const uint8_t *p; /* valid within the call */
    size_t n;
    int64_t at; /* first sample, counted from the sound's first: the lead has negative ones */
    uint32_t samples;
};

typedef int (*sg_packet_fn)(void *ctx, const struct sg_packet *packet, struct sg_error *e);

struct sg_encoder_format {
    enum sg_codec codec;
    int bitrate; /* 0: FLAC */
    int sample_rate, channels;
    uint64_t layout;
    int bits;       /* 16 or 24, of FLAC */
    uint32_t frame; /* samples, of FLAC; others have their own */
};

struct sg_encoder;

/* SG_EINVAL: the codec refuses the format; SG_ENOMEM. packet is called within feed and finish. */
int sg_encoder_open(struct sg_encoder **out, const struct sg_encoder_format *format,
                    sg_packet_fn packet, void *ctx, struct sg_error *e);
void sg_encoder_close(struct sg_encoder *enc);
int sg_encoder_feed(struct sg_encoder *enc, const float *const *planes, size_t n,
                    struct sg_error *e);
int sg_encoder_finish(struct sg_encoder *enc, struct sg_error *e);

uint32_t sg_encoder_frame(const struct sg_encoder *enc); /* samples of a packet */
uint32_t sg_encoder_lead(const struct sg_encoder *enc);  /* samples, whole frames */
/* What a decoder is set up with: AudioSpecificConfig, OpusHead, STREAMINFO (whole after finish),
 * Vorbis headers. The encoder's. */
const uint8_t *sg_encoder_config(const struct sg_encoder *enc, size_t *n);

struct AVCodecContext;
const struct AVCodecContext *sg_encoder_context(const struct sg_encoder *enc);
