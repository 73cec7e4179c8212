/* overlay.c - completion among the delta's documents.
 *
 * A prefix that is itself a prefix term has a posting list, which is read from
 * its best document on; a longer one is narrow enough for a walk over the
 * sorted titles; a whole title has a list of its own. All are bounded.
 */
#include "core/text.h"
#include "index/searcher/reader.h"
#include "index/suggest.h"

#define TERM_CHARS   4    /* the longest prefix term, see document.h */
#define POSTINGS_MAX 512  /* read for each kind */
#define TITLES_MAX   2000 /* walked over */

struct best {
    struct sg_overlay_entry *v;
    size_t n, cap;
};

static bool is_before(const struct sg_overlay_entry *a, const struct sg_overlay_entry *b)
{
    if (a->popularity != b->popularity)
        return a->popularity > b->popularity;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->id < b->id;
}

static void offer(struct best *b, struct sg_overlay_entry x)
{
    if (b->n == b->cap && !is_before(&x, &b->v[b->n - 1]))
        return;
    size_t at = b->n < b->cap ? b->n++ : b->n - 1;
    for (; at > 0 && is_before(&x, &b->v[at - 1]); at--)
        b->v[at] = b->v[at - 1];
    b->v[at] = x;
}

/* Takes the first of names joined by 0x1f off *names; false at their end. */
static bool next_name(struct sg_str *names, struct sg_str *name)
{
    if (!names->n)
        return false;
    const char *at = memchr(names->p, SG_SUGGEST_BY, names->n);
    size_t n = at ? (size_t)(at - names->p) : names->n, used = n + (at != NULL);
    *name = (struct sg_str){names->p, n};
    names->p += used;
    names->n -= used;
    return true;
}

static bool any_starts(struct sg_str names, struct sg_str prefix)
{
    struct sg_str name;
    while (next_name(&names, &name))
        if (sg_str_starts(name, prefix))
            return true;
    return false;
}

/* prefix: of the title, or all of it, SG_SUGGEST_BY and the start of a credited name. */
static bool title_starts(const struct sg_facts *f, struct sg_str title, struct sg_str prefix)
{
    const char *by = memchr(prefix.p, SG_SUGGEST_BY, prefix.n);
    if (!by)
        return sg_str_starts(title, prefix);
    struct sg_str whole = {prefix.p, (size_t)(by - prefix.p)};
    struct sg_str name = {by + 1, prefix.n - whole.n - 1};
    return sg_str_eq(title, whole) &&
           (!name.n || any_starts(f->artists, name) || any_starts(f->artist_aliases, name));
}

/* The title, or the alias of it, that starts so; absent when none does. */
static struct sg_str starting_so(const struct sg_facts *f, struct sg_str prefix)
{
    struct sg_str aliases = f->title_aliases, title = f->title;
    bool starts = title_starts(f, title, prefix);
    while (!starts && next_name(&aliases, &title))
        starts = title_starts(f, title, prefix);
    return starts ? title : SG_STR_NONE;
}

static void read_list(struct sg_searcher *s, struct sg_delta_list *l, enum sg_kind kind,
                      struct sg_str prefix, struct best *best)
{
    size_t taken = 0;
    for (int i = 0; i < POSTINGS_MAX && taken < best->cap && l->now != UINT64_MAX; i++) {
        struct sg_delta_row row;
        struct sg_facts facts;
        struct sg_str title = SG_STR_NONE;
        if (sg_searcher_row(s, (uint32_t)l->now, &row, &facts))
            title = starting_so(&facts, prefix);
        if (title.p) {
            offer(best, (struct sg_overlay_entry){kind, row.id, row.popularity,
                                                  (uint32_t)sg_utf8_count(title)});
            taken++;
        }
        if (sg_delta_list_seek(l, l->now + 1, NULL))
            return;
    }
}

/* The term's documents that start with prefix. */
static void from_postings(struct sg_searcher *s, struct sg_str term, struct sg_str prefix,
                          struct best *best)
{
    unsigned char b[SG_DELTA_POSTING_KEY];
    MDB_cursor *c;
    struct sg_delta_list l;
    if (mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_POSTING], &c))
        return;
    for (int k = 0; k < SG_KINDS; k++) {
        MDB_val key = sg_delta_posting_key(b, k, term);
        if (sg_delta_list_start(&l, c, key, NULL) == 0)
            read_list(s, &l, k, prefix, best);
    }
    mdb_cursor_close(c);
}

static void from_titles(struct sg_searcher *s, struct sg_str prefix, struct best *best)
{
    MDB_cursor *c;
    MDB_val key = {prefix.n, (void *)prefix.p}, value;
    if (mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_TITLE], &c))
        return;
    int rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE);
    for (int i = 0; !rc && i < TITLES_MAX; i++) {
        const unsigned char *v = value.mv_data;
        struct sg_str title = {key.mv_data, key.mv_size};
        if (!sg_str_starts(title, prefix))
            break;
        if (value.mv_size == 17 && v[0] < SG_KINDS) {
            uint64_t plays = sg_delta_id_of(v + 9);
            offer(best, (struct sg_overlay_entry){v[0], sg_delta_id_of(v + 1), plays,
                                                  (uint32_t)sg_utf8_count(title)});
        }
        rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(c);
}

size_t sg_searcher_overlay(struct sg_searcher *s, struct sg_str folded_prefix,
                           struct sg_overlay_entry *out, size_t cap)
{
    struct best best = {out, 0, cap};
    size_t n = folded_prefix.n;
    if (s->meta.entities == 0 || cap == 0 || n == 0 || n > SG_PREFIX_MAX)
        return 0;
    char term[SG_TERM_MAX] = {'P'};
    const char *by = memchr(folded_prefix.p, SG_SUGGEST_BY, n);
    if (by) {
        struct sg_str title = {folded_prefix.p, (size_t)(by - folded_prefix.p)};
        from_postings(s, sg_term_whole('T', title, term), folded_prefix, &best);
    } else if (memchr(folded_prefix.p, ' ', n) || sg_utf8_count(folded_prefix) > TERM_CHARS)
        from_titles(s, folded_prefix, &best);
    else {
        memcpy(term + 1, folded_prefix.p, n);
        from_postings(s, (struct sg_str){term, n + 1}, folded_prefix, &best);
    }
    return best.n;
}
