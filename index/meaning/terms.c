/* terms.c - the terms of songs and words, and vectors as bytes: see format.h. */
#include "index/meaning/format.h"
#include <math.h>
#include <xxhash.h>

/* What each kind of term counts for in a song's vector. */
#define SHARE_TITLE  0.5f
#define SHARE_ALBUM  0.4f
#define SHARE_ARTIST 1.5f
#define SHARE_GENRE  1.0f
#define SHARE_DECADE 0.4f

uint64_t meaning_key(enum meaning_kind kind, struct sg_str text)
{
    return XXH3_64bits_withSeed(text.p, text.n, kind);
}

uint64_t meaning_genre_key(uint64_t genre_id)
{
    return XXH3_64bits_withSeed(&genre_id, sizeof genre_id, MEANING_GENRE);
}

struct terms {
    struct meaning_term *v;
    size_t n;
};

static void add(struct terms *t, uint64_t key, struct sg_str text, float share, bool describing)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].key == key) {
            t->v[i].share = share > t->v[i].share ? share : t->v[i].share;
            t->v[i].describing |= describing;
            return;
        }
    if (t->n < MEANING_SONG_MAX)
        t->v[t->n++] = (struct meaning_term){key, text, share, describing};
}

/* Takes what lies before the next separator off *s; false at the end. */
static bool next(struct sg_str *s, char separator, struct sg_str *out)
{
    while (s->n && *s->p == separator)
        s->p++, s->n--;
    if (!s->n)
        return false;
    const char *at = memchr(s->p, separator, s->n);
    *out = (struct sg_str){s->p, at ? (size_t)(at - s->p) : s->n};
    s->p += out->n;
    s->n -= out->n;
    return true;
}

static void add_words(struct terms *t, struct sg_str text, float share, bool describing)
{
    struct sg_str word;
    for (size_t i = 0; i < 24 && next(&text, ' ', &word); i++)
        add(t, meaning_key(MEANING_WORD, word), word, share, describing);
}

/* 1987 is known as 80s and 1980s. */
static void add_decade(struct terms *t, int year)
{
    static const char decades[20][6] = {
        "1900s", "1910s", "1920s", "1930s", "1940s", "1950s", "1960s", "1970s", "1980s", "1990s",
        "2000s", "2010s", "2020s", "2030s", "2040s", "2050s", "2060s", "2070s", "2080s", "2090s"};
    if (year < 1900 || year > 2099)
        return;
    const char *decade = decades[(year - 1900) / 10];
    add_words(t, sg_str(decade), SHARE_DECADE, true);
    add_words(t, sg_str(decade + 2), SHARE_DECADE, true);
}

size_t meaning_song_terms(const struct sg_facts *f, struct sg_str genre,
                          struct meaning_term out[MEANING_SONG_MAX])
{
    struct terms t = {out, 0};
    struct sg_str artists = f->artists, name;
    for (size_t i = 0; i < SG_DOC_ARTISTS_MAX && next(&artists, 0x1f, &name); i++)
        add(&t, meaning_key(MEANING_ARTIST, name), SG_STR_NONE, i ? SHARE_ARTIST / 2 : SHARE_ARTIST,
            false);
    if (f->genre_id)
        add(&t, meaning_genre_key(f->genre_id), SG_STR_NONE, SHARE_GENRE, false);
    add_words(&t, genre, SHARE_GENRE, true);
    add_decade(&t, f->year);
    add_words(&t, f->title, SHARE_TITLE, false);
    add_words(&t, f->album, SHARE_ALBUM, false);
    return t.n;
}

size_t meaning_grams(struct sg_str word, uint32_t out[MEANING_WORD_GRAMS])
{
    char marked[SG_WORD_MAX + 2];
    size_t n = word.n < SG_WORD_MAX ? word.n : SG_WORD_MAX, grams = 0;
    marked[0] = '<';
    memcpy(marked + 1, word.p, n);
    marked[n + 1] = '>';
    for (size_t length = 3; length <= 4; length++)
        for (size_t i = 0; i + length <= n + 2 && grams < MEANING_WORD_GRAMS; i++)
            out[grams++] = (uint32_t)(XXH3_64bits(marked + i, length) % MEANING_GRAMS);
    return grams;
}

void meaning_normalise(float *v, size_t d)
{
    float sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += v[i] * v[i];
    float by = sum > 0 ? 1 / sqrtf(sum) : 0;
    for (size_t i = 0; i < d; i++)
        v[i] *= by;
}

bool sg_meaning_quantise(const float *v, size_t d, int8_t *out)
{
    float most = 0;
    for (size_t i = 0; i < d; i++)
        most = fabsf(v[i]) > most ? fabsf(v[i]) : most;
    for (size_t i = 0; i < d; i++)
        out[i] = most > 0 ? (int8_t)lrintf(v[i] * 127 / most) : 0;
    return most > 0;
}

float meaning_byte_norm(const int8_t *v, size_t d)
{
    int32_t sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += v[i] * v[i];
    return sqrtf((float)sum);
}

void meaning_add_bytes(float *to, const int8_t *v, size_t d, float by)
{
    float norm = meaning_byte_norm(v, d);
    float scale = norm > 0 ? by / norm : 0;
    for (size_t i = 0; i < d; i++)
        to[i] += scale * (float)v[i];
}
