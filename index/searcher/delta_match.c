/* delta_match.c - conjunctions over the delta's posting lists.
 *
 * Values ascend in static-rank order in every list, so the groups are
 * intersected by leapfrog: each in turn is moved to the first value at or after
 * the largest seen; where all agree is a match. Cost follows the rarest group.
 */
#include "index/searcher/reader.h"
#include <stdlib.h>

#define AT_END UINT64_MAX

static int take(struct sg_delta_list *l, int rc, const MDB_val *value, struct sg_error *e)
{
    if (rc == MDB_NOTFOUND) {
        l->now = AT_END;
        return 0;
    }
    if (rc)
        return sg_delta_fail(e, rc, "posting");
    if (!sg_delta_fixed(*value, &l->now, sizeof l->now))
        return sg_fail(e, SG_ECORRUPT, "delta: a posting has another size");
    return 0;
}

/* The neighbour first: in dense lists it is the one, and costs a tenth of a search. */
int sg_delta_list_seek(struct sg_delta_list *l, uint64_t value, struct sg_error *e)
{
    MDB_val key = l->key, v;
    if (l->now >= value)
        return 0;
    int rc = take(l, mdb_cursor_get(l->cursor, &key, &v, MDB_NEXT_DUP), &v, e);
    if (rc || l->now >= value)
        return rc;
    v = (MDB_val){sizeof value, &value};
    key = l->key;
    return take(l, mdb_cursor_get(l->cursor, &key, &v, MDB_GET_BOTH_RANGE), &v, e);
}

/* Cursor number i, bound to the present snapshot. */
static int cursor_at(struct sg_searcher *s, size_t i, MDB_cursor **out, struct sg_error *e)
{
    if (i < s->n_cursors) {
        *out = s->cursors[i];
        int rc = mdb_cursor_renew(s->txn, *out);
        return rc ? sg_delta_fail(e, rc, "cursor") : 0;
    }
    if (s->n_cursors == s->cap_cursors) {
        size_t cap = s->cap_cursors ? s->cap_cursors * 2 : 32;
        void *v = reallocarray(s->cursors, cap, sizeof *s->cursors);
        if (!v)
            return sg_fail(e, SG_ENOMEM, "searcher: %zu cursors", cap);
        s->cursors = v;
        s->cap_cursors = cap;
    }
    int rc = mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_POSTING], out);
    if (rc)
        return sg_delta_fail(e, rc, "cursor");
    s->cursors[s->n_cursors++] = *out;
    return 0;
}

int sg_delta_list_start(struct sg_delta_list *l, MDB_cursor *cursor, MDB_val key,
                        struct sg_error *e)
{
    MDB_val value;
    l->cursor = cursor;
    l->key = key;
    return take(l, mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY), &value, e);
}

/* The list of a term, on cursor number slot; at its end when there is none. */
static int open_list(struct sg_searcher *s, size_t slot, struct sg_str term,
                     struct sg_delta_list *l, struct sg_error *e)
{
    MDB_cursor *cursor;
    unsigned char *b = sg_arena_alloc(&s->arena, SG_DELTA_POSTING_KEY);
    l->now = AT_END;
    if (!b)
        return sg_fail(e, SG_ENOMEM, "searcher");
    if (term.n == 0 || term.n > SG_TERM_MAX)
        return 0;
    int rc = cursor_at(s, slot, &cursor, e);
    return rc ? rc
              : sg_delta_list_start(l, cursor, sg_delta_posting_key(b, s->match.kind, term), e);
}

static int open_group(struct sg_searcher *s, const struct sg_term_group *from, size_t *slot,
                      struct sg_delta_group *g, struct sg_error *e)
{
    int rc = 0;
    *g = (struct sg_delta_group){.lists = sg_arena_array(&s->arena, from->n, sizeof *g->lists)};
    if (!g->lists)
        return sg_fail(e, SG_ENOMEM, "searcher");
    for (size_t i = 0; !rc && i < from->n; i++) {
        size_t count = 0;
        struct sg_delta_list *l = &g->lists[g->n];
        rc = open_list(s, *slot, from->terms[i], l, e);
        if (rc || l->now == AT_END)
            continue;
        rc = mdb_cursor_count(l->cursor, &count) ? sg_fail(e, SG_EIO, "delta: count") : 0;
        g->count += count;
        g->n++;
        ++*slot;
    }
    return rc;
}

static int by_count(const void *a, const void *b)
{
    const struct sg_delta_group *x = a, *y = b;
    return (x->count > y->count) - (x->count < y->count);
}

/* A wanted group without any list means that nothing matches: *none. */
static int open_wanted(struct sg_searcher *s, const struct sg_term_group *groups, size_t n,
                       size_t *slot, bool *none, struct sg_error *e)
{
    struct sg_match *m = &s->match;
    int rc = 0;
    for (size_t i = 0; !rc && !*none && i < n; i++) {
        if (groups[i].negate)
            continue;
        rc = open_group(s, &groups[i], slot, &m->groups[m->n_wanted], e);
        *none = !rc && m->groups[m->n_wanted++].n == 0;
    }
    qsort(m->groups, m->n_wanted, sizeof *m->groups, by_count);
    m->n_groups = m->n_wanted;
    return rc;
}

int sg_delta_match_begin(struct sg_searcher *s, const struct sg_term_group *groups, size_t n,
                         struct sg_error *e)
{
    struct sg_match *m = &s->match;
    size_t slot = 0;
    bool none = false;
    sg_arena_reset(&s->arena);
    int rc = open_wanted(s, groups, n, &slot, &none, e);
    m->delta_done = none;
    for (size_t i = 0; !rc && !none && i < n; i++)
        if (groups[i].negate)
            rc = open_group(s, &groups[i], &slot, &m->groups[m->n_groups++], e);
    m->delta_estimate = none ? 0 : m->groups[0].count;
    return rc;
}

/* The group's first value at or after v. */
static int group_seek(struct sg_delta_group *g, uint64_t v, uint64_t *out, struct sg_error *e)
{
    *out = AT_END;
    for (size_t i = 0; i < g->n; i++) {
        int rc = sg_delta_list_seek(&g->lists[i], v, e);
        if (rc)
            return rc;
        if (g->lists[i].now < *out)
            *out = g->lists[i].now;
    }
    return 0;
}

/* The first value at or after *v that every wanted group has. */
static int agree(struct sg_match *m, uint64_t *v, struct sg_error *e)
{
    size_t agreed = 0;
    for (size_t i = 0; agreed < m->n_wanted && *v != AT_END; i = (i + 1) % m->n_wanted) {
        uint64_t at;
        int rc = group_seek(&m->groups[i], *v, &at, e);
        if (rc)
            return rc;
        agreed = at == *v ? agreed + 1 : 1;
        *v = at;
    }
    return 0;
}

static int is_negated(struct sg_match *m, uint64_t v, bool *out, struct sg_error *e)
{
    int rc = 0;
    *out = false;
    for (size_t i = m->n_wanted; !rc && !*out && i < m->n_groups; i++) {
        uint64_t at;
        rc = group_seek(&m->groups[i], v, &at, e);
        *out = at == v;
    }
    return rc;
}

int sg_delta_match_next(struct sg_searcher *s, uint64_t *out, struct sg_error *e)
{
    struct sg_match *m = &s->match;
    bool negated = true;
    uint64_t v = m->next;
    while (negated) {
        int rc = agree(m, &v, e);
        if (!rc && v == AT_END)
            break;
        if (!rc)
            rc = is_negated(m, v, &negated, e);
        if (rc)
            return rc;
        m->next = v + 1;
        v = negated ? v + 1 : v;
    }
    *out = v;
    return 0;
}
