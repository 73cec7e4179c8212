/* verify_search.c - the derived part of verify.h: documents and facts. */
#include "indexer/verify.h"

struct names {
    struct sg_searcher *searcher;
    struct sg_arena *arena;
};

static struct sg_str name_of(void *ctx, enum sg_kind kind, uint64_t id)
{
    struct names *n = ctx;
    union {
        struct sg_artist artist;
        struct sg_album album;
    } v;
    if (sg_searcher_record(n->searcher, kind, id, n->arena, &v, NULL))
        return SG_STR_NONE;
    return sg_document_names(n->arena, kind, &v);
}

struct terms {
    struct sg_str v[SG_GROUPS_MAX];
    struct sg_term_group groups[SG_GROUPS_MAX];
    size_t n;
    struct sg_arena *arena;
};

static int keep_term(void *ctx, struct sg_str term)
{
    struct terms *t = ctx;
    t->v[t->n] = sg_arena_copy(t->arena, term);
    t->groups[t->n] = (struct sg_term_group){&t->v[t->n], 1, false};
    return ++t->n == SG_GROUPS_MAX;
}

/* True and *out when the document with this id matches all groups. */
static bool find(struct sg_searcher *s, enum sg_kind kind, const struct terms *t, uint64_t id,
                 struct sg_facts *out)
{
    sg_docref docs[64];
    int n;
    if (sg_match_begin(s, kind, t->groups, t->n, NULL))
        return false;
    while ((n = sg_match_next(s, docs, 64, NULL)) > 0) {
        for (int i = 0; i < n; i++) {
            if (sg_searcher_facts(s, kind, docs[i], out) && out->id == id)
                return true;
        }
    }
    return false;
}

static const char *compare_facts(const struct sg_document *d, const struct sg_facts *is)
{
    struct sg_buf packed = {0};
    struct sg_facts want = {.id = 0};
    const char *wrong = NULL;
    sg_facts_pack(d, &packed);
    if (sg_buf_failed(&packed) || !sg_facts_unpack(sg_buf_str(&packed), &want))
        wrong = "facts cannot be made";
    else if (!sg_str_eq(want.title, is->title))
        wrong = "facts: title";
    else if (!sg_str_eq(want.artists, is->artists))
        wrong = "facts: artists";
    else if (!sg_str_eq(want.album, is->album))
        wrong = "facts: album";
    else if (!sg_str_eq(want.title_aliases, is->title_aliases) ||
             !sg_str_eq(want.artist_aliases, is->artist_aliases))
        wrong = "facts: aliases";
    else if (is->year != d->year || is->genre_id != d->genre_id ||
             is->is_explicit != d->is_explicit)
        wrong = "facts: year, genre or explicit";
    else if ((d->kind == SG_SONG || d->kind == SG_PLAYLIST) && is->popularity != d->popularity)
        wrong = "facts: popularity";
    sg_buf_free(&packed);
    return wrong;
}

const char *sg_verify_search(struct sg_searcher *s, enum sg_kind kind, const struct sg_row *row,
                             struct sg_arena *a)
{
    struct sg_document d;
    struct names names = {s, a};
    struct terms terms = {.n = 0, .arena = a};
    struct sg_facts facts;
    if (sg_document_of(&d, kind, &row->v, name_of, &names, a))
        return "out of memory";
    sg_document_terms(&d, keep_term, &terms);
    if (!find(s, kind, &terms, d.id, &facts))
        return "not found by its own words";
    return compare_facts(&d, &facts);
}
