/* mover.h - the thread between a journal and the database.
 *
 *   journal --read--> take: one transaction --committed--> acknowledged
 *
 * A batch goes when so many records have gathered, or every_ms after the last one. It is
 * acknowledged after its commit, so that a crash between the two brings it again: what
 * takes it must bear that. A record that the database refuses (SG_EINVAL) is left out
 * alone, logged and counted by the caller's metric, and holds up none of the others. While
 * the database is away the journal fills, to its bound; the mover tries again, first after
 * a second, later every half minute.
 */
#pragma once
#include "core/journal.h"
#include "core/metrics.h"
#include "core/pg.h"

#define SG_MOVER_BATCH 4096

struct sg_mover_options {
    const char *name; /* for the log: "plays" */
    struct sg_journal *journal;
    const char *dsn;
    struct sg_pg_guard *guard; /* may be NULL; outlives the mover */
    size_t batch; /* so many records go at once; at most SG_MOVER_BATCH, also when more wait */
    int every_ms;
    void *ctx;
    /* A new connection, before anything else; may be NULL. */
    int (*connected)(void *ctx, PGconn *pg, struct sg_error *e);
    /* Between BEGIN and COMMIT. SG_EINVAL: rolled back, and each of v is tried alone;
     * SG_EEXIST, SG_EBUSY, SG_ECANCELED: rolled back, and all of it tried again. */
    int (*take)(void *ctx, PGconn *pg, const struct sg_journal_record *v, size_t n,
                struct sg_error *e);
    /* After every round that ended well; nothing is under way. May be NULL. */
    int (*look_after)(void *ctx, PGconn *pg, struct sg_error *e);
    struct sg_metric *moved, *refused, *backlog; /* records, records, bytes; may be NULL */
};

struct sg_mover;
/* The options are copied; what they point to outlives the mover. */
int sg_mover_start(struct sg_mover **out, const struct sg_mover_options *o, struct sg_error *e);
/* Ends after the transaction under way. */
void sg_mover_stop(struct sg_mover *m);
/* What has gathered goes now. Any thread. */
void sg_mover_wake(struct sg_mover *m);
/* Wakes it and waits until all that was safe in the journal by now is in the database; false:
 * not by deadline_us. Any thread. */
bool sg_mover_drain(struct sg_mover *m, int64_t deadline_us);
