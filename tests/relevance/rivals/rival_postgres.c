/* rival_postgres.c - PostgreSQL: full text and pg_trgm together.
 *
 * One row an item: its words (to_tsvector 'simple', without accents, GIN) and
 * its name "title artists aliases" (trigrams, GIN). A search takes what holds
 * all words, the last one as a prefix, or is similar enough (pg_trgm's default
 * 0.3), and orders by similarity, one more for all words, then by plays. A completion is a
 * range of names by plays, then as a search.
 */
#include "tests/relevance/rivals/harness.h"
#include "tests/support/pg.h"
#include <stdlib.h>
#include <string.h>

struct rival_pg {
    PGconn *c;
    int batch;
};

static PGresult *run(struct rival_pg *p, const char *sql)
{
    PGresult *r = PQexec(p->c, sql);
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK && s != PGRES_COPY_IN)
        rival_die(sql, PQerrorMessage(p->c));
    return r;
}

static void put_cell(struct rival_pg *p, const char *text, char end)
{
    char out[16384];
    size_t n = 0;
    for (; *text && n + 4 < sizeof out; text++) {
        if (strchr("\\\n\t\r", *text))
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n++] = end;
    if (PQputCopyData(p->c, out, (int)n) != 1)
        rival_die("copy", PQerrorMessage(p->c));
}

static void add(void *ctx, const struct rival_item *i)
{
    struct rival_pg *p = ctx;
    char plays[32];
    snprintf(plays, sizeof plays, "%llu", (unsigned long long)i->plays);
    put_cell(p, i->id, '\t');
    put_cell(p, i->kind, '\t');
    put_cell(p, i->title, '\t');
    put_cell(p, i->artists, '\t');
    put_cell(p, i->album, '\t');
    put_cell(p, i->aliases, '\t');
    put_cell(p, plays, '\n');
}

static void built(void *ctx, struct rival *r)
{
    static const char *const steps[] = {
        "CREATE UNLOGGED TABLE docs AS SELECT id, kind, plays, lower(unaccent(concat_ws(' ', "
        "title, "
        "artists, nullif(aliases, '')))) AS name, to_tsvector('simple', unaccent(concat_ws(' ', "
        "title, artists, album, aliases))) AS words FROM raw",
        "CREATE INDEX ON docs USING gin (words)",
        "CREATE INDEX ON docs USING gin (name gin_trgm_ops)",
        "CREATE INDEX ON docs (name text_pattern_ops)",
        "VACUUM ANALYZE docs",
        "PREPARE complete AS SELECT id FROM docs WHERE name LIKE replace(lower(unaccent($1)), '%', "
        "'') || '%' AND ($2 = '' OR kind = $2) ORDER BY plays DESC LIMIT 5",
        "PREPARE search AS SELECT id FROM (SELECT id, plays, similarity(name, q) + coalesce(words "
        "@@ "
        "t, false)::int AS score FROM docs, (SELECT lower(unaccent($1)) AS q, to_tsquery('simple', "
        "nullif(regexp_replace(trim(regexp_replace(unaccent($1), '[^[:alnum:]]+', ' ', "
        "'g')), ' ', ' & ', 'g'), '') || ':*') AS t) x WHERE (words @@ t OR name % q) AND ($2 = '' "
        "OR kind = $2)) y ORDER BY score DESC, plays DESC LIMIT 10"};
    struct rival_pg *p = ctx;
    if (PQputCopyEnd(p->c, NULL) != 1)
        rival_die("copy", PQerrorMessage(p->c));
    for (PGresult *end; (end = PQgetResult(p->c)); PQclear(end))
        ;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        PQclear(run(p, steps[i]));
    PGresult *size = run(p, "SELECT pg_total_relation_size('docs') / 1e6");
    r->index_megabytes = atof(PQgetvalue(size, 0, 0));
    PQclear(size);
}

static void ask_with(struct rival_pg *p, const char *name, const char *const *params, int n)
{
    PGresult *r = PQexecPrepared(p->c, name, n, params, NULL, NULL, 0);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        rival_die(params[0], PQerrorMessage(p->c));
    for (int i = 0; i < PQntuples(r); i++)
        rival_answer(PQgetvalue(r, i, 0));
    PQclear(r);
}

static void ask(void *ctx, const struct rival_query *q)
{
    char plain[2048];
    rival_plain(plain, sizeof plain, q->text);
    if (q->limit == 5)
        ask_with(ctx, "complete", (const char *const[]){q->text, q->kind}, 2);
    if (rival_answered() < (size_t)q->limit)
        ask_with(ctx, "search", (const char *const[]){plain, q->kind}, 2);
}

int main(int argc, char **argv)
{
    struct rival_pg p = {0};
    struct rival r = {.name = "postgres",
                      .remarks = "full text and pg_trgm; over a Unix socket",
                      .ctx = &p,
                      .add = add,
                      .built = built,
                      .ask = ask};
    if (argc != 2)
        rival_die("usage", "rival_postgres FOLDER");
    setenv("SEGUE_PG_SHARED_BUFFERS", "512MB", 0);
    const struct test_pg *pg = test_pg_start("jit = off\nmaintenance_work_mem = '512MB'\n");
    p.c = test_pg_connect(pg);
    static char version[64];
    snprintf(version, sizeof version, "PostgreSQL %d", PQserverVersion(p.c) / 10000);
    r.version = version;
    PQclear(run(&p, "CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent"));
    PQclear(run(&p,
                "CREATE UNLOGGED TABLE raw (id text, kind text, title text, artists text, album "
                "text, aliases text, plays bigint)"));
    PQclear(run(&p, "COPY raw FROM STDIN"));
    rival_run(&r, argv[1]);
    PQfinish(p.c);
    return 0;
}
