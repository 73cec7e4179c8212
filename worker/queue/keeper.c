/* keeper.c - the thread that looks after what is held and what is due, whatever carries the jobs.
 */
#include "core/clock.h"
#include "core/log.h"
#include "worker/queue/inside.h"
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { TICK_US = 1000000, COUNT_EVERY = 15, FORGET_EVERY = 3600 };

struct keeping {
    struct sg_queue *q;
    PGconn *pg; /* listens; NULL: the database is away */
    int64_t renewed_us, ticked_us;
    unsigned ticks;
};

static void listen_to(struct keeping *k)
{
    struct sg_error e = SG_ERROR_INIT;
    bool was = k->q->there;
    if (sg_pg_connect_within(&k->pg, k->q->config->pg.dsn, sg_now_us() + 5000000, &e))
        k->pg = NULL;
    else if (sg_pg_exec(k->pg, "LISTEN segue_jobs", 0, NULL, NULL, &e)) {
        PQfinish(k->pg);
        k->pg = NULL;
    }
    if (!k->pg && was)
        sg_log(SG_LOG_WARN, "no database: no jobs are taken", "error=%s", e.text);
    if (!k->q->rabbit)
        atomic_store(&k->q->there, k->pg != NULL);
    if (k->pg)
        queue_news(k->q); /* whatever came meanwhile */
}

static void forget_connection(struct keeping *k)
{
    PQfinish(k->pg);
    k->pg = NULL;
    if (!k->q->rabbit)
        atomic_store(&k->q->there, false);
}

static void hear(struct keeping *k)
{
    bool ours = false;
    if (!PQconsumeInput(k->pg)) {
        forget_connection(k);
        return;
    }
    for (PGnotify *n; (n = PQnotifies(k->pg)); PQfreemem(n))
        ours |= strcmp(n->extra, k->q->name) == 0;
    if (ours && k->q->rabbit)
        rabbit_wake(k->q);
    else if (ours)
        queue_news(k->q);
}

static size_t list_held(struct sg_queue *q, struct lease *v, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&q->lock);
    for (struct sg_job *j = q->held; j && n < max; j = j->next)
        v[n++] = (struct lease){j->id, j->attempts, false};
    pthread_mutex_unlock(&q->lock);
    return n;
}

static void tell_lost(struct sg_queue *q, const struct lease *v, size_t n)
{
    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < n; i++)
        for (struct sg_job *j = q->held; j && !v[i].ours; j = j->next)
            if (j->id == v[i].id && j->attempts == v[i].attempts)
                atomic_store(&j->lost, true);
    pthread_mutex_unlock(&q->lock);
}

/* Three times in the time of a lease. While the database is away nobody else can take them. */
static int renew(struct keeping *k, struct sg_error *e)
{
    struct lease v[256];
    int64_t now = sg_now_us();
    if (now - k->renewed_us < k->q->config->worker.lease_s * 1000000 / 3)
        return 0;
    size_t n = list_held(k->q, v, 256);
    int rc = n ? rows_renew(k->q, v, n, e) : 0;
    if (!rc) {
        tell_lost(k->q, v, n);
        k->renewed_us = now;
    }
    return rc;
}

static int tick(struct keeping *k, struct sg_error *e)
{
    bool due = false;
    int rc = renew(k, e);
    if (!rc)
        rc = rows_return_lost(k->q, e);
    if (!rc && !k->q->rabbit)
        rc = rows_due(k->q, false, &due, e);
    if (!rc && due) /* a retry's time has come */
        queue_news(k->q);
    if (!rc && k->ticks % COUNT_EVERY == 0)
        rc = rows_count(k->q, e);
    if (!rc && k->ticks % FORGET_EVERY == 0)
        rc = rows_forget_done(k->q, e);
    k->ticks++;
    return rc;
}

static void wait_a_little(struct keeping *k)
{
    struct pollfd f[2] = {{k->q->wake, POLLIN, 0}, {k->pg ? PQsocket(k->pg) : -1, POLLIN, 0}};
    int64_t left_us = k->ticked_us + TICK_US - sg_now_us();
    poll(f, 2, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
    if (k->pg && f[1].revents)
        hear(k);
}

static void *keep(void *ctx)
{
    struct keeping k = {.q = ctx};
    struct sg_error e = SG_ERROR_INIT;
    uint64_t woken;
    while (read(k.q->wake, &woken, sizeof woken) < 0) { /* it is woken to end */
        if (sg_now_us() - k.ticked_us >= TICK_US) {
            if (!k.pg)
                listen_to(&k);
            if (k.pg && tick(&k, &e))
                sg_log(SG_LOG_WARN, "jobs are not looked after", "error=%s", e.text);
            k.ticked_us = sg_now_us();
        }
        wait_a_little(&k);
    }
    PQfinish(k.pg);
    return NULL;
}

int keeper_start(struct sg_queue *q, struct sg_error *e)
{
    if (pthread_create(&q->keeper, NULL, keep, q))
        return sg_fail(e, SG_ENOMEM, "a thread");
    q->keeping = true;
    return 0;
}

void keeper_stop(struct sg_queue *q)
{
    uint64_t one = 1;
    if (!q->keeping || write(q->wake, &one, sizeof one) < 0)
        return;
    pthread_join(q->keeper, NULL);
    q->keeping = false;
}
