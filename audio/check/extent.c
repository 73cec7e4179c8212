/* extent.c - tags around the sound, and which structure is walked in between. */
#include "audio/check/extent.h"
#include <string.h>

#define TAGS_MAX 8 /* behind each other */

uint64_t sg_extent_id3v2(struct sg_peek *p, uint64_t at)
{
    const uint8_t *h = sg_peek(p, at, 10);
    if (!h || memcmp(h, "ID3", 3) || h[3] == 0xff || h[4] == 0xff ||
        ((h[6] | h[7] | h[8] | h[9]) & 0x80))
        return 0;
    uint64_t n = (uint64_t)h[6] << 21 | (uint64_t)h[7] << 14 | (uint64_t)h[8] << 7 | h[9];
    return n + 10 + (h[5] & 0x10 ? 10 : 0);
}

/* Bytes of APEv2 (or 1) that end at `end`: its footer tells. */
static uint64_t ape(struct sg_peek *p, uint64_t end)
{
    const uint8_t *f = end >= 32 ? sg_peek(p, end - 32, 32) : NULL;
    if (!f || memcmp(f, "APETAGEX", 8))
        return 0;
    uint64_t n = (uint64_t)sg_le32(f + 12) + (sg_le32(f + 20) >> 31 ? 32 : 0);
    return n >= 32 && n <= end ? n : 0;
}

static uint64_t lyrics3(struct sg_peek *p, uint64_t end)
{
    const uint8_t *f = end >= 15 ? sg_peek(p, end - 15, 15) : NULL;
    uint64_t n = 0;
    if (!f || memcmp(f + 6, "LYRICS200", 9))
        return 0;
    for (int i = 0; i < 6; i++) {
        if (f[i] < '0' || f[i] > '9')
            return 0;
        n = n * 10 + (uint64_t)(f[i] - '0');
    }
    return n + 15 <= end ? n + 15 : 0;
}

static uint64_t id3v1(struct sg_peek *p, uint64_t end)
{
    const uint8_t *t = end >= 128 ? sg_peek(p, end - 128, 3) : NULL;
    if (!t || memcmp(t, "TAG", 3))
        return 0;
    t = end >= 355 ? sg_peek(p, end - 355, 4) : NULL;
    return t && !memcmp(t, "TAG+", 4) ? 355 : 128;
}

static uint64_t id3v2_behind(struct sg_peek *p, uint64_t end)
{
    const uint8_t *f = end >= 20 ? sg_peek(p, end - 10, 10) : NULL;
    if (!f || memcmp(f, "3DI", 3))
        return 0;
    uint64_t n = (uint64_t)(f[6] & 0x7f) << 21 | (uint64_t)(f[7] & 0x7f) << 14 |
                 (uint64_t)(f[8] & 0x7f) << 7 | (f[9] & 0x7f);
    return n + 20 <= end ? n + 20 : 0;
}

static uint64_t tags_behind(struct sg_peek *p, uint64_t begin)
{
    static uint64_t (*const kinds[])(struct sg_peek *, uint64_t) = {id3v1, lyrics3, ape,
                                                                    id3v2_behind};
    uint64_t end = p->size;
    for (int k = 0; k < TAGS_MAX; k++) {
        uint64_t n = 0;
        for (size_t i = 0; !n && i < sizeof kinds / sizeof *kinds; i++)
            n = kinds[i](p, end);
        if (!n || n > end - begin)
            break;
        end -= n;
    }
    return end;
}

static const struct {
    const char *container;
    void (*walk)(struct sg_peek *, struct sg_extent *);
} walks[] = {
    {"wav", sg_extent_chunks},    {"w64", sg_extent_chunks}, {"aiff", sg_extent_chunks},
    {"caf", sg_extent_chunks},    {"au", sg_extent_chunks},  {"mov", sg_extent_boxes},
    {"matroska", sg_extent_ebml}, {"ogg", sg_extent_pages},  {"mp3", sg_extent_mpeg},
    {"aac", sg_extent_adts},      {"flac", sg_extent_flac},  {"wv", sg_extent_wavpack},
};

void sg_extent_find(struct sg_peek *p, const char *container, struct sg_extent *out)
{
    size_t n = strcspn(container, ",");
    *out = (struct sg_extent){0};
    for (int k = 0; k < TAGS_MAX; k++) {
        uint64_t tag = sg_extent_id3v2(p, out->begin);
        if (!tag || tag > p->size - out->begin)
            break;
        out->begin += tag;
    }
    out->tags = tags_behind(p, out->begin);
    out->end = out->tags;
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++)
        if (strlen(walks[i].container) == n && !memcmp(walks[i].container, container, n))
            walks[i].walk(p, out);
    if (out->end > out->tags) { /* its own length covers the tags, or what is not there */
        out->cut |= out->end > p->size;
        out->tags = out->end = out->end < p->size ? out->end : p->size;
    }
}
