/* cmaf.h - fragmented MP4 files of one track, read strictly: by nothing that writes them.
 *
 * A file is wrong when a box reaches over its parent, a byte belongs to none, the index differs
 * from what lies there, times have a hole, or sizes of packets are not those of mdat.
 */
#pragma once
#include "core/str.h"

struct test_packet {
    uint64_t from; /* bytes before it in the file */
    uint32_t bytes, samples;
    unsigned char iv[8]; /* zeros: none is told */
};

struct test_segment {
    uint64_t from, bytes, decode, samples; /* decode, samples: the lead counted */
    uint32_t first, packets;               /* of the file's */
};

struct test_cmaf {
    const char *wrong; /* NULL: it is right */
    uint64_t init_bytes, index_bytes;
    uint32_t timescale, lead, edit, extent, frame; /* edit, extent: 0 where it isn't told */
    char entry[5], format[5], scheme[5];           /* "enca", "mp4a", "cenc"; format is frma's */
    unsigned char kid[16], iv[16];
    uint32_t iv_bytes, constant_iv_bytes;
    struct sg_str config; /* payload of esds, dOps or dfLa: a view into the file */
    struct test_segment *segments;
    struct test_packet *packets;
    size_t n, packets_n;
};

/* file stays the caller's. Arrays are freed by test_cmaf_free. */
struct test_cmaf test_cmaf_read(struct sg_str file);
void test_cmaf_free(struct test_cmaf *m);
