/* transaction.c - see db.h. */
#include "api/db/inside.h"
#include "core/clock.h"
#include <stdlib.h>

enum { TRIES = 5, PAUSE_US = 4000 };

static const struct sg_pg_statement begin = {"begin", "BEGIN", 0};
static const struct sg_pg_statement commit = {"commit", "COMMIT", 0};
static const struct sg_pg_statement rollback = {"rollback", "ROLLBACK", 0};

struct sg_db_tx {
    struct sg_db *db;
    struct sg_http_request *q;
    PGconn *c;
    int64_t deadline_us;
};

static int start(struct sg_db_tx *tx, struct sg_error *e)
{
    struct db_server *s = tx->db->primary;
    int rc = 0;
    for (int tries = 0; tries < 2; tries++) {
        rc = db_server_take(s, DB_ANY, &tx->c, tx->deadline_us, e);
        if (rc)
            return rc;
        rc = db_server_run(s, tx->c, &begin, NULL, tx->deadline_us, NULL, e);
        if (!rc)
            return 0;
        db_server_give(s, DB_ANY, tx->c);
        if (rc != SG_EUNAVAIL)
            break;
    }
    return rc;
}

int sg_db_begin(struct sg_db *db, struct sg_http_request *q, struct sg_db_tx **out,
                struct sg_error *e)
{
    struct sg_db_tx *tx = calloc(1, sizeof *tx);
    if (!tx)
        return sg_fail(e, SG_ENOMEM, "transaction");
    *tx = (struct sg_db_tx){.db = db, .q = q, .deadline_us = db_deadline_us(q)};
    int rc = start(tx, e);
    if (rc)
        free(tx);
    else
        *out = tx;
    return rc;
}

int sg_tx_run(struct sg_db_tx *tx, const struct sg_pg_statement *s, const char *const *params,
              PGresult **rows, struct sg_error *e)
{
    return db_server_run(tx->db->primary, tx->c, s, params, tx->deadline_us, rows, e);
}

/* COMMIT of a failed transaction succeeds, as a rollback: that is told. */
int sg_tx_commit(struct sg_db_tx *tx, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &commit, NULL, &r, e);
    if (!rc && strcmp(PQcmdStatus(r), "COMMIT") != 0)
        rc = sg_fail(e, SG_EINTERNAL, "the transaction had failed before its commit");
    PQclear(r);
    if (!rc)
        db_wrote(tx->db, tx->q, tx->c, tx->deadline_us);
    db_server_give(tx->db->primary, DB_ANY, tx->c);
    free(tx);
    return rc;
}

void sg_tx_rollback(struct sg_db_tx *tx)
{
    PGTransactionStatusType state = PQtransactionStatus(tx->c);
    if (state == PQTRANS_INTRANS || state == PQTRANS_INERROR)
        sg_tx_run(tx, &rollback, NULL, NULL, NULL);
    db_server_give(tx->db->primary, DB_ANY, tx->c);
    free(tx);
}

static int once(struct sg_db *db, struct sg_http_request *q, sg_db_fn fn, void *ctx,
                struct sg_error *e)
{
    struct sg_db_tx *tx = NULL;
    int rc = sg_db_begin(db, q, &tx, e);
    if (rc || !tx)
        return rc;
    rc = fn(tx, ctx, e);
    if (!rc)
        return sg_tx_commit(tx, e);
    sg_tx_rollback(tx);
    return rc;
}

/* By chance, so that two that met do not meet again. */
static int64_t pause_of(int tries)
{
    uint64_t dice = (uint64_t)sg_now_us() ^ (uint64_t)(uintptr_t)&tries;
    return (int64_t)(dice * UINT64_C(0x9e3779b97f4a7c15) >> 40) % (PAUSE_US << tries);
}

/* SG_EBUSY is a transaction to be repeated, or a lock that was not to be had in time: that
 * one is repeated too, while there is time. */
int sg_db_transact(struct sg_db *db, struct sg_http_request *q, sg_db_fn fn, void *ctx,
                   struct sg_error *e)
{
    int64_t deadline_us = db_deadline_us(q);
    int rc = once(db, q, fn, ctx, e);
    for (int tries = 1; rc == SG_EBUSY && tries < TRIES; tries++) {
        int64_t pause_us = pause_of(tries);
        if (sg_now_us() + pause_us >= deadline_us)
            break;
        sg_sleep_us(pause_us);
        rc = once(db, q, fn, ctx, e);
    }
    return rc;
}
