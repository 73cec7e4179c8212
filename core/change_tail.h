/* change_tail.h - committed transactions of a PostgreSQL database, in commit
 * order, exactly once: the caller stores a transaction's end_lsn in the same
 * atomic commit as its effect, and reopens from there after a crash.
 *
 * Speaks the streaming replication protocol (replication=database, pgoutput,
 * protocol 2 with streaming on, so that large transactions arrive while they
 * run; those not yet committed wait in a spill file below tmp_dir). Keeps the
 * server informed (keepalives) also while the caller works, from sg_tail_next
 * and sg_tail_confirm. Thread-compatible.
 */
#pragma once
#include "core/pgoutput.h"
#include <libpq-fe.h>
#include <stdatomic.h>

enum sg_change_kind { SG_CHANGE_INSERT, SG_CHANGE_UPDATE, SG_CHANGE_DELETE, SG_CHANGE_TRUNCATE };
struct sg_change {
    enum sg_change_kind kind;
    const struct sg_relation *relation;
    const struct sg_tuple *old_tuple; /* key or full old row; NULL when not sent */
    const struct sg_tuple *new_tuple; /* NULL on delete and truncate */
};
struct sg_txn {
    uint32_t xid;
    uint64_t commit_lsn, end_lsn;
    int64_t commit_us;
    size_t n_changes;
};

struct sg_tail;
/* Starts the slot at start_lsn (0: the slot's own position). SG_ENOENT: no such
 * slot, or it was lost to max_slot_wal_keep_size; SG_EBUSY: in use;
 * SG_EUNAVAIL: no database. */
int sg_tail_open(struct sg_tail **out, const char *dsn, const char *slot, const char *publication,
                 uint64_t start_lsn, const char *tmp_dir, struct sg_error *e);
/* A slot of its own that goes with the connection: from now on. For who keeps nothing that must
 * outlive it. Waits until the transactions that run now have ended; cut: see core/pg.h. */
int sg_tail_open_temporary(struct sg_tail **out, const char *dsn, const char *slot,
                           const char *publication, const char *tmp_dir, const atomic_bool *cut,
                           struct sg_error *e);
void sg_tail_close(struct sg_tail *t);
/* Next committed transaction (with a change of the publication): 1 and *txn; 0 when none came
 * within timeout_ms (or sg_stopping()); negative error, after which the tail must be reopened. */
int sg_tail_next(struct sg_tail *t, struct sg_txn *txn, int timeout_ms, struct sg_error *e);
/* The changes of the transaction last given, in order: 1, 0 at its end, or an
 * error. *change is valid until the next call. */
int sg_tail_change(struct sg_tail *t, struct sg_change *change, struct sg_error *e);
/* Everything up to lsn is durable here: the server may forget it. */
int sg_tail_confirm(struct sg_tail *t, uint64_t lsn, struct sg_error *e);
/* Server's WAL end as last heard, to compute the lag in bytes; when the tail is
 * idle, transactions up to it need no more waiting. */
uint64_t sg_tail_server_lsn(const struct sg_tail *t);

/* Makes a slot and exports a snapshot of exactly its starting point. The
 * snapshot can be taken (SET TRANSACTION SNAPSHOT) while *holder stays open and
 * idle; PQfinish(*holder) when done. name: [a-z0-9_]{1,63}. */
int sg_slot_create(const char *dsn, const char *name, PGconn **holder, char snapshot[64],
                   uint64_t *lsn, struct sg_error *e);
int sg_slot_drop(PGconn *c, const char *name, struct sg_error *e); /* SG_ENOENT, SG_EBUSY */

/* Cell of a column by name; NULL when there is none. */
const struct sg_cell *sg_tuple_get(const struct sg_relation *r, const struct sg_tuple *t,
                                   const char *column);
/* "16/B374D848" both ways. */
bool sg_lsn_parse(struct sg_str s, uint64_t *out);
void sg_lsn_format(uint64_t lsn, char out[24]);
