/* operate.c - what operators say of a query: see run.h and levers.h. */
#include "query/run.h"

#define SYNONYMS_MAX 4   /* readings of one query */
#define SYNONYM_WANT 128 /* candidates of each */

int sg_search_operate(struct sg_search *s, const struct sg_search_request *r, struct sg_error *e)
{
    struct sg_search_request other = *r;
    int rc = sg_levers_start(s->levers, s->searcher, &s->query, r->market, false, e);
    other.q = rc ? SG_STR_NONE : sg_levers_replacement(s->levers);
    if (rc || !other.q.n)
        return rc;
    s->text = other.q;
    rc = sg_query_parse(&s->query, &other, e);
    return rc ? rc : sg_levers_start(s->levers, s->searcher, &s->query, r->market, true, e);
}

static void drop_hidden(const struct sg_levers *l, struct sg_list *completions)
{
    struct sg_suggestion *v = completions->v;
    size_t n = 0;
    for (size_t i = 0; i < completions->n; i++) {
        enum sg_kind kind = sg_kind_of(v[i].type);
        if (kind == SG_KINDS || !sg_levers_hides(l, kind, v[i].id))
            v[n++] = v[i];
    }
    completions->n = n;
}

int sg_search_hide_completions(struct sg_search *s, struct sg_searcher *searcher,
                               const struct sg_suggest_request *r, struct sg_suggest_reply *out,
                               struct sg_error *e)
{
    struct sg_search_request typed;
    if (!out->suggestions.n || !sg_searcher_levers(searcher))
        return 0;
    sg_record_init(&sg_search_request_record, &typed);
    typed.q = r->q;
    int rc = sg_query_parse_literal(&s->query, &typed, e);
    if (!rc)
        rc = sg_levers_start(s->levers, searcher, &s->query, r->market, false, e);
    if (rc)
        return rc;
    sg_levers_hide_begun(s->levers, &s->query, r->market);
    drop_hidden(s->levers, &out->suggestions);
    return 0;
}

int sg_search_synonyms(struct sg_search *s, struct sg_error *e)
{
    char text[SG_WHOLE_MAX];
    struct sg_scope in = sg_search_scope(s);
    size_t n;
    int rc = 0;
    for (size_t i = 0; i < SYNONYMS_MAX && !rc; i++) {
        struct sg_reading *r = sg_search_next_reading(s);
        if (!r || !(n = sg_levers_synonym(s->levers, &s->query.words, i, text)))
            break;
        sg_reading_synonym(r, (struct sg_str){text, n});
        s->n_readings++;
        rc = sg_search_loose(s, r, &in, SYNONYM_WANT, e);
    }
    return rc;
}
