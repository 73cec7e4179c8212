/* queue.h - jobs, carried by PostgreSQL alone or by RabbitMQ beside it.
 *
 *   INSERT INTO jobs (enqueue.h) --commit--> take --> work --> done | again later | dead letter
 *
 * The row is the truth whatever carries it: who holds a job, until when (a lease, renewed while it
 * is worked at), how often it was tried. So a job is done at least once, and each step of it must
 * bear to be done again; what must happen exactly once is written in one transaction that begins
 * with sg_job_hold.
 *
 *   postgres   LISTEN segue_jobs wakes, FOR UPDATE SKIP LOCKED takes the most urgent row
 *   rabbitmq   a message is a ticket for one job, and carries the id of the row it was sent for;
 *              whoever is given it takes the most urgent row that was sent and acknowledges when
 *              that has ended.
 *              Rows are the outbox: what the broker has not confirmed is told again.
 *
 * A row whose lease ran out goes back (or to the dead letters, when it was tried max_attempts
 * times); each worker looks every second. Thread-safe.
 */
#pragma once
#include "core/config.h"
#include "core/pg.h"
#include <stdatomic.h>

#define SG_JOB_PAYLOAD_MAX 2000

struct sg_job {
    int64_t id;
    int attempts, max_attempts; /* this one is counted */
    char payload[SG_JOB_PAYLOAD_MAX + 1];
    char holder[96];     /* leased_by: of this process alone */
    uint64_t ticket;     /* the carrier's */
    atomic_bool lost;    /* the lease is gone, or the worker ends: stop, publish nothing */
    struct sg_job *next; /* the queue's, while it is held */
};

struct sg_queue;
/* name: of the rows' queue; static. slots: jobs that are taken at one time at most. pool: outlives
 * it. Starts threads; the broker and the database may be away. */
int sg_queue_open(struct sg_queue **out, const struct sg_config *c, const char *name, int slots,
                  struct sg_pg_pool *pool, struct sg_error *e);
/* Nothing is taken any more, what is held is lost: their workers notice, and end them. */
void sg_queue_stop(struct sg_queue *q);
void sg_queue_close(struct sg_queue *q); /* after the last sg_job_end */

/* Waits up to wait_ms. *job is the caller's memory, and the queue's too until sg_job_end.
 * SG_ENOENT: there was none; SG_ECANCELED: stopped; SG_EUNAVAIL. */
int sg_queue_take(struct sg_queue *q, struct sg_job *job, int wait_ms, struct sg_error *e);

/* First in the transaction that publishes: locks the row. SG_ECHANGED: the job is another's by now
 * (or was dropped), and nothing may be written. */
int sg_job_hold(PGconn *pg, const struct sg_job *job, struct sg_error *e);
/* Last in it: the job is done when it commits. */
int sg_job_done(PGconn *pg, const struct sg_job *job, struct sg_error *e);

enum sg_job_fate {
    SG_JOB_DONE,    /* written by sg_job_done already, or by this */
    SG_JOB_AGAIN,   /* after worker.retry_s, doubled with each attempt; dead after the last one */
    SG_JOB_DEAD,    /* trying again is no use */
    SG_JOB_RELEASE, /* as if it had not been taken */
};
/* Lets go of it. why: for people. Failing to write it (the database is away) is logged: the lease
 * runs out, and the job goes to the next. */
void sg_job_end(struct sg_queue *q, struct sg_job *job, enum sg_job_fate fate, const char *why);

bool sg_queue_is_there(const struct sg_queue *q); /* what carries it answers */
