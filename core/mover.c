/* mover.c - see mover.h. */
#include "core/mover.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/pause.h"
#include <stdlib.h>
#include <time.h>

#define AGAIN_MS     1000 /* after an error, doubling to .. */
#define AGAIN_MAX_MS 30000
#define LOOK_MS      50 /* how often it is looked whether a batch has gathered */
#define TRIES        20 /* of one transaction that others were in the way of */

struct sg_mover {
    struct sg_mover_options o;
    PGconn *pg;
    struct sg_pause pause;
    pthread_t thread;
    int again_ms;
    int64_t moved_us; /* when the last batch went */
    _Atomic bool hurry;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t progress;
    uint64_t done; /* the last record dealt with */
    struct sg_journal_record v[SG_MOVER_BATCH];
};

static int run(struct sg_mover *m, const char *sql, struct sg_error *e)
{
    return sg_pg_exec(m->pg, sql, 0, NULL, NULL, e);
}

static int connect_to(struct sg_mover *m, struct sg_error *e)
{
    if (m->pg)
        return 0;
    int rc = sg_pg_guard_connect(m->o.guard, &m->pg, m->o.dsn, e);
    if (rc)
        m->pg = NULL;
    return rc || !m->o.connected ? rc : m->o.connected(m->o.ctx, m->pg, e);
}

static int transaction(struct sg_mover *m, const struct sg_journal_record *v, size_t n,
                       struct sg_error *e)
{
    int rc = run(m, "BEGIN", e);
    if (!rc)
        rc = m->o.take(m->o.ctx, m->pg, v, n, e);
    if (!rc)
        rc = run(m, "COMMIT", e);
    else
        run(m, "ROLLBACK", NULL);
    return rc;
}

static bool in_the_way(int rc)
{
    return rc == SG_EEXIST || rc == SG_EBUSY || rc == SG_ECANCELED;
}

static int commit(struct sg_mover *m, const struct sg_journal_record *v, size_t n,
                  struct sg_error *e)
{
    int rc = transaction(m, v, n, e);
    for (int i = 1; in_the_way(rc) && i < TRIES; i++) {
        sg_sleep_us(10000);
        rc = transaction(m, v, n, e);
    }
    return rc;
}

/* One that the database refuses must not hold up all the others for ever. */
static int one_by_one(struct sg_mover *m, size_t n, struct sg_error *e)
{
    for (size_t i = 0; i < n; i++) {
        int rc = commit(m, &m->v[i], 1, e);
        if (rc && rc != SG_EINVAL)
            return rc;
        if (!rc)
            continue;
        sg_log(SG_LOG_WARN, "a record was left out", "of=%s why=%s", m->o.name, e->text);
        if (m->o.refused)
            sg_metric_add(m->o.refused, "", 1);
    }
    return 0;
}

static void tell(struct sg_mover *m, uint64_t done)
{
    pthread_mutex_lock(&m->lock);
    m->done = done;
    pthread_cond_broadcast(&m->progress);
    pthread_mutex_unlock(&m->lock);
}

/* 1: there may be more. */
static int move(struct sg_mover *m, struct sg_error *e)
{
    size_t n;
    struct sg_journal_state before;
    sg_journal_state(m->o.journal, &before);
    int rc = sg_journal_read(m->o.journal, m->v, SG_MOVER_BATCH, &n, e);
    if (!rc && n)
        rc = commit(m, m->v, n, e);
    if (rc == SG_EINVAL)
        rc = one_by_one(m, n, e);
    if (!rc && n)
        rc = sg_journal_acknowledge(m->o.journal, m->v[n - 1].sequence, e);
    if (rc)
        return rc;
    if (m->o.moved)
        sg_metric_add(m->o.moved, "", (double)n);
    tell(m, n == SG_MOVER_BATCH ? m->v[n - 1].sequence : before.added);
    return n == SG_MOVER_BATCH;
}

/* Enough has gathered, or waited long enough. */
static bool is_time(struct sg_mover *m)
{
    struct sg_journal_state s;
    sg_journal_state(m->o.journal, &s);
    if (m->o.backlog)
        sg_metric_set(m->o.backlog, "", (double)s.bytes);
    return s.added - s.acknowledged >= m->o.batch || atomic_exchange(&m->hurry, false) ||
           sg_now_us() - m->moved_us >= (int64_t)m->o.every_ms * 1000;
}

static int work(struct sg_mover *m, struct sg_error *e)
{
    if (!is_time(m))
        return 0;
    m->moved_us = sg_now_us();
    int rc = connect_to(m, e);
    int more = rc ? rc : move(m, e);
    if (more >= 0 && m->o.look_after)
        rc = m->o.look_after(m->o.ctx, m->pg, e);
    return rc ? rc : more;
}

static void after_failure(struct sg_mover *m, const struct sg_error *e)
{
    if (!m->again_ms)
        sg_log(SG_LOG_WARN, "the database does not take what was kept", "what=%s error=%s",
               m->o.name, e->text);
    m->again_ms = !m->again_ms                     ? AGAIN_MS
                  : m->again_ms * 2 > AGAIN_MAX_MS ? AGAIN_MAX_MS
                                                   : m->again_ms * 2;
    sg_pg_guard_finish(m->o.guard, m->pg);
    m->pg = NULL;
    m->moved_us = 0;
    sg_journal_rewind(m->o.journal);
}

static void *mover_main(void *ctx)
{
    struct sg_mover *m = ctx;
    bool stop = false;
    while (!stop) {
        struct sg_error e = SG_ERROR_INIT;
        int rc = work(m, &e), look = m->o.every_ms < LOOK_MS ? m->o.every_ms : LOOK_MS;
        if (rc < 0)
            after_failure(m, &e);
        else
            m->again_ms = 0;
        stop = sg_pause_for(&m->pause, rc > 0 ? 0 : rc < 0 ? m->again_ms : look, rc >= 0);
    }
    sg_pg_guard_finish(m->o.guard, m->pg);
    return NULL;
}

void sg_mover_wake(struct sg_mover *m)
{
    m->hurry = true;
    sg_pause_wake(&m->pause);
}

bool sg_mover_drain(struct sg_mover *m, int64_t deadline_us)
{
    struct timespec until = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    struct sg_journal_state s;
    int rc = 0;
    sg_journal_state(m->o.journal, &s);
    if (s.acknowledged >= s.added)
        return true;
    sg_mover_wake(m);
    pthread_mutex_lock(&m->lock);
    while (m->done < s.added && !rc)
        rc = pthread_cond_timedwait(&m->progress, &m->lock, &until);
    bool done = m->done >= s.added;
    pthread_mutex_unlock(&m->lock);
    return done;
}

static void init_sync(struct sg_mover *m)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&m->progress, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&m->lock, NULL);
    sg_pause_init(&m->pause);
}

static void free_mover(struct sg_mover *m)
{
    sg_pause_destroy(&m->pause);
    pthread_cond_destroy(&m->progress);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

int sg_mover_start(struct sg_mover **out, const struct sg_mover_options *o, struct sg_error *e)
{
    struct sg_mover *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "%s: mover", o->name);
    m->o = *o;
    init_sync(m);
    if (pthread_create(&m->thread, NULL, mover_main, m)) {
        free_mover(m);
        return sg_fail(e, SG_EIO, "%s: no thread", o->name);
    }
    *out = m;
    return 0;
}

void sg_mover_stop(struct sg_mover *m)
{
    if (!m)
        return;
    sg_pause_end(&m->pause);
    pthread_join(m->thread, NULL);
    free_mover(m);
}
