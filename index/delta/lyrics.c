/* lyrics.c - lyrics in the open batch; see index/delta.h. */
#include "index/delta/writer.h"

int sg_delta_lyrics(struct sg_delta *d, uint64_t song_id, struct sg_str *packed, struct sg_error *e)
{
    uint64_t be;
    MDB_val key = sg_delta_id_key(&be, song_id), value;
    int rc = d->meta.lyrics ? mdb_get(d->txn, d->env->table[SG_DELTA_LYRICS], &key, &value)
                            : MDB_NOTFOUND;
    if (rc && rc != MDB_NOTFOUND)
        return sg_delta_fail(e, rc, "lyrics");
    *packed =
        rc ? sg_lyrics_file_get(d->lyrics, song_id) : (struct sg_str){value.mv_data, value.mv_size};
    return 0;
}

int sg_delta_get_lyrics(struct sg_delta *d, uint64_t song_id, struct sg_str language,
                        struct sg_str *body, struct sg_error *e)
{
    struct sg_str packed = SG_STR_NONE, other, rest;
    int rc = sg_delta_begin(d, e);
    if (!rc)
        rc = sg_delta_lyrics(d, song_id, &packed, e);
    *body = SG_STR_NONE;
    while (!rc && sg_lyrics_next(&packed, &other, &rest))
        if (sg_str_eq(other, language))
            *body = rest;
    return rc;
}

static int put(struct sg_delta *d, uint64_t song_id, struct sg_str packed, struct sg_error *e)
{
    uint64_t be;
    MDB_val key = sg_delta_id_key(&be, song_id),
            value = {packed.n, packed.n ? (void *)packed.p : ""}, old;
    MDB_dbi table = d->env->table[SG_DELTA_LYRICS];
    bool fresh = mdb_get(d->txn, table, &key, &old) == MDB_NOTFOUND;
    int rc = mdb_put(d->txn, table, &key, &value, 0);
    if (rc)
        return sg_delta_fail(e, rc, "lyrics");
    d->meta.lyrics += fresh;
    return sg_delta_set_add(&d->dirty, SG_SONG, song_id, e);
}

/* Into d->fresh. */
static int change(struct sg_delta *d, uint64_t song_id, struct sg_str language, struct sg_str body,
                  bool *same, struct sg_error *e)
{
    struct sg_str packed = SG_STR_NONE;
    int rc = sg_delta_lyrics(d, song_id, &packed, e);
    if (rc)
        return rc;
    sg_buf_reset(&d->fresh);
    rc = sg_lyrics_set(packed, language, body, &d->fresh, e);
    *same = !rc && sg_str_eq(packed, sg_buf_str(&d->fresh));
    return rc;
}

int sg_delta_put_lyrics(struct sg_delta *d, uint64_t song_id, struct sg_str language,
                        struct sg_str body, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    bool same = false;
    int rc = sg_delta_begin(d, e);
    if (!rc && !song_id)
        rc = sg_fail(e, SG_EINVAL, "lyrics of no song");
    if (rc)
        return rc;
    rc = change(d, song_id, language, body, &same, &why);
    if (!rc && !same)
        rc = put(d, song_id, sg_buf_str(&d->fresh), &why);
    if (rc != SG_EINVAL)
        return rc ? sg_delta_poison(d, rc, &why, e) : 0;
    if (e)
        *e = why;
    return rc;
}

/* The next row's song after `after`; 0: none. Empty rows are passed over. */
static uint64_t next_row(struct sg_delta *d, uint64_t after)
{
    uint64_t be, found = 0;
    MDB_cursor *c;
    MDB_val key = sg_delta_id_key(&be, after + 1), value;
    if (mdb_cursor_open(d->txn, d->env->table[SG_DELTA_LYRICS], &c))
        return 0;
    int rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE);
    while (!rc && !value.mv_size)
        rc = mdb_cursor_get(c, &key, &value, MDB_NEXT);
    if (!rc)
        found = sg_delta_id_of(key.mv_data);
    mdb_cursor_close(c);
    return found;
}

int sg_delta_clear_lyrics(struct sg_delta *d, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    for (uint64_t id = 0; !rc && (id = next_row(d, id));)
        rc = put(d, id, SG_STR(""), &why);
    for (size_t i = 0; !rc && i < sg_lyrics_file_count(d->lyrics); i++)
        rc = put(d, sg_lyrics_file_id(d->lyrics, i), SG_STR(""), &why);
    return rc ? sg_delta_poison(d, rc, &why, e) : 0;
}
