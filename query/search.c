/* search.c - see search.h.
 *
 * The main pass of a kind is the conjunction of all words in static-rank order.
 * When it has more than were read, what popularity could have hidden is asked
 * for by name: the exact title, title and artist at every cut, and the last
 * word as a whole word.
 */
#include "core/clock.h"
#include "query/run.h"
#include <stdlib.h>
#include <time.h>

#define SIDE_WANT  128  /* candidates of a pass for exact values */
#define EXACT_WANT 256  /* of the pass with the last word as it stands */
#define LOOSE_WANT 4096 /* postings verified for completions past the plan's cap */
#define WIDE_WANT  5000 /* to count facets of, or to order otherwise */
#define CUTS_MAX   8    /* words of a query that is cut into title and artist */

/* Work (sg_match_work, some 5 ns each). Words that are all common but rarely stand
 * together would be looked for to the end of their lists; exact values have lists of
 * their own and are found all the same. */
#define WORK_MAX   300000 /* of all main passes */
#define SIDE_WORK  30000  /* of one other pass */
#define LOOSE_WORK 100000 /* of a pass for another reading */

int sg_search_open(struct sg_search **out, const struct sg_search_options *o, struct sg_error *e)
{
    struct sg_search *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "search state");
    s->options = *o;
    int rc = sg_levers_open(&s->levers, e);
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

void sg_search_close(struct sg_search *s)
{
    if (s)
        sg_levers_close(s->levers);
    free(s);
}

const struct sg_search_times *sg_search_last(const struct sg_search *s)
{
    return &s->times;
}

int sg_search_check(const struct sg_search *s, struct sg_error *e)
{
    if (s->deadline_us && sg_now_us() > s->deadline_us)
        return sg_fail(e, SG_ETIMEOUT, "search: the deadline passed");
    return 0;
}

int64_t sg_search_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct sg_reading *sg_search_next_reading(struct sg_search *s)
{
    return s->n_readings < SG_READINGS_MAX ? &s->readings[s->n_readings] : NULL;
}

static void set_filters(struct sg_search *s)
{
    const struct sg_query *q = &s->query;
    s->filters = (struct sg_filters){.artist_id = q->artist_id,
                                     .genres = s->genres,
                                     .by_genre = q->genre.n > 0,
                                     .year_from = q->year_from,
                                     .year_to = q->year_to,
                                     .is_explicit = q->is_explicit};
    if (q->syntax.constraints.n)
        s->filters.constraints = &s->query.syntax.constraints;
    if (!s->filters.by_genre)
        return;
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, q->genre);
    s->filters.n_genres = sg_genres_named(&s->vocabulary, (struct sg_str){folded, n}, s->genres);
}

static int this_year(void)
{
    return 1970 + (int)(time(NULL) / 31556952);
}

/* The first document of a base is its most popular. */
static void set_rankers(struct sg_search *s)
{
    int year = this_year();
    for (int k = 0; k < SG_KINDS; k++) {
        sg_ranker_init(&s->rankers[k], (enum sg_kind)k, &s->options.weights,
                       sg_searcher_most_popular(s->searcher, (enum sg_kind)k), year);
        s->rankers[k].liking = s->liking.taste ? &s->liking : NULL;
        s->totals[k] = (struct sg_kind_total){0, true};
    }
}

static struct sg_pass pass_of(struct sg_search *s, enum sg_kind kind, const struct sg_plan *plan,
                              const struct sg_reading *r, size_t want)
{
    struct sg_ranker *ranker = &s->rankers[kind];
    ranker->reading = r;
    ranker->verify_last = ranker->verify_all = false;
    return (struct sg_pass){.plan = plan,
                            .ranker = ranker,
                            .reading = (uint8_t)(r - s->readings),
                            .want = want,
                            .work = SIDE_WORK};
}

/* verify: terms of whole values say nothing of the spaces. */
static int run_side(struct sg_search *s, enum sg_kind kind, size_t want, bool verify,
                    struct sg_error *e)
{
    bool exhausted;
    struct sg_pass pass = pass_of(s, kind, &s->side, &s->readings[0], want);
    s->rankers[kind].verify_all = verify;
    return sg_retrieve(&s->retrieval, &pass, &exhausted, e);
}

static bool has_artists(enum sg_kind kind)
{
    return kind == SG_SONG || kind == SG_ALBUM;
}

static int run_cuts(struct sg_search *s, enum sg_kind kind, struct sg_error *e)
{
    size_t n = s->query.words.n;
    int rc = 0;
    for (size_t cut = n; cut >= 1 && !rc; cut--)
        for (int swapped = 0; swapped <= (cut < n) && !rc; swapped++) {
            if (cut < n && (!has_artists(kind) || n > CUTS_MAX))
                return 0;
            sg_plan_filters(&s->side, &s->filters);
            sg_plan_whole(&s->side, &s->query, cut, swapped);
            rc = run_side(s, kind, SIDE_WANT, true, e);
        }
    return rc;
}

/* What the first candidates by popularity may have left out. */
static int run_exact(struct sg_search *s, enum sg_kind kind, struct sg_error *e)
{
    int rc = run_cuts(s, kind, e);
    if (rc || !s->query.prefix || s->readings[0].is_start)
        return rc;
    sg_plan_filters(&s->side, &s->filters);
    sg_plan_words_exact(&s->side, &s->readings[0]);
    return run_side(s, kind, EXACT_WANT, false, e);
}

/* Completions of a long unfinished word that the plan could not list. */
static int run_unlisted(struct sg_search *s, enum sg_kind kind, bool enough, struct sg_error *e)
{
    bool exhausted, base = s->plan.more && !enough;
    sg_plan_filters(&s->side, &s->filters);
    sg_plan_words_loose(&s->side, &s->readings[0]);
    struct sg_pass pass = pass_of(s, kind, &s->side, &s->readings[0], LOOSE_WANT);
    pass.delta_only = !base;
    s->rankers[kind].verify_last = true;
    int rc = sg_retrieve(&s->retrieval, &pass, &exhausted, e);
    if (!exhausted)
        s->totals[kind].exact = false;
    return rc;
}

static void count_main(struct sg_search *s, enum sg_kind kind, bool exhausted)
{
    struct sg_kind_total *t = &s->totals[kind];
    if (exhausted)
        return;
    t->n = sg_match_total(s->searcher, &t->exact);
    t->exact = t->exact && !s->plan.check;
}

/* Several kinds share one page: each brings fewer candidates to it. */
static size_t wanted(const struct sg_search *s)
{
    size_t kinds = (size_t)__builtin_popcount(s->query.kinds);
    size_t page = s->query.offset + s->page.before + s->query.limit;
    if (s->facets.on || s->page.sort != SG_BY_RELEVANCE)
        return WIDE_WANT;
    size_t want = s->options.candidates * 2 / (kinds + 1);
    return want > page ? want : page;
}

/* Half of what is left for a kind, all for the last: the first, songs, has the most. */
static uint64_t work_share(const struct sg_search *s, size_t kinds_left)
{
    uint64_t spent = s->retrieval.work, left = spent < WORK_MAX ? WORK_MAX - spent : 0;
    uint64_t share = kinds_left > 1 ? left / 2 : left;
    return share > SIDE_WORK ? share : SIDE_WORK;
}

static int run_kind(struct sg_search *s, enum sg_kind kind, int64_t until_us, size_t kinds_left,
                    struct sg_error *e)
{
    bool exhausted;
    size_t want = wanted(s);
    struct sg_pass pass = pass_of(s, kind, &s->plan, &s->readings[0], want);
    pass.until_us = until_us;
    pass.work = work_share(s, kinds_left);
    int rc = sg_retrieve(&s->retrieval, &pass, &exhausted, e);
    if (rc)
        return rc;
    if (!s->plan.impossible)
        count_main(s, kind, exhausted);
    if (!exhausted && s->query.words.n)
        rc = run_exact(s, kind, e);
    if (!rc && s->plan.unlisted)
        rc = run_unlisted(s, kind, !exhausted || s->retrieval.found[kind] >= want, e);
    return rc;
}

/* Every kind gets its share of the time that is left for more candidates. */
static int run_as_typed(struct sg_search *s, struct sg_error *e)
{
    const struct sg_query *q = &s->query;
    int left = __builtin_popcount(q->kinds);
    sg_reading_as_typed(&s->readings[0], q);
    s->n_readings = 1;
    sg_plan_filters(&s->plan, &s->filters);
    sg_plan_words(&s->plan, &s->readings[0], s->spell);
    int rc = 0;
    for (int k = 0; k < SG_KINDS && !rc; k++) {
        if (!(q->kinds >> k & 1))
            continue;
        int64_t now = sg_now_us(), end = s->start_us + s->options.budget_us;
        rc =
            run_kind(s, (enum sg_kind)k, end > now ? now + (end - now) / left : 0, (size_t)left, e);
        left--;
        if (!rc)
            rc = sg_search_check(s, e);
    }
    return rc;
}

struct sg_scope sg_search_scope(const struct sg_search *s)
{
    return (struct sg_scope){&s->filters, s->query.kinds};
}

int sg_search_loose(struct sg_search *s, const struct sg_reading *r, const struct sg_scope *in,
                    size_t want, struct sg_error *e)
{
    int rc = 0;
    sg_plan_filters(&s->plan, in->filters);
    sg_plan_words(&s->plan, r, s->spell);
    s->retrieval.filters = in->filters;
    for (int k = 0; k < SG_KINDS && !rc; k++) {
        if (!(in->kinds >> k & 1))
            continue;
        bool exhausted;
        struct sg_pass pass = pass_of(s, (enum sg_kind)k, &s->plan, r, want);
        pass.work = LOOSE_WORK;
        rc = sg_retrieve(&s->retrieval, &pass, &exhausted, e);
        if (!exhausted)
            s->totals[k].exact = false;
    }
    return rc ? rc : sg_search_check(s, e);
}

int sg_search_title(struct sg_search *s, const struct sg_reading *r, const struct sg_scope *in,
                    size_t from, size_t to, struct sg_error *e)
{
    int rc = 0;
    sg_plan_filters(&s->side, in->filters);
    sg_plan_title(&s->side, &s->query, from, to);
    s->retrieval.filters = in->filters;
    for (int k = 0; k < SG_KINDS && !rc; k++) {
        bool exhausted;
        struct sg_pass pass = pass_of(s, (enum sg_kind)k, &s->side, r, SIDE_WANT);
        if (in->kinds >> k & 1)
            rc = sg_retrieve(&s->retrieval, &pass, &exhausted, e);
    }
    return rc;
}

int sg_search_side(struct sg_search *s, enum sg_kind kind, const struct sg_reading *r,
                   const struct sg_scope *in, struct sg_error *e)
{
    bool exhausted;
    struct sg_pass pass = pass_of(s, kind, &s->side, r, SIDE_WANT);
    s->rankers[kind].verify_all = true;
    s->retrieval.filters = in->filters;
    return sg_retrieve(&s->retrieval, &pass, &exhausted, e);
}

static int run_query(struct sg_search *s, struct sg_error *e)
{
    set_filters(s);
    set_rankers(s);
    s->has_meaning = false;
    sg_retrieval_start(&s->retrieval, s->searcher, &s->filters, sg_page_cap(&s->page));
    s->retrieval.sort = s->page.sort;
    s->retrieval.levers = sg_levers_act(s->levers) ? s->levers : NULL;
    s->retrieval.facets = s->facets.on ? &s->facets : NULL;
    s->retrieval.after = sg_page_after(&s->page);
    s->sung.done = false;
    s->sung.n = s->sung.joined = 0;
    s->sung.best = 0;
    if (s->query.in == SG_IN_LYRICS) {
        sg_reading_as_typed(&s->readings[0], &s->query);
        s->n_readings = 1;
        return sg_search_lyrics(s, e);
    }
    int rc = run_as_typed(s, e);
    if (!rc)
        rc = sg_search_beside(s, e);
    return rc ? rc : sg_search_relax(s, e);
}

/* Operators that lead nowhere may have been meant as words. */
static int run_reworded(struct sg_search *s, const struct sg_search_request *r, struct sg_error *e)
{
    struct sg_error ignored = SG_ERROR_INIT;
    if (sg_query_parse_literal(&s->query, r, &ignored))
        return 0;
    s->reworded = true;
    return run_query(s, e);
}

static bool is_relaxed(const struct sg_search *s)
{
    for (size_t i = 0; i < s->n_readings; i++)
        if (sg_loosening_names[s->readings[i].how])
            return true;
    return false;
}

static int run(struct sg_search *s, struct sg_searcher *searcher, const struct sg_search_request *r,
               int64_t deadline_us, struct sg_arena *a, struct sg_search_reply *out,
               struct sg_error *e)
{
    s->searcher = searcher;
    s->spell = sg_searcher_spell(searcher);
    s->start_us = sg_now_us();
    s->start_cpu_us = sg_search_cpu_us();
    s->deadline_us = deadline_us;
    s->reworded = false;
    s->near.asked = SG_NEAR_UNASKED;
    s->text = r->q;
    int rc = sg_query_parse(&s->query, r, e);
    if (!rc)
        rc = sg_search_operate(s, r, e);
    if (!rc)
        rc = sg_page_parse(&s->page, r, e);
    if (!rc)
        rc = sg_facets_start(&s->facets, &r->facets, e);
    if (!rc)
        rc = sg_search_vocabulary(s, a, e);
    if (rc)
        return rc;
    rc = run_query(s, e);
    if (!rc && s->retrieval.n_seen == 0 && s->query.syntax.has_operators &&
        s->query.in != SG_IN_LYRICS)
        rc = run_reworded(s, r, e);
    int64_t retrieved_us = sg_now_us();
    if (!rc)
        rc = sg_search_answer(s, r, a, out, e);
    s->times = (struct sg_search_times){.retrieve_us = retrieved_us - s->start_us,
                                        .present_us = sg_now_us() - retrieved_us,
                                        .read = s->retrieval.read,
                                        .work = s->retrieval.work,
                                        .relaxed = is_relaxed(s)};
    return rc;
}

int sg_search_run(struct sg_search *s, struct sg_searcher *searcher,
                  const struct sg_search_request *r, int64_t deadline_us, struct sg_arena *a,
                  struct sg_search_reply *out, struct sg_error *e)
{
    sg_liking_begin(&s->liking, s->options.tastes, r->taste);
    int rc = run(s, searcher, r, deadline_us, a, out, e);
    sg_liking_done(&s->liking);
    return rc;
}
