/* source_pg.c - see source_pg.h. */
#include "indexer/source_pg.h"
#include "core/log.h"
#include "indexer/aliases.h"

static int run(PGconn *c, const char *sql, struct sg_error *e)
{
    return sg_pg_exec(c, sql, 0, NULL, NULL, e);
}

static int has_rows(PGconn *c, const char *sql, bool *out, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c, sql, 0, NULL, &r, e);
    *out = !rc && PQntuples(r) > 0;
    PQclear(r);
    return rc;
}

int sg_source_pg_publication(PGconn *c, struct sg_error *e)
{
    bool there;
    int rc =
        has_rows(c, "SELECT 1 WHERE to_regclass('public.popular_queries') IS NOT NULL", &there, e);
    if (!rc && !there)
        rc = sg_fail(e, SG_EINVAL, "the database's schema is too old: run segue-data migrate");
    if (!rc)
        rc = has_rows(c, "SELECT 1 FROM pg_publication WHERE pubname = '" SG_PUBLICATION "'",
                      &there, e);
    if (rc || there)
        return rc;
    sg_log(SG_LOG_INFO, "publication made", "name=%s", SG_PUBLICATION);
    return run(c,
               "CREATE PUBLICATION " SG_PUBLICATION
               " FOR TABLE genres, artists, albums, songs, song_artists, playlists, "
               "aliases, search_rules, search_synonyms, search_stop_words, availability, "
               "popular_queries, lyrics (song_id, language, lines)",
               e);
}

int sg_source_pg_begin(PGconn *c, const char *snapshot, struct sg_error *e)
{
    int rc = run(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e);
    struct sg_buf sql = {0};
    if (!rc && snapshot) {
        sg_buf_printf(&sql, "SET TRANSACTION SNAPSHOT '%s'", snapshot);
        sg_buf_putc(&sql, '\0');
        rc = sg_buf_failed(&sql) ? sg_fail(e, SG_ENOMEM, "snapshot") : run(c, sql.p, e);
    }
    sg_buf_free(&sql);
    if (!rc)
        rc = run(c, "SET LOCAL datestyle = ISO", e);
    /* Enough to sort or hash a few million credits without many spills. */
    return rc ? rc : run(c, "SET LOCAL work_mem = '64MB'", e);
}

static const char *order_column(enum sg_table t)
{
    static const char *const names[] = {"song_id", "artist_id", "album_id", "playlist_id",
                                        "genre_id"};
    return names[t];
}

static bool has_aliases(enum sg_table t)
{
    return t == SG_TABLE_SONGS || t == SG_TABLE_ARTISTS || t == SG_TABLE_ALBUMS;
}

static void join_aliases(enum sg_table t, struct sg_buf *sql)
{
    static const char list[] = "string_agg(alias, E'\\x1f' ORDER BY alias COLLATE \"C\") FILTER";
    sg_buf_printf(sql,
                  " LEFT JOIN (SELECT id, %s (WHERE NOT hint) AS aliases, %s (WHERE hint) AS hints "
                  "FROM public.aliases WHERE kind = '%s' GROUP BY id) a ON a.id = t.%s",
                  list, list, sg_kind_names[t], order_column(t));
}

static void query_of(enum sg_table t, bool by_id, struct sg_buf *sql)
{
    sg_buf_puts(sql, "SELECT ");
    sg_row_select(t, "t", sql);
    if (has_aliases(t))
        sg_buf_puts(sql, ", a.aliases, a.hints");
    if (t == SG_TABLE_SONGS)
        sg_buf_puts(sql, ", c.credits");
    sg_buf_printf(sql, " FROM public.%s t", sg_table_name(t));
    if (has_aliases(t))
        join_aliases(t, sql);
    if (t == SG_TABLE_SONGS)
        sg_buf_puts(sql, " LEFT JOIN (SELECT artist_id, song_id, string_agg(position || ':' || "
                         "credited_artist_id, ',') AS credits FROM public.song_artists "
                         "GROUP BY artist_id, song_id) c "
                         "ON c.artist_id = t.artist_id AND c.song_id = t.song_id");
    if (t == SG_TABLE_PLAYLISTS)
        sg_buf_puts(sql, " WHERE t.is_public");
    if (by_id)
        sg_buf_printf(sql, " ORDER BY t.%s", order_column(t));
    sg_buf_putc(sql, '\0');
}

struct reading {
    enum sg_table table;
    sg_source_row_fn fn;
    void *ctx;
    size_t columns;
    struct sg_arena arena; /* of one row */
};

static int read_credits(struct reading *r, const struct sg_str *cell, struct sg_row *row,
                        struct sg_credits *credits, struct sg_error *e)
{
    int rc = sg_credits_parse(credits, *cell, &r->arena, e);
    credits->lead = row->lead;
    return rc ? rc : sg_credits_list(credits, &row->v.song.artist_ids, &r->arena, e);
}

static int read_aliases(struct reading *r, const struct sg_str *cells, struct sg_row *row,
                        struct sg_error *e)
{
    enum sg_kind kind = (enum sg_kind)r->table;
    int rc = sg_aliases_parse(cells[0], sg_aliases_of(kind, &row->v, false), &r->arena, e);
    return rc ? rc : sg_aliases_parse(cells[1], sg_aliases_of(kind, &row->v, true), &r->arena, e);
}

static int on_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    struct sg_row row;
    struct sg_credits credits = {0};
    bool song = r->table == SG_TABLE_SONGS, aliases = has_aliases(r->table);
    if (n != r->columns + 2 * aliases + song)
        return sg_fail(e, SG_ECORRUPT, "%s: %zu columns", sg_table_name(r->table), n);
    sg_arena_reset(&r->arena);
    int rc = sg_row_read(r->table, cells, &row, e);
    if (!rc && aliases)
        rc = read_aliases(r, &cells[r->columns], &row, e);
    if (!rc && song)
        rc = read_credits(r, &cells[n - 1], &row, &credits, e);
    if (rc == SG_EINVAL) {
        sg_log(SG_LOG_WARN, "row skipped", "table=%s id=%.*s why=%s", sg_table_name(r->table),
               SG_FMT(cells[0]), e ? e->text : "");
        return 0;
    }
    return rc ? rc : r->fn(r->ctx, r->table, &row, song ? &credits : NULL, e);
}

int sg_source_pg_each(PGconn *c, enum sg_table t, bool by_id, sg_source_row_fn fn, void *ctx,
                      struct sg_error *e)
{
    const char *names[SG_ROW_COLUMNS];
    struct reading r = {t, fn, ctx, sg_row_columns(t, names), {0}};
    struct sg_buf sql = {0};
    query_of(t, by_id, &sql);
    int rc = sg_buf_failed(&sql) ? sg_fail(e, SG_ENOMEM, "query")
                                 : sg_pg_copy_out(c, sql.p, on_row, &r, e);
    sg_buf_free(&sql);
    sg_arena_free(&r.arena);
    return rc;
}

static int row_of_result(PGresult *res, enum sg_table t, struct sg_row *row, struct sg_arena *a,
                         struct sg_error *e)
{
    struct sg_str cells[SG_ROW_COLUMNS];
    int n = PQnfields(res);
    for (int i = 0; i < n && i < SG_ROW_COLUMNS; i++)
        cells[i] = PQgetisnull(res, 0, i)
                       ? SG_STR_NONE
                       : (struct sg_str){PQgetvalue(res, 0, i), (size_t)PQgetlength(res, 0, i)};
    int rc = sg_row_read(t, cells, row, e);
    return rc ? rc : sg_record_own(sg_table_record(t), &row->v, a, e);
}

int sg_source_pg_row(PGconn *c, enum sg_table t, uint64_t id, struct sg_row *row,
                     struct sg_arena *a, struct sg_error *e)
{
    struct sg_buf sql = {0};
    char text[24];
    const char *param = text;
    PGresult *res = NULL;
    snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    sg_buf_puts(&sql, "SELECT ");
    sg_row_select(t, "t", &sql);
    sg_buf_printf(&sql, " FROM public.%s t WHERE t.%s = $1", sg_table_name(t), order_column(t));
    sg_buf_putc(&sql, '\0');
    int rc = sg_buf_failed(&sql) ? sg_fail(e, SG_ENOMEM, "query")
                                 : sg_pg_exec(c, sql.p, 1, &param, &res, e);
    if (!rc && PQntuples(res) == 0)
        rc = sg_fail(e, SG_ENOENT, "%s %s", sg_table_name(t), text);
    if (!rc)
        rc = row_of_result(res, t, row, a, e);
    if (res)
        PQclear(res);
    sg_buf_free(&sql);
    return rc;
}

static int one_cell(PGconn *c, const char *sql, int n, const char *const *params, char out[64],
                    struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c, sql, n, params, &r, e);
    if (!rc && (PQntuples(r) != 1 || PQgetisnull(r, 0, 0)))
        rc = sg_fail(e, SG_ENOENT, "no row: %s", sql);
    if (!rc)
        snprintf(out, 64, "%s", PQgetvalue(r, 0, 0));
    if (r)
        PQclear(r);
    return rc;
}

uint64_t sg_source_pg_estimate(PGconn *c, enum sg_table t)
{
    char cell[64];
    uint64_t n = 0;
    const char *name = sg_table_name(t);
    int rc = one_cell(c,
                      "SELECT greatest(reltuples, 0)::bigint FROM pg_class "
                      "WHERE oid = ('public.' || $1)::regclass",
                      1, &name, cell, NULL);
    return !rc && sg_str_to_u64(sg_str(cell), &n) ? n : 0;
}

int sg_source_pg_lsn(PGconn *c, uint64_t *lsn, struct sg_error *e)
{
    char cell[64];
    int rc = one_cell(c, "SELECT pg_current_wal_lsn()", 0, NULL, cell, e);
    if (!rc && !sg_lsn_parse(sg_str(cell), lsn))
        rc = sg_fail(e, SG_ECORRUPT, "not an LSN: %s", cell);
    return rc;
}
