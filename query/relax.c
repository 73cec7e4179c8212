/* relax.c - looser readings of a query that found too little, from the
 * strictest to the loosest: spelling, words joined or split, words left out.
 */
#include "core/clock.h"
#include "query/run.h"

#define ENOUGH    3 /* good documents: then nothing is loosened */
#define WORDS_MAX 8 /* longer queries are not joined, split or thinned word by word */
#define RARE      3 /* documents of a word that may be two written as one */

static bool may_go_on(const struct sg_search *s)
{
    int64_t budget_us = s->options.relax_us ? s->options.relax_us : SG_RELAX_US;
    return s->n_readings < SG_READINGS_MAX && sg_now_us() - s->start_us < budget_us;
}

static size_t found(const struct sg_search *s)
{
    size_t n = 0;
    for (int k = 0; k < SG_KINDS; k++)
        n += s->retrieval.found[k];
    return n;
}

static int run(struct sg_search *s, bool filled, struct sg_error *e)
{
    if (!filled)
        return 0;
    const struct sg_reading *r = &s->readings[s->n_readings++];
    return sg_search_loose(s, r, s->options.candidates / 2, e);
}

static int relax_typos(struct sg_search *s, bool every, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(s);
    return run(s, r && sg_reading_typo(r, &s->query, s->spell, every), e);
}

static int relax_spaces(struct sg_search *s, struct sg_error *e)
{
    const struct sg_query *q = &s->query;
    int rc = 0;
    if (q->words.n > WORDS_MAX)
        return 0;
    for (size_t i = 0; i + 1 < q->words.n && may_go_on(s) && !rc; i++)
        rc = run(s, sg_reading_join(sg_search_next_reading(s), q, s->spell, i), e);
    for (size_t i = 0; i < q->words.n && may_go_on(s) && !rc; i++)
        if (sg_spell_frequency(s->spell, q->words.v[i].text) <= RARE)
            rc = run(s, sg_reading_split(sg_search_next_reading(s), q, s->spell, i), e);
    return rc;
}

static uint64_t delta_frequency(struct sg_search *s, struct sg_str word)
{
    char term[1 + SG_WORD_MAX];
    uint64_t n = 0;
    term[0] = 'W';
    memcpy(term + 1, word.p, word.n);
    for (int k = 0; k < SG_KINDS; k++)
        n += sg_term_frequency(s->searcher, (enum sg_kind)k, (struct sg_str){term, word.n + 1});
    return n;
}

/* How common the word is, or what it may stand for; 0: it leads nowhere. */
static uint64_t frequency(struct sg_search *s, size_t w)
{
    struct sg_str word = s->query.words.v[w].text;
    struct sg_spelling other;
    bool more;
    uint64_t n = sg_spell_frequency(s->spell, word);
    if (s->query.prefix && w + 1 == s->query.words.n &&
        sg_spell_prefix(s->spell, word, &other, 1, &more) && other.frequency > n)
        n = other.frequency;
    int edits = n ? 0 : sg_reading_edits(word);
    if (edits && sg_spell_correct(s->spell, word, edits, &other, 1))
        n = other.frequency;
    return n ? n : delta_frequency(s, word);
}

static int drop(struct sg_search *s, uint64_t words, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(s);
    return run(s, r && sg_reading_drop(r, &s->query, s->spell, words), e);
}

/* Word indexes, most frequent first. */
static void by_frequency(const uint64_t *frequencies, size_t n, uint8_t *order)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at && frequencies[order[at - 1]] < frequencies[i]; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
    }
}

/* Each word in turn, then ever more of the common ones, down to half. */
static int drop_known(struct sg_search *s, uint64_t gone, const uint8_t *order, struct sg_error *e)
{
    size_t n = s->query.words.n;
    int rc = 0;
    for (size_t i = 0; i < n && n <= WORDS_MAX && may_go_on(s) && !rc; i++)
        if (!(gone >> order[i] & 1))
            rc = drop(s, gone | 1ull << order[i], e);
    for (size_t i = 0; i < n && !found(s) && may_go_on(s) && !rc; i++) {
        gone |= 1ull << order[i];
        if ((size_t)__builtin_popcountll(gone) * 2 > n)
            break;
        rc = drop(s, gone, e);
    }
    return rc;
}

static int relax_words(struct sg_search *s, struct sg_error *e)
{
    size_t n = s->query.words.n;
    uint64_t frequencies[SG_WORDS_MAX], unknown = 0;
    uint8_t order[SG_WORDS_MAX];
    if (n < 2)
        return 0;
    for (size_t w = 0; w < n; w++) {
        frequencies[w] = frequency(s, w);
        if (!frequencies[w])
            unknown |= 1ull << w;
    }
    by_frequency(frequencies, n, order);
    int rc = unknown ? drop(s, unknown, e) : 0;
    bool half_left = (size_t)__builtin_popcountll(unknown) * 2 < n;
    if (!rc && !found(s) && half_left)
        rc = drop_known(s, unknown, order, e);
    return rc;
}

static bool is_thin(const struct sg_search *s)
{
    const struct sg_retrieval *t = &s->retrieval;
    if (t->good >= ENOUGH)
        return false;
    return t->good == 0 || t->strong == 0 || sg_reading_is_suspect(&s->query, s->spell);
}

int sg_search_relax(struct sg_search *s, struct sg_error *e)
{
    bool hopeless = s->filters.by_genre && s->filters.n_genres == 0;
    if (hopeless || !s->spell || !is_thin(s))
        return 0;
    int rc = relax_typos(s, s->retrieval.good == 0, e);
    if (!rc && found(s) < ENOUGH)
        rc = relax_spaces(s, e);
    if (!rc && found(s) == 0)
        rc = relax_words(s, e);
    return rc;
}
