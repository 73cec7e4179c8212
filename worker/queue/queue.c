/* queue.c - see queue.h: taking, holding and letting go. */
#include "worker/queue/queue.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/uuid.h"
#include "worker/queue/inside.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { LOCKED_WAIT_US = 20000 };

/* Tells for people where it runs, and the queue of this process from all others. */
static void name_holder(char *out, size_t n)
{
    char host[48] = "";
    unsigned char id[16];
    char text[SG_UUID_CHARS + 1];
    gethostname(host, sizeof host - 1);
    sg_uuid_make(id);
    sg_uuid_text(id, text);
    snprintf(out, n, "%s:%d:%s", host, (int)getpid(), text + 24);
}

static void make_metrics(struct sg_queue *q)
{
    q->jobs = sg_metric_new(SG_GAUGE, "segue_worker_jobs", "Jobs in the table.", "state");
    q->taken = sg_metric_new(SG_GAUGE, "segue_worker_taken", "Jobs this worker is at.", NULL);
    q->fates = sg_metric_new(SG_COUNTER, "segue_worker_jobs_total", "Jobs let go of.", "fate");
}

int sg_queue_open(struct sg_queue **out, const struct sg_config *c, const char *name, int slots,
                  struct sg_pg_pool *pool, struct sg_error *e)
{
    struct sg_queue *q = calloc(1, sizeof *q);
    pthread_condattr_t monotonic;
    if (!q)
        return sg_fail(e, SG_ENOMEM, "queue");
    *q = (struct sg_queue){.config = c, .name = name, .slots = slots, .pool = pool};
    name_holder(q->holder, sizeof q->holder);
    make_metrics(q);
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    q->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int rc = q->wake < 0 ? sg_fail_errno(e, "eventfd") : 0;
    if (!rc && c->worker.queue == 1)
        rc = rabbit_start(q, e);
    if (!rc)
        rc = keeper_start(q, e);
    if (rc)
        sg_queue_close(q);
    else
        *out = q;
    return rc;
}

void sg_queue_stop(struct sg_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stopped = true;
    for (struct sg_job *j = q->held; j; j = j->next)
        atomic_store(&j->lost, true);
    pthread_cond_broadcast(&q->news);
    pthread_mutex_unlock(&q->lock);
}

void sg_queue_close(struct sg_queue *q)
{
    if (!q)
        return;
    sg_queue_stop(q);
    keeper_stop(q);
    rabbit_stop(q);
    if (q->wake >= 0)
        close(q->wake);
    pthread_cond_destroy(&q->news);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

bool sg_queue_is_there(const struct sg_queue *q)
{
    return q->there;
}

void queue_news(struct sg_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->news_n++;
    pthread_cond_broadcast(&q->news);
    pthread_mutex_unlock(&q->lock);
}

bool queue_idle(struct sg_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool idle = !q->held;
    pthread_mutex_unlock(&q->lock);
    return idle;
}

static int hold(struct sg_queue *q, struct sg_job *job, struct sg_error *e)
{
    pthread_mutex_lock(&q->lock);
    bool stopped = q->stopped;
    job->next = q->held;
    q->held = job;
    pthread_mutex_unlock(&q->lock);
    sg_metric_add(q->taken, "", 1);
    if (!stopped)
        return 0;
    sg_job_end(q, job, SG_JOB_RELEASE, NULL);
    return sg_fail(e, SG_ECANCELED, "the worker is stopping");
}

static void let_go(struct sg_queue *q, struct sg_job *job)
{
    pthread_mutex_lock(&q->lock);
    for (struct sg_job **at = &q->held; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            break;
        }
    pthread_mutex_unlock(&q->lock);
    sg_metric_add(q->taken, "", -1);
}

static int claim(struct sg_queue *q, struct sg_job *job, struct sg_error *e)
{
    int rc = rows_claim(q, job, q->rabbit, e);
    if (rc != SG_EINVAL)
        return rc ? rc : hold(q, job, e);
    sg_log(SG_LOG_WARN, "a job cannot be read", "job=%lld", (long long)job->id);
    hold(q, job, e);
    sg_job_end(q, job, SG_JOB_DEAD, "its payload cannot be read");
    return SG_ENOENT;
}

/* A ticket whose row is gone is given back as done with. A row that somebody holds a lock on at
 * this moment is not seen by the claim: it must not lose its ticket. */
static int claim_by_ticket(struct sg_queue *q, struct sg_job *job, struct sg_error *e)
{
    uint64_t ticket;
    bool due = true;
    if (!rabbit_ticket(q, &ticket))
        return SG_ENOENT;
    job->ticket = ticket;
    int rc = claim(q, job, e);
    while (rc == SG_ENOENT && !rows_due(q, true, &due, e) && due) {
        sg_sleep_us(LOCKED_WAIT_US);
        rc = claim(q, job, e);
    }
    if (rc && rc != SG_ECANCELED) /* given back by its end then */
        rabbit_return(q, ticket, false);
    return rc;
}

/* True: something may have come. */
static bool wait_news(struct sg_queue *q, uint64_t seen, int64_t until_us)
{
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    int rc = 0;
    pthread_mutex_lock(&q->lock);
    while (q->news_n == seen && !q->stopped && !rc)
        rc = pthread_cond_timedwait(&q->news, &q->lock, &until);
    pthread_mutex_unlock(&q->lock);
    return rc == 0;
}

int sg_queue_take(struct sg_queue *q, struct sg_job *job, int wait_ms, struct sg_error *e)
{
    int64_t until_us = sg_now_us() + wait_ms * INT64_C(1000);
    for (;;) {
        memset(job, 0, sizeof *job);
        pthread_mutex_lock(&q->lock);
        uint64_t seen = q->news_n;
        bool stopped = q->stopped;
        pthread_mutex_unlock(&q->lock);
        if (stopped)
            return sg_fail(e, SG_ECANCELED, "the worker is stopping");
        int rc = q->rabbit ? claim_by_ticket(q, job, e) : claim(q, job, e);
        if (rc != SG_ENOENT)
            return rc;
        if (!wait_news(q, seen, until_us))
            return sg_fail(e, SG_ENOENT, "there is no job");
    }
}

void sg_job_end(struct sg_queue *q, struct sg_job *job, enum sg_job_fate fate, const char *why)
{
    static const char *const names[] = {"done", "again", "dead", "released"};
    struct sg_error e = SG_ERROR_INIT;
    enum sg_job_fate had = fate;
    int rc = rows_end(q, job, fate, why, &had, &e);
    if (rc && rc != SG_ECHANGED)
        sg_log(SG_LOG_WARN, "a job's end is not written: its lease will run out",
               "job=%lld error=%s", (long long)job->id, e.text);
    let_go(q, job);
    if (q->rabbit)
        rabbit_return(q, job->ticket, !rc && had == SG_JOB_DEAD);
    sg_metric_add(q->fates, rc == SG_ECHANGED && fate != SG_JOB_DONE ? "lost" : names[had], 1);
    if (had == SG_JOB_DEAD && !rc)
        sg_log(SG_LOG_ERROR, "a job is among the dead letters", "job=%lld attempts=%d",
               (long long)job->id, job->attempts);
}
