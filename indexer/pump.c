/* pump.c - see pump.h. */
#include "indexer/pump.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/service.h"
#include "indexer/apply.h"
#include "indexer/folder.h"
#include "indexer/source_jsonl.h"
#include "indexer/source_pg.h"
#include <stdlib.h>

#define BATCH_CHANGES 5000
#define LARGE_MIN     50000  /* changes; a smaller transaction is never too large */
#define ADVANCE_US    500000 /* how often an idle position is committed */
#define JSONL_POLL_MS 20

struct sg_pump {
    const struct sg_config *config;
    struct sg_manifest manifest;
    struct sg_delta *delta;
    struct sg_apply *apply;
    struct sg_tail *tail;          /* PostgreSQL */
    struct sg_source_jsonl *jsonl; /* or a file */
    bool allow_large;
    uint64_t lsn, sequence; /* committed */
    /* The open batch. */
    uint64_t batch_changes, batch_lsn, batch_sequence;
    int64_t batch_started_us, batch_commit_us;
    int64_t advanced_us, lag_us;
    struct sg_metric *transactions, *commits, *freshness;
};

bool sg_source_is_postgres(const struct sg_config *config)
{
    return !strcmp(config->indexer.source, "postgres");
}

static void make_metrics(struct sg_pump *p)
{
    p->transactions =
        sg_metric_new(SG_COUNTER, "segue_indexer_transactions_total", "Transactions applied", NULL);
    p->commits = sg_metric_new(SG_HISTOGRAM, "segue_indexer_commit_seconds",
                               "Time to commit a batch to the delta", NULL);
    p->freshness = sg_metric_new(SG_HISTOGRAM, "segue_indexer_freshness_seconds",
                                 "From the database's commit to the delta's", NULL);
}

/* A database that has not written yet what we have applied is an older copy that
 * was put back: its next changes would come at positions that we take for done. */
static int check_not_older(struct sg_pump *p, struct sg_error *e)
{
    PGconn *c = NULL;
    uint64_t server = 0;
    int rc = sg_pg_connect(&c, p->config->pg.dsn, e);
    if (!rc)
        rc = sg_source_pg_lsn(c, &server, e);
    PQfinish(c);
    if (!rc && server < p->lsn)
        rc = sg_fail(e, SG_ECORRUPT, "the database is older than the index: a backup put back?");
    return rc;
}

static int open_source(struct sg_pump *p, const char *dir, struct sg_error *e)
{
    if (!sg_source_is_postgres(p->config))
        return sg_source_jsonl_open(&p->jsonl, p->config->indexer.source, p->sequence, e);
    int rc = check_not_older(p, e);
    if (rc)
        return rc;
    return sg_tail_open(&p->tail, p->config->pg.dsn, p->manifest.slot, SG_PUBLICATION, p->lsn, dir,
                        e);
}

int sg_pump_open(struct sg_pump **out, const struct sg_config *config, const char *index_dir,
                 const char *folder, struct sg_error *e)
{
    char dir[PATH_MAX];
    struct sg_pump *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "pump");
    p->config = config;
    make_metrics(p);
    int rc = sg_folder_path(dir, index_dir, folder, e);
    if (!rc)
        rc = sg_manifest_read(&p->manifest, dir, e);
    if (!rc)
        rc = sg_delta_open(&p->delta, dir, e);
    if (!rc)
        rc = sg_apply_open(&p->apply, p->delta,
                           sg_source_is_postgres(config) ? config->pg.dsn : NULL, e);
    if (!rc) {
        uint64_t lsn = sg_delta_lsn(p->delta), sequence = sg_delta_sequence(p->delta);
        p->lsn = lsn > p->manifest.lsn ? lsn : p->manifest.lsn;
        p->sequence = sequence > p->manifest.sequence ? sequence : p->manifest.sequence;
        rc = open_source(p, dir, e);
    }
    if (rc) {
        sg_pump_close(p);
        return rc;
    }
    *out = p;
    return 0;
}

void sg_pump_close(struct sg_pump *p)
{
    if (!p)
        return;
    sg_tail_close(p->tail);
    sg_source_jsonl_close(p->jsonl);
    sg_apply_close(p->apply);
    sg_delta_close(p->delta);
    free(p);
}

void sg_pump_allow_large(struct sg_pump *p)
{
    p->allow_large = true;
}

static int commit(struct sg_pump *p, uint64_t lsn, uint64_t sequence, struct sg_error *e)
{
    int64_t started = sg_now_us();
    int rc = sg_apply_flush(p->apply, e);
    if (!rc)
        rc = sg_delta_commit(p->delta, lsn, sequence, e);
    if (rc)
        return rc;
    p->lsn = lsn;
    p->sequence = sequence;
    p->advanced_us = sg_now_us();
    if (p->batch_changes) {
        sg_metric_observe(p->commits, "", (double)(p->advanced_us - started) / 1e6);
        p->lag_us = p->batch_commit_us ? sg_wall_us() - p->batch_commit_us : 0;
        sg_metric_observe(p->freshness, "", (double)p->lag_us / 1e6);
    }
    p->batch_changes = 0;
    rc = p->tail ? sg_tail_confirm(p->tail, lsn, e) : 0;
    return rc ? rc : 1;
}

static int apply_transaction(struct sg_pump *p, const struct sg_txn *txn, struct sg_error *e)
{
    struct sg_change change;
    uint64_t base = 0;
    for (int k = 0; k < SG_KINDS; k++)
        base += p->manifest.counts[k];
    if (!p->allow_large && txn->n_changes > LARGE_MIN && txn->n_changes > base / 4)
        return sg_fail(e, SG_ELIMIT, "a transaction of %zu changes", txn->n_changes);
    int rc;
    while ((rc = sg_tail_change(p->tail, &change, e)) > 0) {
        rc = sg_apply_change(p->apply, &change, e);
        if (rc)
            return rc;
    }
    if (rc)
        return rc;
    if (p->batch_changes == 0) {
        p->batch_started_us = sg_now_us();
        p->batch_commit_us = txn->commit_us;
    }
    p->batch_changes += txn->n_changes ? txn->n_changes : 1;
    p->batch_lsn = txn->end_lsn;
    sg_metric_add(p->transactions, "", 1);
    return 0;
}

/* How long the open batch may still wait for company: a quarter of the batch
 * time when nothing comes, the rest of it in all. */
static int batch_wait_ms(const struct sg_pump *p)
{
    int64_t batch_ms = p->config->indexer.batch_ms;
    int64_t left = batch_ms - (sg_now_us() - p->batch_started_us) / 1000;
    int64_t quiet = batch_ms / 4 > 1 ? batch_ms / 4 : 1;
    return (int)(left < quiet ? left : quiet);
}

/* Nothing of ours was in the log up to where the server is: so far we are done. */
static int advance(struct sg_pump *p, struct sg_error *e)
{
    uint64_t server = sg_tail_server_lsn(p->tail);
    p->lag_us = 0;
    if (server <= p->lsn || sg_now_us() - p->advanced_us < ADVANCE_US)
        return 0;
    int rc = commit(p, server, p->sequence, e);
    return rc < 0 ? rc : 0;
}

static int step_postgres(struct sg_pump *p, int wait_ms, struct sg_error *e)
{
    for (;;) {
        struct sg_txn txn;
        int wait = p->batch_changes ? batch_wait_ms(p) : wait_ms;
        int rc = wait <= 0 && p->batch_changes ? 0 : sg_tail_next(p->tail, &txn, wait, e);
        if (rc > 0)
            rc = apply_transaction(p, &txn, e);
        else if (rc == 0)
            return p->batch_changes ? commit(p, p->batch_lsn, p->sequence, e) : advance(p, e);
        if (rc == SG_ELIMIT && p->batch_changes) {
            int committed = commit(p, p->batch_lsn, p->sequence, e);
            return committed < 0 ? committed : rc;
        }
        if (rc)
            return rc;
        if (p->batch_changes >= BATCH_CHANGES)
            return commit(p, p->batch_lsn, p->sequence, e);
    }
}

static int apply_line(struct sg_pump *p, const struct sg_jsonl_change *c, struct sg_error *e)
{
    int rc;
    if (c->table == SG_TABLE_GENRES)
        rc = c->removed ? sg_delta_remove_genre(p->delta, c->id, e)
                        : sg_delta_put_genre(p->delta, &c->row.v.genre, e);
    else
        rc = c->removed ? sg_delta_remove(p->delta, (enum sg_kind)c->table, c->id, e)
                        : sg_delta_put(p->delta, (enum sg_kind)c->table, &c->row.v, e);
    return rc == SG_ENOENT && c->removed ? 0 : rc;
}

static int step_jsonl(struct sg_pump *p, int wait_ms, struct sg_error *e)
{
    int64_t until = sg_now_us() + (int64_t)wait_ms * 1000;
    for (;;) {
        struct sg_jsonl_change c;
        int rc = sg_source_jsonl_next(p->jsonl, &c, e);
        if (rc < 0)
            return rc;
        if (rc == 0 && p->batch_changes)
            return commit(p, p->lsn, p->batch_sequence, e);
        if (rc == 0) {
            if (sg_now_us() >= until || sg_wait_stop(JSONL_POLL_MS))
                return 0;
            continue;
        }
        rc = apply_line(p, &c, e);
        if (rc)
            return rc;
        p->batch_sequence = c.seq;
        if (++p->batch_changes >= BATCH_CHANGES)
            return commit(p, p->lsn, p->batch_sequence, e);
    }
}

int sg_pump_step(struct sg_pump *p, int wait_ms, struct sg_error *e)
{
    return p->tail ? step_postgres(p, wait_ms, e) : step_jsonl(p, wait_ms, e);
}

void sg_pump_state(const struct sg_pump *p, struct sg_pump_state *out)
{
    uint64_t server = p->tail ? sg_tail_server_lsn(p->tail) : 0;
    out->lsn = p->lsn;
    out->sequence = p->sequence;
    out->documents = sg_delta_documents(p->delta);
    out->lag_us = p->lag_us;
    if (p->tail)
        out->lag_bytes = server > p->lsn ? (int64_t)(server - p->lsn) : 0;
    else
        out->lag_bytes = sg_source_jsonl_lag(p->jsonl);
}
