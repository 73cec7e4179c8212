/* segment.c - text without spaces into words: see spell.h.
 *
 * From every character on, the words that start there are found by narrowing one
 * range of the sorted words a byte at a time; best[i] is the cheapest way to cut
 * the first i bytes, a word costing minus the logarithm of its share.
 */
#include "index/spell/words.h"
#include <math.h>

#define NONE      1e30f
#define LONE      3.0f /* a lone letter is rarely a word of its own */
#define UNSEEN    4.0f /* the start of a word is dearer than a word */
#define WORD_COST 1.0f

struct cuts {
    const struct sg_spell *s;
    struct sg_str text;
    float scale; /* log of all words */
    float best[SG_SEGMENT_BYTES + 1];
    uint8_t from[SG_SEGMENT_BYTES + 1], words[SG_SEGMENT_BYTES + 1];
};

static float cost_of(const struct cuts *c, uint32_t frequency, size_t bytes)
{
    return WORD_COST + c->scale - logf((float)frequency) + (bytes == 1 ? LONE : 0);
}

static void offer(struct cuts *c, size_t from, size_t to, float cost)
{
    cost += c->best[from];
    if (cost >= c->best[to])
        return;
    c->best[to] = cost;
    c->from[to] = (uint8_t)from;
    c->words[to] = (uint8_t)(c->words[from] + 1);
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
            offer(c, from, to + 1, cost_of(c, whole, to + 1 - from));
        else if (open && to + 1 == c->text.n)
            offer(c, from, to + 1, cost_of(c, r.last - r.first, to + 1 - from) + UNSEEN);
    }
}

size_t sg_spell_segment(const struct sg_spell *s, struct sg_str text, bool open, struct sg_str *out,
                        size_t cap)
{
    struct cuts c = {.s = s, .text = text};
    if (text.n == 0 || text.n > SG_SEGMENT_BYTES)
        return 0;
    c.scale = logf(1 + (float)sg_spell_count(s)) + 3;
    for (size_t i = 1; i <= text.n; i++)
        c.best[i] = NONE;
    for (size_t i = 0; i < text.n; i++)
        if (c.best[i] < NONE)
            try_from(&c, i, open);
    size_t n = c.words[text.n];
    if (c.best[text.n] >= NONE || n > cap)
        return 0;
    for (size_t to = text.n, i = n; i-- > 0; to = c.from[to])
        out[i] = (struct sg_str){text.p + c.from[to], to - c.from[to]};
    return n;
}
