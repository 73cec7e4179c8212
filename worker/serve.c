/* serve.c - see serve.h. */
#include "worker/serve.h"
#include "core/clock.h"
#include "core/service.h"
#include "worker/database.h"
#include "worker/health.h"
#include "worker/jobs/encode.h"
#include "worker/queue/enqueue.h"
#include "worker/sweep.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { SLOTS_MAX = 256, WAIT_MS = 5000, AWAY_MS = 500, TICK_MS = 1000 };

struct worker {
    struct encode encode;
    struct sg_queue *queue;
    struct sg_worker_health *health;
    struct sg_sweep *sweep;
    pthread_t threads[SLOTS_MAX];
    int n_threads;
};

static int slots(const struct sg_config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long n = c->worker.jobs ? (long)c->worker.jobs : cores;
    return (int)(n < 1 ? 1 : n > SLOTS_MAX ? SLOTS_MAX : n);
}

static void do_one(struct worker *w, struct sg_job *job)
{
    struct sg_error e = SG_ERROR_INIT;
    enum sg_job_fate fate = encode_run(&w->encode, job, &e);
    if (fate == SG_JOB_AGAIN || fate == SG_JOB_DEAD)
        sg_log(SG_LOG_WARN, "a job failed", "job=%lld attempt=%d of=%d error=%s",
               (long long)job->id, job->attempts, job->max_attempts, e.text);
    sg_job_end(w->queue, job, fate, e.text);
}

/* The children of a job die with this thread, which lives as long as the worker. */
static void *work(void *ctx)
{
    struct worker *w = ctx;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_job job;
    while (!sg_stopping()) {
        int rc = sg_queue_take(w->queue, &job, WAIT_MS, &e);
        if (!rc)
            do_one(w, &job);
        else if (rc != SG_ENOENT && rc != SG_ECANCELED)
            sg_wait_stop(AWAY_MS); /* the keeper has said why */
    }
    return NULL;
}

static int start_threads(struct worker *w, int n, struct sg_error *e)
{
    while (w->n_threads < n) {
        if (pthread_create(&w->threads[w->n_threads], NULL, work, w))
            return sg_fail(e, SG_ENOMEM, "a thread");
        w->n_threads++;
    }
    return 0;
}

/* Jobs under way are cut and given back: whoever takes them next begins anew. */
static void stop(struct worker *w)
{
    sg_request_stop();
    if (w->queue)
        sg_queue_stop(w->queue);
    for (int i = 0; i < w->n_threads; i++)
        pthread_join(w->threads[i], NULL);
    sg_sweep_stop(w->sweep);
    sg_worker_health_close(w->health);
    sg_queue_close(w->queue);
}

static void close_all(struct worker *w)
{
    sg_scratch_close(w->encode.scratch);
    sg_objects_close(w->encode.objects);
    sg_vault_close(w->encode.vault);
    if (w->encode.pool)
        sg_pg_pool_close(w->encode.pool);
}

static int open_all(struct worker *w, const struct sg_config *c, int n, struct sg_error *e)
{
    w->encode.config = c;
    /* One a job, the keeper's, the broker's. */
    int rc = sg_pg_pool_open(&w->encode.pool, c->pg.dsn, n + 2, e);
    if (!rc)
        rc = sg_objects_open(&w->encode.objects, c, e);
    if (!rc)
        rc = sg_vault_open(&w->encode.vault, c, e);
    if (!rc)
        rc = sg_scratch_open(&w->encode.scratch, c->var_dir, e);
    return rc;
}

int sg_worker_serve(const struct sg_config *c, struct sg_error *e)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "worker");
    int n = slots(c);
    int rc = open_all(w, c, n, e);
    if (!rc)
        rc = sg_queue_open(&w->queue, c, SG_QUEUE_ENCODE, n, w->encode.pool, e);
    if (!rc)
        rc = sg_worker_health_open(&w->health, c, w->queue, e);
    if (!rc)
        rc = sg_sweep_start(&w->sweep, c, w->encode.objects, e);
    if (!rc)
        rc = start_threads(w, n, e);
    if (!rc) {
        sg_log(SG_LOG_INFO, "taking jobs", "queue=%s slots=%d carrier=%s", SG_QUEUE_ENCODE, n,
               c->worker.queue ? "rabbitmq" : "postgres");
        while (!sg_wait_stop(TICK_MS))
            ;
        sg_log(SG_LOG_INFO, "stopping", NULL);
    }
    stop(w);
    close_all(w);
    free(w);
    return rc;
}
