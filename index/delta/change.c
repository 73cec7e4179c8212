/* change.c - puts and removals in the open batch; see delta.h. */
#include "index/delta/writer.h"

/* --- what depends on a record --- */

static bool in_base(struct sg_delta *d, enum sg_kind kind, uint64_t id)
{
    return sg_store_docid(d->base, kind, id) != 0;
}

/* Those that the base does not rank are ranked here, by their songs. */
static int touch_parent(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    return id && !in_base(d, kind, id) ? sg_delta_set_add(&d->dirty, kind, id, e) : 0;
}

static int touch_parents(struct sg_delta *d, const struct sg_song *s, struct sg_error *e)
{
    const uint64_t *artists = s->artist_ids.v;
    int rc = touch_parent(d, SG_ALBUM, s->album_id, e);
    for (size_t i = 0; !rc && i < s->artist_ids.n; i++)
        rc = touch_parent(d, SG_ARTIST, artists[i], e);
    return rc;
}

static int relate(struct sg_delta *d, enum sg_relation_of r, uint64_t of, uint64_t id,
                  struct sg_error *e)
{
    uint64_t of_be, id_be;
    if (of == 0)
        return 0;
    MDB_val key = sg_delta_id_key(&of_be, of), value = sg_delta_id_key(&id_be, id);
    int rc = mdb_put(d->txn, d->env->table[SG_DELTA_ARTIST_SONG + r], &key, &value, MDB_NODUPDATA);
    return rc && rc != MDB_KEYEXIST ? sg_delta_fail(e, rc, "relation") : 0;
}

static int relate_all(struct sg_delta *d, enum sg_kind kind, const union sg_delta_record *r,
                      struct sg_error *e)
{
    if (kind == SG_ALBUM)
        return relate(d, SG_ARTIST_ALBUMS, r->album.artist_id, r->id, e);
    if (kind != SG_SONG)
        return 0;
    const uint64_t *artists = r->song.artist_ids.v;
    int rc = relate(d, SG_ALBUM_SONGS, r->song.album_id, r->id, e);
    for (size_t i = 0; !rc && i < r->song.artist_ids.n; i++)
        rc = relate(d, SG_ARTIST_SONGS, artists[i], r->id, e);
    return rc;
}

static struct sg_str name_of(enum sg_kind kind, const union sg_delta_record *r)
{
    return kind == SG_ARTIST ? r->artist.name : kind == SG_ALBUM ? r->album.title : SG_STR_NONE;
}

static bool same_texts(const struct sg_list *a, const struct sg_list *b)
{
    const struct sg_str *x = a->v, *y = b->v;
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = sg_str_eq(x[i], y[i]);
    return same;
}

/* Whether what carries the name of an artist or album has to be documented again: it is
 * found by their aliases too. */
static bool is_renamed(enum sg_kind kind, const union sg_delta_record *old,
                       const union sg_delta_record *new)
{
    if (!sg_str_eq(name_of(kind, old), name_of(kind, new)))
        return true;
    bool same = true;
    for (int hints = 0; hints < 2 && (kind == SG_ARTIST || kind == SG_ALBUM); hints++)
        same &= same_texts(sg_aliases_of(kind, (void *)old, hints),
                           sg_aliases_of(kind, (void *)new, hints));
    return !same;
}

/* --- put --- */

static int put_value(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_str frozen,
                     struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    MDB_val key = sg_delta_key(b, kind, id), value = {frozen.n, (void *)frozen.p};
    int rc = mdb_put(d->txn, d->env->table[SG_DELTA_RECORD], &key, &value, 0);
    return rc ? sg_delta_fail(e, rc, "record") : 0;
}

/* The record now carries the count itself. */
static int drop_plays(struct sg_delta *d, uint64_t song_id, struct sg_error *e)
{
    uint64_t be;
    MDB_val key = sg_delta_id_key(&be, song_id);
    if (d->meta.plays == 0)
        return 0;
    int rc = mdb_del(d->txn, d->env->table[SG_DELTA_PLAYS], &key, NULL);
    if (rc == 0)
        d->meta.plays--;
    return rc && rc != MDB_NOTFOUND ? sg_delta_fail(e, rc, "plays") : 0;
}

/* record as it will be read again, so that nothing unreadable is ever stored. */
static int freeze_checked(struct sg_delta *d, enum sg_kind kind, const void *record,
                          union sg_delta_record *out, struct sg_error *e)
{
    sg_buf_reset(&d->fresh);
    sg_record_freeze(sg_kind_records[kind], record, &d->fresh);
    if (sg_buf_failed(&d->fresh))
        return sg_fail(e, SG_ENOMEM, "delta: record");
    if (sg_record_thaw(sg_kind_records[kind], sg_buf_str(&d->fresh), &d->arena, out, e))
        return sg_wrap(e, "%s %llu", sg_kind_names[kind],
                       (unsigned long long)*(const uint64_t *)record);
    return 0;
}

/* Whether old, but for a song's play count, is what was frozen into d->fresh. */
static int is_same(struct sg_delta *d, enum sg_kind kind, const union sg_delta_record *old,
                   const union sg_delta_record *new, bool *same, struct sg_error *e)
{
    union sg_delta_record neutral = *old;
    if (kind == SG_SONG)
        neutral.song.play_count = new->song.play_count;
    sg_buf_reset(&d->present);
    sg_record_freeze(sg_kind_records[kind], &neutral, &d->present);
    if (sg_buf_failed(&d->present))
        return sg_fail(e, SG_ENOMEM, "delta: record");
    *same = sg_str_eq(sg_buf_str(&d->fresh), sg_buf_str(&d->present));
    return 0;
}

static int store(struct sg_delta *d, enum sg_kind kind, const union sg_delta_record *new,
                 struct sg_error *e)
{
    int rc = put_value(d, kind, new->id, sg_buf_str(&d->fresh), e);
    if (!rc && kind == SG_SONG)
        rc = drop_plays(d, new->id, e);
    if (!rc)
        rc = relate_all(d, kind, new, e);
    return rc ? rc : sg_delta_set_add(&d->dirty, kind, new->id, e);
}

static int put(struct sg_delta *d, enum sg_kind kind, const union sg_delta_record *new,
               struct sg_error *e)
{
    union sg_delta_record old;
    bool same = false, was = false, renamed = true;
    int rc = sg_delta_look(d, kind, new->id, &d->arena, &old, e);
    if (!rc) {
        was = true;
        renamed = is_renamed(kind, &old, new);
        rc = is_same(d, kind, &old, new, &same, e);
    } else if (rc == SG_ENOENT) {
        rc = 0;
    }
    if (rc || (same && kind != SG_SONG))
        return rc;
    if (same)
        return sg_delta_plays(d, new->id, new->song.play_count, e);
    /* old's views end here: the batch is written to */
    rc = store(d, kind, new, e);
    if (!rc && renamed && name_of(kind, new).p)
        rc = sg_delta_set_add(&d->renamed, kind, new->id, e);
    if (!rc && kind == SG_SONG && !was)
        rc = touch_parents(d, &new->song, e);
    return rc;
}

int sg_delta_put(struct sg_delta *d, enum sg_kind kind, const void *record, struct sg_error *e)
{
    union sg_delta_record new;
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    sg_arena_reset(&d->arena);
    rc = freeze_checked(d, kind, record, &new, e);
    if (rc)
        return rc; /* nothing was touched: the batch is as good as before */
    rc = put(d, kind, &new, &why);
    return rc ? sg_delta_poison(d, rc, &why, e) : 0;
}

/* --- remove --- */

static int remove_value(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    unsigned char b[SG_DELTA_KEY_BYTES];
    struct sg_str base;
    MDB_val key = sg_delta_key(b, kind, id);
    int rc = sg_store_get(d->base, kind, id, &base, e);
    if (!rc)
        return put_value(d, kind, id, SG_STR_NONE, e);
    if (rc != SG_ENOENT)
        return rc;
    rc = mdb_del(d->txn, d->env->table[SG_DELTA_RECORD], &key, NULL);
    return rc && rc != MDB_NOTFOUND ? sg_delta_fail(e, rc, "record") : 0;
}

static int remove_record(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    struct sg_str frozen;
    int rc = sg_delta_frozen(d, kind, id, &frozen, e);
    if (rc)
        return rc == SG_ENOENT ? 0 : rc;
    rc = remove_value(d, kind, id, e);
    if (!rc && kind == SG_SONG)
        rc = drop_plays(d, id, e);
    if (!rc)
        rc = sg_delta_set_add(&d->dirty, kind, id, e);
    if (!rc && (kind == SG_ARTIST || kind == SG_ALBUM))
        rc = sg_delta_set_add(&d->renamed, kind, id, e);
    return rc;
}

int sg_delta_remove(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    rc = remove_record(d, kind, id, &why);
    return rc ? sg_delta_poison(d, rc, &why, e) : 0;
}

/* --- plays --- */

static int put_plays(struct sg_delta *d, uint64_t song_id, struct sg_delta_plays plays, bool found,
                     struct sg_error *e)
{
    uint64_t be;
    MDB_val key = sg_delta_id_key(&be, song_id), value = {sizeof plays, &plays};
    int rc = mdb_put(d->txn, d->env->table[SG_DELTA_PLAYS], &key, &value, 0);
    if (rc)
        return sg_delta_fail(e, rc, "plays");
    d->meta.plays += !found;
    if (plays.base_docid == 0)
        return 0;
    return sg_delta_note_effect(
        d,
        (struct sg_delta_effect){
            .kind = SG_SONG, .docid = plays.base_docid, .plays = true, .count = plays.count},
        e);
}

/* Its row in the delta, when it has one, in place: postings stay where they are. */
static int set_row_popularity(struct sg_delta *d, uint64_t song_id, uint64_t count,
                              struct sg_error *e)
{
    struct sg_delta_of of;
    struct sg_delta_row row;
    struct sg_str text, terms;
    bool found;
    int rc = sg_delta_get_of(d, SG_SONG, song_id, &of, &found, e);
    if (rc || of.docid == 0)
        return rc;
    MDB_val key = {sizeof of.docid, &of.docid}, value;
    rc = mdb_get(d->txn, d->env->table[SG_DELTA_DOCUMENT], &key, &value);
    if (rc)
        return sg_delta_fail(e, rc, "document");
    if (!sg_delta_row_read(value, &row, &text, &terms))
        return sg_fail(e, SG_ECORRUPT, "delta: document %u", of.docid);
    row.popularity = count;
    sg_buf_reset(&d->row);
    sg_buf_put(&d->row, value.mv_data, value.mv_size);
    if (sg_buf_failed(&d->row))
        return sg_fail(e, SG_ENOMEM, "delta: document");
    memcpy(d->row.p, &row, sizeof row);
    value = (MDB_val){d->row.n, d->row.p};
    rc = mdb_put(d->txn, d->env->table[SG_DELTA_DOCUMENT], &key, &value, 0);
    return rc ? sg_delta_fail(e, rc, "document") : 0;
}

static int set_plays(struct sg_delta *d, uint64_t song_id, uint64_t count, struct sg_error *e)
{
    union sg_delta_record song;
    struct sg_delta_plays plays;
    bool found;
    int rc = sg_delta_look(d, SG_SONG, song_id, &d->arena, &song, e);
    if (rc || song.song.play_count == count)
        return rc == SG_ENOENT ? 0 : rc;
    rc = sg_delta_get_plays(d, song_id, &plays, &found, e);
    if (rc)
        return rc;
    plays = (struct sg_delta_plays){count, sg_store_docid(d->base, SG_SONG, song_id), 0};
    rc = put_plays(d, song_id, plays, found, e);
    return rc ? rc : set_row_popularity(d, song_id, count, e);
}

int sg_delta_plays(struct sg_delta *d, uint64_t song_id, uint64_t play_count, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    if (play_count > INT64_MAX)
        return sg_fail_field(e, "play_count", "song %llu: too many plays",
                             (unsigned long long)song_id);
    sg_arena_reset(&d->arena);
    rc = set_plays(d, song_id, play_count, &why);
    return rc ? sg_delta_poison(d, rc, &why, e) : 0;
}

/* --- genres and notes --- */

static int put_small(struct sg_delta *d, enum sg_delta_table table, struct sg_str key,
                     struct sg_str value, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    MDB_val k = {key.n, (void *)key.p}, v = {value.n, (void *)value.p};
    int rc = mdb_put(d->txn, d->env->table[table], &k, &v, 0);
    if (!rc)
        return 0;
    rc = sg_delta_fail(&why, rc, table == SG_DELTA_GENRE ? "genre" : "note");
    return sg_delta_poison(d, rc, &why, e);
}

int sg_delta_put_genre(struct sg_delta *d, const struct sg_genre *g, struct sg_error *e)
{
    uint64_t be = __builtin_bswap64(g->genre_id);
    struct sg_genre checked;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    sg_arena_reset(&d->arena);
    sg_buf_reset(&d->fresh);
    sg_record_freeze(&sg_genre_record, g, &d->fresh);
    if (sg_buf_failed(&d->fresh))
        return sg_fail(e, SG_ENOMEM, "delta: genre");
    rc = sg_record_thaw(&sg_genre_record, sg_buf_str(&d->fresh), &d->arena, &checked, e);
    if (rc)
        return sg_wrap(e, "genre %llu", (unsigned long long)g->genre_id);
    return put_small(d, SG_DELTA_GENRE, (struct sg_str){(char *)&be, 8}, sg_buf_str(&d->fresh), e);
}

int sg_delta_remove_genre(struct sg_delta *d, uint64_t id, struct sg_error *e)
{
    uint64_t be = __builtin_bswap64(id);
    int rc = sg_delta_begin(d, e);
    return rc ? rc : put_small(d, SG_DELTA_GENRE, (struct sg_str){(char *)&be, 8}, SG_STR_NONE, e);
}

int sg_delta_note_put(struct sg_delta *d, struct sg_str key, struct sg_str value,
                      struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    if (key.n == 0 || key.n > 64 || value.n > 4096)
        return sg_fail(e, SG_EINVAL, "note: key of %zu, value of %zu bytes", key.n, value.n);
    if (value.n)
        return put_small(d, SG_DELTA_NOTE, key, value, e);
    MDB_val k = {key.n, (void *)key.p};
    rc = mdb_del(d->txn, d->env->table[SG_DELTA_NOTE], &k, NULL);
    if (!rc || rc == MDB_NOTFOUND)
        return 0;
    rc = sg_delta_fail(&why, rc, "note");
    return sg_delta_poison(d, rc, &why, e);
}
