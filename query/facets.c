/* facets.c - see facets.h. */
#include "query/facets.h"
#include "query/present.h"
#include <stdio.h>
#include <xxhash.h>

static const char *const names[SG_FACETS] = {"genre", "decade", "artist"};

int sg_facets_start(struct sg_facets *f, const struct sg_list *list, struct sg_error *e)
{
    const struct sg_str *asked = list->v;
    f->on = 0;
    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;
        while (k < SG_FACETS && !sg_str_eq(asked[i], sg_str(names[k])))
            k++;
        if (k == SG_FACETS)
            return sg_fail_field(e, "facets", "must be genre, decade or artist, got '%.*s'",
                                 asked[i].n > 40 ? 40 : (int)asked[i].n, asked[i].p);
        f->on |= 1u << k;
    }
    if (f->on)
        memset(f->slots, 0, sizeof f->slots);
    f->n = 0;
    f->full = false;
    return 0;
}

static void count(struct sg_facets *f, enum sg_facet_id facet, uint64_t key, enum sg_kind kind,
                  uint64_t id)
{
    if (!(f->on >> facet & 1) || !key)
        return;
    size_t at = (size_t)((key ^ facet) * 0x9e3779b97f4a7c15ull >> 40) % SG_FACET_SLOTS;
    while (f->slots[at].count && (f->slots[at].key != key || f->slots[at].facet != facet))
        at = (at + 1) % SG_FACET_SLOTS;
    struct sg_facet_slot *s = &f->slots[at];
    if (!s->count) {
        if (f->n >= SG_FACET_SLOTS * 3 / 4) {
            f->full = true;
            return;
        }
        *s = (struct sg_facet_slot){.key = key, .id = id, .facet = facet, .kind = (uint8_t)kind};
        f->n++;
    }
    s->count++;
}

void sg_facets_add(struct sg_facets *f, enum sg_kind kind, sg_docref doc,
                   const struct sg_facts *facts)
{
    struct sg_str lead = facts->artists;
    const char *end = lead.n ? memchr(lead.p, 0x1f, lead.n) : NULL;
    (void)doc;
    lead.n = end ? (size_t)(end - lead.p) : lead.n;
    count(f, SG_FACET_GENRE, facts->genre_id, kind, facts->id);
    count(f, SG_FACET_DECADE, facts->year / 10u * 10u, kind, facts->id);
    count(f, SG_FACET_ARTIST, lead.n ? XXH3_64bits(lead.p, lead.n) : 0, kind, facts->id);
}

static int name_value(struct sg_searcher *s, const struct sg_facet_slot *slot, struct sg_arena *a,
                      struct sg_facet_value *v, struct sg_error *e)
{
    struct sg_genre genre;
    struct sg_hit hit;
    int rc = 0;
    v->count = slot->count;
    if (slot->facet == SG_FACET_DECADE)
        v->value = sg_arena_printf(a, "%llus", (unsigned long long)slot->key);
    else if (slot->facet == SG_FACET_GENRE) {
        rc = sg_searcher_genre(s, slot->key, a, &genre, e);
        v->value = rc ? SG_STR_NONE : genre.name;
    } else {
        rc = sg_present(s, (enum sg_kind)slot->kind, slot->id, a, &hit, e);
        if (!rc && hit.artist) {
            v->value = hit.artist->name;
            v->artist_id = hit.artist->artist_id;
        }
    }
    return rc == SG_ENOENT ? 0 : rc;
}

/* The most frequent values, equal ones by key. */
static size_t best_of(const struct sg_facets *f, enum sg_facet_id facet,
                      const struct sg_facet_slot **best)
{
    size_t n = 0;
    for (size_t i = 0; i < SG_FACET_SLOTS; i++) {
        const struct sg_facet_slot *s = &f->slots[i];
        if (!s->count || s->facet != facet)
            continue;
        size_t at = n < SG_FACET_VALUES ? n++ : SG_FACET_VALUES;
        for (; at && (best[at - 1]->count < s->count ||
                      (best[at - 1]->count == s->count && best[at - 1]->key > s->key));
             at--)
            if (at < SG_FACET_VALUES)
                best[at] = best[at - 1];
        if (at < SG_FACET_VALUES)
            best[at] = s;
    }
    return n;
}

static int tell_one(const struct sg_facets *f, enum sg_facet_id facet, struct sg_searcher *s,
                    struct sg_arena *a, struct sg_list *out, struct sg_error *e)
{
    const struct sg_facet_slot *best[SG_FACET_VALUES];
    struct sg_facet_value *values = sg_arena_array(a, SG_FACET_VALUES, sizeof *values);
    size_t n = best_of(f, facet, best), told = 0;
    int rc = values ? 0 : sg_fail(e, SG_ENOMEM, "facets");
    for (size_t i = 0; i < n && !rc; i++) {
        rc = name_value(s, best[i], a, &values[told], e);
        told += !rc && values[told].value.n;
    }
    *out = (struct sg_list){values, told};
    return rc;
}

int sg_facets_tell(const struct sg_facets *f, struct sg_searcher *s, bool exact, struct sg_arena *a,
                   struct sg_list *out, struct sg_error *e)
{
    struct sg_facet *all = sg_arena_array(a, SG_FACETS, sizeof *all);
    size_t n = 0;
    int rc = all ? 0 : sg_fail(e, SG_ENOMEM, "facets");
    for (size_t k = 0; k < SG_FACETS && !rc; k++) {
        if (!(f->on >> k & 1))
            continue;
        all[n].facet = sg_str(names[k]);
        all[n].exact = exact && !f->full;
        rc = tell_one(f, (enum sg_facet_id)k, s, a, &all[n++].values, e);
    }
    *out = (struct sg_list){all, n};
    return rc;
}
