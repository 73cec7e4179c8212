/* cmaf.h - packets of one codec into a fragmented MP4 file (CMAF, ISO/IEC 23000-19).
 *
 *   ftyp moov | sidx | moof mdat | moof mdat | ...        each moof and mdat: a segment
 *
 * Nothing is known of the whole until its last packet, so segments are written behind as much room
 * as the longest index takes, and are moved up to the real one at the end.
 *
 * Times: a packet's `at` counts samples from the sound's first (audio/encode/encoder.h); the lead
 * before it is skipped by an edit list. Segment k begins at sample k * segment of the sound,
 * whatever the lead is; the first one also has the lead. The last packet's duration is what is left
 * of the sound.
 *
 * Thread-compatible.
 */
#pragma once
#include "audio/cenc/cenc.h"
#include "audio/encode/encoder.h"

#define SG_SEGMENTS_MAX 4096 /* of a file */

struct sg_cmaf_format {
    enum sg_codec codec;
    int sample_rate, channels, bits;
    uint64_t layout;  /* FLAC's, unless it is the usual one of so many channels: 0 */
    uint32_t frame;   /* samples of every packet but the last */
    uint32_t lead;    /* samples before the sound: whole frames */
    uint32_t segment; /* samples: whole frames */
};

struct sg_segment {
    uint64_t from; /* bytes before it in the file */
    uint32_t bytes;
    uint32_t samples; /* of the sound: without the lead */
};

/* What manifests tell of a file. */
struct sg_cmaf_facts {
    uint64_t bytes;
    uint32_t init_bytes;  /* ftyp and moov, from the file's first byte */
    uint32_t index_bytes; /* sidx, right behind them; 0: none */
    int64_t samples;      /* of the sound */
    struct sg_segment *segments;
    size_t n;
};

struct sg_cmaf;

/* fd: a new file, read and write; the caller's, as cenc is (NULL: clear), and kid. */
int sg_cmaf_open(struct sg_cmaf **out, int fd, const struct sg_cmaf_format *format,
                 struct sg_cenc *cenc, const uint8_t *kid, struct sg_error *e);
/* A second file of the same segments, each encrypted whole for HLS, without an index. */
int sg_cmaf_fallback(struct sg_cmaf *m, int fd, const uint8_t key[16], struct sg_error *e);
void sg_cmaf_close(struct sg_cmaf *m);

/* Packets without a hole. SG_EINVAL: it isn't the next one, or has an impossible size. */
int sg_cmaf_packet(struct sg_cmaf *m, const struct sg_packet *packet, struct sg_error *e);
/* Segments up to number `count` may be written: it is known that one more begins behind them. */
int sg_cmaf_cut(struct sg_cmaf *m, size_t count, struct sg_error *e);
/* The last segment, the header with the decoder's config, the index. */
int sg_cmaf_finish(struct sg_cmaf *m, const uint8_t *config, size_t config_bytes,
                   struct sg_error *e);
/* After finish; the muxer's. */
const struct sg_cmaf_facts *sg_cmaf_facts(const struct sg_cmaf *m);
const struct sg_cmaf_facts *sg_cmaf_fallback_facts(const struct sg_cmaf *m);
