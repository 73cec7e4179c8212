/* page.c - see page.h. */
#include "query/page.h"
#include "query/rank.h"
#include <stdio.h>
#include <xxhash.h>

#define CURSOR_DIGITS (16 + 16 + 1 + 16 + 8 + 2 + 16)

static int parse_sort(enum sg_sort *out, struct sg_str name, struct sg_error *e)
{
    static const char *const names[] = {"relevance", "popularity", "newest", "title"};
    *out = SG_BY_RELEVANCE;
    for (size_t i = 0; name.n && i < sizeof names / sizeof *names; i++)
        if (sg_str_eq(name, sg_str(names[i]))) {
            *out = (enum sg_sort)i;
            return 0;
        }
    return name.n ? sg_fail_field(e, "sort", "must be relevance, popularity, newest or title") : 0;
}

/* What must be the same from page to page. */
static uint64_t hash_of(const struct sg_search_request *r)
{
    uint64_t h = XXH3_64bits(r->q.p, r->q.n);
    const struct sg_str *types = r->types.v;
    for (size_t i = 0; i < r->types.n; i++)
        h = h * 31 + XXH3_64bits(types[i].p, types[i].n);
    uint64_t rest[] = {r->artist_id,
                       (uint64_t)r->year_from,
                       (uint64_t)r->year_to,
                       (uint64_t)r->is_explicit,
                       r->group,
                       r->prefix,
                       r->sort.n ? XXH3_64bits(r->sort.p, r->sort.n) : 0,
                       r->genre.n ? XXH3_64bits(r->genre.p, r->genre.n) : 0,
                       r->market.n ? XXH3_64bits(r->market.p, r->market.n) : 0,
                       r->in.n ? XXH3_64bits(r->in.p, r->in.n) : 0};
    return h ^ XXH3_64bits(rest, sizeof rest);
}

static bool take_hex(struct sg_str *s, size_t digits, uint64_t *out)
{
    *out = 0;
    if (s->n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        char c = s->p[i];
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (v < 0)
            return false;
        *out = *out << 4 | (uint64_t)v;
    }
    s->p += digits;
    s->n -= digits;
    return true;
}

static bool parse_cursor(struct sg_page *p, struct sg_str c)
{
    uint64_t score, kind, before, pins, query;
    bool ok = c.n == CURSOR_DIGITS && take_hex(&c, 16, &score) &&
              take_hex(&c, 16, &p->last.popularity) && take_hex(&c, 1, &kind) &&
              take_hex(&c, 16, &p->last.id) && take_hex(&c, 8, &before) && take_hex(&c, 2, &pins) &&
              take_hex(&c, 16, &query);
    if (!ok || kind >= SG_KINDS || query != p->query)
        return false;
    memcpy(&p->last.score, &score, sizeof score);
    p->last.kind = (uint8_t)kind;
    p->before = (size_t)before;
    p->pins_before = (size_t)pins;
    return p->last.score == p->last.score;
}

int sg_page_parse(struct sg_page *p, const struct sg_search_request *r, struct sg_error *e)
{
    p->group = r->group;
    p->offset = (size_t)r->offset;
    p->limit = (size_t)r->limit;
    p->before = p->pins_before = 0;
    p->last = (struct sg_top_entry){0};
    p->has_cursor = r->cursor.n > 0;
    p->query = hash_of(r);
    int rc = parse_sort(&p->sort, r->sort, e);
    if (!rc && p->has_cursor && r->offset)
        return sg_fail_field(e, "cursor", "cannot be used together with offset");
    if (!rc && p->has_cursor && !parse_cursor(p, r->cursor))
        return sg_fail_field(e, "cursor", "is not one of this search");
    return rc;
}

static size_t start_of(const struct sg_page *p)
{
    return p->has_cursor ? p->before : p->offset;
}

size_t sg_page_cap(const struct sg_page *p)
{
    size_t wanted = start_of(p) + p->limit + 1;
    size_t cap = p->group ? 2 * wanted + 8 : wanted;
    return sg_page_after(p) ? 3 * p->limit : cap < SG_TOP_MAX ? cap : SG_TOP_MAX;
}

const struct sg_top_entry *sg_page_after(const struct sg_page *p)
{
    return p->has_cursor && p->before + p->limit >= SG_TOP_MAX / 2 ? &p->last : NULL;
}

/* 0: in no group. Songs and albums of the same core title and lead artist. */
static uint64_t key_of(const struct sg_top_entry *t, struct sg_searcher *s)
{
    struct sg_facts f;
    enum sg_kind kind = (enum sg_kind)t->kind;
    if ((kind != SG_SONG && kind != SG_ALBUM) || !sg_searcher_facts(s, kind, t->doc, &f) ||
        !f.artists.n)
        return 0;
    const char *end = memchr(f.artists.p, 0x1f, f.artists.n);
    size_t lead = end ? (size_t)(end - f.artists.p) : f.artists.n;
    uint64_t h = XXH3_64bits_withSeed(f.artists.p, lead, kind);
    h = XXH3_64bits_withSeed(f.title.p, sg_title_core(f.title), h);
    return h | 1;
}

static size_t *find(struct sg_page *p, uint64_t key, size_t *slot)
{
    for (*slot = key % p->n_slots; p->keys[*slot] && p->keys[*slot] != key;)
        *slot = (*slot + 1) % p->n_slots;
    return slot;
}

static void group(struct sg_page *p, struct sg_top *t, struct sg_searcher *s)
{
    size_t n = 0, slot;
    for (p->n_slots = 128; p->n_slots < 2 * t->n;)
        p->n_slots *= 2;
    memset(p->keys, 0, p->n_slots * sizeof *p->keys);
    for (size_t i = 0; i < t->n; i++) {
        uint64_t key = key_of(&t->v[i], s);
        if (key && p->keys[*find(p, key, &slot)]) {
            p->versions[p->places[slot]]++;
            continue;
        }
        if (key) {
            p->keys[slot] = key;
            p->places[slot] = (uint16_t)n;
        }
        p->versions[n] = 0;
        t->v[n++] = t->v[i];
    }
    t->n = n;
}

/* Where the hit of the cursor stands now, or would. */
static size_t place_after(const struct sg_page *p, const struct sg_top *t)
{
    size_t at = 0;
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].kind == p->last.kind && t->v[i].id == p->last.id)
            return i + 1;
    while (at < t->n && !sg_top_is_better(&p->last, &t->v[at]))
        at++;
    return at;
}

static struct sg_str title_of(const struct sg_top_entry *t, struct sg_searcher *s)
{
    struct sg_facts f;
    return sg_searcher_facts(s, (enum sg_kind)t->kind, t->doc, &f) ? f.title : SG_STR_NONE;
}

/* Titles that begin with the same 14 bytes, by the rest of them. */
static void sort_ties(struct sg_top *t, struct sg_searcher *s)
{
    for (size_t i = 1; i < t->n; i++) {
        struct sg_top_entry e = t->v[i];
        struct sg_str title = title_of(&e, s);
        size_t at = i;
        for (; at && t->v[at - 1].score == e.score && t->v[at - 1].popularity == e.popularity &&
               sg_str_cmp(title_of(&t->v[at - 1], s), title) > 0;
             at--)
            t->v[at] = t->v[at - 1];
        t->v[at] = e;
    }
}

void sg_page_cut(struct sg_page *p, struct sg_top *t, struct sg_searcher *s, size_t *first,
                 size_t *end)
{
    size_t at = 0;
    sg_top_sort(t);
    if (p->sort == SG_BY_TITLE)
        sort_ties(t, s);
    if (p->group)
        group(p, t, s);
    else
        memset(p->versions, 0, sizeof p->versions);
    at = p->has_cursor ? place_after(p, t) : p->offset;
    *first = at < t->n ? at : t->n;
    *end = t->n - *first > p->limit ? *first + p->limit : t->n;
}

struct sg_str sg_page_cursor(const struct sg_page *p, const struct sg_top_entry *last,
                             size_t entries, size_t pins, char out[SG_CURSOR_MAX])
{
    uint64_t score;
    memcpy(&score, &last->score, sizeof score);
    int n = snprintf(out, SG_CURSOR_MAX, "%016llx%016llx%x%016llx%08zx%02zx%016llx",
                     (unsigned long long)score, (unsigned long long)last->popularity, last->kind,
                     (unsigned long long)last->id, entries & 0xffffffff, pins & 0xff,
                     (unsigned long long)p->query);
    return (struct sg_str){out, (size_t)n};
}
