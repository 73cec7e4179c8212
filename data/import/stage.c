/* stage.c - see stage.h. */
#include "data/import/stage.h"
#include "core/pg.h"
#include "data/import/merge.h"
#include <inttypes.h>

#define ROWS_MAX  20000
#define BYTES_MAX (24u << 20)
#define NONE      UINT32_MAX

const char *const sg_import_kind_names[SG_I_KINDS] = {
    "genres", "artists", "albums",    "songs",          "song artists", "aliases",
    "tags",   "users",   "playlists", "playlist songs", "follows"};

static const struct {
    const char *name, *columns; /* after "line bigint" */
    size_t n;
} tables[SG_STAGE_TABLES] = {
    [SG_STAGE_KEY] = {"s_key", "kind text, key text, external_id text", 3},
    [SG_STAGE_GENRE] = {"s_genre", "name text", 1},
    [SG_STAGE_ARTIST] = {"s_artist", "key text, name text, image_url text", 3},
    [SG_STAGE_ALBUM] = {"s_album",
                        "key text, title text, artist_key text, release_date date,"
                        " cover_art_url text, keep_artist boolean",
                        6},
    [SG_STAGE_SONG] = {"s_song",
                       "key text, title text, album_key text, genre text, duration_s integer,"
                       " track_no integer, release_date date, explicit boolean, play_count bigint",
                       9},
    [SG_STAGE_CREDIT] = {"s_credit", "key text, position smallint, artist_key text, role text", 4},
    [SG_STAGE_ALIAS] = {"s_alias", "kind text, key text, alias text, hint boolean", 4},
    [SG_STAGE_TAG] = {"s_tag", "kind text, key text, tag text, uses integer", 4},
    [SG_STAGE_USER] = {"s_user", "email text, display_name text", 2},
    [SG_STAGE_PLAYLIST] = {"s_playlist",
                           "key text, email text, name text, description text, followers bigint",
                           5},
    [SG_STAGE_ENTRY] = {"s_entry",
                        "playlist_key text, position text COLLATE \"C\", song_key text,"
                        " added_at timestamptz",
                        4},
    [SG_STAGE_FOLLOW] = {"s_follow", "email text, target_email text", 2},
    [SG_STAGE_DELETE] = {"s_delete", "kind text, key text", 2},
};

void sg_reject(struct sg_rejects *r, const char *path, uint64_t line, const char *fmt, ...)
{
    char why[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    for (char *p = why; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    if (!r->n++)
        snprintf(r->first, sizeof r->first, "%s:%" PRIu64 ": %s", path, line, why);
    if (r->to)
        fprintf(r->to, "%s:%" PRIu64 "\t%s\n", path, line, why);
}

int sg_stage_init(struct sg_stage *s, PGconn *c, struct sg_rejects *rejects, struct sg_error *e)
{
    *s = (struct sg_stage){.c = c, .rejects = rejects, .path = ""};
    int rc = 0;
    for (size_t t = 0; c && !rc && t < SG_STAGE_TABLES; t++) {
        char sql[512];
        snprintf(sql, sizeof sql, "CREATE TEMP TABLE %s (line bigint, %s) ON COMMIT DELETE ROWS",
                 tables[t].name, tables[t].columns);
        rc = sg_pg_exec(c, sql, 0, NULL, NULL, e);
    }
    return rc || !c ? rc : sg_pg_exec(c, "SET synchronous_commit = off", 0, NULL, NULL, e);
}

void sg_stage_fini(struct sg_stage *s)
{
    for (size_t t = 0; t < SG_STAGE_TABLES; t++)
        sg_buf_free(&s->cells[t]);
}

static void put_cell(struct sg_buf *b, struct sg_str cell)
{
    uint32_t n = cell.p ? (uint32_t)cell.n : NONE;
    sg_buf_put(b, &n, sizeof n);
    if (cell.p)
        sg_buf_put(b, cell.p, cell.n);
}

void sg_stage_put(struct sg_stage *s, enum sg_stage_table table, uint64_t line,
                  const struct sg_str *cells, size_t n)
{
    struct sg_buf *b = &s->cells[table];
    size_t before = b->n;
    sg_buf_put(b, &line, sizeof line);
    for (size_t i = 0; i < tables[table].n; i++)
        put_cell(b, i < n ? cells[i] : SG_STR_NONE);
    s->rows[table]++;
    s->n_rows++;
    s->n_bytes += b->n - before;
}

bool sg_stage_full(const struct sg_stage *s)
{
    return s->n_rows >= ROWS_MAX || s->n_bytes >= BYTES_MAX;
}

static void reset(struct sg_stage *s)
{
    for (size_t t = 0; t < SG_STAGE_TABLES; t++) {
        sg_buf_reset(&s->cells[t]);
        s->rows[t] = 0;
    }
    s->n_rows = s->n_bytes = 0;
}

static const char *take(const char *p, void *out, size_t n)
{
    memcpy(out, p, n);
    return p + n;
}

static int copy_rows(struct sg_stage *s, size_t t, struct sg_pg_copy *w, struct sg_error *e)
{
    const char *p = s->cells[t].p;
    int rc = 0;
    for (size_t row = 0; !rc && row < s->rows[t]; row++) {
        uint64_t line;
        uint32_t n;
        p = take(p, &line, sizeof line);
        sg_pg_copy_i64(w, (int64_t)line);
        for (size_t i = 0; i < tables[t].n; i++) {
            p = take(p, &n, sizeof n);
            sg_pg_copy_text(w, n == NONE ? SG_STR_NONE : (struct sg_str){p, n});
            p += n == NONE ? 0 : n;
        }
        rc = sg_pg_copy_row(w, e);
    }
    return rc;
}

/* What COPY would refuse, and with it the whole batch. */
static int check_rows(const struct sg_stage *s, size_t t, struct sg_error *e)
{
    const char *p = s->cells[t].p;
    if (sg_buf_failed(&s->cells[t]))
        return sg_fail(e, SG_ENOMEM, "staging");
    for (size_t row = 0; row < s->rows[t]; row++) {
        uint64_t line;
        uint32_t n;
        p = take(p, &line, sizeof line);
        for (size_t i = 0; i < tables[t].n; i++) {
            p = take(p, &n, sizeof n);
            struct sg_str cell = {p, n == NONE ? 0 : n};
            if (!sg_str_is_utf8(cell) || memchr(cell.p, 0, cell.n))
                return sg_fail(e, SG_EINTERNAL, "line %" PRIu64 ": a cell of %s is no text", line,
                               tables[t].name);
            p += cell.n;
        }
    }
    return 0;
}

static int check(struct sg_stage *s, struct sg_error *e)
{
    int rc = 0;
    for (size_t t = 0; !rc && t < SG_STAGE_TABLES; t++)
        if (s->rows[t])
            rc = check_rows(s, t, e);
    reset(s);
    return rc;
}

static int copy_table(struct sg_stage *s, size_t t, struct sg_error *e)
{
    char sql[64];
    struct sg_pg_copy *w;
    if (sg_buf_failed(&s->cells[t]))
        return sg_fail(e, SG_ENOMEM, "staging");
    snprintf(sql, sizeof sql, "COPY %s FROM STDIN", tables[t].name);
    int rc = sg_pg_copy_begin(&w, s->c, sql, e);
    if (rc)
        return rc;
    rc = copy_rows(s, t, w, e);
    if (!rc)
        return sg_pg_copy_end(w, e);
    sg_pg_copy_abort(w);
    return rc;
}

static int write_checkpoint(PGconn *c, const struct sg_checkpoint *at, struct sg_error *e)
{
    char size[24], modified[24], line[24];
    snprintf(size, sizeof size, "%" PRId64, at->size_bytes);
    snprintf(modified, sizeof modified, "%" PRId64, at->modified_us);
    snprintf(line, sizeof line, "%" PRIu64, at->line);
    const char *params[] = {at->source, at->path, size, modified, line, at->finished ? "t" : "f"};
    return sg_pg_exec(c,
                      "INSERT INTO import_progress AS p"
                      " (source, path, size_bytes, modified_us, line, finished)"
                      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source, path) DO UPDATE SET"
                      " size_bytes = excluded.size_bytes, modified_us = excluded.modified_us,"
                      " line = excluded.line, finished = excluded.finished, updated_at = now()",
                      6, params, NULL, e);
}

/* Without statistics the planner takes a temporary table for a handful of rows
 * and joins in loops. */
static int analyze(struct sg_stage *s, struct sg_error *e)
{
    char sql[512] = "ANALYZE";
    size_t n = strlen(sql);
    for (size_t t = 0; t < SG_STAGE_TABLES; t++)
        if (s->rows[t])
            n += (size_t)snprintf(sql + n, sizeof sql - n, "%s %s", n > 7 ? "," : "",
                                  tables[t].name);
    return sg_pg_exec(s->c, sql, 0, NULL, NULL, e);
}

static int merge(struct sg_stage *s, const struct sg_checkpoint *at, struct sg_error *e)
{
    int rc = 0;
    for (size_t t = 0; !rc && t < SG_STAGE_TABLES; t++)
        if (s->rows[t])
            rc = copy_table(s, t, e);
    if (!rc && s->n_rows)
        rc = analyze(s, e);
    if (!rc && s->n_rows)
        rc = sg_merge(s, e);
    if (!rc && at)
        rc = write_checkpoint(s->c, at, e);
    return rc;
}

int sg_stage_flush(struct sg_stage *s, const struct sg_checkpoint *at, struct sg_error *e)
{
    if (!s->c)
        return check(s, e);
    int rc = sg_pg_exec(s->c, "BEGIN", 0, NULL, NULL, e);
    if (rc)
        return rc;
    rc = merge(s, at, e);
    if (!rc)
        rc = sg_pg_exec(s->c, "COMMIT", 0, NULL, NULL, e);
    else
        sg_pg_exec(s->c, "ROLLBACK", 0, NULL, NULL, NULL);
    reset(s);
    return rc;
}

int sg_checkpoint_read(PGconn *c, struct sg_checkpoint *at, struct sg_error *e)
{
    char size[24], modified[24];
    snprintf(size, sizeof size, "%" PRId64, at->size_bytes);
    snprintf(modified, sizeof modified, "%" PRId64, at->modified_us);
    const char *params[] = {at->source, at->path, size, modified};
    PGresult *r = NULL;
    at->line = 0;
    at->finished = false;
    if (!c)
        return 0;
    int rc = sg_pg_exec(c,
                        "SELECT line, finished FROM import_progress WHERE source = $1 AND path = $2"
                        " AND size_bytes = $3 AND modified_us = $4",
                        4, params, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r) == 1)
        sg_str_to_u64(sg_str(PQgetvalue(r, 0, 0)), &at->line);
    at->finished = PQntuples(r) == 1 && PQgetvalue(r, 0, 1)[0] == 't';
    PQclear(r);
    return 0;
}
