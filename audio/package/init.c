/* init.c - see init.h. */
#include "audio/package/init.h"
#include "audio/package/box.h"

static void put_matrix(struct sg_buf *b)
{
    static const uint32_t one[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++)
        sg_put32(b, one[i]);
}

static void put_brands(struct sg_buf *b, const struct sg_init *init)
{
    size_t ftyp = sg_box(b, "ftyp");
    sg_buf_put(b, "iso6\0\0\0\0iso6cmfcdashmp41", 24);
    if (init->format->codec == SG_CODEC_AAC)
        sg_buf_put(b, "caac", 4); /* CMAF's AAC core profile */
    sg_box_end(b, ftyp);
}

static void put_movie_header(struct sg_buf *b, const struct sg_init *init)
{
    size_t mvhd = sg_full_box(b, "mvhd", 0, 0);
    sg_put64(b, 0); /* made, changed */
    sg_put32(b, (uint32_t)init->format->sample_rate);
    sg_put32(b, 0);       /* its samples are in fragments */
    sg_put32(b, 0x10000); /* rate 1 */
    sg_put16(b, 0x0100);  /* volume 1 */
    sg_put_zeros(b, 10);
    put_matrix(b);
    sg_put_zeros(b, 24);
    sg_put32(b, 2); /* next track */
    sg_box_end(b, mvhd);
}

static void put_track_header(struct sg_buf *b)
{
    size_t tkhd = sg_full_box(b, "tkhd", 0, 3); /* enabled, in movie */
    sg_put64(b, 0);
    sg_put32(b, 1); /* track */
    sg_put_zeros(b, 16);
    sg_put32(b, 0);      /* layer, group */
    sg_put16(b, 0x0100); /* volume */
    sg_put16(b, 0);
    put_matrix(b);
    sg_put_zeros(b, 8);
    sg_box_end(b, tkhd);
}

/* The sound begins behind the lead and is so long. */
static void put_edit(struct sg_buf *b, const struct sg_init *init)
{
    if (!init->format->lead)
        return;
    size_t edts = sg_box(b, "edts");
    size_t elst = sg_full_box(b, "elst", 0, 0);
    sg_put32(b, 1);
    sg_put32(b, (uint32_t)init->samples);
    sg_put32(b, init->format->lead);
    sg_put32(b, 0x10000); /* rate 1 */
    sg_box_end(b, elst);
    sg_box_end(b, edts);
}

static void put_media_header(struct sg_buf *b, const struct sg_init *init)
{
    size_t mdhd = sg_full_box(b, "mdhd", 0, 0);
    sg_put64(b, 0);
    sg_put32(b, (uint32_t)init->format->sample_rate);
    sg_put32(b, 0);
    sg_put16(b, 0x55c4); /* und */
    sg_put16(b, 0);
    sg_box_end(b, mdhd);
    size_t hdlr = sg_full_box(b, "hdlr", 0, 0);
    sg_put32(b, 0);
    sg_buf_put(b, "soun", 4);
    sg_put_zeros(b, 12);
    sg_buf_put(b, "sound", 6);
    sg_box_end(b, hdlr);
}

static void put_media_information(struct sg_buf *b)
{
    size_t smhd = sg_full_box(b, "smhd", 0, 0);
    sg_put32(b, 0);
    sg_box_end(b, smhd);
    size_t dinf = sg_box(b, "dinf"), dref = sg_full_box(b, "dref", 0, 0);
    sg_put32(b, 1);
    sg_box_end(b, sg_full_box(b, "url ", 0, 1)); /* in this file */
    sg_box_end(b, dref);
    sg_box_end(b, dinf);
}

/* Decoding begins so many packets before a point of entry: one of AAC; 80 ms of Opus. */
static void put_roll(struct sg_buf *b, const struct sg_init *init)
{
    if (init->format->codec == SG_CODEC_FLAC)
        return;
    int packets = init->format->codec == SG_CODEC_AAC ? 1 : 4;
    size_t sgpd = sg_full_box(b, "sgpd", 1, 0);
    sg_buf_put(b, "roll", 4);
    sg_put32(b, 2);
    sg_put32(b, 1);
    sg_put16(b, (uint16_t)-packets);
    sg_box_end(b, sgpd);
}

static int put_sample_table(struct sg_buf *b, const struct sg_init *init, struct sg_error *e)
{
    static const char *const empty[] = {"stts", "stsc", "stsz", "stco"};
    size_t stbl = sg_box(b, "stbl");
    int rc = sg_sample_entry_put(b, init, e);
    for (int i = 0; i < 4; i++) {
        size_t box = sg_full_box(b, empty[i], 0, 0);
        sg_put_zeros(b, i == 2 ? 8 : 4);
        sg_box_end(b, box);
    }
    put_roll(b, init);
    sg_box_end(b, stbl);
    return rc;
}

static void put_extends(struct sg_buf *b, const struct sg_init *init)
{
    size_t mvex = sg_box(b, "mvex");
    size_t mehd = sg_full_box(b, "mehd", 0, 0);
    sg_put32(b, (uint32_t)init->samples);
    sg_box_end(b, mehd);
    size_t trex = sg_full_box(b, "trex", 0, 0);
    sg_put32(b, 1); /* track */
    sg_put32(b, 1); /* its sample entry */
    sg_put32(b, init->format->frame);
    sg_put32(b, 0);
    sg_put32(b, 0x02000000); /* every packet is a point of entry */
    sg_box_end(b, trex);
    sg_box_end(b, mvex);
}

/* The common system's own (W3C, "Common PSSH box"): key ids alone. */
static void put_key_ids(struct sg_buf *b, const struct sg_init *init)
{
    size_t pssh = sg_full_box(b, "pssh", 1, 0);
    sg_buf_put(b, "\x10\x77\xef\xec\xc0\xb2\x4d\x02\xac\xe3\x3c\x1e\x52\xe2\xfb\x4b", 16);
    sg_put32(b, 1);
    sg_buf_put(b, init->kid, 16);
    sg_put32(b, 0);
    sg_box_end(b, pssh);
}

int sg_init_put(struct sg_buf *b, const struct sg_init *init, struct sg_error *e)
{
    put_brands(b, init);
    size_t moov = sg_box(b, "moov");
    put_movie_header(b, init);
    size_t trak = sg_box(b, "trak");
    put_track_header(b);
    put_edit(b, init);
    size_t mdia = sg_box(b, "mdia");
    put_media_header(b, init);
    size_t minf = sg_box(b, "minf");
    put_media_information(b);
    int rc = put_sample_table(b, init, e);
    sg_box_end(b, minf);
    sg_box_end(b, mdia);
    sg_box_end(b, trak);
    put_extends(b, init);
    if (init->cenc)
        put_key_ids(b, init);
    sg_box_end(b, moov);
    if (!rc && sg_buf_failed(b))
        rc = sg_fail(e, SG_ENOMEM, "header");
    return rc;
}
