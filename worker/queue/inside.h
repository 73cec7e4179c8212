/* inside.h - private to the queue: its parts and who looks after what.
 *
 *   takers (any thread) --sg_queue_take--> claim (rows.c)
 *   keeper.c, one thread: LISTEN, renews leases, returns lost jobs, counts
 *   rabbit.c, one thread when the broker carries: tickets in, rows out
 */
#pragma once
#include "core/metrics.h"
#include "worker/queue/queue.h"
#include <pthread.h>

struct rabbit;

struct sg_queue {
    const struct sg_config *config;
    const char *name;
    int slots;
    struct sg_pg_pool *pool;
    char holder[96];
    struct rabbit *rabbit; /* NULL: PostgreSQL alone */
    pthread_t keeper;
    bool keeping;
    int wake;             /* eventfd of the keeper */
    pthread_mutex_t lock; /* guards the rest; held for no I/O */
    pthread_cond_t news;
    uint64_t news_n;     /* times that something may have come */
    struct sg_job *held; /* being worked at */
    bool stopped;
    atomic_bool there;
    struct sg_metric *jobs, *taken, *fates;
};

/* --- rows.c: the rows' changes, each one statement --- */
/* The most urgent row that is due. told: of those that the broker was told of. SG_ENOENT. */
int rows_claim(struct sg_queue *q, struct sg_job *job, bool told, struct sg_error *e);
/* The fate it had: SG_JOB_AGAIN may have been the last attempt. SG_ECHANGED: it was not ours. */
int rows_end(struct sg_queue *q, const struct sg_job *job, enum sg_job_fate fate, const char *why,
             enum sg_job_fate *had, struct sg_error *e);
struct lease {
    int64_t id;
    int attempts;
    bool ours; /* out */
};
int rows_renew(struct sg_queue *q, struct lease *v, size_t n, struct sg_error *e);
int rows_return_lost(struct sg_queue *q, struct sg_error *e);
/* Something could be taken now. told: that the broker was told of. */
int rows_due(struct sg_queue *q, bool told, bool *due, struct sg_error *e);
int rows_count(struct sg_queue *q, struct sg_error *e); /* into metrics */
int rows_forget_done(struct sg_queue *q, struct sg_error *e);

#define TELL_MAX 200
struct telling {
    int64_t id[TELL_MAX];
    char token[64]; /* told_at of all */
    size_t n;
};
int rows_tell(struct sg_queue *q, struct telling *t, struct sg_error *e); /* takes them */
int rows_told(struct sg_queue *q, const struct telling *t, const bool *confirmed,
              struct sg_error *e);
/* Rows that the broker was told of, and that nobody gets: an idle worker's finding. */
int rows_tell_again(struct sg_queue *q, struct sg_error *e);

/* --- queue.c --- */
void queue_news(struct sg_queue *q); /* wakes the takers */
bool queue_idle(struct sg_queue *q); /* nothing is held */

/* --- keeper.c --- */
int keeper_start(struct sg_queue *q, struct sg_error *e);
void keeper_stop(struct sg_queue *q);

/* --- rabbit.c --- */
int rabbit_start(struct sg_queue *q, struct sg_error *e);
void rabbit_stop(struct sg_queue *q);
void rabbit_wake(struct sg_queue *q); /* there may be rows to tell of */
/* A ticket, when there is one. */
bool rabbit_ticket(struct sg_queue *q, uint64_t *ticket);
void rabbit_return(struct sg_queue *q, uint64_t ticket, bool dead);
