/* browse.c - see browse.h. */
#include "query/browse.h"
#include "index/levers.h"
#include "query/present.h"
#include "query/top.h"
#include <stdlib.h>

#define TRACKS_MAX 2000 /* songs of one album that are put in order */
#define CHUNK      256

static int parse_kind(enum sg_kind *out, const char *field, struct sg_str name, struct sg_error *e)
{
    *out = sg_kind_of(name);
    if (*out == SG_KINDS)
        return sg_fail_field(e, field, "must be song, artist, album or playlist");
    return 0;
}

/* Presents ids in order; those without a record are left out. */
static int present_all(struct sg_searcher *s, enum sg_kind kind, const uint64_t *ids, size_t n,
                       struct sg_arena *a, struct sg_list *out, struct sg_error *e)
{
    struct sg_hit *hits = sg_arena_array(a, n + 1, sizeof *hits);
    size_t found = 0;
    if (!hits)
        return sg_fail(e, SG_ENOMEM, "hits");
    for (size_t i = 0; i < n; i++) {
        if (!sg_searcher_may_show(s, kind, ids[i]))
            continue;
        int rc = sg_present(s, kind, ids[i], a, &hits[found], e);
        if (rc && rc != SG_ENOENT)
            return rc;
        found += rc == 0;
    }
    *out = (struct sg_list){hits, found};
    return 0;
}

int sg_browse_lookup(struct sg_searcher *s, const struct sg_lookup_request *r, struct sg_arena *a,
                     struct sg_lookup_reply *out, struct sg_error *e)
{
    enum sg_kind kind;
    int rc = parse_kind(&kind, "type", r->type, e);
    if (!rc && (r->ids.n < 1 || r->ids.n > SG_LIMIT_MAX))
        rc = sg_fail_field(e, "ids", "must be 1 to %d ids", SG_LIMIT_MAX);
    return rc ? rc : present_all(s, kind, r->ids.v, r->ids.n, a, &out->results, e);
}

/* Documents of a relation: the posting list of the parent's filter term. */
static int begin_children(struct sg_searcher *s, enum sg_kind of, char prefix, uint64_t id,
                          struct sg_error *e)
{
    char bytes[SG_TERM_MAX];
    struct sg_str term = sg_term_number(prefix, id, bytes);
    struct sg_term_group group = {.terms = &term, .n = 1};
    return sg_match_begin(s, of, &group, 1, e);
}

static void keep_chunk(struct sg_searcher *s, enum sg_kind of, const sg_docref *docs, size_t n,
                       struct sg_top *top, size_t *n_base, uint64_t *hidden)
{
    for (size_t i = 0; i < n; i++) {
        struct sg_facts f;
        *n_base += !(docs[i] & SG_DELTA_DOC);
        if (!sg_searcher_facts(s, of, docs[i], &f)) {
            ++*hidden;
            continue;
        }
        struct sg_top_entry entry = {.popularity = f.popularity, .id = f.id, .doc = docs[i]};
        sg_top_push(top, &entry);
    }
}

/* The delta's documents, and as many of the base's as the page could show. */
static int by_popularity(struct sg_searcher *s, enum sg_kind of, struct sg_top *top,
                         uint64_t *hidden, struct sg_error *e)
{
    sg_docref docs[CHUNK];
    size_t n_base = 0;
    int n = 1;
    while (n_base < top->cap && (n = sg_match_next(s, docs, CHUNK, e)) > 0)
        keep_chunk(s, of, docs, (size_t)n, top, &n_base, hidden);
    sg_top_sort(top);
    return n < 0 ? n : 0;
}

struct track {
    int64_t number;
    uint64_t id;
};

/* Unnumbered tracks come last. */
static int by_number(const void *a, const void *b)
{
    const struct track *x = a, *y = b;
    int64_t nx = x->number > 0 ? x->number : INT64_MAX, ny = y->number > 0 ? y->number : INT64_MAX;
    if (nx != ny)
        return nx < ny ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void add_track(struct sg_searcher *s, sg_docref doc, struct sg_arena *a,
                      struct track *tracks, size_t *n, uint64_t *hidden)
{
    struct sg_facts f;
    struct sg_song song;
    if (*n == TRACKS_MAX)
        return;
    if (sg_searcher_facts(s, SG_SONG, doc, &f) &&
        sg_searcher_record(s, SG_SONG, f.id, a, &song, NULL) == 0)
        tracks[(*n)++] = (struct track){song.track_no, f.id};
    else
        ++*hidden;
}

static int read_tracks(struct sg_searcher *s, struct sg_arena *a, struct track *tracks, size_t *n,
                       uint64_t *hidden, struct sg_error *e)
{
    sg_docref docs[CHUNK];
    int got;
    while ((got = sg_match_next(s, docs, CHUNK, e)) > 0)
        for (int i = 0; i < got; i++)
            add_track(s, docs[i], a, tracks, n, hidden);
    qsort(tracks, *n, sizeof *tracks, by_number);
    return got < 0 ? got : 0;
}

static int page_of_tracks(struct sg_searcher *s, const struct sg_children_request *r,
                          struct sg_arena *a, uint64_t *ids, size_t *n, uint64_t *hidden,
                          struct sg_error *e)
{
    struct track *tracks = sg_arena_array(a, TRACKS_MAX, sizeof *tracks);
    size_t all = 0;
    if (!tracks)
        return sg_fail(e, SG_ENOMEM, "tracks");
    int rc = read_tracks(s, a, tracks, &all, hidden, e);
    for (size_t i = (size_t)r->offset; i < all && *n < (size_t)r->limit; i++)
        ids[(*n)++] = tracks[i].id;
    return rc;
}

static int page_by_popularity(struct sg_searcher *s, enum sg_kind of,
                              const struct sg_children_request *r, struct sg_arena *a,
                              uint64_t *ids, size_t *n, uint64_t *hidden, struct sg_error *e)
{
    struct sg_top *top = sg_arena_alloc(a, sizeof *top);
    if (!top)
        return sg_fail(e, SG_ENOMEM, "children");
    sg_top_init(top, (size_t)(r->offset + r->limit));
    int rc = by_popularity(s, of, top, hidden, e);
    for (size_t i = (size_t)r->offset; i < top->n; i++)
        ids[(*n)++] = top->v[i].id;
    return rc;
}

static int check(const struct sg_children_request *r, enum sg_kind *type, enum sg_kind *of,
                 struct sg_error *e)
{
    int rc = parse_kind(type, "type", r->type, e);
    if (!rc)
        rc = parse_kind(of, "of", r->of, e);
    if (rc)
        return rc;
    if (r->limit < 1 || r->limit > SG_LIMIT_MAX)
        return sg_fail_field(e, "limit", "must be from 1 to %d", SG_LIMIT_MAX);
    if (r->offset < 0 || r->offset > SG_OFFSET_MAX)
        return sg_fail_field(e, "offset", "must be from 0 to %d", SG_OFFSET_MAX);
    if ((*type == SG_ARTIST && (*of == SG_SONG || *of == SG_ALBUM)) ||
        (*type == SG_ALBUM && *of == SG_SONG))
        return 0;
    return sg_fail_field(e, "of", "%s has no children of type %s", sg_kind_names[*type],
                         sg_kind_names[*of]);
}

int sg_browse_children(struct sg_searcher *s, const struct sg_children_request *r,
                       struct sg_arena *a, struct sg_children_reply *out, struct sg_error *e)
{
    enum sg_kind type, of;
    uint64_t ids[SG_LIMIT_MAX];
    size_t n = 0;
    uint64_t hidden = 0; /* of what was read */
    bool exact;
    int rc = check(r, &type, &of, e);
    if (!rc)
        rc = begin_children(s, of, type == SG_ARTIST ? 'A' : 'L', r->id, e);
    if (!rc)
        rc = type == SG_ALBUM ? page_of_tracks(s, r, a, ids, &n, &hidden, e)
                              : page_by_popularity(s, of, r, a, ids, &n, &hidden, e);
    if (rc)
        return rc;
    uint64_t total = sg_match_total(s, &exact);
    out->total = total > hidden ? (int64_t)(total - hidden) : 0;
    return present_all(s, of, ids, n, a, &out->results, e);
}
