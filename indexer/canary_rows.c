/* canary_rows.c - the canaries of operators (table canaries), asked for as the query
 * server would answer: the part of gate.h that they write.
 */
#include "core/pg.h"
#include "index/searcher.h"
#include "indexer/gate.h"
#include "indexer/pump.h"
#include "query/serve.h"
#include <inttypes.h>
#include <stdlib.h>

#define TRIES 2 /* the second with the pages of the first at hand */

struct row {
    struct sg_str query;
    enum sg_kind kind;
    uint64_t id, canary;
    size_t within;
};

struct asking {
    struct sg_index *index;
    struct sg_searcher *searcher;
    struct sg_search *search;
    struct sg_arena arena;
    size_t failed;
};

static uint64_t number(PGresult *rows, int i, int column)
{
    uint64_t v = 0;
    sg_str_to_u64(sg_str(PQgetvalue(rows, i, column)), &v);
    return v;
}

static struct row row_of(PGresult *rows, int i)
{
    return (struct row){.canary = number(rows, i, 0),
                        .query = sg_str(PQgetvalue(rows, i, 1)),
                        .kind = sg_kind_of(sg_str(PQgetvalue(rows, i, 2))),
                        .id = number(rows, i, 3),
                        .within = (size_t)number(rows, i, 4)};
}

static uint64_t id_of(const struct sg_hit *h, enum sg_kind kind)
{
    return kind == SG_SONG ? h->song_id : kind == SG_ARTIST ? h->artist_id : h->album_id;
}

/* One page; *rank from 1, 0: not on it. *n: how many there were. */
static int read_page(struct asking *a, const struct row *row, size_t offset, size_t *n,
                     size_t *rank, struct sg_error *e)
{
    struct sg_search_request r;
    struct sg_search_reply reply;
    struct sg_str kind = sg_str(sg_kind_names[row->kind]);
    size_t left = row->within - offset;
    sg_arena_reset(&a->arena);
    sg_record_init(&sg_search_request_record, &r);
    sg_record_init(&sg_search_reply_record, &reply);
    r.q = row->query;
    r.offset = (int64_t)offset;
    r.limit = (int64_t)(left < SG_LIMIT_MAX ? left : SG_LIMIT_MAX);
    int rc = sg_search_run(a->search, a->searcher, &r, 0, &a->arena, &reply, e);
    const struct sg_hit *hits = reply.results.v;
    *n = rc ? 0 : reply.results.n;
    *rank = 0;
    for (size_t i = 0; i < *n && !*rank; i++)
        if (sg_str_eq(hits[i].type, kind) && id_of(&hits[i], row->kind) == row->id)
            *rank = offset + i + 1;
    return rc;
}

static int find(struct asking *a, const struct row *row, size_t *rank, struct sg_error *e)
{
    size_t n = 1;
    int rc = 0;
    *rank = 0;
    for (size_t at = 0; !rc && !*rank && n && at < row->within; at += n)
        rc = read_page(a, row, at, &n, rank, e);
    return rc;
}

/* Of those that fail the first is named. */
static int ask(struct asking *a, const struct row *row, struct sg_buf *why, struct sg_error *e)
{
    size_t rank = 0;
    int rc = 0;
    for (int i = 0; i < TRIES && !rc && !rank; i++)
        rc = find(a, row, &rank, e);
    if (rc)
        return sg_wrap(e, "canary %" PRIu64 " \"%.*s\"", row->canary, SG_FMT(row->query));
    if (rank)
        return 0;
    if (a->failed++ == 0)
        sg_buf_printf(why, "canary %" PRIu64 " \"%.*s\": %s %" PRIu64 " is not among the first %zu",
                      row->canary, SG_FMT(row->query), sg_kind_names[row->kind], row->id,
                      row->within);
    return 0;
}

static int ask_all(struct asking *a, PGresult *rows, struct sg_error *e)
{
    struct sg_buf why = {0};
    int rc = 0;
    for (int i = 0; i < PQntuples(rows) && !rc; i++) {
        struct row row = row_of(rows, i);
        rc = ask(a, &row, &why, e);
    }
    if (!rc && a->failed > 1)
        sg_buf_printf(&why, "; %zu more of %d fail", a->failed - 1, PQntuples(rows));
    if (!rc && a->failed)
        rc = sg_fail(e, SG_ELIMIT, "%.*s", SG_FMT(sg_buf_str(&why)));
    sg_buf_free(&why);
    return rc;
}

static int open_generation(struct asking *a, const struct sg_config *config, const char *dir,
                           const char *folder, struct sg_error *e)
{
    struct sg_index_options o = {.dir = dir, .only = folder, .unreleased = true};
    struct sg_search_options how;
    int rc = sg_serve_options(&how, config, e);
    if (!rc)
        rc = sg_search_open(&a->search, &how, e);
    if (!rc)
        rc = sg_index_open(&a->index, &o, e);
    if (!rc)
        rc = sg_searcher_open(&a->searcher, a->index, e);
    return rc ? rc : sg_searcher_begin(a->searcher, e);
}

static void close_generation(struct asking *a)
{
    if (a->searcher) {
        sg_searcher_end(a->searcher);
        sg_searcher_close(a->searcher);
    }
    if (a->index)
        sg_index_close(a->index);
    sg_search_close(a->search);
    sg_arena_free(&a->arena);
}

static int read_rows(const struct sg_config *config, PGresult **rows, struct sg_error *e)
{
    PGconn *c;
    int rc = sg_pg_connect(&c, config->pg.dsn, e);
    if (rc)
        return rc;
    rc = sg_pg_exec(c,
                    "SELECT canary_id, query, kind, id, within FROM public.canaries "
                    "WHERE enabled ORDER BY canary_id",
                    0, NULL, rows, e);
    PQfinish(c);
    return rc;
}

int sg_canary_rows(const struct sg_config *config, const char *dir, const char *folder,
                   struct sg_error *e)
{
    struct asking a = {0};
    PGresult *rows = NULL;
    if (!sg_source_is_postgres(config))
        return 0;
    int rc = read_rows(config, &rows, e);
    if (!rc && PQntuples(rows)) {
        rc = open_generation(&a, config, dir, folder, e);
        if (!rc)
            rc = ask_all(&a, rows, e);
        close_generation(&a);
    }
    PQclear(rows);
    return rc == SG_ELIMIT || !rc ? rc : sg_wrap(e, "operators' canaries");
}
