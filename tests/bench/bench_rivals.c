/* bench_rivals.c - the same questions to Segue, PostgreSQL and SQLite in one run.
 *
 *   bench_rivals DSN QUERY_URL SQLITE_FILE SECONDS
 *
 * DSN is a database with a catalogue; a query server answers at QUERY_URL from
 * an index of the same catalogue. Builds PostgreSQL's full-text and trigram
 * indexes and SQLite's FTS5 over the same songs (timed), draws questions from
 * the catalogue (the same for all), asks each engine for at most SECONDS a kind
 * and prints a table. Rankings: Segue its own; PostgreSQL by popularity among
 * matches; SQLite bm25 - the cheapest useful order each of them offers.
 */
#include "core/clock.h"
#include "core/pg.h"
#include "core/rpc.h"
#include "core/text.h"
#include "schemas/search.h"
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PER_KIND = 2000, KINDS = 5, ENGINES = 4, WORDS = 60 };
static const char *const kind_names[KINDS] = {"known item", "one common word", "two common words",
                                              "as you type", "completion"};

struct questions {
    char *text[PER_KIND];
    size_t n;
};
struct result {
    double p50_us, p99_us, per_s;
    size_t asked;
};
struct bench {
    PGconn *pg;
    sqlite3 *sqlite;
    sqlite3_stmt *match, *complete;
    struct sg_rpc_client *segue;
    struct sg_arena arena;
    double seconds;
    int64_t took_us; /* said by the server itself */
    struct questions questions[KINDS];
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_rivals: %s: %s\n", what, why);
    exit(1);
}

static PGresult *pg(struct bench *b, const char *sql)
{
    PGresult *r = PQexec(b->pg, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
        die(sql, PQerrorMessage(b->pg));
    return r;
}

static double pg_number(struct bench *b, const char *sql)
{
    PGresult *r = pg(b, sql);
    double v = atof(PQgetvalue(r, 0, 0));
    PQclear(r);
    return v;
}

static void lite(struct bench *b, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(b->sqlite, sql, NULL, NULL, &why) != SQLITE_OK)
        die(sql, why);
}

/* Building. */

static double build_postgres(struct bench *b)
{
    int64_t from = sg_now_us();
    PQclear(pg(b, "SET maintenance_work_mem = '512MB'"));
    PQclear(pg(b, "CREATE EXTENSION IF NOT EXISTS pg_trgm"));
    PQclear(pg(b, "DROP TABLE IF EXISTS bench_docs"));
    PQclear(pg(
        b,
        "CREATE UNLOGGED TABLE bench_docs AS SELECT song_id, lower(s.title) AS title, play_count, "
        "to_tsvector('simple', s.title || ' ' || a.name || ' ' || coalesce(l.title, '')) AS words "
        "FROM songs s JOIN artists a USING (artist_id) LEFT JOIN albums l ON l.album_id = "
        "s.album_id"));
    PQclear(pg(b, "CREATE INDEX bench_words ON bench_docs USING gin (words)"));
    PQclear(pg(b, "CREATE INDEX bench_trigrams ON bench_docs USING gin (title gin_trgm_ops)"));
    PQclear(pg(b, "VACUUM ANALYZE bench_docs"));
    return (double)(sg_now_us() - from) / 1e6;
}

static void copy_songs(struct bench *b)
{
    sqlite3_stmt *insert;
    sqlite3_prepare_v2(b->sqlite,
                       "INSERT INTO docs (rowid, title, artist, album) VALUES (?, ?, ?, ?)", -1,
                       &insert, NULL);
    PQclear(pg(b,
               "BEGIN; DECLARE c CURSOR FOR SELECT song_id, s.title, a.name, coalesce(l.title, '') "
               "FROM songs s "
               "JOIN artists a USING (artist_id) LEFT JOIN albums l ON l.album_id = s.album_id"));
    for (int n = 1; n > 0;) {
        PGresult *r = pg(b, "FETCH 20000 FROM c");
        n = PQntuples(r);
        for (int i = 0; i < n; i++) {
            sqlite3_bind_int64(insert, 1, atoll(PQgetvalue(r, i, 0)));
            for (int k = 1; k < 4; k++)
                sqlite3_bind_text(insert, k + 1, PQgetvalue(r, i, k), -1, SQLITE_TRANSIENT);
            if (sqlite3_step(insert) != SQLITE_DONE)
                die("insert", sqlite3_errmsg(b->sqlite));
            sqlite3_reset(insert);
        }
        PQclear(r);
    }
    PQclear(pg(b, "COMMIT"));
    sqlite3_finalize(insert);
}

static double build_sqlite(struct bench *b, const char *path)
{
    int64_t from = sg_now_us();
    remove(path);
    if (sqlite3_open(path, &b->sqlite) != SQLITE_OK)
        die(path, sqlite3_errmsg(b->sqlite));
    lite(b, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; "
            "PRAGMA mmap_size = 8000000000");
    lite(b, "CREATE VIRTUAL TABLE docs USING fts5(title, artist, album, prefix = '1 2 3 4', "
            "tokenize = 'unicode61 remove_diacritics 2')");
    lite(b, "BEGIN");
    copy_songs(b);
    lite(b, "COMMIT; INSERT INTO docs(docs) VALUES ('optimize')");
    sqlite3_prepare_v2(b->sqlite,
                       "SELECT rowid FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT 20", -1,
                       &b->match, NULL);
    sqlite3_prepare_v2(b->sqlite,
                       "SELECT rowid, title FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT 8", -1,
                       &b->complete, NULL);
    return (double)(sg_now_us() - from) / 1e6;
}

/* Questions: folded text of known words, so that all three engines can take them. */

static void ask_for(struct questions *q, const char *text, size_t n)
{
    if (q->n < PER_KIND && n)
        q->text[q->n++] = strndup(text, n);
}

static void draw_items(struct bench *b)
{
    PGresult *r = pg(b, "SELECT s.title, a.name FROM songs s JOIN artists a USING (artist_id) "
                        "ORDER BY hashint8(song_id + 77), song_id LIMIT 2000");
    for (int i = 0; i < PQntuples(r); i++) {
        char title[SG_TEXT_MAX], artist[SG_TEXT_MAX], both[2 * SG_TEXT_MAX];
        size_t t = sg_text_fold(title, sizeof title, sg_str(PQgetvalue(r, i, 0)));
        size_t a = sg_text_fold(artist, sizeof artist, sg_str(PQgetvalue(r, i, 1)));
        int n = snprintf(both, sizeof both, "%.*s %.*s", (int)t, title, (int)a, artist);
        struct sg_str whole = {title, t};
        size_t typed = sg_utf8_prefix(whole, 1 + (size_t)i % 12);
        while (typed && title[typed - 1] == ' ') /* a rival's query may not end on a space */
            typed--;
        ask_for(&b->questions[0], both, (size_t)n);
        ask_for(&b->questions[3], title, typed);
        ask_for(&b->questions[4], title, typed);
    }
    PQclear(r);
}

static void draw_words(struct bench *b)
{
    PGresult *r =
        pg(b, "SELECT word FROM ts_stat('SELECT words FROM bench_docs WHERE song_id % 20 = 0') "
              "WHERE word ~ '^[a-z]{3,}$' ORDER BY ndoc DESC, word LIMIT 60");
    int n = PQntuples(r);
    for (int i = 0; i < n; i++)
        ask_for(&b->questions[1], PQgetvalue(r, i, 0), strlen(PQgetvalue(r, i, 0)));
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n && k < i + 9; k++) {
            char two[256];
            int len = snprintf(two, sizeof two, "%s %s", PQgetvalue(r, i, 0), PQgetvalue(r, k, 0));
            ask_for(&b->questions[2], two, (size_t)len);
        }
    PQclear(r);
}

/* Asking. */

/* "rock you" -> rock & you, the last one as a prefix when wanted. */
static void tsquery(char *out, size_t cap, const char *text, bool prefix)
{
    size_t n = 0;
    for (const char *p = text; *p && n + 8 < cap; p++)
        n += (size_t)snprintf(out + n, cap - n,
                              *p == ' '                      ? " & "
                              : strchr("'\\&|!():*<>\"", *p) ? ""
                                                             : "%c",
                              *p);
    snprintf(out + n, cap - n, "%s", prefix ? ":*" : "");
}

static void ask_postgres(struct bench *b, int kind, const char *text)
{
    char query[4096];
    const char *params[] = {query};
    const char *sql = "SELECT song_id FROM bench_docs WHERE words @@ to_tsquery('simple', $1) "
                      "ORDER BY play_count DESC LIMIT 20";
    if (kind == 4) {
        snprintf(query, sizeof query, "%s%%", text);
        sql = "SELECT song_id, title FROM bench_docs WHERE title LIKE $1 ORDER BY play_count DESC "
              "LIMIT 8";
    } else {
        tsquery(query, sizeof query, text, kind == 3);
    }
    PGresult *r = PQexecParams(b->pg, sql, 1, NULL, params, NULL, NULL, 0);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die(query, PQerrorMessage(b->pg));
    PQclear(r);
}

/* Every word quoted, so that none is read as syntax. */
static void ask_sqlite(struct bench *b, int kind, const char *text)
{
    char query[4096];
    size_t n = (size_t)snprintf(query, sizeof query, "\"");
    for (const char *p = text; *p && n + 8 < sizeof query; p++)
        n += (size_t)snprintf(query + n, sizeof query - n,
                              *p == ' '   ? "\" \""
                              : *p == '"' ? ""
                                          : "%c",
                              *p);
    snprintf(query + n, sizeof query - n, kind >= 3 ? "\"*" : "\"");
    sqlite3_stmt *s = kind == 4 ? b->complete : b->match;
    sqlite3_bind_text(s, 1, query, -1, SQLITE_TRANSIENT);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        ;
    if (rc != SQLITE_DONE)
        die(query, sqlite3_errmsg(b->sqlite));
    sqlite3_reset(s);
}

static void ask_segue(struct bench *b, int kind, const char *text)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str song = SG_STR("song");
    int64_t deadline = sg_now_us() + 60000000;
    int rc;
    sg_arena_reset(&b->arena);
    if (kind == 4) {
        struct sg_suggest_request r;
        struct sg_suggest_reply reply;
        sg_record_init(&sg_suggest_request_record, &r);
        r.q = sg_str(text);
        rc = sg_rpc_call(b->segue, SG_METHOD_SUGGEST, &sg_suggest_request_record, &r,
                         &sg_suggest_reply_record, &reply, &b->arena, deadline, SG_STR_NONE, &e);
        b->took_us = reply.took_us;
    } else {
        struct sg_search_request r;
        struct sg_search_reply reply;
        sg_record_init(&sg_search_request_record, &r);
        r.q = sg_str(text);
        r.types = (struct sg_list){&song, 1};
        r.prefix = kind == 3;
        rc = sg_rpc_call(b->segue, SG_METHOD_SEARCH, &sg_search_request_record, &r,
                         &sg_search_reply_record, &reply, &b->arena, deadline, SG_STR_NONE, &e);
        b->took_us = reply.took_us;
    }
    if (rc)
        die(text, e.text);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct result summary(double *us, size_t n, double seconds)
{
    qsort(us, n, sizeof *us, by_size);
    return (struct result){us[n / 2], us[n * 99 / 100], (double)n / seconds, n};
}

/* engine: 0 Segue with the way to it, 1 Segue as its server says, 2 PostgreSQL, 3 SQLite. */
static struct result ask_kind(struct bench *b, int engine, int kind)
{
    static double us[PER_KIND];
    const struct questions *q = &b->questions[kind];
    int64_t begin = sg_now_us(), end = begin + (int64_t)(b->seconds * 1e6);
    size_t n = 0;
    while (n < q->n && sg_now_us() < end) {
        int64_t from = sg_now_us();
        if (engine == 2)
            ask_postgres(b, kind, q->text[n]);
        else if (engine == 3)
            ask_sqlite(b, kind, q->text[n]);
        else
            ask_segue(b, kind, q->text[n]);
        us[n++] = engine == 1 ? (double)b->took_us : (double)(sg_now_us() - from);
    }
    return summary(us, n, (double)(sg_now_us() - begin) / 1e6);
}

static void print_kind(struct bench *b, int kind)
{
    static const char *const names[ENGINES] = {"Segue, over nng", "Segue, in the server",
                                               "PostgreSQL", "SQLite FTS5"};
    for (int engine = 0; engine < ENGINES; engine++) {
        (void)ask_kind(b, engine, kind); /* warm */
        struct result r = ask_kind(b, engine, kind);
        printf("%-17s %-21s p50 %9.0f us   p99 %9.0f us   %8.0f/s of one asker   (%zu asked)\n",
               kind_names[kind], names[engine], r.p50_us, r.p99_us,
               engine == 1 ? 1e6 / (r.p50_us > 1 ? r.p50_us : 1) : r.per_s, r.asked);
    }
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct sg_error e = SG_ERROR_INIT;
    struct stat st;
    if (argc != 5)
        die("usage", "bench_rivals DSN QUERY_URL SQLITE_FILE SECONDS");
    b.seconds = atof(argv[4]);
    if (sg_pg_connect(&b.pg, argv[1], &e) || sg_rpc_client_open(&b.segue, argv[2], &e))
        die("open", e.text);
    double songs = pg_number(&b, "SELECT count(*) FROM songs");
    double s = build_postgres(&b);
    printf("build %-21s %9.0f songs/s   %6.0f bytes/song\n", "PostgreSQL", songs / s,
           pg_number(&b, "SELECT pg_total_relation_size('bench_docs')") / songs);
    s = build_sqlite(&b, argv[3]);
    if (stat(argv[3], &st))
        die(argv[3], "no file");
    printf("build %-21s %9.0f songs/s   %6.0f bytes/song\n", "SQLite FTS5", songs / s,
           (double)st.st_size / songs);
    draw_items(&b);
    draw_words(&b);
    for (int kind = 0; kind < KINDS; kind++)
        print_kind(&b, kind);
    printf("memory %-20s %9.1f MB (page cache of this connection)\n", "SQLite FTS5",
           (double)sqlite3_memory_used() / 1e6);
    for (int kind = 0; kind < KINDS; kind++)
        while (b.questions[kind].n)
            free(b.questions[kind].text[--b.questions[kind].n]);
    sqlite3_finalize(b.match);
    sqlite3_finalize(b.complete);
    sqlite3_close(b.sqlite);
    PQfinish(b.pg);
    sg_rpc_client_close(b.segue);
    sg_arena_free(&b.arena);
    return 0;
}
