/* catalogue.c - what is written in order of id: the record store with its
 * relations, and the completion entries. */
#include "index/builder/parts.h"
#include "index/store_writer.h"
#include <stdlib.h>

enum { report_every = 16384 };

static const struct sg_names *names_of(const struct sg_builder *b, enum sg_kind kind)
{
    return kind == SG_ARTIST ? &b->artists : &b->albums;
}

static struct sg_str forms_of(void *ctx, enum sg_kind kind, uint64_t id)
{
    const struct sg_names *names = names_of(ctx, kind);
    return sg_names_text(names, sg_names_find(names, id));
}

int sg_builder_thaw(const struct sg_builder *b, enum sg_kind kind, size_t index, struct sg_arena *a,
                    union sg_any_record *out, struct sg_error *e)
{
    struct sg_str frozen;
    int rc = sg_roster_read(&b->rosters[kind], index, &frozen, e);
    return rc ? rc : sg_record_thaw(sg_kind_records[kind], frozen, a, out, e);
}

static int lyrics_of(const struct sg_builder *b, struct sg_document *d, struct sg_error *e)
{
    size_t at = sg_roster_index(&b->lyrics, d->id);
    return at < b->lyrics.n ? sg_roster_read(&b->lyrics, at, &d->lyrics, e) : 0;
}

int sg_builder_document(const struct sg_builder *b, enum sg_kind kind, size_t index,
                        struct sg_arena *a, struct sg_document *out, struct sg_error *e)
{
    union sg_any_record *record = sg_arena_alloc(a, sizeof *record);
    if (!record)
        return sg_fail(e, SG_ENOMEM, "build: out of memory");
    int rc = sg_builder_thaw(b, kind, index, a, record, e);
    if (rc)
        return rc;
    if (sg_document_of(out, kind, record, forms_of, (void *)b, a))
        return sg_fail(e, SG_ENOMEM, "build: out of memory");
    out->popularity = b->rosters[kind].v[index].popularity;
    return kind == SG_SONG && b->lyrics.n ? lyrics_of(b, out, e) : 0;
}

/* Who refers to whom: for each name, in a shared array, the indices of its
 * songs or albums. Records are read in order of id, so each list comes sorted. */
struct relation {
    const struct sg_names *names;
    const struct sg_roster *of; /* what the indices point into */
    uint64_t *next;             /* by name: where its next index goes */
    uint32_t *index;
};

static int relation_open(struct relation *r, const struct sg_names *names, bool albums,
                         const struct sg_roster *of, struct sg_error *e)
{
    uint64_t total = 0;
    *r = (struct relation){.names = names, .of = of};
    r->next = malloc((names->n + 1) * sizeof *r->next);
    for (uint32_t i = 0; r->next && i < names->n; i++) {
        r->next[i] = total;
        total += albums ? names->v[i].albums : names->v[i].songs;
    }
    r->index = malloc((total + 1) * sizeof *r->index);
    return r->next && r->index ? 0 : sg_fail(e, SG_ENOMEM, "relations: out of memory");
}

static void relation_free(struct relation *r)
{
    free(r->next);
    free(r->index);
}

static void relate(struct relation *r, uint64_t id, size_t index)
{
    const struct sg_name *n = sg_names_find(r->names, id);
    if (n)
        r->index[r->next[n - r->names->v]++] = (uint32_t)index;
}

struct named {
    uint64_t id;
    uint32_t at;
};

static int by_id(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int write_relation(struct sg_store_writer *w, const struct relation *r,
                          enum sg_relation_of which, struct sg_error *e)
{
    uint32_t n = r->names->n;
    struct named *order = malloc((n + 1) * sizeof *order);
    if (!order)
        return sg_fail(e, SG_ENOMEM, "relations: out of memory");
    for (uint32_t i = 0; i < n; i++)
        order[i] = (struct named){r->names->v[i].id, i};
    qsort(order, n, sizeof *order, by_id);

    int rc = 0;
    for (uint32_t i = 0; !rc && i < n; i++) {
        uint32_t at = order[i].at;
        uint64_t k = at ? r->next[at - 1] : 0; /* each list ends where the next began */
        for (; !rc && k < r->next[at]; k++)
            rc = sg_store_writer_relate(w, which, order[i].id, r->of->v[r->index[k]].id, e);
    }
    free(order);
    return rc;
}

struct store_build {
    struct sg_builder *b;
    struct sg_store_writer *w;
    struct relation artist_songs, artist_albums, album_songs;
    struct sg_arena arena;
};

static void relate_song(struct store_build *s, const struct sg_song *song, size_t index)
{
    const uint64_t *ids = song->artist_ids.v;
    for (size_t i = 0; i < song->artist_ids.n; i++) {
        bool repeated = !ids[i];
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = ids[k] == ids[i];
        if (!repeated)
            relate(&s->artist_songs, ids[i], index);
    }
    if (song->album_id)
        relate(&s->album_songs, song->album_id, index);
}

static int store_record(struct store_build *s, enum sg_kind kind, size_t index, struct sg_error *e)
{
    const struct sg_roster *r = &s->b->rosters[kind];
    union sg_any_record record;
    struct sg_str frozen;
    int rc = sg_roster_read(r, index, &frozen, e);
    if (!rc)
        rc = sg_store_writer_put(s->w, kind, r->v[index].id, r->docid[index], frozen, e);
    if (rc || (kind != SG_SONG && kind != SG_ALBUM))
        return rc;
    sg_arena_reset(&s->arena);
    rc = sg_record_thaw(sg_kind_records[kind], frozen, &s->arena, &record, e);
    if (!rc && kind == SG_SONG)
        relate_song(s, &record.song, index);
    else if (!rc && record.album.artist_id)
        relate(&s->artist_albums, record.album.artist_id, index);
    return rc;
}

static int store_kind(struct store_build *s, enum sg_kind kind, struct sg_error *e)
{
    size_t n = s->b->rosters[kind].n;
    int rc = 0;
    for (size_t i = 0; !rc && i < n && !s->b->failed; i++) {
        rc = store_record(s, kind, i, e);
        if (i % report_every == 0)
            sg_builder_progress(s->b, "records", i, n);
    }
    return rc;
}

static int store_genres(struct store_build *s, struct sg_error *e)
{
    const struct sg_roster *r = &s->b->rosters[sg_genres];
    int rc = 0;
    for (size_t i = 0; !rc && i < r->n; i++) {
        struct sg_str frozen;
        rc = sg_roster_read(r, i, &frozen, e);
        if (!rc)
            rc = sg_store_writer_genre(s->w, r->v[i].id, frozen, e);
    }
    return rc;
}

static int store_all(struct store_build *s, struct sg_error *e)
{
    const struct sg_roster *rosters = s->b->rosters;
    int rc = relation_open(&s->artist_songs, &s->b->artists, false, &rosters[SG_SONG], e);
    if (!rc)
        rc = relation_open(&s->artist_albums, &s->b->artists, true, &rosters[SG_ALBUM], e);
    if (!rc)
        rc = relation_open(&s->album_songs, &s->b->albums, false, &rosters[SG_SONG], e);
    for (int kind = 0; !rc && kind < SG_KINDS; kind++)
        rc = store_kind(s, (enum sg_kind)kind, e);
    if (!rc)
        rc = store_genres(s, e);
    if (rc || s->b->failed)
        return rc;
    rc = write_relation(s->w, &s->artist_songs, SG_ARTIST_SONGS, e);
    if (!rc)
        rc = write_relation(s->w, &s->artist_albums, SG_ARTIST_ALBUMS, e);
    return rc ? rc : write_relation(s->w, &s->album_songs, SG_ALBUM_SONGS, e);
}

/* Address space for the map: pages hold whole records, so up to twice what was
 * fed, and a few relations a record. */
static uint64_t map_bytes(const struct sg_builder *b)
{
    uint64_t bytes = UINT64_C(1) << 26;
    for (int k = 0; k < sg_rosters; k++)
        bytes += 3 * b->rosters[k].map.n + 1024 * b->rosters[k].n;
    return bytes;
}

int sg_build_store(struct sg_builder *b, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    struct store_build s = {.b = b};
    sg_builder_path(b, path, "store.mdb");
    int rc = sg_store_writer_open(&s.w, path, map_bytes(b), e);
    if (rc)
        return rc;
    rc = store_all(&s, e);
    if (rc)
        sg_store_writer_abort(s.w);
    else
        rc = sg_store_writer_finish(s.w, e);
    relation_free(&s.artist_songs);
    relation_free(&s.artist_albums);
    relation_free(&s.album_songs);
    sg_arena_free(&s.arena);
    return rc;
}

static struct sg_str title_of(enum sg_kind kind, const union sg_any_record *r)
{
    switch (kind) {
    case SG_SONG:
        return r->song.title;
    case SG_ARTIST:
        return r->artist.name;
    case SG_ALBUM:
        return r->album.title;
    default:
        return r->playlist.name;
    }
}

/* The folded name of who made it, a view of the builder's names. */
static struct sg_str made_by(const struct sg_builder *b, enum sg_kind kind,
                             const union sg_any_record *r)
{
    const struct sg_list *credits = &r->song.artist_ids;
    uint64_t id = kind == SG_ALBUM ? r->album.artist_id : 0;
    if (kind == SG_SONG && credits->n)
        id = *(const uint64_t *)credits->v;
    const struct sg_name *name = id ? sg_names_find(&b->artists, id) : NULL;
    struct sg_str names = sg_names_text(&b->artists, name), forms = SG_STR_NONE;
    sg_names_next(&names, &forms);
    return sg_forms_fold(forms);
}

struct suggest_build {
    const struct sg_builder *b;
    struct sg_suggest_writer *w;
    enum sg_kind kind;
    struct sg_arena arena; /* of one record */
};

static int suggest_folded(struct suggest_build *s, const union sg_any_record *record,
                          const struct sg_entry *entry, struct sg_str folded, struct sg_error *e)
{
    return folded.n ? sg_suggest_writer_add(s->w, folded, made_by(s->b, s->kind, record), s->kind,
                                            entry->id, sg_suggest_score(entry->popularity), e)
                    : 0;
}

/* And in Latin letters, for who has no other keys. */
static int suggest_name(struct suggest_build *s, const union sg_any_record *record,
                        const struct sg_entry *entry, struct sg_str name, struct sg_error *e)
{
    char folded[SG_TEXT_MAX], other[SG_TEXT_MAX];
    struct sg_str own = {folded, sg_text_fold(folded, sizeof folded, name)};
    struct sg_str latin = {other, sg_text_romanised(other, sizeof other, name, false)};
    int rc = suggest_folded(s, record, entry, own, e);
    if (!rc)
        rc = suggest_folded(s, record, entry, latin, e);
    if (rc || !latin.n)
        return rc;
    memcpy(folded, latin.p, latin.n);
    own.n = latin.n;
    latin.n = sg_text_romanised(other, sizeof other, name, true);
    return sg_str_eq(own, latin) ? 0 : suggest_folded(s, record, entry, latin, e);
}

/* By its title and by each alias and hint. */
static int suggest_record(struct suggest_build *s, union sg_any_record *record,
                          const struct sg_entry *entry, struct sg_error *e)
{
    int rc = suggest_name(s, record, entry, title_of(s->kind, record), e);
    for (int hints = 0; hints < 2 && s->kind != SG_PLAYLIST; hints++) {
        const struct sg_list *aliases = sg_aliases_of(s->kind, record, hints);
        const struct sg_str *v = aliases->v;
        for (size_t i = 0; !rc && i < aliases->n; i++)
            rc = suggest_name(s, record, entry, v[i], e);
    }
    return rc;
}

static int suggest_kind(struct sg_builder *b, struct suggest_build *s, struct sg_error *e)
{
    const struct sg_roster *r = &b->rosters[s->kind];
    int rc = 0;
    for (size_t i = 0; !rc && i < r->n && !b->failed; i++) {
        union sg_any_record record;
        sg_arena_reset(&s->arena);
        rc = sg_builder_thaw(b, s->kind, i, &s->arena, &record, e);
        if (!rc)
            rc = suggest_record(s, &record, &r->v[i], e);
        if (i % report_every == 0)
            sg_builder_progress(b, "completion", i, r->n);
    }
    return rc;
}

int sg_build_suggest(struct sg_builder *b, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    struct suggest_build s = {.b = b};
    sg_builder_path(b, path, "suggest.seg");
    int rc = sg_suggest_writer_open(&s.w, path, e);
    if (rc)
        return rc;
    for (int kind = 0; !rc && kind < SG_KINDS; kind++) {
        s.kind = (enum sg_kind)kind;
        rc = suggest_kind(b, &s, e);
    }
    if (rc)
        sg_suggest_writer_abort(s.w);
    else
        rc = sg_suggest_writer_finish(s.w, e);
    sg_arena_free(&s.arena);
    return rc;
}
