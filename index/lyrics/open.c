/* open.c - packed lyrics read, with every bound checked; see index/lyrics.h. */
#include "index/lyrics.h"

/* False: cut short, or more than max. */
static bool take_varint(struct sg_str *s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; s->n && shift < 63; shift += 7) {
        unsigned char c = (unsigned char)*s->p;
        s->p++, s->n--;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) {
            *out = v;
            return v <= max;
        }
    }
    return false;
}

static bool take_bytes(struct sg_str *s, uint64_t n, struct sg_str *out)
{
    if (n > s->n)
        return false;
    *out = (struct sg_str){s->p, (size_t)n};
    s->p += n;
    s->n -= (size_t)n;
    return true;
}

static bool take_short(struct sg_str *s, struct sg_str *out)
{
    if (!s->n)
        return false;
    size_t n = (unsigned char)*s->p;
    s->p++, s->n--;
    return take_bytes(s, n, out);
}

bool sg_lyrics_next(struct sg_str *packed, struct sg_str *language, struct sg_str *body)
{
    uint64_t n;
    return packed->n && take_short(packed, language) && take_varint(packed, SG_LYRICS_PACKED, &n) &&
           take_bytes(packed, n, body);
}

int sg_lyrics_each_word(struct sg_str body, int (*fn)(void *ctx, struct sg_str word), void *ctx)
{
    uint64_t n;
    struct sg_str word;
    int rc = 0;
    if (!take_varint(&body, SG_LYRICS_WORDS, &n))
        return 0;
    while (!rc && n-- && take_short(&body, &word))
        rc = fn(ctx, word);
    return rc;
}

static bool open_words(struct sg_lyrics *l, struct sg_str *s)
{
    uint64_t n;
    if (!take_varint(s, SG_LYRICS_WORDS, &n))
        return false;
    l->n_words = (size_t)n;
    for (size_t i = 0; i < l->n_words; i++)
        if (!take_short(s, &l->words[i]))
            return false;
    return true;
}

static bool open_lines(struct sg_lyrics *l, struct sg_str *s)
{
    uint64_t n, tokens, word;
    uint32_t at = 0;
    if (!take_varint(s, SG_LYRICS_LINES, &n))
        return false;
    l->n_lines = (size_t)n;
    for (size_t i = 0; i < l->n_lines; i++) {
        l->first[i] = at;
        if (!take_varint(s, SG_LYRICS_TOKENS - at, &tokens))
            return false;
        for (; tokens; tokens--) {
            if (!take_varint(s, l->n_words, &word) || word == l->n_words)
                return false;
            l->tokens[at++] = (uint16_t)word;
        }
    }
    l->first[l->n_lines] = at;
    return true;
}

static bool open_times(struct sg_lyrics *l, struct sg_str *s)
{
    uint64_t n, start, line;
    if (!take_varint(s, SG_LYRICS_LINES, &n))
        return false;
    l->n_times = (size_t)n;
    for (size_t i = 0; i < l->n_times; i++) {
        if (!take_varint(s, UINT32_MAX, &start) || !take_varint(s, l->n_lines, &line) ||
            line == l->n_lines)
            return false;
        l->times[i].start_ms = start ? (uint32_t)(start - 1) : SG_LYRICS_UNTIMED;
        l->times[i].line = (uint16_t)line;
    }
    return true;
}

bool sg_lyrics_open(struct sg_lyrics *out, struct sg_str body)
{
    if (!open_words(out, &body) || !open_lines(out, &body) || !open_times(out, &body))
        return false;
    out->texts = body;
    return true;
}

struct sg_str sg_lyrics_text(const struct sg_lyrics *l, size_t line)
{
    struct sg_str s = l->texts, text = SG_STR_NONE;
    uint64_t n;
    for (size_t i = 0; i <= line; i++)
        if (!take_varint(&s, SG_LYRICS_PACKED, &n) || !take_bytes(&s, n, &text))
            return SG_STR_NONE;
    return text;
}
