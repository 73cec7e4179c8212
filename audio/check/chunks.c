/* chunks.c - extents of containers that say at their beginning how long they are: RIFF and RF64
 * (EBU Tech 3306), W64, AIFF, CAF, AU; ISO boxes and EBML, whose parts each say so. */
#include "audio/check/extent.h"
#include <string.h>

#define UNKNOWN UINT64_MAX

/* The end that a header at x->begin promises; UNKNOWN: to the end of the file. */
static void set_end(struct sg_extent *x, uint64_t bytes)
{
    uint64_t end;
    if (bytes == UNKNOWN)
        return;
    x->end = __builtin_add_overflow(x->begin, bytes, &end) ? UNKNOWN : end;
}

static uint64_t riff_bytes(struct sg_peek *p, const struct sg_extent *x, const uint8_t *h)
{
    uint32_t n = sg_le32(h + 4);
    if (!memcmp(h, "RF64", 4) || !memcmp(h, "BW64", 4)) {
        const uint8_t *ds64 = sg_peek(p, x->begin + 12, 16);
        return ds64 && !memcmp(ds64, "ds64", 4) ? sg_le64(ds64 + 8) + 8 : UNKNOWN;
    }
    return n == UINT32_MAX || n == 0 ? UNKNOWN : (uint64_t)n + 8; /* it was written into a pipe */
}

static bool is_caf_chunk(const uint8_t *type)
{
    static const char known[][5] = {"desc", "data", "pakt", "chan", "kuki", "cook",
                                    "mark", "regn", "inst", "strg", "info", "midi",
                                    "ovvw", "peak", "umid", "edct", "free", "uuid"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!memcmp(type, known[i], 4))
            return true;
    return false;
}

static void caf(struct sg_peek *p, struct sg_extent *x)
{
    uint64_t at = x->begin + 8;
    const uint8_t *h;
    while (at < x->tags && (h = sg_peek(p, at, 12)) && is_caf_chunk(h)) {
        uint64_t n = sg_be64(h + 4), next;
        if (n == UNKNOWN && !memcmp(h, "data", 4))
            return;
        if (__builtin_add_overflow(at + 12, n, &next)) {
            x->cut = true;
            return;
        }
        at = next;
    }
    x->end = at;
}

void sg_extent_chunks(struct sg_peek *p, struct sg_extent *x)
{
    static const uint8_t w64[4] = "riff";
    const uint8_t *h = sg_peek(p, x->begin, 24);
    if (!h)
        return;
    if (!memcmp(h, "RIFF", 4) || !memcmp(h, "RF64", 4) || !memcmp(h, "BW64", 4))
        set_end(x, riff_bytes(p, x, h));
    else if (!memcmp(h, "FORM", 4))
        set_end(x, (uint64_t)sg_be32(h + 4) + 8);
    else if (!memcmp(h, w64, 4))
        set_end(x, sg_le64(h + 16));
    else if (!memcmp(h, "caff", 4))
        caf(p, x);
    else if (!memcmp(h, ".snd", 4) && sg_be32(h + 8) != UINT32_MAX)
        set_end(x, (uint64_t)sg_be32(h + 4) + sg_be32(h + 8));
    if (x->end != UNKNOWN && (x->end & 1) && x->end < p->size) { /* a pad byte */
        const uint8_t *pad = sg_peek(p, x->end, 1);
        x->end += pad && !*pad;
    }
}

static bool is_box(const uint8_t *type)
{
    static const char known[][5] = {"ftyp", "moov", "mdat", "free", "skip", "wide", "uuid",
                                    "udta", "meta", "pdin", "sidx", "moof", "mfra", "styp",
                                    "emsg", "prft", "ssix", "pnot", "junk", "idat"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!memcmp(type, known[i], 4))
            return true;
    return false;
}

void sg_extent_boxes(struct sg_peek *p, struct sg_extent *x)
{
    uint64_t at = x->begin;
    const uint8_t *h;
    x->tags = p->size; /* such a file has its tags inside */
    while (at < p->size && (h = sg_peek(p, at, 8)) && is_box(h + 4)) {
        uint64_t n = sg_be32(h), next;
        if (n == 1)
            n = (h = sg_peek(p, at, 16)) ? sg_be64(h + 8) : 0;
        else if (n == 0)
            n = p->size - at;
        if (n < 8)
            break;
        if (__builtin_add_overflow(at, n, &next))
            next = UNKNOWN;
        at = next;
    }
    x->end = at;
}

/* A variable-length number of EBML; returns its bytes, 0: none. The marker stays in ids. */
static size_t vint(struct sg_peek *p, uint64_t at, bool is_id, uint64_t *out)
{
    const uint8_t *b = sg_peek(p, at, 1);
    if (!b || !*b)
        return 0;
    size_t n = (size_t)__builtin_clz(*b) - 24 + 1;
    b = sg_peek(p, at, n);
    if (!b)
        return 0;
    uint64_t v = is_id ? b[0] : b[0] & ((1u << (8 - n)) - 1);
    bool ones = (b[0] | (0xffu << (8 - n))) == (0xffu | (0xffu << (8 - n)));
    for (size_t i = 1; i < n; i++) {
        v = v << 8 | b[i];
        ones &= b[i] == 0xff;
    }
    *out = !is_id && ones ? UNKNOWN : v;
    return n;
}

void sg_extent_ebml(struct sg_peek *p, struct sg_extent *x)
{
    uint64_t at = x->begin, id, n;
    x->tags = p->size;
    while (at < p->size) {
        size_t a = vint(p, at, true, &id);
        size_t b = a ? vint(p, at + a, false, &n) : 0;
        /* EBML, Segment, Void, CRC-32 */
        if (!b || (id != 0x1a45dfa3 && id != 0x18538067 && id != 0xec && id != 0xbf))
            break;
        if (n == UNKNOWN) {
            at = p->size;
            break;
        }
        at += a + b + n;
    }
    x->end = at;
}
