/* verify.c - see verify.h.
 *
 * One pass: a snapshot of the database, a wait until the index has applied at
 * least what the snapshot shows, then every row looked up in the index, and
 * every id of the index looked for in the database. While others write, the
 * index may be a little ahead of the snapshot; so what differed is looked at a
 * second time, and counts when it differs in the same way, and its row is still
 * the one of the snapshot: what is changed to and fro may differ twice.
 */
#include "indexer/verify.h"
#include "core/clock.h"
#include "core/service.h"
#include "indexer/progress.h"
#include "indexer/pump.h"
#include "indexer/source_pg.h"
#include <getopt.h>
#include <stdlib.h>
#include <xxhash.h>

#define SUSPECTS_MAX 10000
#define CHUNK        10000 /* ids looked for in the database at once */
#define NUDGE_US     500000

struct suspect {
    enum sg_table table;
    uint64_t id, hash;
    char *what; /* at the second look; owned */
};
struct verify {
    const struct sg_config *config;
    bool search;
    long limit, wait_s;
    PGconn *reader, *other; /* the snapshot's, and one for small questions */
    struct sg_index *index;
    struct sg_searcher *searcher;
    struct sg_arena arena;
    struct sg_progress progress;
    struct suspect *before, *now;
    size_t n_before, n_now;
    uint64_t differences, compared;
    bool second;
    enum sg_table table; /* of the ids being chunked */
    struct sg_buf chunk;
    uint64_t rows, ids;
};

static bool differed_before(const struct verify *v, const struct suspect *s)
{
    for (size_t i = 0; i < v->n_before; i++) {
        const struct suspect *b = &v->before[i];
        if (b->table == s->table && b->id == s->id && b->hash == s->hash)
            return true;
    }
    return false;
}

static void differs(struct verify *v, enum sg_table t, uint64_t id, struct sg_str what)
{
    struct suspect s = {t, id, XXH3_64bits(what.p, what.n), NULL};
    if (v->second && v->n_before < SUSPECTS_MAX && !differed_before(v, &s))
        return;
    if (v->n_now < SUSPECTS_MAX) {
        s.what = v->second ? strndup(what.p, what.n) : NULL;
        v->now[v->n_now++] = s;
    } else if (v->second) {
        v->differences++;
    }
}

static void differs_text(struct verify *v, enum sg_table t, uint64_t id, const char *what)
{
    differs(v, t, id, sg_str(what));
}

static void describe(const struct sg_record *r, const void *want, const void *is,
                     struct sg_buf *out)
{
    const struct sg_field *f = NULL;
    while ((f = sg_record_differs(r, want, is, f))) {
        sg_buf_printf(out, "%s%s", out->n ? ", " : "", f->name);
        f++;
    }
    sg_buf_puts(out, "\n  database ");
    sg_record_to_json(r, want, out);
    sg_buf_puts(out, "\n  index    ");
    sg_record_to_json(r, is, out);
}

static int index_record(struct verify *v, enum sg_table t, uint64_t id, struct sg_row *is,
                        struct sg_error *e)
{
    return t == SG_TABLE_GENRES
               ? sg_searcher_genre(v->searcher, id, &v->arena, &is->v.genre, e)
               : sg_searcher_record(v->searcher, (enum sg_kind)t, id, &v->arena, &is->v, e);
}

static int compare_row(void *ctx, enum sg_table t, const struct sg_row *row,
                       const struct sg_credits *credits, struct sg_error *e)
{
    struct verify *v = ctx;
    struct sg_row is;
    uint64_t id = sg_row_id(t, row);
    const char *wrong = NULL;
    (void)credits;
    v->rows++;
    if (++v->compared % 256 == 0)
        sg_progress_update(&v->progress, v->second ? "second look" : "compare", v->compared, 0);
    sg_arena_reset(&v->arena);
    int rc = index_record(v, t, id, &is, e);
    if (rc == SG_ENOENT) {
        differs_text(v, t, id, "missing in the index");
        return 0;
    }
    if (rc)
        return rc;
    if (sg_record_differs(sg_table_record(t), &row->v, &is.v, NULL)) {
        struct sg_buf what = {0};
        describe(sg_table_record(t), &row->v, &is.v, &what);
        differs(v, t, id, sg_buf_str(&what));
        sg_buf_free(&what);
    } else if (v->search && t < SG_TABLE_GENRES) {
        wrong = sg_verify_search(v->searcher, (enum sg_kind)t, row, &v->arena);
    }
    if (wrong)
        differs_text(v, t, id, wrong);
    return 0;
}

/* Which ids of the chunk the snapshot does not have. */
static int check_chunk(struct verify *v, struct sg_error *e)
{
    const char *names[SG_ROW_COLUMNS];
    char sql[256];
    PGresult *r = NULL;
    if (v->chunk.n == 0)
        return 0;
    sg_buf_puts(&v->chunk, "}");
    sg_buf_putc(&v->chunk, '\0');
    if (sg_buf_failed(&v->chunk))
        return sg_fail(e, SG_ENOMEM, "ids");
    sg_row_columns(v->table, names);
    snprintf(sql, sizeof sql,
             "SELECT x FROM unnest($1::bigint[]) x WHERE NOT EXISTS "
             "(SELECT FROM public.%s t WHERE t.%s = x%s)",
             sg_table_name(v->table), names[0],
             v->table == SG_TABLE_PLAYLISTS ? " AND t.is_public" : "");
    const char *param = v->chunk.p;
    int rc = sg_pg_exec(v->reader, sql, 1, &param, &r, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        uint64_t id = 0;
        sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &id);
        differs_text(v, v->table, id, "in the index only");
    }
    PQclear(r);
    sg_buf_reset(&v->chunk);
    return rc;
}

static int collect_id(void *ctx, uint64_t id)
{
    struct verify *v = ctx;
    sg_buf_printf(&v->chunk, "%c%llu", v->chunk.n ? ',' : '{', (unsigned long long)id);
    return ++v->ids % CHUNK == 0 ? check_chunk(v, NULL) : 0;
}

static int each_index_id(struct verify *v, struct sg_error *e)
{
    struct sg_list genres;
    if (v->table != SG_TABLE_GENRES)
        return sg_searcher_each(v->searcher, (enum sg_kind)v->table, collect_id, v, e);
    sg_arena_reset(&v->arena);
    int rc = sg_searcher_genres(v->searcher, &v->arena, &genres, e);
    const struct sg_genre *g = genres.v;
    for (size_t i = 0; !rc && i < genres.n; i++)
        rc = collect_id(v, g[i].genre_id);
    return rc;
}

static int compare_table(struct verify *v, enum sg_table t, struct sg_error *e)
{
    v->table = t;
    v->rows = v->ids = 0;
    sg_buf_reset(&v->chunk);
    int rc = sg_source_pg_each(v->reader, t, true, compare_row, v, e);
    if (!rc)
        rc = each_index_id(v, e);
    if (!rc)
        rc = check_chunk(v, e);
    return rc ? sg_wrap(e, "%s", sg_table_name(t)) : 0;
}

/* Something harmless in the log, so that an idle server tells how far it is. */
static void nudge(struct verify *v)
{
    sg_pg_exec(v->other, "SELECT pg_logical_emit_message(false, 'segue', 'verify')", 0, NULL, NULL,
               NULL);
}

/* Begins the searcher at a state that has applied lsn at least. */
static int wait_for(struct verify *v, uint64_t lsn, struct sg_error *e)
{
    int64_t until = sg_now_us() + v->wait_s * 1000000, nudged = sg_now_us();
    for (;;) {
        int rc = sg_searcher_begin(v->searcher, e);
        uint64_t is = rc ? 0 : sg_searcher_lsn(v->searcher);
        if (rc && rc != SG_ENOENT)
            return rc;
        if (!rc && is >= lsn)
            return 0;
        if (!rc)
            sg_searcher_end(v->searcher);
        if (sg_now_us() > until || sg_wait_stop(20))
            return sg_fail(e, SG_ETIMEOUT,
                           "the index is %lld bytes behind the database after %ld s; is "
                           "'segue-indexer run' at work?",
                           (long long)(lsn - is), v->wait_s);
        if (sg_now_us() - nudged > NUDGE_US) {
            nudge(v);
            nudged = sg_now_us();
        }
    }
}

static void lyrics_differ(void *ctx, uint64_t song_id, const char *what)
{
    differs_text(ctx, SG_TABLE_LYRICS, song_id, what);
}

/* Which versions of the row there are, as c sees it; empty: none. */
static int versions_of(PGconn *c, const struct suspect *s, char *out, size_t cap,
                       struct sg_error *e)
{
    const char *names[SG_ROW_COLUMNS] = {"song_id"};
    char sql[200], id[24];
    const char *param = id;
    PGresult *r = NULL;
    if (s->table != SG_TABLE_LYRICS)
        sg_row_columns(s->table, names);
    snprintf(id, sizeof id, "%llu", (unsigned long long)s->id);
    snprintf(
        sql, sizeof sql,
        "SELECT string_agg(xmin::text, ' ' ORDER BY ctid) FROM public.%s WHERE %s = $1::bigint",
        sg_table_name(s->table), names[0]);
    int rc = sg_pg_exec(c, sql, 1, &param, &r, e);
    if (!rc)
        snprintf(out, cap, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc;
}

/* Tells what differed twice, but for what others have changed since the snapshot: the index may
 * have that change already. */
static int judge(struct verify *v, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < v->n_now; i++) {
        const struct suspect *s = &v->now[i];
        char then[200] = "", is[200] = "";
        rc = versions_of(v->reader, s, then, sizeof then, e);
        if (!rc)
            rc = versions_of(v->other, s, is, sizeof is, e);
        if (!rc && strcmp(then, is) == 0 && (long)v->differences++ < v->limit)
            printf("%s %llu: %s\n", sg_table_name(s->table), (unsigned long long)s->id,
                   s->what ? s->what : "differs");
    }
    return rc;
}

static int pass(struct verify *v, struct sg_error *e)
{
    uint64_t lsn;
    int rc = sg_source_pg_begin(v->reader, NULL, e);
    /* The first query takes the snapshot; the position is asked for after it. */
    if (!rc)
        rc = sg_pg_exec(v->reader, "SELECT 1 FROM public.genres LIMIT 1", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_source_pg_lsn(v->reader, &lsn, e);
    if (!rc)
        rc = wait_for(v, lsn, e);
    if (rc)
        return rc;
    v->compared = 0;
    for (int t = 0; t <= SG_TABLE_GENRES && !rc; t++)
        rc = compare_table(v, (enum sg_table)t, e);
    if (!rc)
        rc = sg_verify_lyrics(v->reader, v->searcher, lyrics_differ, v, &v->compared, e);
    sg_searcher_end(v->searcher);
    if (!rc && v->second)
        rc = judge(v, e);
    return rc ? rc : sg_pg_exec(v->reader, "COMMIT", 0, NULL, NULL, e);
}

static int compare(struct verify *v, struct sg_error *e)
{
    int rc = pass(v, e);
    if (rc || v->n_now == 0)
        return rc;
    struct suspect *swap = v->before;
    v->before = v->now;
    v->now = swap;
    v->n_before = v->n_now;
    v->n_now = 0;
    v->second = true;
    return pass(v, e);
}

static int prepare(struct verify *v, struct sg_error *e)
{
    struct sg_index_options o = {.dir = v->config->index.dir, .poll_ms = 50, .unreleased = true};
    if (!sg_source_is_postgres(v->config))
        return sg_fail(e, SG_EINVAL, "verify compares with a database; indexer.source is a file");
    v->before = calloc(SUSPECTS_MAX, sizeof *v->before);
    v->now = calloc(SUSPECTS_MAX, sizeof *v->now);
    if (!v->before || !v->now)
        return sg_fail(e, SG_ENOMEM, "verify");
    int rc = sg_pg_connect(&v->reader, v->config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_connect(&v->other, v->config->pg.dsn, e);
    if (!rc)
        rc = sg_index_open(&v->index, &o, e);
    return rc ? rc : sg_searcher_open(&v->searcher, v->index, e);
}

static void finish(struct verify *v)
{
    sg_progress_finish(&v->progress);
    if (v->searcher)
        sg_searcher_close(v->searcher);
    if (v->index)
        sg_index_close(v->index);
    PQfinish(v->reader);
    PQfinish(v->other);
    sg_arena_free(&v->arena);
    sg_buf_free(&v->chunk);
    for (size_t i = 0; i < v->n_now; i++)
        free(v->now[i].what);
    free(v->before);
    free(v->now);
}

static int read_number(const char *text, const char *name, long max, long *out)
{
    int64_t n;
    if (!sg_str_to_i64(sg_str(text), &n) || n < 0 || n > max) {
        fprintf(stderr, "segue-indexer verify: --%s: expected a number from 0 to %ld, got '%s'\n",
                name, max, text);
        return 2;
    }
    *out = (long)n;
    return 0;
}

static int read_options(struct verify *v, int argc, char **argv)
{
    static const struct option options[] = {
        {"limit", required_argument, NULL, 'l'},
        {"wait", required_argument, NULL, 'w'},
        {"search", no_argument, NULL, 's'},
        {0},
    };
    int rc = 0, o;
    while (!rc && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'l')
            rc = read_number(optarg, "limit", 1000000, &v->limit);
        else if (o == 'w')
            rc = read_number(optarg, "wait", 86400, &v->wait_s);
        else if (o == 's')
            v->search = true;
        else
            rc = 2;
    }
    if (!rc && optind < argc) {
        fprintf(stderr, "segue-indexer verify: unexpected argument '%s'\n", argv[optind]);
        rc = 2;
    }
    return rc;
}

int sg_cmd_verify(const struct sg_config *config, int argc, char **argv)
{
    struct verify v = {.config = config, .limit = 20, .wait_s = 30};
    struct sg_error e = SG_ERROR_INIT;
    int rc = read_options(&v, argc, argv);
    if (rc)
        return rc;
    sg_progress_init(&v.progress);
    rc = prepare(&v, &e);
    if (!rc)
        rc = compare(&v, &e);
    finish(&v);
    if (rc) {
        fprintf(stderr, "segue-indexer verify: %s\n", e.text);
        return 1;
    }
    printf("%llu records compared, %llu differences\n", (unsigned long long)v.compared,
           (unsigned long long)v.differences);
    return v.differences ? 1 : 0;
}
