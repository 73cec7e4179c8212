/* frames.c - extents of streams without a header of their own: pages and frames one after the
 * other, each of which says how long it is. */
#include "audio/check/extent.h"
#include <string.h>

/* Bytes of the page, block or frame at `at`; 0: there is none. */
typedef uint64_t (*length_fn)(struct sg_peek *p, uint64_t at);

static bool is_zero(struct sg_peek *p, uint64_t at)
{
    const uint8_t *b = sg_peek(p, at, 1);
    return b && !*b;
}

/* Goes from one to the next; end is behind the last one. */
static void walk(struct sg_peek *p, struct sg_extent *x, length_fn length)
{
    uint64_t at = x->begin, last = 0, gap = 0;
    while (at < x->tags) {
        uint64_t n = length(p, at);
        if (!n) {
            gap += !is_zero(p, at);
            at++;
            continue;
        }
        *(last ? &x->strange : &x->lead) += gap;
        gap = 0;
        at += n;
        last = at;
    }
    if (last)
        x->end = last;
}

static uint64_t mpeg_frame(struct sg_peek *p, uint64_t at)
{
    static const uint16_t rates[4] = {44100, 48000, 32000, 0};
    static const uint16_t kbits[2][3][16] = {
        {{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0},
         {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0},
         {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}},
        {{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
         {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}}};
    const uint8_t *h = sg_peek(p, at, 4);
    if (!h || h[0] != 0xff || (h[1] & 0xe0) != 0xe0)
        return sg_extent_id3v2(p, at); /* files put together have their tags in the middle */
    unsigned version = h[1] >> 3 & 3, layer = 4 - (h[1] >> 1 & 3); /* 3: MPEG-1, 2, 0: 2.5 */
    if (version == 1 || layer == 4)
        return 0;
    unsigned bits = kbits[version != 3][layer - 1][h[2] >> 4] * 1000u, pad = h[2] >> 1 & 1;
    unsigned rate = rates[h[2] >> 2 & 3] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
    if (!bits || !rate)
        return 0;
    if (layer == 1)
        return (12ull * bits / rate + pad) * 4;
    return (layer == 3 && version != 3 ? 72ull : 144ull) * bits / rate + pad;
}

/* The last frame may be cut short; encoders do that. */
static void ends_within(struct sg_extent *x)
{
    if (x->end > x->tags)
        x->end = x->tags;
}

void sg_extent_mpeg(struct sg_peek *p, struct sg_extent *x)
{
    walk(p, x, mpeg_frame);
    ends_within(x);
}

static uint64_t adts_frame(struct sg_peek *p, uint64_t at)
{
    const uint8_t *h = sg_peek(p, at, 7);
    if (!h || h[0] != 0xff || (h[1] & 0xf6) != 0xf0)
        return sg_extent_id3v2(p, at);
    uint64_t n = (uint64_t)(h[3] & 3) << 11 | (uint64_t)h[4] << 3 | h[5] >> 5;
    return n >= 7 ? n : 0;
}

void sg_extent_adts(struct sg_peek *p, struct sg_extent *x)
{
    walk(p, x, adts_frame);
    x->cut |= x->end > x->tags;
    ends_within(x);
}

static uint64_t ogg_page(struct sg_peek *p, uint64_t at)
{
    const uint8_t *h = sg_peek(p, at, 27);
    if (!h || memcmp(h, "OggS", 4) || h[4])
        return 0;
    size_t segments = h[26];
    h = sg_peek(p, at + 27, segments);
    uint64_t n = 27 + segments;
    for (size_t i = 0; h && i < segments; i++)
        n += h[i];
    return n;
}

void sg_extent_pages(struct sg_peek *p, struct sg_extent *x)
{
    walk(p, x, ogg_page);
    x->cut |= x->end > x->tags;
    ends_within(x);
}

static uint64_t wavpack_block(struct sg_peek *p, uint64_t at)
{
    const uint8_t *h = sg_peek(p, at, 32);
    return h && !memcmp(h, "wvpk", 4) && sg_le32(h + 4) >= 24 ? (uint64_t)sg_le32(h + 4) + 8 : 0;
}

void sg_extent_wavpack(struct sg_peek *p, struct sg_extent *x)
{
    walk(p, x, wavpack_block);
    x->cut |= x->end > x->tags;
    ends_within(x);
}
