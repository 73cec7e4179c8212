/* song_rows.c - see song_rows.h. */
#include "api/catalogue/song_rows.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/rows.h"

#define DATE    "coalesce(s.release_date, al.release_date)"
#define MARKETS SG_SQL_MARKETS("song", "s.song_id")
#define ALIASES SG_SQL_ALIASES("song", "s.song_id")
#define CREATED SG_SQL_TIME("s.created_at")
#define UPDATED SG_SQL_TIME("s.updated_at")

int sg_song_lock(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                 struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "song_lock",
        "SELECT s.version, coalesce(a.user_id, 0), "
        "coalesce(coalesce(s.release_date, al.release_date) > CURRENT_DATE, false) "
        "FROM songs s JOIN artists a USING (artist_id) "
        "LEFT JOIN albums al ON al.album_id = s.album_id "
        "WHERE s.song_id = $1::bigint FOR UPDATE OF s",
        1};
    return sg_edit_lock(tx, a, &lock, "song", id, out, e);
}

int sg_song_row(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_song_edit *out,
                uint64_t *version, struct sg_error *e)
{
    static const struct sg_pg_statement read = {
        "song_row",
        "SELECT json_build_object('song_id', s.song_id, 'artist_id', s.artist_id, "
        "'title', s.title, 'credits', (SELECT json_agg(json_build_object('artist_id', "
        "c.credited_artist_id, 'name', n.name, 'role', c.role) ORDER BY c.position) "
        "FROM song_artists c JOIN artists n ON n.artist_id = c.credited_artist_id "
        "WHERE c.song_id = s.song_id AND c.position < 50), "
        "'album_id', s.album_id, 'genre', g.name, 'duration', s.duration_s, "
        "'track_no', s.track_no, 'disc_no', s.disc_no, 'release_date', "
        "to_char(s.release_date, 'YYYY-MM-DD'), 'explicit', s.explicit, 'isrc', s.isrc, " MARKETS
        ", " ALIASES ", 'upcoming', coalesce(" DATE " > CURRENT_DATE, false), "
        "'play_count', s.play_count, 'created_at', " CREATED ", 'updated_at', " UPDATED "), "
        "s.version FROM songs s LEFT JOIN genres g USING (genre_id) "
        "LEFT JOIN albums al ON al.album_id = s.album_id WHERE s.song_id = $1::bigint",
        1};
    return sg_edit_row(tx, a, &read, "song", id, &sg_song_edit_record, out, version, e);
}

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

int sg_song_refer(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                  bool new_album, struct sg_song_refs *out, struct sg_error *e)
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
        out->genre_id = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

enum { VALUES = 11 };

static void values_of(struct sg_arena *a, const struct sg_song_edit *s,
                      const struct sg_song_refs *refs, const char *v[VALUES])
{
    v[1] = sg_sql_u64(a, s->artist_id);
    v[2] = sg_sql_str(a, s->title);
    v[3] = sg_sql_some(a, s->album_id);
    v[4] = sg_sql_some(a, refs->genre_id);
    v[5] = sg_sql_some(a, (uint64_t)s->duration);
    v[6] = sg_sql_some(a, (uint64_t)s->track_no);
    v[7] = sg_sql_some(a, (uint64_t)s->disc_no);
    v[8] = sg_sql_str(a, s->release_date);
    v[9] = sg_sql_bool(s->is_explicit);
    v[10] = sg_sql_str(a, s->isrc);
}

int sg_song_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                   const struct sg_song_refs *refs, struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "song_insert",
        "INSERT INTO songs (artist_id, title, album_id, genre_id, duration_s, track_no, disc_no, "
        "release_date, explicit, isrc) VALUES ($1::bigint, $2, $3::bigint, $4::bigint, "
        "$5::integer, $6::integer, $7::integer, $8::date, $9::boolean, $10) RETURNING song_id",
        10};
    const char *v[VALUES];
    PGresult *r = NULL;
    values_of(a, song, refs, v);
    int rc = sg_tx_run(tx, &insert, v + 1, &r, e);
    if (!rc)
        song->song_id = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

int sg_song_update(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_song_edit *song,
                   const struct sg_song_refs *refs, struct sg_error *e)
{
    static const struct sg_pg_statement update = {
        "song_update",
        "UPDATE songs SET title = $3, album_id = $4::bigint, genre_id = $5::bigint, "
        "duration_s = $6::integer, track_no = $7::integer, disc_no = $8::integer, "
        "release_date = $9::date, explicit = $10::boolean, isrc = $11, version = version + 1, "
        "updated_at = now() WHERE song_id = $1::bigint AND artist_id = $2::bigint",
        11};
    const char *v[VALUES];
    values_of(a, song, refs, v);
    v[0] = sg_sql_u64(a, song->song_id);
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

int sg_song_delete(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {"song_delete",
                                                "DELETE FROM songs WHERE song_id = $1::bigint", 1};
    return sg_tx_run(tx, &drop, (const char *const[]){sg_sql_u64(a, id)}, NULL, e);
}
