/* sample_entry.c - stsd: which decoder, how it is set up, how its packets are encrypted.
 *
 * AAC: ISO/IEC 14496-14. Opus: "Encapsulation of Opus in ISO Base Media File Format" (Xiph).
 * FLAC: "Encapsulation of FLAC in ISO Base Media File Format" (Xiph). Encrypted: 14496-12, 8.12.
 */
#include "audio/package/box.h"
#include "audio/package/init.h"
#include <stdio.h>

/* A descriptor's head (14496-1): tag, and its length in four bytes of seven bits. */
static void put_descriptor(struct sg_buf *b, uint8_t tag, uint32_t n)
{
    sg_put8(b, tag);
    for (int shift = 21; shift > 0; shift -= 7)
        sg_put8(b, (uint8_t)(n >> shift | 0x80));
    sg_put8(b, n & 0x7f);
}

static int put_esds(struct sg_buf *b, const struct sg_init *init, struct sg_error *e)
{
    uint32_t n = (uint32_t)init->config_bytes;
    if (n < 2 || n > 64)
        return sg_fail(e, SG_EINVAL, "an AudioSpecificConfig of %u bytes", n);
    size_t esds = sg_full_box(b, "esds", 0, 0);
    put_descriptor(b, 0x03, 3 + 5 + 13 + 5 + n + 5 + 1);
    sg_put16(b, 0); /* in MP4 files */
    sg_put8(b, 0);
    put_descriptor(b, 0x04, 13 + 5 + n);
    sg_put8(b, 0x40); /* MPEG-4 audio */
    sg_put8(b, 0x15); /* sound */
    sg_put24(b, 0);
    sg_put32(b, init->bitrate);
    sg_put32(b, init->bitrate);
    put_descriptor(b, 0x05, n);
    sg_buf_put(b, init->config, n);
    put_descriptor(b, 0x06, 1);
    sg_put8(b, 2);
    sg_box_end(b, esds);
    return 0;
}

static void put_dops(struct sg_buf *b, const struct sg_init *init)
{
    size_t dops = sg_box(b, "dOps");
    sg_put8(b, 0);
    sg_put8(b, (uint8_t)init->format->channels);
    sg_put16(b, (uint16_t)init->format->lead); /* before the sound: the whole of it */
    sg_put32(b, (uint32_t)init->format->sample_rate);
    sg_put16(b, 0); /* gain */
    sg_put8(b, 0);  /* one stream, mono or stereo */
    sg_box_end(b, dops);
}

/* Channels that are not the usual ones of their number are told in a comment, as in FLAC files. */
static void put_channel_mask(struct sg_buf *b, uint64_t layout)
{
    char text[64];
    int n = snprintf(text, sizeof text, "WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x%llx",
                     (unsigned long long)layout);
    const uint8_t lengths[3][4] = {{5, 0, 0, 0}, {1, 0, 0, 0}, {(uint8_t)n, 0, 0, 0}};
    sg_put8(b, 0x84); /* the last block, of comments; their numbers are little-endian */
    sg_put24(b, 4 + 5 + 4 + 4 + (uint32_t)n);
    sg_buf_put(b, lengths[0], 4);
    sg_buf_puts(b, "Segue");
    sg_buf_put(b, lengths[1], 4);
    sg_buf_put(b, lengths[2], 4);
    sg_buf_puts(b, text);
}

static int put_dfla(struct sg_buf *b, const struct sg_init *init, struct sg_error *e)
{
    if (init->config_bytes != 34)
        return sg_fail(e, SG_EINVAL, "a STREAMINFO of %zu bytes", init->config_bytes);
    uint64_t layout = init->format->layout;
    size_t dfla = sg_full_box(b, "dfLa", 0, 0);
    sg_put8(b, layout ? 0 : 0x80); /* STREAMINFO; the last block */
    sg_put24(b, 34);
    sg_buf_put(b, init->config, 34);
    if (layout)
        put_channel_mask(b, layout);
    sg_box_end(b, dfla);
    return 0;
}

/* Rates over 16 bits: the greatest fraction that fits; dfLa has the real one. */
static uint32_t entry_rate(int rate)
{
    for (int by = 1; by <= 16; by *= 2)
        if (rate % by == 0 && rate / by <= 65535)
            return (uint32_t)(rate / by);
    return 65535;
}

/* What it was before it was encrypted (frma), by which scheme (schm), which key, which IVs (tenc).
 */
static void put_protection(struct sg_buf *b, const struct sg_init *init, const char format[4])
{
    bool cbcs = sg_cenc_scheme(init->cenc) == SG_PROTECT_CBCS;
    size_t sinf = sg_box(b, "sinf"), frma = sg_box(b, "frma");
    sg_buf_put(b, format, 4);
    sg_box_end(b, frma);
    size_t schm = sg_full_box(b, "schm", 0, 0);
    sg_buf_put(b, cbcs ? "cbcs" : "cenc", 4);
    sg_put32(b, 0x10000);
    sg_box_end(b, schm);
    size_t schi = sg_box(b, "schi"), tenc = sg_full_box(b, "tenc", cbcs, 0);
    sg_put16(b, 0); /* cbcs: no pattern, all of the packet's whole blocks */
    sg_put8(b, 1);  /* protected */
    sg_put8(b, cbcs ? 0 : SG_CENC_IV);
    sg_buf_put(b, init->kid, 16);
    if (cbcs) {
        sg_put8(b, 16);
        sg_buf_put(b, sg_cenc_constant_iv(init->cenc), 16);
    }
    sg_box_end(b, tenc);
    sg_box_end(b, schi);
    sg_box_end(b, sinf);
}

int sg_sample_entry_put(struct sg_buf *b, const struct sg_init *init, struct sg_error *e)
{
    static const char *const formats[] = {"mp4a", "Opus", "", "fLaC"};
    const struct sg_cmaf_format *f = init->format;
    const char *format = formats[f->codec];
    if (!*format)
        return sg_fail(e, SG_EINVAL, "%s has no place in MP4", sg_codec_name(f->codec));
    size_t stsd = sg_full_box(b, "stsd", 0, 0);
    sg_put32(b, 1);
    size_t entry = sg_box(b, init->cenc ? "enca" : format);
    sg_put_zeros(b, 6);
    sg_put16(b, 1); /* data is in this file */
    sg_put_zeros(b, 8);
    sg_put16(b, (uint16_t)f->channels);
    sg_put16(b, f->codec == SG_CODEC_FLAC ? (uint16_t)f->bits : 16);
    sg_put32(b, 0);
    sg_put32(b, entry_rate(f->sample_rate) << 16);
    int rc = 0;
    if (f->codec == SG_CODEC_AAC)
        rc = put_esds(b, init, e);
    else if (f->codec == SG_CODEC_OPUS)
        put_dops(b, init);
    else
        rc = put_dfla(b, init, e);
    if (init->cenc)
        put_protection(b, init, format);
    sg_box_end(b, entry);
    sg_box_end(b, stsd);
    return rc;
}
