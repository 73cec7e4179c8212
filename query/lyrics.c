/* lyrics.c - see lyrics.h. */
#include "query/lyrics.h"
#include "query/run.h"
#include <math.h>

#define LEAST_WORDS   3     /* of a query that does not say it is a line */
#define WANT          500   /* songs looked at, some 3 us each */
#define WANT_ASKED    4000  /* when lyrics are asked for */
#define WORK          60000 /* of one pass (sg_match_work) */
#define WORK_ASKED    400000
#define COVER         0.7f /* of a line that was not asked for */
#define COVER_ASKED   0.5f
#define PASSES_MAX    12
#define SHARE_OF_TIME 4    /* of the time for looser readings this may take */
#define ENOUGH_CLOSE  0.8f /* nothing is left out for more, then */

static bool asked(const struct sg_search *s)
{
    return s->query.in == SG_IN_LYRICS;
}

static bool has_only_phrases(const struct sg_constraints *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].field != SG_FIELD_ANY || !c->v[i].phrase || c->v[i].negated)
            return false;
    return c->n <= SG_LYRIC_PHRASES;
}

static bool found_by_names(const struct sg_search *s)
{
    size_t n = 0;
    for (int k = 0; k < SG_KINDS; k++)
        n += s->retrieval.found[k];
    return n > 0;
}

static bool are_wanted(const struct sg_search *s)
{
    if (s->query.in == SG_IN_NAMES || !(s->query.kinds >> SG_SONG & 1) || !s->query.words.n ||
        !has_only_phrases(&s->query.syntax.constraints) || !sg_searcher_has_lyrics(s->searcher))
        return false;
    return asked(s) || (s->query.words.n >= LEAST_WORDS && !found_by_names(s) &&
                        s->page.sort == SG_BY_RELEVANCE);
}

static uint64_t frequency(struct sg_search *s, struct sg_str word)
{
    char term[1 + SG_WORD_MAX];
    term[0] = 'V';
    memcpy(term + 1, word.p, word.n);
    return sg_term_frequency(s->searcher, SG_SONG, (struct sg_str){term, word.n + 1});
}

/* Words that no song says weigh as the others do on average. */
static void weigh(struct sg_search *s, uint64_t frequencies[SG_LYRIC_WORDS])
{
    struct sg_lyric_query *q = &s->sung.query;
    double all = (double)sg_searcher_count(s->searcher, SG_SONG);
    float sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++) {
        frequencies[i] = frequency(s, q->words[i]);
        q->weight[i] = frequencies[i] ? (float)log2(2 + all / (double)(frequencies[i] + 1)) : 0;
        sum += q->weight[i];
        n += frequencies[i] > 0;
    }
    for (size_t i = 0; i < q->n; i++)
        if (!frequencies[i])
            q->weight[i] = n ? sum / (float)n : 1;
}

static void make_query(struct sg_search *s)
{
    const struct sg_query *from = &s->query;
    struct sg_lyric_query *q = &s->sung.query;
    *q = (struct sg_lyric_query){.n = from->words.n};
    if (q->n > SG_LYRIC_WORDS)
        q->n = SG_LYRIC_WORDS;
    q->open = from->prefix && q->n == from->words.n;
    for (size_t i = 0; i < q->n; i++)
        q->words[i] = from->words.v[i].text;
    for (size_t i = 0; i < from->syntax.constraints.n; i++) {
        const struct sg_constraint *c = &from->syntax.constraints.v[i];
        if (c->to > q->n)
            continue;
        q->phrases[q->n_phrases].from = c->from;
        q->phrases[q->n_phrases++].to = c->to;
    }
}

/* The n best by closeness stay. */
static void keep(struct sg_sung *x, sg_docref doc, float closeness)
{
    size_t at = x->n, worst = 0;
    for (size_t i = 0; i < x->n; i++) {
        if (x->docs[i] == doc)
            return;
        if (x->closeness[i] < x->closeness[worst])
            worst = i;
    }
    if (x->n == SG_SUNG_MAX) {
        if (x->closeness[worst] >= closeness)
            return;
        at = worst;
    } else {
        x->n++;
    }
    x->docs[at] = doc;
    x->closeness[at] = closeness;
    x->best = closeness > x->best ? closeness : x->best;
}

static void look_at(struct sg_search *s, const struct sg_filters *f, sg_docref doc)
{
    struct sg_facts facts;
    struct sg_lyric_found found;
    struct sg_sung *x = &s->sung;
    if (!sg_searcher_facts(s->searcher, SG_SONG, doc, &facts) ||
        (s->side.check && !sg_filters_pass(f, &s->readings[0], SG_SONG, &facts)))
        return;
    struct sg_str packed = sg_searcher_lyrics(s->searcher, facts.id);
    if (!sg_lyric_match(&x->query, packed, &x->room, &found))
        return;
    size_t least = asked(s) ? 1 : LEAST_WORDS;
    if (found.cover >= (asked(s) ? COVER_ASKED : COVER) && found.n_words >= least)
        keep(x, doc, found.closeness);
}

/* Other readings have the rest of the time. */
static bool may_go_on(const struct sg_search *s)
{
    int64_t budget_us = s->options.relax_us ? s->options.relax_us : SG_RELAX_US;
    return asked(s) || (sg_search_may_go_on(s) &&
                        sg_search_cpu_us() - s->sung.start_cpu_us < budget_us / SHARE_OF_TIME);
}

/* Songs that say every word of `which`, half of what may still be looked at. */
static int pass(struct sg_search *s, const struct sg_filters *f, uint64_t which, struct sg_error *e)
{
    const struct sg_lyric_query *q = &s->sung.query;
    size_t read = 0, want = (s->sung.left + 1) / 2;
    bool cut;
    sg_plan_filters(&s->side, f);
    for (size_t i = 0; i < q->n; i++)
        if (which >> i & 1)
            sg_plan_sung(&s->side, q->words[i]);
    if (s->side.impossible)
        return 0;
    int n = sg_match_begin(s->searcher, SG_SONG, s->side.groups, s->side.n, e);
    sg_match_limit(s->searcher, asked(s) ? WORK_ASKED : WORK);
    while (n >= 0 && read < want && may_go_on(s)) {
        sg_docref docs[64];
        n = sg_match_next(s->searcher, docs, sizeof docs / sizeof *docs, e);
        if (n <= 0)
            break;
        for (int i = 0; i < n; i++)
            look_at(s, f, docs[i]);
        read += (size_t)n;
    }
    s->sung.left -= read < s->sung.left ? read : s->sung.left;
    s->retrieval.read += read;
    s->retrieval.work += sg_match_work(s->searcher, &cut);
    return n < 0 ? n : sg_search_check(s, e);
}

/* Word indexes, rarest first; only those that some song says. */
static size_t by_rarity(const uint64_t frequencies[SG_LYRIC_WORDS], size_t n,
                        uint8_t order[SG_LYRIC_WORDS])
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = known;
        if (!frequencies[i])
            continue;
        for (; at && frequencies[order[at - 1]] > frequencies[i]; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
        known++;
    }
    return known;
}

/* All that are known; then without one of them, the rarest first, for it may be a slip that
 * happens to be a word; of a long line without two. */
static int passes(struct sg_search *s, const struct sg_filters *f, const uint8_t *order, size_t n,
                  struct sg_error *e)
{
    const struct sg_sung *x = &s->sung;
    uint64_t all = 0;
    size_t left = PASSES_MAX;
    for (size_t i = 0; i < n; i++)
        all |= 1ull << order[i];
    int rc = pass(s, f, all, e);
    for (size_t i = 0; i < n && n > 2 && !rc && left && x->left && x->best < ENOUGH_CLOSE;
         i++, left--)
        rc = pass(s, f, all & ~(1ull << order[i]), e);
    for (size_t i = 1; i < n && n > 5 && !rc && left && x->left && !x->n; i++, left--)
        rc = pass(s, f, all & ~(1ull << order[i]) & ~(1ull << order[i - 1]), e);
    return rc;
}

static void join(struct sg_search *s, const struct sg_reading *r)
{
    struct sg_ranker *ranker = &s->rankers[SG_SONG];
    ranker->reading = r;
    ranker->verify_last = ranker->verify_all = false;
    s->side.check = false; /* look_at has decided */
    struct sg_pass pass = {
        .plan = &s->side, .ranker = ranker, .reading = (uint8_t)(r - s->readings)};
    size_t before = s->retrieval.found[SG_SONG];
    for (size_t i = 0; i < s->sung.n; i++) {
        ranker->nearness = s->sung.closeness[i];
        sg_retrieve_one(&s->retrieval, &pass, s->sung.docs[i]);
    }
    s->sung.joined = s->retrieval.found[SG_SONG] - before;
    s->totals[SG_SONG].exact = false;
}

int sg_search_lyrics(struct sg_search *s, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(s);
    struct sg_filters filters = s->filters;
    uint64_t frequencies[SG_LYRIC_WORDS];
    uint8_t order[SG_LYRIC_WORDS];
    if (s->sung.done || !r || !are_wanted(s))
        return 0;
    s->sung.done = true;
    s->sung.start_cpu_us = sg_search_cpu_us();
    s->sung.left = asked(s) ? 2 * WANT_ASKED : 2 * WANT;
    filters.constraints = NULL;
    make_query(s);
    weigh(s, frequencies);
    size_t known = by_rarity(frequencies, s->sung.query.n, order);
    if (!known || (!asked(s) && known * 3 < s->sung.query.n * 2))
        return 0;
    int rc = passes(s, &filters, order, known, e);
    if (rc || !s->sung.n)
        return rc;
    sg_reading_sung(r, &s->query);
    s->n_readings++;
    join(s, r);
    return 0;
}

float sg_search_sung(const struct sg_search *s, const struct sg_top_entry *t)
{
    for (size_t i = 0; i < s->sung.n; i++)
        if (s->sung.docs[i] == t->doc)
            return s->sung.closeness[i];
    return 0;
}

bool sg_search_line(struct sg_search *s, uint64_t song_id, struct sg_lyric_found *out)
{
    struct sg_str packed = sg_searcher_lyrics(s->searcher, song_id);
    return sg_lyric_match(&s->sung.query, packed, &s->sung.room, out);
}
