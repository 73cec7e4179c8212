/* relax.c - looser readings of a query that found too little, from the
 * strictest to the loosest: spelling, words joined or split, words left out.
 */
#include "query/run.h"
#include "query/understand/layout.h"

#define GOOD_LINE    0.7f /* closeness of a line that answers the query */
#define RARE_KEYS    1    /* documents of a word that may be typed with other keys */
#define FEW          50   /* documents of a query that may be misspelt all the same */
#define ENOUGH       3    /* good documents: then nothing is loosened */
#define TITLES_WORDS 12   /* longer queries are not looked through for titles */
#define JOINED_MAX   4    /* words written as one */
#define WORDS_MAX    8    /* longer queries are not joined, split or thinned word by word */

bool sg_search_may_go_on(const struct sg_search *s)
{
    int64_t budget_us = s->options.relax_us ? s->options.relax_us : SG_RELAX_US;
    return s->n_readings < SG_READINGS_MAX && sg_search_cpu_us() - s->start_cpu_us < budget_us;
}

/* Lines that are no good ones do not end the search for names. */
static size_t found(const struct sg_search *s)
{
    size_t n = 0;
    for (int k = 0; k < SG_KINDS; k++)
        n += s->retrieval.found[k];
    bool poor = s->sung.n && s->sung.best < GOOD_LINE;
    return poor && n >= s->sung.joined ? n - s->sung.joined : n;
}

/* What is relaxed, and where it is looked for. */
struct relaxed {
    struct sg_search *s;
    const struct sg_query *q;
    struct sg_scope in;
};

static int run(const struct relaxed *x, bool filled, struct sg_error *e)
{
    struct sg_search *s = x->s;
    if (!filled)
        return 0;
    const struct sg_reading *r = &s->readings[s->n_readings++];
    return sg_search_loose(s, r, &x->in, s->options.candidates / 2, e);
}

static int relax_typos(const struct relaxed *x, enum sg_doubt doubt, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(x->s);
    return run(x, r && sg_reading_typo(r, x->q, x->s->spell, doubt), e);
}

static int relax_spaces(const struct relaxed *x, struct sg_error *e)
{
    const struct sg_query *q = x->q;
    struct sg_search *s = x->s;
    int rc = 0;
    if (q->words.n > WORDS_MAX || q->syntax.constraints.n)
        return 0;
    for (size_t n = 2; n <= JOINED_MAX; n++)
        for (size_t i = 0; i + n <= q->words.n && sg_search_may_go_on(s) && !rc; i++)
            rc = run(x, sg_reading_join(sg_search_next_reading(s), q, s->spell, i, n), e);
    for (size_t way = 0;
         way < SG_SEGMENT_WAYS && (way == 0 || !found(s)) && sg_search_may_go_on(s) && !rc; way++)
        rc = run(x, sg_reading_split(sg_search_next_reading(s), q, s->spell, way), e);
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
static uint64_t frequency(const struct relaxed *x, size_t w)
{
    struct sg_search *s = x->s;
    struct sg_str word = x->q->words.v[w].text;
    struct sg_spelling other;
    bool more;
    uint64_t n = sg_spell_frequency(s->spell, word);
    if (x->q->prefix && w + 1 == x->q->words.n &&
        sg_spell_prefix(s->spell, word, &other, 1, &more) && other.frequency > n)
        n = other.frequency;
    int edits = n ? 0 : sg_reading_edits(word);
    if (edits && sg_spell_correct(s->spell, word, edits, &other, 1))
        n = other.frequency;
    return n ? n : delta_frequency(s, word);
}

static int drop(const struct relaxed *x, uint64_t words, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(x->s);
    return run(x, r && sg_reading_drop(r, x->q, x->s->spell, words), e);
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

/* Each word in turn, then ever more of the common ones, down to a third. */
static int drop_known(const struct relaxed *x, uint64_t gone, const uint8_t *order,
                      struct sg_error *e)
{
    struct sg_search *s = x->s;
    size_t n = x->q->words.n;
    int rc = 0;
    for (size_t i = 0; i < n && n <= WORDS_MAX && sg_search_may_go_on(s) && !rc; i++)
        if (!(gone >> order[i] & 1))
            rc = drop(x, gone | 1ull << order[i], e);
    for (size_t i = 0; i < n && !found(s) && sg_search_may_go_on(s) && !rc; i++) {
        gone |= 1ull << order[i];
        if ((size_t)__builtin_popcountll(gone) * 3 > 2 * n)
            break;
        rc = drop(x, gone, e);
    }
    return rc;
}

static int relax_words(const struct relaxed *x, struct sg_error *e)
{
    size_t n = x->q->words.n;
    uint64_t frequencies[SG_WORDS_MAX], unknown = 0;
    uint8_t order[SG_WORDS_MAX];
    if (n < 2 || x->q->syntax.constraints.n)
        return 0;
    for (size_t w = 0; w < n; w++) {
        frequencies[w] = frequency(x, w);
        if (!frequencies[w])
            unknown |= 1ull << w;
    }
    by_frequency(frequencies, n, order);
    int rc = unknown ? drop(x, unknown, e) : 0;
    bool half_left = (size_t)__builtin_popcountll(unknown) * 2 < n;
    if (!rc && !found(x->s) && half_left)
        rc = drop_known(x, unknown, order, e);
    return rc;
}

/* A title somewhere in a query that says more: every run of words is asked for as a
 * whole title, the longest first. */
static int relax_titles(const struct relaxed *x, struct sg_error *e)
{
    struct sg_search *s = x->s;
    size_t n = x->q->words.n;
    struct sg_reading *r = sg_search_next_reading(s);
    int rc = 0;
    if (!r || n < 2 || n > TITLES_WORDS || x->q->syntax.constraints.n)
        return 0;
    sg_reading_partial(r, x->q);
    s->n_readings++;
    for (size_t length = n - 1; length >= 1 && !rc && sg_search_may_go_on(s); length--)
        for (size_t from = 0; from + length <= n && !rc; from++)
            rc = sg_search_title(s, r, &x->in, from, from + length, e);
    return rc;
}

static bool is_thin(const struct sg_search *s)
{
    const struct sg_retrieval *t = &s->retrieval;
    if (t->good >= ENOUGH)
        return found(s) <= FEW && s->page.sort == SG_BY_RELEVANCE &&
               sg_reading_is_suspect(&s->query, s->spell);
    return t->good == 0 || t->strong == 0 || sg_reading_is_suspect(&s->query, s->spell);
}

/* The words that the meaning leaves, as a query of their own. */
static void keep_core(struct sg_query *core, const struct sg_query *q, uint64_t drop)
{
    size_t n = 0, used = 0;
    *core = *q;
    for (size_t w = 0; w < q->words.n; w++) {
        if (drop >> w & 1)
            continue;
        struct sg_str text = q->words.v[w].text;
        core->prefix = q->prefix && w + 1 == q->words.n;
        if (n)
            core->bytes[used++] = ' ';
        memcpy(core->bytes + used, text.p, text.n);
        core->words.v[n++] = (struct sg_word){{core->bytes + used, text.n}, 0, 0};
        used += text.n;
    }
    core->words.n = n;
    core->whole = (struct sg_str){core->bytes, used};
}

/* Most of the words unknown, and all known as the same keys write them elsewhere. */
static int relax_layout(const struct relaxed *x, struct sg_str text, struct sg_error *e)
{
    struct sg_search *s = x->s;
    char other[4 * SG_QUERY_MAX];
    int rc = 0;
    for (size_t w = 0; w < x->q->words.n; w++)
        if (sg_spell_frequency(s->spell, x->q->words.v[w].text) > RARE_KEYS)
            return 0;
    for (size_t i = 0; i < SG_LAYOUTS && !rc; i++) {
        size_t n = sg_layout_text(other, sizeof other, text, i);
        struct sg_reading *r = n ? sg_search_next_reading(s) : NULL;
        if (r)
            rc = run(x, sg_reading_layout(r, x->q, s->spell, (struct sg_str){other, n}), e);
    }
    return rc;
}

static int relax_sound(const struct relaxed *x, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(x->s);
    return run(x, r && sg_reading_sound(r, x->q, x->s->spell), e);
}

static int relax_spelling(const struct relaxed *x, struct sg_error *e)
{
    struct sg_search *s = x->s;
    int rc = x->q == &s->query ? relax_layout(x, s->text, e) : 0;
    if (!rc)
        rc = relax_typos(x, s->retrieval.strong ? SG_DOUBT_RARE : SG_DOUBT_ALL, e);
    if (!rc && found(s) < ENOUGH)
        rc = relax_spaces(x, e);
    if (!rc && found(s) == 0 && sg_search_may_go_on(s))
        rc = relax_typos(x, SG_DOUBT_MORE, e);
    if (!rc && found(s) == 0 && sg_search_may_go_on(s))
        rc = relax_sound(x, e);
    return rc;
}

static int relax(struct sg_search *s, struct sg_error *e)
{
    struct relaxed x = {s, &s->query, sg_search_scope(s)};
    bool respaced = false;
    int rc = sg_search_glued(s, x.q, &x.in, &respaced, e);
    if (rc || (respaced && s->query.words.n > 1)) /* one word may still be a slip */
        return rc;
    rc = relax_spelling(&x, e);
    if (!rc && found(s) == 0 && s->has_meaning) {
        keep_core(&s->core, &s->query, s->meaning.drop);
        if (s->core.words.n) {
            x = (struct relaxed){s, &s->core, sg_search_meaning_scope(s)};
            rc = relax_spelling(&x, e);
        }
    }
    if (!rc && found(s) == 0)
        rc = sg_search_lyrics(s, e);
    if (s->reworded) /* operators ask for all of it */
        return rc;
    if (!rc && found(s) == 0 && sg_search_is_vague(s)) /* its words describe: all of them count */
        return sg_search_neighbours(s, e);
    if (!rc && found(s) == 0)
        rc = relax_words(&x, e);
    x = (struct relaxed){s, &s->query, sg_search_scope(s)};
    if (!rc && found(s) == 0 && s->has_meaning)
        rc = relax_words(&x, e);
    if (!rc && found(s) == 0)
        rc = relax_titles(&x, e);
    return rc;
}

int sg_search_relax(struct sg_search *s, struct sg_error *e)
{
    bool hopeless = s->filters.by_genre && s->filters.n_genres == 0;
    if (hopeless || s->query.words.n == 0)
        return 0;
    int rc = s->spell && is_thin(s) ? relax(s, e) : 0;
    return rc ? rc : sg_search_neighbours(s, e);
}
