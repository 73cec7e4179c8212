/* pool.c - a bounded stack of idle connections: see core/pg.h.
 *
 * The newest idle connection is taken first, so a quiet pool keeps few of them
 * busy. The lock is never held while talking to the server.
 */
#include "core/clock.h"
#include "core/pg/session.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { WAITING_EACH = 64 };

struct sg_pg_pool {
    pthread_mutex_t lock;
    pthread_cond_t given;
    char *dsn, *settings; /* settings may be NULL */
    int size, waiting;
    int open, n_idle; /* open: idle, taken and being connected */
    PGconn *idle[];
};

static void free_pool(struct sg_pg_pool *p)
{
    if (p) {
        free(p->dsn);
        free(p->settings);
    }
    free(p);
}

int sg_pg_pool_open(struct sg_pg_pool **out, const char *dsn, int size, struct sg_error *e)
{
    return sg_pg_pool_open_with(out, dsn, NULL, size, e);
}

int sg_pg_pool_open_with(struct sg_pg_pool **out, const char *dsn, const char *settings, int size,
                         struct sg_error *e)
{
    if (size < 1 || size > 10000)
        return sg_fail(e, SG_EINVAL, "pool size %d is not from 1 to 10000", size);
    struct sg_pg_pool *p = calloc(1, sizeof *p + (size_t)size * sizeof *p->idle);
    if (!p || !(p->dsn = strdup(dsn)) || (settings && !(p->settings = strdup(settings)))) {
        free_pool(p);
        return sg_fail(e, SG_ENOMEM, "connection pool");
    }
    p->size = size;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&p->given, &a);
    pthread_condattr_destroy(&a);
    *out = p;
    return 0;
}

void sg_pg_pool_close(struct sg_pg_pool *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->n_idle; i++)
        PQfinish(p->idle[i]);
    pthread_cond_destroy(&p->given);
    pthread_mutex_destroy(&p->lock);
    free_pool(p);
}

/* Waits for an idle connection or for room to open one (*out NULL). Counted as
 * open either way. */
static int reserve(struct sg_pg_pool *p, PGconn **out, int64_t deadline_us, struct sg_error *e)
{
    struct timespec until = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    int waited = 0;
    pthread_mutex_lock(&p->lock);
    if (p->waiting >= WAITING_EACH * p->size)
        waited = ETIMEDOUT;
    p->waiting++;
    while (!p->n_idle && p->open == p->size && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&p->given, &p->lock, &until);
    bool crowded = --p->waiting >= WAITING_EACH * p->size;
    bool got = true;
    if (p->n_idle) {
        *out = p->idle[--p->n_idle];
    } else if (p->open < p->size) {
        *out = NULL;
        p->open++;
    } else {
        got = false;
    }
    pthread_mutex_unlock(&p->lock);
    return got ? 0
               : sg_fail(e, crowded ? SG_EBUSY : SG_ETIMEOUT,
                         "all %d database connections are busy", p->size);
}

/* An idle connection has nothing to read unless the server closed it or said
 * something unasked, which libpq then takes in. */
static bool alive(PGconn *c)
{
    struct pollfd p = {.fd = PQsocket(c), .events = POLLIN};
    if (PQstatus(c) != CONNECTION_OK)
        return false;
    while (poll(&p, 1, 0) > 0)
        if (!PQconsumeInput(c))
            return false;
    return PQstatus(c) == CONNECTION_OK;
}

static void forget(struct sg_pg_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->open--;
    pthread_cond_signal(&p->given);
    pthread_mutex_unlock(&p->lock);
}

int sg_pg_pool_take(struct sg_pg_pool *p, PGconn **out, int64_t deadline_us, struct sg_error *e)
{
    PGconn *c = NULL;
    int rc = reserve(p, &c, deadline_us, e);
    if (rc)
        return rc;
    if (c && !alive(c)) {
        PQfinish(c);
        c = NULL;
    }
    if (!c)
        rc = sg_pg_session_with(&c, p->dsn, p->settings, SG_PG_SQL, deadline_us, e);
    if (rc) {
        forget(p);
        return rc;
    }
    *out = c;
    return 0;
}

/* Ready for somebody else: no transaction left open, no answer outstanding. */
static bool reusable(PGconn *c)
{
    PGTransactionStatusType s = PQtransactionStatus(c);
    if (s == PQTRANS_INTRANS || s == PQTRANS_INERROR) {
        PQclear(PQexec(c, "ROLLBACK"));
        s = PQtransactionStatus(c);
    }
    return PQstatus(c) == CONNECTION_OK && s == PQTRANS_IDLE;
}

void sg_pg_pool_drop(struct sg_pg_pool *p, PGconn *c)
{
    PQfinish(c);
    forget(p);
}

void sg_pg_pool_clear(struct sg_pg_pool *p)
{
    for (;;) {
        pthread_mutex_lock(&p->lock);
        PGconn *c = p->n_idle ? p->idle[--p->n_idle] : NULL;
        pthread_mutex_unlock(&p->lock);
        if (!c)
            return;
        sg_pg_pool_drop(p, c);
    }
}

void sg_pg_pool_give(struct sg_pg_pool *p, PGconn *c)
{
    if (!c)
        return;
    if (!reusable(c)) {
        sg_pg_pool_drop(p, c);
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->idle[p->n_idle++] = c;
    pthread_cond_signal(&p->given);
    pthread_mutex_unlock(&p->lock);
}
