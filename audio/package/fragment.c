/* fragment.c - see fragment.h. */
#include "audio/package/fragment.h"
#include "audio/package/box.h"

#define TFHD_BASE_IS_MOOF 0x020000
#define TRUN_OFFSET       0x000001
#define TRUN_DURATION     0x000100
#define TRUN_SIZE         0x000200

/* Returns where the offset of the data is to be put. */
static size_t put_run(struct sg_buf *b, const struct sg_fragment *f)
{
    bool uneven = f->last != f->frame;
    size_t trun = sg_full_box(b, "trun", 0, TRUN_OFFSET | TRUN_SIZE | (uneven ? TRUN_DURATION : 0));
    sg_put32(b, f->n);
    size_t offset = b->n;
    sg_put32(b, 0);
    for (uint32_t i = 0; i < f->n; i++) {
        if (uneven)
            sg_put32(b, i + 1 == f->n ? f->last : f->frame);
        sg_put32(b, f->sizes[i]);
    }
    sg_box_end(b, trun);
    return offset;
}

/* All packets are of the group that moov describes: how far before a point of entry decoding
 * begins. */
static void put_roll(struct sg_buf *b, const struct sg_fragment *f)
{
    if (f->codec == SG_CODEC_FLAC)
        return;
    size_t sbgp = sg_full_box(b, "sbgp", 0, 0);
    sg_buf_put(b, "roll", 4);
    sg_put32(b, 1);
    sg_put32(b, f->n);
    sg_put32(b, 1);
    sg_box_end(b, sbgp);
}

/* Where the IVs are (saio, from moof's first byte), how long each is (saiz), and they (senc). */
static void put_ivs(struct sg_buf *b, const struct sg_fragment *f, size_t moof)
{
    size_t saiz = sg_full_box(b, "saiz", 0, 0);
    sg_put8(b, SG_CENC_IV);
    sg_put32(b, f->n);
    sg_box_end(b, saiz);
    size_t saio = sg_full_box(b, "saio", 0, 0);
    sg_put32(b, 1);
    size_t offset = b->n;
    sg_put32(b, 0);
    sg_box_end(b, saio);
    size_t senc = sg_full_box(b, "senc", 0, 0);
    sg_put32(b, f->n);
    sg_set32(b, offset, (uint32_t)(b->n - moof));
    sg_buf_put(b, f->ivs, (size_t)f->n * SG_CENC_IV);
    sg_box_end(b, senc);
}

void sg_fragment_put(struct sg_buf *b, const struct sg_fragment *f)
{
    uint64_t payload = 0;
    for (uint32_t i = 0; i < f->n; i++)
        payload += f->sizes[i];
    size_t moof = sg_box(b, "moof");
    size_t mfhd = sg_full_box(b, "mfhd", 0, 0);
    sg_put32(b, f->number);
    sg_box_end(b, mfhd);
    size_t traf = sg_box(b, "traf");
    size_t tfhd = sg_full_box(b, "tfhd", 0, TFHD_BASE_IS_MOOF);
    sg_put32(b, 1); /* track */
    sg_box_end(b, tfhd);
    size_t tfdt = sg_full_box(b, "tfdt", 1, 0);
    sg_put64(b, f->decode);
    sg_box_end(b, tfdt);
    size_t offset = put_run(b, f);
    put_roll(b, f);
    if (f->ivs)
        put_ivs(b, f, moof);
    sg_box_end(b, traf);
    sg_box_end(b, moof);
    sg_set32(b, offset, (uint32_t)(b->n - moof + 8));
    if (payload > UINT32_MAX - 8)
        b->failed = true;
    sg_put32(b, (uint32_t)payload + 8);
    sg_buf_put(b, "mdat", 4);
}

void sg_index_put(struct sg_buf *b, uint32_t timescale, const struct sg_segment *segments, size_t n)
{
    size_t sidx = sg_full_box(b, "sidx", 0, 0);
    sg_put32(b, 1); /* track */
    sg_put32(b, timescale);
    sg_put32(b, 0); /* the sound begins at 0 .. */
    sg_put32(b, 0); /* .. right behind the index */
    sg_put16(b, 0);
    sg_put16(b, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        sg_put32(b, segments[i].bytes & 0x7fffffff); /* of media */
        sg_put32(b, segments[i].samples);
        sg_put32(b, 0x90000000); /* begins with a point of entry, of type 1 */
    }
    sg_box_end(b, sidx);
}
