/* tags.c - see tags.h. */
#include "audio/check/tags.h"
#include "audio/refuse.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAGS_BYTES (4u << 20) /* of all texts: lyrics and comments too */

static const char *tag(const struct sg_decoder *d, const char *key)
{
    const AVDictionaryEntry *t = av_dict_get(sg_decoder_container(d)->metadata, key, NULL, 0);
    if (!t)
        t = av_dict_get(sg_decoder_stream(d)->metadata, key, NULL, 0);
    return t ? t->value : NULL;
}

static void latin1(struct sg_buf *b, const char *z)
{
    for (; *z && b->n < SG_AUDIO_TAG_MAX; z++) {
        unsigned char c = (unsigned char)*z;
        if (c >= 0x80)
            sg_buf_putc(b, (char)(0xc0 | c >> 6));
        sg_buf_putc(b, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
    }
}

/* Control characters become blanks; ends are trimmed and cut where a character ends. */
static void clean(struct sg_buf *b)
{
    if (b->n > SG_AUDIO_TAG_MAX) {
        b->n = SG_AUDIO_TAG_MAX;
        while (b->n && ((unsigned char)b->p[b->n] & 0xc0) == 0x80)
            b->n--;
    }
    for (size_t i = 0; i < b->n; i++)
        if ((unsigned char)b->p[i] < ' ' || b->p[i] == 0x7f)
            b->p[i] = ' ';
    while (b->n && b->p[b->n - 1] == ' ')
        b->n--;
    size_t blank = 0;
    while (blank < b->n && b->p[blank] == ' ')
        blank++;
    if (blank)
        memmove(b->p, b->p + blank, b->n -= blank);
}

static struct sg_str text(const struct sg_decoder *d, struct sg_arena *a, const char *key)
{
    const char *z = tag(d, key);
    struct sg_buf b = {0};
    struct sg_str kept = SG_STR_NONE;
    if (!z || !*z)
        return kept;
    if (sg_str_is_utf8(sg_str(z)))
        sg_buf_puts(&b, z);
    else
        latin1(&b, z);
    if (!sg_buf_failed(&b))
        clean(&b);
    if (!sg_buf_failed(&b) && b.n)
        kept = sg_arena_copy(a, sg_buf_str(&b));
    sg_buf_free(&b);
    return kept;
}

/* The number a text begins with, of up to four digits: "3/12", "2021-05-01"; 0: none. */
static uint64_t number(const struct sg_decoder *d, const char *key)
{
    const char *z = tag(d, key);
    uint64_t v = 0;
    int digits = 0;
    for (; z && *z >= '0' && *z <= '9' && digits <= 4; z++, digits++)
        v = v * 10 + (uint64_t)(*z - '0');
    return digits <= 4 ? v : 0;
}

/* iTunes' rating: 1, 4 are explicit; the same in other containers by words. */
static bool is_explicit(const struct sg_decoder *d)
{
    const char *advice = tag(d, "ITUNESADVISORY"), *rating = tag(d, "rating");
    const char *word = tag(d, "explicit");
    return (advice && (!strcmp(advice, "1") || !strcmp(advice, "4"))) ||
           (rating &&
            (!strcmp(rating, "1") || !strcmp(rating, "4") || !strcasecmp(rating, "explicit"))) ||
           (word && (!strcmp(word, "1") || !strcasecmp(word, "true") || !strcasecmp(word, "yes")));
}

static size_t bytes_of(const AVDictionary *dict)
{
    size_t n = 0;
    const AVDictionaryEntry *t = NULL;
    while ((t = av_dict_get(dict, "", t, AV_DICT_IGNORE_SUFFIX)))
        n += strlen(t->key) + strlen(t->value);
    return n;
}

int sg_tags_read(const struct sg_decoder *d, struct sg_arena *a, struct sg_audio_tags **out,
                 struct sg_error *e)
{
    if (bytes_of(sg_decoder_container(d)->metadata) + bytes_of(sg_decoder_stream(d)->metadata) >
        TAGS_BYTES)
        return sg_refuse(e, SG_AUDIO_TOO_LARGE, "its tags are too large");
    struct sg_audio_tags *t = sg_arena_alloc(a, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "tags");
    *t = (struct sg_audio_tags){.title = text(d, a, "title"),
                                .artist = text(d, a, "artist"),
                                .album = text(d, a, "album"),
                                .album_artist = text(d, a, "album_artist"),
                                .genre = text(d, a, "genre"),
                                .year = number(d, "date"),
                                .track = number(d, "track"),
                                .disc = number(d, "disc"),
                                .is_explicit = is_explicit(d)};
    if (!t->year)
        t->year = number(d, "year");
    *out = t;
    return 0;
}

static struct sg_str image_type(const AVPacket *p)
{
    if (p->size > 3 && !memcmp(p->data, "\xff\xd8\xff", 3))
        return SG_STR("image/jpeg");
    if (p->size > 8 && !memcmp(p->data, "\x89PNG\r\n\x1a\n", 8))
        return SG_STR("image/png");
    return SG_STR_NONE;
}

int sg_cover_read(const struct sg_decoder *d, struct sg_buf *cover, struct sg_str *type,
                  struct sg_error *e)
{
    const AVFormatContext *f = sg_decoder_container(d);
    for (unsigned i = 0; i < f->nb_streams && !type->p; i++) {
        const AVPacket *p = &f->streams[i]->attached_pic;
        struct sg_str found = p->size > 0 ? image_type(p) : SG_STR_NONE;
        if (p->size > (int)SG_AUDIO_COVER_MAX)
            return sg_refuse(e, SG_AUDIO_TOO_LARGE, "its cover is larger than %u MiB",
                             SG_AUDIO_COVER_MAX >> 20);
        if (!found.p)
            continue;
        if (cover)
            sg_buf_put(cover, p->data, (size_t)p->size);
        *type = found;
    }
    return cover && sg_buf_failed(cover) ? sg_fail(e, SG_ENOMEM, "the cover") : 0;
}
