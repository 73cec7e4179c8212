/* segment.c - text without spaces into words: see spell.h.
 *
 * From every character on, the words that start there are found by narrowing one
 * range of the sorted words a byte at a time. A place keeps the cheapest few ways to
 * cut what lies before it, a word costing minus the logarithm of its share.
 */
#include "index/spell/words.h"
#include <math.h>

#define NONE   1e30f
#define LONE   3.0f /* a lone letter is rarely a word of its own, but for a, i and o */
#define RARE   2.0f /* a word used once or twice is often two that somebody joined */
#define UNSEEN 4.0f /* the start of a word is dearer than a word */

struct way {
    float cost;
    uint8_t from, way, words; /* the last word's start, the way to there, words in all */
};

struct cuts {
    const struct sg_spell *s;
    struct sg_str text;
    float scale; /* log of all words */
    struct way best[SG_SEGMENT_BYTES + 1][SG_SEGMENT_WAYS];
};

static float cost_of(const struct cuts *c, uint32_t frequency, size_t from, size_t to)
{
    char first = c->text.p[from];
    bool lone = to - from == 1 && first != 'a' && first != 'i' && first != 'o';
    return c->scale - logf((float)frequency) + (lone ? LONE : 0) + (frequency < 3 ? RARE : 0);
}

static void offer(struct cuts *c, size_t from, size_t to, float cost)
{
    for (uint8_t w = 0; w < SG_SEGMENT_WAYS && c->best[from][w].cost < NONE; w++) {
        float all = c->best[from][w].cost + cost;
        size_t at = SG_SEGMENT_WAYS;
        for (; at && c->best[to][at - 1].cost > all; at--)
            if (at < SG_SEGMENT_WAYS)
                c->best[to][at] = c->best[to][at - 1];
        if (at < SG_SEGMENT_WAYS)
            c->best[to][at] =
                (struct way){all, (uint8_t)from, w, (uint8_t)(c->best[from][w].words + 1)};
    }
}

static void try_from(struct cuts *c, size_t from, bool open)
{
    struct spell_range r = spell_range_all(c->s);
    for (size_t to = from; to < c->text.n && to - from < SG_WORD_MAX && r.first < r.last; to++) {
        spell_range_narrow(c->s, &r, to - from, (unsigned char)c->text.p[to]);
        if (r.first == r.last)
            break;
        uint32_t whole = spell_range_whole(c->s, &r, to - from + 1);
        if (whole)
            offer(c, from, to + 1, cost_of(c, whole, from, to + 1));
        else if (open && to + 1 == c->text.n)
            offer(c, from, to + 1, cost_of(c, r.last - r.first, from, to + 1) + UNSEEN);
    }
}

static void begin(struct cuts *c)
{
    c->scale = logf(1 + (float)sg_spell_count(c->s)) + 2;
    for (size_t i = 0; i <= c->text.n; i++)
        for (size_t w = 0; w < SG_SEGMENT_WAYS; w++)
            c->best[i][w] = (struct way){.cost = NONE};
    c->best[0][0].cost = 0;
}

size_t sg_spell_segment(const struct sg_spell *s, struct sg_str text, bool open, size_t way,
                        struct sg_str *out, size_t cap)
{
    struct cuts c;
    if (text.n == 0 || text.n > SG_SEGMENT_BYTES || way >= SG_SEGMENT_WAYS)
        return 0;
    c.s = s;
    c.text = text;
    begin(&c);
    for (size_t i = 0; i < text.n; i++)
        if (c.best[i][0].cost < NONE)
            try_from(&c, i, open);
    const struct way *w = &c.best[text.n][way];
    size_t n = w->words;
    if (w->cost >= NONE || n > cap)
        return 0;
    for (size_t to = text.n, i = n; i-- > 0; to = w->from, w = &c.best[to][w->way])
        out[i] = (struct sg_str){text.p + w->from, to - w->from};
    return n;
}
