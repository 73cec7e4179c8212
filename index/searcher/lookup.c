/* lookup.c - facts, records, genres and ids as one snapshot has them. */
#include "index/searcher/reader.h"

bool sg_searcher_row(struct sg_searcher *s, uint32_t docid, struct sg_delta_row *row,
                     struct sg_facts *out)
{
    struct sg_str text, terms;
    MDB_val key = {sizeof docid, &docid}, value;
    if (!s->delta || mdb_get(s->txn, s->delta->table[SG_DELTA_DOCUMENT], &key, &value) ||
        !sg_delta_row_read(value, row, &text, &terms))
        return false;
    *out = (struct sg_facts){0};
    if (!sg_facts_unpack(text, out))
        return false;
    out->id = row->id;
    out->popularity = row->popularity;
    out->year = row->year;
    out->release = row->release;
    out->is_explicit = row->is_explicit;
    out->genre_id = row->genre_id;
    return true;
}

static bool read_facts(struct sg_searcher *s, enum sg_kind kind, sg_docref doc,
                       struct sg_facts *out)
{
    struct sg_delta_row row;
    if (doc & SG_DELTA_DOC)
        return sg_searcher_row(s, doc & ~SG_DELTA_DOC, &row, out) && row.kind == kind;
    if (!sg_facts_get(s->gen->facts[kind], doc, out))
        return false;
    if (kind == SG_SONG && s->meta.plays && s->maps)
        sg_delta_maps_get_plays(s->maps, doc, &out->popularity);
    return true;
}

bool sg_searcher_facts(struct sg_searcher *s, enum sg_kind kind, sg_docref doc,
                       struct sg_facts *out)
{
    return read_facts(s, kind, doc, out) && out->release <= s->day &&
           (!s->restricted || sg_searcher_knows(s, kind, out->id, out->is_explicit, true));
}

uint64_t sg_searcher_most_popular(struct sg_searcher *s, enum sg_kind kind)
{
    struct sg_facts top;
    return read_facts(s, kind, 1, &top) ? top.popularity : 0;
}

size_t sg_searcher_newest(struct sg_searcher *s, enum sg_kind kind, sg_docref *out, size_t cap)
{
    MDB_cursor *c;
    MDB_val key, value;
    size_t n = 0;
    if (!s->delta || !s->meta.documents[kind] ||
        mdb_cursor_open(s->txn, s->delta->table[SG_DELTA_DOCUMENT], &c))
        return 0;
    int rc = mdb_cursor_get(c, &key, &value, MDB_LAST);
    for (size_t i = 0; !rc && n < cap && i < 2 * cap; i++) {
        struct sg_delta_row row;
        struct sg_str text, terms;
        uint32_t docid;
        if (sg_delta_fixed(key, &docid, sizeof docid) &&
            sg_delta_row_read(value, &row, &text, &terms) && row.kind == kind)
            out[n++] = SG_DELTA_DOC | docid;
        rc = mdb_cursor_get(c, &key, &value, MDB_PREV);
    }
    mdb_cursor_close(c);
    return n;
}

void sg_searcher_prefetch(struct sg_searcher *s, enum sg_kind kind, sg_docref doc, bool text)
{
    if (!(doc & SG_DELTA_DOC))
        sg_facts_prefetch(s->gen->facts[kind], doc, text);
}

/* Whether this snapshot's `of` has the entity. */
static bool has_of(struct sg_searcher *s, enum sg_kind kind, uint64_t id)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    MDB_val key = sg_delta_key(b, kind, id), value;
    return s->meta.entities && mdb_get(s->txn, s->delta->table[SG_DELTA_OF], &key, &value) == 0;
}

bool sg_searcher_base_dead(struct sg_searcher *s, enum sg_kind kind, uint32_t docid)
{
    struct sg_facts facts;
    enum sg_delta_fate fate =
        s->maps ? sg_delta_maps_fate(s->maps, kind, docid, s->snapshot) : SG_FATE_UNSURE;
    if (fate != SG_FATE_UNSURE)
        return fate == SG_FATE_DEAD;
    return sg_facts_get(s->gen->facts[kind], docid, &facts) && has_of(s, kind, facts.id);
}

bool sg_searcher_is_dead(struct sg_searcher *s, enum sg_kind kind, uint64_t id)
{
    return has_of(s, kind, id);
}

/* --- records --- */

/* A value of the delta, SG_ENOENT when it has none; removed: an empty one. */
static int delta_value(struct sg_searcher *s, enum sg_delta_table table, MDB_val key,
                       struct sg_str *out, bool *removed, struct sg_error *e)
{
    MDB_val value;
    *removed = false;
    if (!s->delta)
        return SG_ENOENT;
    int rc = mdb_get(s->txn, s->delta->table[table], &key, &value);
    if (rc == MDB_NOTFOUND)
        return SG_ENOENT;
    if (rc)
        return sg_delta_fail(e, rc, "read");
    *removed = value.mv_size == 0;
    *out = (struct sg_str){value.mv_data, value.mv_size};
    return 0;
}

static int live_plays(struct sg_searcher *s, struct sg_song *song, struct sg_error *e)
{
    uint64_t be;
    struct sg_str value = SG_STR_NONE;
    struct sg_delta_plays plays;
    bool removed;
    if (s->meta.plays == 0)
        return 0;
    int rc =
        delta_value(s, SG_DELTA_PLAYS, sg_delta_id_key(&be, song->song_id), &value, &removed, e);
    if (rc)
        return rc == SG_ENOENT ? 0 : rc;
    if (!sg_delta_fixed((MDB_val){value.n, (void *)value.p}, &plays, sizeof plays))
        return sg_fail(e, SG_ECORRUPT, "delta: plays: a row has another size");
    song->play_count = plays.count;
    return 0;
}

static bool is_out(const struct sg_searcher *s, enum sg_kind kind, const void *record)
{
    const struct sg_song *song = record;
    const struct sg_album *album = record;
    struct sg_str date = kind == SG_SONG    ? song->release_date
                         : kind == SG_ALBUM ? album->release_date
                                            : SG_STR_NONE;
    return !date.n || sg_release_of(date) <= s->day;
}

int sg_searcher_record(struct sg_searcher *s, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                       void *out, struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    struct sg_str frozen = SG_STR_NONE;
    bool removed;
    int rc = delta_value(s, SG_DELTA_RECORD, sg_delta_key(b, kind, id), &frozen, &removed, e);
    if (rc == SG_ENOENT)
        rc = sg_store_get(s->base, kind, id, &frozen, e);
    if (!rc && removed)
        rc = sg_fail(e, SG_ENOENT, "%s %llu was removed", sg_kind_names[kind],
                     (unsigned long long)id);
    if (!rc)
        rc = sg_record_thaw(sg_kind_records[kind], frozen, a, out, e);
    if (!rc && !is_out(s, kind, out))
        rc = sg_fail(e, SG_ENOENT, "%s %llu is not out yet", sg_kind_names[kind],
                     (unsigned long long)id);
    if (!rc && s->restricted) {
        bool is_explicit = kind == SG_SONG && ((struct sg_song *)out)->is_explicit;
        if (!sg_searcher_knows(s, kind, id, is_explicit, false))
            rc = sg_fail(e, SG_ENOENT, "%s %llu is not to be found here", sg_kind_names[kind],
                         (unsigned long long)id);
    }
    return !rc && kind == SG_SONG ? live_plays(s, out, e) : rc;
}

int sg_searcher_genre(struct sg_searcher *s, uint64_t genre_id, struct sg_arena *a,
                      struct sg_genre *out, struct sg_error *e)
{
    uint64_t be;
    struct sg_str frozen = SG_STR_NONE;
    bool removed;
    int rc = delta_value(s, SG_DELTA_GENRE, sg_delta_id_key(&be, genre_id), &frozen, &removed, e);
    if (rc == SG_ENOENT)
        rc = sg_store_genre(s->base, genre_id, &frozen, e);
    if (!rc && removed)
        rc = sg_fail(e, SG_ENOENT, "genre %llu was removed", (unsigned long long)genre_id);
    return rc ? rc : sg_record_thaw(&sg_genre_record, frozen, a, out, e);
}

struct genres {
    struct sg_searcher *s;
    struct sg_arena *a;
    struct sg_genre *v;
    size_t n, cap;
    struct sg_error *e;
};

static int add_genre(void *ctx, uint64_t id)
{
    struct genres *g = ctx;
    if (g->n == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 64;
        struct sg_genre *v = sg_arena_array(g->a, cap, sizeof *v);
        if (!v)
            return sg_fail(g->e, SG_ENOMEM, "genres");
        if (g->n)
            memcpy(v, g->v, g->n * sizeof *v);
        g->v = v;
        g->cap = cap;
    }
    int rc = sg_searcher_genre(g->s, id, g->a, &g->v[g->n], g->e);
    g->n += rc == 0;
    return rc;
}

int sg_searcher_genres(struct sg_searcher *s, struct sg_arena *a, struct sg_list *out,
                       struct sg_error *e)
{
    struct genres g = {.s = s, .a = a, .e = e};
    MDB_dbi table = s->delta ? s->delta->table[SG_DELTA_GENRE] : 0;
    int rc = sg_delta_live_genres(s->base, s->delta ? s->txn : NULL, table, add_genre, &g, e);
    if (!rc)
        *out = (struct sg_list){g.v, g.n};
    return rc;
}

struct sg_str sg_searcher_lyrics(struct sg_searcher *s, uint64_t song_id)
{
    uint64_t be;
    struct sg_str packed;
    bool removed;
    if (s->meta.lyrics &&
        !delta_value(s, SG_DELTA_LYRICS, sg_delta_id_key(&be, song_id), &packed, &removed, NULL))
        return removed ? SG_STR_NONE : packed;
    return sg_lyrics_file_get(s->gen->lyrics, song_id);
}

bool sg_searcher_has_lyrics(const struct sg_searcher *s)
{
    return s->meta.lyrics || sg_lyrics_file_count(s->gen->lyrics);
}

uint64_t sg_searcher_count(struct sg_searcher *s, enum sg_kind kind)
{
    return s->gen->counts[kind] - s->meta.base_dead[kind] + s->meta.documents[kind];
}

int sg_searcher_each(struct sg_searcher *s, enum sg_kind kind, int (*fn)(void *ctx, uint64_t id),
                     void *ctx, struct sg_error *e)
{
    MDB_dbi table = s->delta ? s->delta->table[SG_DELTA_RECORD] : 0;
    return sg_delta_live_ids(s->base, s->delta ? s->txn : NULL, table, kind, fn, ctx, e);
}
