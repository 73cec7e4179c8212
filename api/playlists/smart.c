/* smart.c - what a smart playlist holds now: its rules asked with its owner's likes and listening,
 * kept for a minute. Who may see the playlist sees the songs, and nothing of why they are there. */
#include "api/cache/cache.h"
#include "api/playlists/parts.h"
#include "api/playlists/rules.h"

static const struct sg_cache_kind smart_kind = {"smart_playlist", 60, 0, 600};

struct smart {
    struct sg_api *api;
    struct sg_http_request *q;
    const struct playlist *p;
};

/* Rules may ask for much: they get this long, less than a request has. */
static int set_timeout(struct sg_db_tx *tx, struct sg_error *e)
{
    static const struct sg_pg_statement set = {
        "smart_timeout", "SELECT set_config('statement_timeout', '1500', true)", 0};
    return sg_tx_run(tx, &set, NULL, NULL, e);
}

static int ask(const struct smart *s, const struct sg_rules_sql *sql, PGresult **rows,
               struct sg_error *e)
{
    struct sg_pg_statement statement = {NULL, sql->sql.p, sql->n};
    struct sg_db_tx *tx;
    int rc = sg_db_begin(s->api->db, s->q, &tx, e);
    if (rc)
        return rc;
    rc = set_timeout(tx, e);
    if (!rc)
        rc = sg_tx_run(tx, &statement, sql->params, rows, e);
    sg_tx_rollback(tx);
    return rc == SG_ECANCELED ? sg_fail(e, SG_ETIMEOUT, "the playlist's rules ask for too much")
                              : rc;
}

/* How many, then their ids, eight bytes each as they lie in memory. */
static int evaluate(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    const struct smart *s = ctx;
    struct sg_rules_sql sql;
    PGresult *rows = NULL;
    int rc = sg_rules_compile(s->p->view.rules, s->p->view.user_id, s->q->arena, &sql, e);
    if (!rc)
        rc = ask(s, &sql, &rows, e);
    uint64_t n = rc ? 0 : (uint64_t)PQntuples(rows);
    sg_buf_put(out, &n, sizeof n);
    for (int i = 0; i < (int)n; i++) {
        uint64_t id = playlist_number(rows, i, 0);
        sg_buf_put(out, &id, sizeof id);
    }
    PQclear(rows);
    return rc;
}

/* The snapshot moves when the rules change, so what was kept of the old ones is not asked for. */
int playlist_smart_songs(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                         struct sg_list *ids, struct sg_error *e)
{
    struct smart ctx = {api, q, p};
    struct sg_buf found = {0};
    struct sg_str key = sg_arena_printf(q->arena, "smart_playlist:%s:%llu", p->id,
                                        (unsigned long long)p->view.snapshot_id);
    int rc = key.p ? sg_cache_through(api->cache, &smart_kind, key, q->deadline_us, evaluate, &ctx,
                                      &found, e)
                   : sg_fail(e, SG_ENOMEM, "a smart playlist");
    size_t n = rc ? 0 : found.n / sizeof(uint64_t) - 1;
    uint64_t *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    if (!rc && !v)
        rc = sg_fail(e, SG_ENOMEM, "a smart playlist");
    if (!rc && n)
        memcpy(v, found.p + sizeof *v, n * sizeof *v);
    *ids = (struct sg_list){v, n};
    sg_buf_free(&found);
    return rc;
}
