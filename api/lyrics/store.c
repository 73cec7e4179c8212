/* store.c - see store.h. */
#include "api/lyrics/store.h"
#include "api/catalogue/etag.h"
#include "api/db/db.h"
#include "api/lyrics/lines.h"
#include "core/log.h"
#include <stdio.h>

#define VERSION "(extract(epoch FROM updated_at) * 1000000)::bigint"

static struct sg_str cell(struct sg_arena *a, const PGresult *rows, int i, int column)
{
    if (PQgetisnull(rows, i, column))
        return SG_STR_NONE;
    return sg_arena_copy(
        a, (struct sg_str){PQgetvalue(rows, i, column), (size_t)PQgetlength(rows, i, column)});
}

static void number_text(char out[24], uint64_t v)
{
    snprintf(out, 24, "%llu", (unsigned long long)v);
}

static uint64_t number_of(const PGresult *rows, int i, int column)
{
    uint64_t v = 0;
    sg_str_to_u64(sg_str(PQgetvalue(rows, i, column)), &v);
    return v;
}

int sg_lyrics_languages(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                        struct sg_lyrics_list *out, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "lyrics_languages",
        "SELECT language FROM lyrics WHERE song_id = $1::bigint ORDER BY created_at, language "
        "LIMIT 100",
        1};
    char id[24];
    const char *params[] = {id};
    PGresult *rows = NULL;
    number_text(id, song_id);
    int rc = sg_db_read(api->db, q, &find, params, &rows, e);
    out->n = 0;
    for (int i = 0; !rc && i < PQntuples(rows); i++) {
        out->tags[out->n] = cell(q->arena, rows, i, 0);
        if (!out->tags[out->n++].p)
            rc = sg_fail(e, SG_ENOMEM, "lyrics");
    }
    PQclear(rows);
    return rc;
}

static int read_row(const PGresult *rows, struct sg_arena *a, struct sg_song_lyrics *out,
                    uint64_t *version, struct sg_error *e)
{
    out->language = cell(a, rows, 0, 0);
    out->kind = cell(a, rows, 0, 1);
    out->source = cell(a, rows, 0, 2);
    out->is_instrumental = *PQgetvalue(rows, 0, 3) == 't';
    *version = number_of(rows, 0, 4);
    out->updated_at = cell(a, rows, 0, 5);
    struct sg_str lines = cell(a, rows, 0, 6);
    if (!out->language.p || !out->kind.p || !out->updated_at.p || !lines.p)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    return sg_lines_parse(lines, a, &out->lyrics, e);
}

/* A row that somebody wrote past us and that is no lyrics is as good as none. */
static int no_lyrics(const char *id, const char *language, struct sg_error *e)
{
    sg_log(SG_LOG_WARN, "a row of lyrics is none", "song=%s language=%s", id, language);
    return sg_fail(e, SG_ENOENT, "song %s has no lyrics in %s that can be read", id, language);
}

int sg_lyrics_get(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                  struct sg_str language, struct sg_song_lyrics *out, uint64_t *version,
                  struct sg_error *e)
{
    static const struct sg_pg_statement get = {
        "lyrics_get",
        "SELECT language, kind, source, instrumental, " VERSION ", to_char(updated_at AT TIME ZONE "
        "'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), lines FROM lyrics "
        "WHERE song_id = $1::bigint AND language = $2",
        2};
    char id[24];
    struct sg_str tag = sg_arena_copy(q->arena, language);
    const char *params[] = {id, tag.p};
    PGresult *rows = NULL;
    if (!tag.p)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    number_text(id, song_id);
    int rc = sg_db_read(api->db, q, &get, params, &rows, e);
    sg_record_init(&sg_song_lyrics_record, out);
    out->song_id = song_id;
    if (!rc && PQntuples(rows) == 0)
        rc = sg_fail(e, SG_ENOENT, "song %s has no lyrics in %s", id, tag.p);
    if (!rc)
        rc = read_row(rows, q->arena, out, version, e);
    if (rc == SG_EINTERNAL)
        rc = no_lyrics(id, tag.p, e);
    PQclear(rows);
    return rc;
}

int sg_lyrics_owner(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                    uint64_t *user_id, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "lyrics_owner",
        "SELECT coalesce(a.user_id, 0) FROM songs s JOIN artists a USING (artist_id) "
        "WHERE s.song_id = $1::bigint",
        1};
    char id[24];
    const char *params[] = {id};
    PGresult *rows = NULL;
    number_text(id, song_id);
    int rc = sg_db_read(api->db, q, &find, params, &rows, e);
    if (!rc && PQntuples(rows) == 0)
        rc = sg_fail(e, SG_ENOENT, "there is no song %s", id);
    if (!rc)
        *user_id = number_of(rows, 0, 0);
    PQclear(rows);
    return rc;
}

/* --- changes --- */

/* Whether If-Match admits the change; blind: one that says nothing is admitted. */
static int precondition(struct sg_http_request *q, uint64_t version, bool blind, struct sg_error *e)
{
    struct sg_str told = sg_http_request_header(q, "If-Match");
    if (!version)
        return told.p ? sg_fail(e, SG_ECHANGED, "there are no lyrics to be changed") : 0;
    if (!told.p && !blind)
        return sg_fail(e, SG_EEXIST,
                       "there are lyrics already: send the ETag of what you have "
                       "read as If-Match");
    return sg_etag_check(q, version, e);
}

struct change {
    struct sg_http_request *q;
    const struct sg_song_lyrics *l; /* NULL: delete */
    const char *id, *language, *lines, *kind, *source;
};

/* 0: there is none. Also locks the song, so that it is there until the end. */
static int lock_row(struct sg_db_tx *tx, const struct change *c, uint64_t *version,
                    struct sg_error *e)
{
    static const struct sg_pg_statement song = {
        "lyrics_lock_song", "SELECT 1 FROM songs WHERE song_id = $1::bigint FOR KEY SHARE", 1};
    static const struct sg_pg_statement row = {
        "lyrics_lock",
        "SELECT " VERSION " FROM lyrics WHERE song_id = $1::bigint AND language = $2 FOR UPDATE",
        2};
    const char *params[] = {c->id, c->language};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, &song, params, &rows, e);
    if (!rc && PQntuples(rows) == 0)
        rc = sg_fail(e, SG_ENOENT, "there is no song %s", c->id);
    PQclear(rows);
    rows = NULL;
    if (!rc)
        rc = sg_tx_run(tx, &row, params, &rows, e);
    *version = !rc && PQntuples(rows) ? number_of(rows, 0, 0) : 0;
    PQclear(rows);
    return rc;
}

/* At most as many languages as the index searches (index/lyrics.h). */
static int insert(struct sg_db_tx *tx, const struct change *c, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "lyrics_insert",
        "INSERT INTO lyrics (song_id, language, lines, kind, source, instrumental) "
        "SELECT $1::bigint, $2, $3::jsonb, $4, $5, $6::boolean "
        "WHERE (SELECT count(*) FROM lyrics WHERE song_id = $1::bigint) < 20 "
        "ON CONFLICT DO NOTHING",
        6};
    const char *params[] = {c->id,   c->language, c->lines,
                            c->kind, c->source,   c->l->is_instrumental ? "t" : "f"};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, &put, params, &rows, e);
    if (!rc && strcmp(PQcmdTuples(rows), "1"))
        rc = sg_fail(e, SG_ECONFLICT,
                     "the song has lyrics in 20 languages, or somebody else just "
                     "wrote these");
    PQclear(rows);
    return rc;
}

static int update(struct sg_db_tx *tx, const struct change *c, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "lyrics_update",
        "UPDATE lyrics SET lines = $3::jsonb, kind = $4, source = $5, instrumental = $6::boolean "
        "WHERE song_id = $1::bigint AND language = $2",
        6};
    const char *params[] = {c->id,   c->language, c->lines,
                            c->kind, c->source,   c->l->is_instrumental ? "t" : "f"};
    return sg_tx_run(tx, &put, params, NULL, e);
}

static int put_within(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    const struct change *c = ctx;
    uint64_t version;
    int rc = lock_row(tx, c, &version, e);
    if (!rc)
        rc = precondition(c->q, version, false, e);
    if (rc)
        return rc;
    return version ? update(tx, c, e) : insert(tx, c, e);
}

static int delete_within(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {
        "lyrics_delete", "DELETE FROM lyrics WHERE song_id = $1::bigint AND language = $2", 2};
    const struct change *c = ctx;
    const char *params[] = {c->id, c->language};
    uint64_t version;
    int rc = lock_row(tx, c, &version, e);
    if (!rc && !version)
        rc = sg_fail(e, SG_ENOENT, "song %s has no lyrics in %s", c->id, c->language);
    if (!rc)
        rc = precondition(c->q, version, true, e);
    return rc ? rc : sg_tx_run(tx, &drop, params, NULL, e);
}

static const char *zero_ended(struct sg_arena *a, struct sg_str s)
{
    return s.p ? sg_arena_copy(a, s).p : NULL;
}

int sg_lyrics_put(struct sg_api *api, struct sg_http_request *q, const struct sg_song_lyrics *l,
                  struct sg_str lines, struct sg_error *e)
{
    char id[24];
    struct change c = {q,
                       l,
                       id,
                       zero_ended(q->arena, l->language),
                       zero_ended(q->arena, lines),
                       zero_ended(q->arena, l->kind),
                       zero_ended(q->arena, l->source)};
    number_text(id, l->song_id);
    if (!c.language || !c.lines || !c.kind)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    return sg_db_transact(api->db, q, put_within, &c, e);
}

int sg_lyrics_delete(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                     struct sg_str language, struct sg_error *e)
{
    char id[24];
    struct change c = {.q = q, .id = id, .language = zero_ended(q->arena, language)};
    number_text(id, song_id);
    if (!c.language)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    return sg_db_transact(api->db, q, delete_within, &c, e);
}
