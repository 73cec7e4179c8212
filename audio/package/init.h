/* init.h - what a fragmented file begins with, private to the muxer. */
#pragma once
#include "audio/package/cmaf.h"
#include "core/buf.h"

struct sg_init {
    const struct sg_cmaf_format *format;
    const uint8_t *config; /* encoder.h */
    size_t config_bytes;
    int64_t samples;            /* of the sound */
    uint32_t bitrate;           /* average of the packets, bits a second */
    const struct sg_cenc *cenc; /* NULL: clear */
    const uint8_t *kid;
};

/* ftyp and moov; as many bytes whatever samples and bitrate are. SG_EINVAL: the config is none of
 * the codec's. */
int sg_init_put(struct sg_buf *b, const struct sg_init *init, struct sg_error *e);
/* stsd, in sample_entry.c */
int sg_sample_entry_put(struct sg_buf *b, const struct sg_init *init, struct sg_error *e);
