/* match.c - a match over delta and base, the delta's documents first. */
#include "index/searcher/reader.h"

#define CHUNK 256 /* base docids asked for at once */

static int check_groups(const struct sg_term_group *groups, size_t n, struct sg_error *e)
{
    bool wanted = false;
    if (n == 0 || n > SG_GROUPS_MAX)
        return sg_fail(e, SG_EINVAL, "match: %zu groups", n);
    for (size_t i = 0; i < n; i++) {
        wanted |= !groups[i].negate;
        if (groups[i].n == 0 || groups[i].n > SG_GROUP_TERMS_MAX)
            return sg_fail(e, SG_EINVAL, "match: %zu terms in a group", groups[i].n);
    }
    return wanted ? 0 : sg_fail(e, SG_EINVAL, "match: every group is negated");
}

static int match_begin(struct sg_searcher *s, enum sg_kind kind, bool base,
                       const struct sg_term_group *groups, size_t n, struct sg_error *e)
{
    struct sg_match *m = &s->match;
    int rc = check_groups(groups, n, e);
    m->kind = kind;
    m->n_wanted = m->n_groups = 0;
    m->next = m->delta_found = m->base_found = m->delta_estimate = m->base_estimate = 0;
    m->delta_done = s->meta.documents[kind] == 0;
    m->base_done = !base || !s->postings[kind];
    m->reads_base = !m->base_done;
    if (!rc && !m->delta_done)
        rc = sg_delta_match_begin(s, groups, n, e);
    if (!rc && !m->base_done)
        rc = sg_postings_begin(s->postings[kind], groups, n, e);
    if (!rc && !m->base_done)
        m->base_estimate = sg_postings_estimate(s->postings[kind]);
    if (rc)
        m->delta_done = m->base_done = true;
    return rc;
}

int sg_match_begin(struct sg_searcher *s, enum sg_kind kind, const struct sg_term_group *groups,
                   size_t n, struct sg_error *e)
{
    return match_begin(s, kind, true, groups, n, e);
}

int sg_match_begin_delta(struct sg_searcher *s, enum sg_kind kind,
                         const struct sg_term_group *groups, size_t n, struct sg_error *e)
{
    return match_begin(s, kind, false, groups, n, e);
}

static int next_delta(struct sg_searcher *s, sg_docref *out, size_t cap, struct sg_error *e)
{
    struct sg_match *m = &s->match;
    size_t n = 0;
    while (n < cap && !m->delta_done) {
        uint64_t value;
        int rc = sg_delta_match_next(s, &value, e);
        if (rc)
            return rc;
        if (value == UINT64_MAX)
            m->delta_done = true;
        else
            out[n++] = SG_DELTA_DOC | (uint32_t)value;
    }
    m->delta_found += n;
    return (int)n;
}

/* Drops the dead in place. */
static size_t keep_live(struct sg_searcher *s, sg_docref *docs, size_t n)
{
    size_t kept = 0;
    if (s->meta.base_dead[s->match.kind] == 0)
        return n;
    for (size_t i = 0; i < n; i++)
        if (!sg_searcher_base_dead(s, s->match.kind, docs[i]))
            docs[kept++] = docs[i];
    return kept;
}

static int next_base(struct sg_searcher *s, sg_docref *out, size_t cap, struct sg_error *e)
{
    struct sg_match *m = &s->match;
    size_t n = 0;
    while (n < cap && !m->base_done) {
        size_t ask = cap - n < CHUNK ? cap - n : CHUNK;
        int got = sg_postings_next(s->postings[m->kind], out + n, ask, e);
        if (got < 0)
            return got;
        if (got == 0)
            m->base_done = true;
        n += keep_live(s, out + n, (size_t)got);
    }
    m->base_found += n;
    return (int)n;
}

int sg_match_next(struct sg_searcher *s, sg_docref *out, size_t cap, struct sg_error *e)
{
    if (cap > INT32_MAX)
        cap = INT32_MAX;
    int n = next_delta(s, out, cap, e);
    if (n < 0 || (size_t)n == cap)
        return n;
    int more = next_base(s, out + n, cap - (size_t)n, e);
    return more < 0 ? more : n + more;
}

void sg_match_limit(struct sg_searcher *s, uint64_t work)
{
    if (s->match.reads_base)
        sg_postings_limit(s->postings[s->match.kind], work);
}

uint64_t sg_match_work(struct sg_searcher *s, bool *cut)
{
    *cut = false;
    return s->match.reads_base ? sg_postings_work(s->postings[s->match.kind], cut) : 0;
}

static uint64_t total_of(bool done, uint64_t found, uint64_t estimate)
{
    return done || found > estimate ? found : estimate;
}

uint64_t sg_match_total(struct sg_searcher *s, bool *exact)
{
    const struct sg_match *m = &s->match;
    bool cut;
    sg_match_work(s, &cut);
    *exact = m->delta_done && m->base_done && !cut && !s->restricted;
    return total_of(m->delta_done, m->delta_found, m->delta_estimate) +
           total_of(m->base_done && !cut, m->base_found, m->base_estimate);
}

static uint64_t delta_frequency(struct sg_searcher *s, enum sg_kind kind, struct sg_str term)
{
    unsigned char b[SG_DELTA_POSTING_KEY];
    MDB_cursor *c;
    MDB_val value;
    size_t count = 0;
    if (s->meta.documents[kind] == 0 || term.n == 0 || term.n > SG_TERM_MAX)
        return 0;
    MDB_val key = sg_delta_posting_key(b, kind, term);
    if (mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_POSTING], &c))
        return 0;
    if (mdb_cursor_get(c, &key, &value, MDB_SET) == 0)
        mdb_cursor_count(c, &count);
    mdb_cursor_close(c);
    return count;
}

uint64_t sg_term_frequency(struct sg_searcher *s, enum sg_kind kind, struct sg_str term)
{
    uint64_t base = s->postings[kind] ? sg_postings_frequency(s->postings[kind], term) : 0;
    return base + delta_frequency(s, kind, term);
}
