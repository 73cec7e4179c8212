/* answer.c - the page of a search: see run.h. */
#include "core/clock.h"
#include "query/alias.h"
#include "query/highlight.h"
#include "query/pins.h"
#include "query/run.h"
#include "schemas/lyrics.h"
#include <math.h>

#define LIKELIER      10                 /* times the plays of what was found as typed */
#define CORRECTED_MAX (4 * SG_QUERY_MAX) /* bytes, as the reply's description has it */

static struct sg_ranker ranker_of(struct sg_search *s, const struct sg_top_entry *t)
{
    struct sg_ranker r = s->rankers[t->kind];
    r.reading = &s->readings[t->reading];
    r.verify_last = r.verify_all = false;
    r.nearness = r.reading->how == SG_SUNG ? sg_search_sung(s, t) : sg_search_nearness(s, t);
    return r;
}

static int add_highlights(const struct sg_reading *r, const char *field, struct sg_str text,
                          struct sg_arena *a, struct sg_list *list, struct sg_error *e)
{
    struct sg_range ranges[SG_HIGHLIGHTS_MAX];
    size_t n = sg_highlight(r, text, ranges, SG_HIGHLIGHTS_MAX);
    if (n == 0)
        return 0;
    struct sg_highlight *all = sg_arena_array(a, list->n + n, sizeof *all);
    if (!all)
        return sg_fail(e, SG_ENOMEM, "highlights");
    if (list->n)
        memcpy(all, list->v, list->n * sizeof *all);
    for (size_t i = 0; i < n; i++)
        all[list->n + i] =
            (struct sg_highlight){sg_str(field), (int64_t)ranges[i].from, (int64_t)ranges[i].to};
    *list = (struct sg_list){all, list->n + n};
    return 0;
}

static int highlight_hit(const struct sg_reading *r, struct sg_hit *h, struct sg_arena *a,
                         struct sg_error *e)
{
    const struct {
        const char *field;
        struct sg_str text;
    } fields[] = {
        {"title", h->lyric ? SG_STR_NONE : h->title},
        {"lyric", h->lyric ? h->lyric->text : SG_STR_NONE},
        {"name", h->name},
        {"artist", h->artist ? h->artist->name : SG_STR_NONE},
        {"album", h->album ? h->album->title : SG_STR_NONE},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && !rc; i++)
        if (fields[i].text.n)
            rc = add_highlights(r, fields[i].field, fields[i].text, a, &h->highlights, e);
    return rc;
}

static int explain_hit(struct sg_search *s, const struct sg_top_entry *t, struct sg_arena *a,
                       struct sg_hit *h, struct sg_error *e)
{
    struct sg_ranker r = ranker_of(s, t);
    struct sg_facts f;
    float values[SG_FEATURES];
    struct sg_feature *all = sg_arena_array(a, SG_FEATURES, sizeof *all);
    if (!all)
        return sg_fail(e, SG_ENOMEM, "explanation");
    if (!sg_searcher_facts(s->searcher, (enum sg_kind)t->kind, t->doc, &f))
        return 0;
    sg_rank(&r, &f, values);
    for (size_t i = 0; i < SG_FEATURES; i++) {
        double value = (double)values[i], weight = (double)s->options.weights.w[i];
        all[i] = (struct sg_feature){sg_str(sg_feature_name((enum sg_feature_id)i)), value, weight,
                                     value * weight};
    }
    h->features = (struct sg_list){all, SG_FEATURES};
    return 0;
}

static struct sg_str alias_of(struct sg_search *s, const struct sg_top_entry *t, struct sg_arena *a)
{
    struct sg_ranker r = ranker_of(s, t);
    struct sg_facts f;
    return sg_searcher_facts(s->searcher, r.kind, t->doc, &f) ? sg_alias_of(s->searcher, &r, &f, a)
                                                              : SG_STR_NONE;
}

/* The line that a hit was found by. */
static int add_line(struct sg_search *s, const struct sg_top_entry *t, struct sg_arena *a,
                    struct sg_hit *h, struct sg_error *e)
{
    struct sg_lyric_found found;
    if (s->readings[t->reading].how != SG_SUNG || !sg_search_line(s, t->id, &found) ||
        !found.text.n)
        return 0;
    struct sg_hit_lyric *line = sg_arena_alloc(a, sizeof *line);
    if (!line)
        return sg_fail(e, SG_ENOMEM, "hit");
    if (found.text.n > SG_LYRIC_TEXT_MAX)
        found.text.n = sg_utf8_floor(found.text, SG_LYRIC_TEXT_MAX);
    *line = (struct sg_hit_lyric){
        .text = found.text,
        .language = found.language,
        .start_time = found.start_ms == SG_LYRICS_UNTIMED ? -1 : (double)found.start_ms / 1000};
    h->lyric = line;
    h->matched = SG_STR("lyrics");
    return 0;
}

static int add_hit(struct sg_search *s, const struct sg_top_entry *t, struct sg_arena *a,
                   struct sg_hit *h, struct sg_error *e)
{
    int rc = sg_present(s->searcher, (enum sg_kind)t->kind, t->id, a, h, e);
    if (!rc) {
        h->score = rint((double)t->score * 1e6) / 1e6;
        if (s->readings[t->reading].how != SG_SUNG)
            h->alias = alias_of(s, t, a);
        if (s->readings[t->reading].how == SG_AKIN)
            h->matched = SG_STR("meaning");
        rc = add_line(s, t, a, h, e);
        if (!rc)
            rc = highlight_hit(&s->readings[t->reading], h, a, e);
    }
    if (!rc && s->query.explain)
        rc = explain_hit(s, t, a, h, e);
    return rc;
}

static int add_pin(struct sg_search *s, const struct sg_pin *pin, struct sg_arena *a,
                   struct sg_hit *h, struct sg_error *e)
{
    int rc = sg_present(s->searcher, pin->kind, pin->id, a, h, e);
    return rc ? rc : highlight_hit(&s->readings[0], h, a, e);
}

static int add_place(struct sg_search *s, const struct sg_place *p, struct sg_arena *a,
                     struct sg_hit *h, struct sg_error *e)
{
    const struct sg_top_entry *t = &s->retrieval.top.v[p->at];
    int rc = p->pin ? add_pin(s, p->pin, a, h, e) : add_hit(s, t, a, h, e);
    if (rc)
        return rc;
    h->versions = p->pin ? 0 : s->page.versions[p->at];
    if (s->query.explain)
        h->rule = sg_levers_say(s->levers, p->pin ? p->pin->kind : (enum sg_kind)t->kind,
                                p->pin ? p->pin->id : t->id, a);
    return 0;
}

/* After the page's last entry, or before the first when it has pins alone. */
static struct sg_str cursor_after(const struct sg_search *s, const struct sg_layout *l,
                                  size_t first, char cursor[SG_CURSOR_MAX])
{
    const struct sg_page *p = &s->page;
    struct sg_top_entry last = {.score = INFINITY};
    if (l->next)
        last = s->retrieval.top.v[l->next - 1];
    else if (p->has_cursor)
        last = p->last;
    size_t entries = p->has_cursor ? p->before + l->next - first : l->next;
    return sg_page_cursor(p, &last, entries, l->pins, cursor);
}

/* A document whose record is gone is left out. */
static int add_hits(struct sg_search *s, struct sg_arena *a, struct sg_list *out,
                    struct sg_str *next, struct sg_error *e)
{
    struct sg_top *top = &s->retrieval.top;
    struct sg_hit *hits = sg_arena_array(a, s->query.limit, sizeof *hits);
    struct sg_layout page;
    size_t n = 0, first, end;
    if (!hits)
        return sg_fail(e, SG_ENOMEM, "hits");
    sg_page_cut(&s->page, top, s->searcher, &first, &end);
    sg_pins_check(s, a);
    sg_pins_lay(s, first, &page);
    for (size_t i = 0; i < page.n; i++) {
        int rc = add_place(s, &page.places[i], a, &hits[n], e);
        if (rc && rc != SG_ENOENT)
            return rc;
        n += rc == 0;
    }
    *out = (struct sg_list){hits, n};
    if (page.more && page.n) {
        char cursor[SG_CURSOR_MAX];
        *next = sg_arena_copy(a, cursor_after(s, &page, first, cursor));
    }
    return sg_search_check(s, e);
}

static int add_totals(struct sg_search *s, struct sg_arena *a, struct sg_search_reply *out,
                      struct sg_error *e)
{
    struct sg_type_total *all = sg_arena_array(a, SG_KINDS, sizeof *all);
    size_t n = 0;
    if (!all)
        return sg_fail(e, SG_ENOMEM, "totals");
    out->total_exact = true;
    for (int k = 0; k < SG_KINDS; k++) {
        if (!(s->query.kinds >> k & 1))
            continue;
        const struct sg_kind_total *t = &s->totals[k];
        uint64_t total = s->retrieval.found[k] > t->n ? s->retrieval.found[k] : t->n;
        total += sg_pins_unfound(s, (enum sg_kind)k);
        all[n++] = (struct sg_type_total){sg_str(sg_kind_names[k]), (int64_t)total, t->exact};
        out->total += (int64_t)total;
        out->total_exact &= t->exact;
    }
    out->totals = (struct sg_list){all, n};
    return 0;
}

static struct sg_str spelled(const struct sg_reading *r, const uint8_t *patterns, char *buf,
                             size_t cap)
{
    size_t n = 0;
    for (size_t w = 0; w < r->n_words; w++) {
        struct sg_str word =
            patterns[w] < r->n_patterns ? r->patterns[patterns[w]].text : r->words[w];
        if (n + word.n + 1 > cap)
            break;
        if (n)
            buf[n++] = ' ';
        memcpy(buf + n, word.p, word.n);
        n += word.n;
    }
    return (struct sg_str){buf, n};
}

static bool is_respelt(const struct sg_reading *r, const uint8_t *patterns)
{
    bool respelt = r->how == SG_JOINED || r->how == SG_SPLIT;
    for (size_t w = 0; w < r->n_words; w++)
        respelt |= patterns[w] < r->n_patterns && r->patterns[patterns[w]].edits > 0;
    return respelt;
}

/* The reply says how the best hit was understood. */
static void tell_reading(struct sg_search *s, struct sg_arena *a, struct sg_search_reply *out)
{
    const struct sg_top_entry *best = s->retrieval.top.v;
    if (s->retrieval.top.n == 0 || best->reading == 0)
        return;
    struct sg_ranker r = ranker_of(s, best);
    uint8_t patterns[SG_WORDS_MAX];
    char buf[CORRECTED_MAX];
    struct sg_facts f;
    out->relaxed = sg_str(sg_loosening_names[r.reading->how]);
    if (!sg_searcher_facts(s->searcher, r.kind, best->doc, &f))
        return;
    sg_rank_spellings(&r, &f, patterns);
    if (is_respelt(r.reading, patterns))
        out->corrected = sg_arena_copy(a, spelled(r.reading, patterns, buf, sizeof buf));
}

/* A corrected spelling far more popular than anything spelled as typed. */
static void tell_likelier(struct sg_search *s, struct sg_arena *a, struct sg_search_reply *out)
{
    const struct sg_top *top = &s->retrieval.top;
    struct sg_facts f;
    uint8_t patterns[SG_WORDS_MAX];
    char buf[CORRECTED_MAX];
    for (size_t i = 1; i < top->n; i++) {
        const struct sg_top_entry *t = &top->v[i];
        struct sg_ranker r = ranker_of(s, t);
        if (r.reading->how != SG_TYPO || t->popularity < LIKELIER * (top->v[0].popularity + 1) ||
            !sg_searcher_facts(s->searcher, r.kind, t->doc, &f))
            continue;
        sg_rank_spellings(&r, &f, patterns);
        out->did_you_mean = sg_arena_copy(a, spelled(r.reading, patterns, buf, sizeof buf));
        return;
    }
}

/* The first hit answers the query well enough to be shown large. */
static bool is_clear(const struct sg_search *s, const struct sg_top_entry *best)
{
    struct sg_weights w = s->options.weights;
    return best->score >= (double)(w.w[SG_F_EVIDENCE] * SG_PREFIX);
}

static void tell_meaning(struct sg_search *s, struct sg_arena *a, struct sg_search_reply *out)
{
    const struct sg_top *top = &s->retrieval.top;
    char buf[CORRECTED_MAX];
    size_t n = sg_search_understood(s, buf, sizeof buf);
    if (n)
        out->understood = sg_arena_copy(a, (struct sg_str){buf, n});
    if (top->n == 0 || s->page.sort != SG_BY_RELEVANCE || s->page.has_cursor || s->page.offset)
        return;
    if (out->results.n && is_clear(s, top->v))
        out->top = out->results.v;
    if (s->readings[top->v[0].reading].how == SG_AS_TYPED)
        tell_likelier(s, a, out);
}

int sg_search_answer(struct sg_search *s, const struct sg_search_request *r, struct sg_arena *a,
                     struct sg_search_reply *out, struct sg_error *e)
{
    int rc = add_hits(s, a, &out->results, &out->next_cursor, e);
    if (!rc)
        rc = add_totals(s, a, out, e);
    if (!rc && s->facets.on)
        rc = sg_facets_tell(&s->facets, s->searcher, out->total_exact, a, &out->facets, e);
    if (rc)
        return rc;
    if (s->query.explain)
        rc = sg_levers_say_all(s->levers, a, &out->rules, e);
    if (rc)
        return rc;
    struct sg_str replacement = sg_levers_replacement(s->levers);
    if (replacement.n)
        out->replaced = sg_arena_copy(a, replacement);
    tell_reading(s, a, out);
    tell_meaning(s, a, out);
    out->limit = r->limit;
    out->offset = r->offset;
    out->generation = sg_str(sg_searcher_generation(s->searcher));
    out->took_us = sg_now_us() - s->start_us;
    return 0;
}
