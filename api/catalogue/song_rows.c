/* song_rows.c - see song_rows.h. */
#include "api/catalogue/song_rows.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/rows.h"

static const char *credits_json(struct sg_arena *a, const struct sg_song_edit *song)
{
    const struct sg_credit_edit *c = song->credits.v;
    struct sg_buf b = {0};
    for (size_t i = 0; i < song->credits.n; i++)
        sg_buf_printf(&b, "%c{\"id\":%llu,\"role\":\"%.*s\"}", i ? ',' : '[',
                      (unsigned long long)c[i].artist_id, SG_FMT(c[i].role));
    sg_buf_putc(&b, ']');
    const char *p = sg_buf_failed(&b) ? NULL : sg_arena_copy(a, sg_buf_str(&b)).p;
    sg_buf_free(&b);
    return p;
}

static int check_album(const PGresult *r, struct sg_arena *a, struct sg_song_edit *song,
                       bool is_new, struct sg_error *e)
{
    if (!song->album_id)
        return 0;
    if (is_new && sg_row_u64(r, 0, 1) != song->artist_id)
        return sg_fail_field(e, "album_id", "album_id: artist %llu has no album %llu",
                             (unsigned long long)song->artist_id,
                             (unsigned long long)song->album_id);
    if (!song->release_date.p)
        song->release_date = sg_row_str(a, r, 0, 2);
    return 0;
}

/* What the song refers to must be there: the album and credited artists, and the genre, which is
 * looked up. */
static int refer(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song, bool new_album,
                 uint64_t *genre_id, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "song_refer",
        "SELECT (SELECT genre_id FROM genres WHERE lower(name) = lower($1) "
        "ORDER BY name <> $1, genre_id LIMIT 1), al.artist_id, "
        "to_char(al.release_date, 'YYYY-MM-DD'), (SELECT c->>'id' FROM "
        "jsonb_array_elements($3::jsonb) c WHERE NOT EXISTS "
        "(SELECT FROM artists WHERE artist_id = (c->>'id')::bigint) LIMIT 1) "
        "FROM (SELECT) one LEFT JOIN albums al ON al.album_id = $2::bigint",
        3};
    const char *params[] = {sg_sql_str(a, song->genre), sg_sql_some(a, song->album_id),
                            credits_json(a, song)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &find, params, &r, e);
    if (!rc)
        rc = check_album(r, a, song, new_album, e);
    if (!rc && song->genre.p && PQgetisnull(r, 0, 0))
        rc = sg_fail_field(e, "genre", "genre: there is none of this name; /api/v1/genres");
    if (!rc && !PQgetisnull(r, 0, 3))
        rc = sg_fail_field(e, "credits", "credits: there is no artist %s", PQgetvalue(r, 0, 3));
    if (!rc)
        *genre_id = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

enum { VALUES = 11 };

static void values_of(struct sg_arena *a, const struct sg_song_edit *s, uint64_t genre_id,
                      const char *v[VALUES])
{
    v[0] = sg_sql_u64(a, s->song_id);
    v[1] = sg_sql_u64(a, s->artist_id);
    v[2] = sg_sql_str(a, s->title);
    v[3] = sg_sql_some(a, s->album_id);
    v[4] = sg_sql_some(a, genre_id);
    v[5] = sg_sql_some(a, (uint64_t)s->duration);
    v[6] = sg_sql_some(a, (uint64_t)s->track_no);
    v[7] = sg_sql_some(a, (uint64_t)s->disc_no);
    v[8] = sg_sql_str(a, s->release_date);
    v[9] = sg_sql_bool(s->is_explicit);
    v[10] = sg_sql_str(a, s->isrc);
}

int sg_song_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                   struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "song_insert",
        "INSERT INTO songs (artist_id, title, album_id, genre_id, duration_s, track_no, disc_no, "
        "release_date, explicit, isrc) VALUES ($1::bigint, $2, $3::bigint, $4::bigint, "
        "$5::integer, $6::integer, $7::integer, $8::date, $9::boolean, $10) RETURNING song_id",
        10};
    const char *v[VALUES];
    uint64_t genre_id;
    int rc = refer(tx, a, song, true, &genre_id, e);
    if (rc)
        return rc;
    values_of(a, song, genre_id, v);
    return sg_edit_insert(tx, &insert, v + 1, &song->song_id, e);
}

int sg_song_update(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                   bool new_album, struct sg_error *e)
{
    static const struct sg_pg_statement update = {
        "song_update",
        "UPDATE songs SET title = $3, album_id = $4::bigint, genre_id = $5::bigint, "
        "duration_s = $6::integer, track_no = $7::integer, disc_no = $8::integer, "
        "release_date = $9::date, explicit = $10::boolean, isrc = $11, version = version + 1, "
        "updated_at = now() WHERE song_id = $1::bigint AND artist_id = $2::bigint",
        11};
    const char *v[VALUES];
    uint64_t genre_id;
    int rc = refer(tx, a, song, new_album, &genre_id, e);
    if (rc)
        return rc;
    values_of(a, song, genre_id, v);
    return sg_tx_run(tx, &update, v, NULL, e);
}

int sg_song_credit(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_song_edit *song,
                   struct sg_error *e)
{
    static const struct sg_pg_statement drop = {
        "song_uncredit",
        "DELETE FROM song_artists WHERE artist_id = $1::bigint AND song_id = $2::bigint", 2};
    static const struct sg_pg_statement add = {
        "song_credit",
        "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id, role) "
        "SELECT $1::bigint, $2::bigint, n, (c->>'id')::bigint, c->>'role' "
        "FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS t (c, n)",
        3};
    const char *params[] = {sg_sql_u64(a, song->artist_id), sg_sql_u64(a, song->song_id),
                            credits_json(a, song)};
    int rc = sg_tx_run(tx, &drop, params, NULL, e);
    return rc ? rc : sg_tx_run(tx, &add, params, NULL, e);
}
