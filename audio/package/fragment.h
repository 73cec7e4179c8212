/* fragment.h - one moof and mdat, private to the muxer. */
#pragma once
#include "audio/package/cmaf.h"
#include "core/buf.h"

struct sg_fragment {
    uint32_t number; /* from 1 */
    uint64_t decode; /* samples before it, the lead counted */
    uint32_t frame;  /* samples of a packet .. */
    uint32_t last;   /* .. but of the last one */
    const uint32_t *sizes;
    uint32_t n; /* packets */
    enum sg_codec codec;
    const uint8_t *ivs; /* SG_CENC_IV a packet; NULL: no IVs are told */
};

/* moof, and mdat's head: behind them come the packets. */
void sg_fragment_put(struct sg_buf *b, const struct sg_fragment *f);

/* Ended facts' segments as sidx. */
void sg_index_put(struct sg_buf *b, uint32_t timescale, const struct sg_segment *segments,
                  size_t n);
#define SG_INDEX_BYTES(n) (32 + 12 * (n)) /* version 0 */
