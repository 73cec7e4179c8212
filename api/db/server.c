/* server.c - see server.h.
 *
 * The watch has a connection of its own and asks for the log's position. Only it decides whether a
 * server is there; whoever could not connect makes it look at once, for a server may also have
 * no connection left for others and be well.
 */
#include "api/db/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    EVERY_US = 100000, /* between two looks */
    SAMPLES = 600,     /* a minute of them */
};

struct sample {
    int64_t at_us;
    uint64_t lsn;
};

struct db_server {
    const char *name;
    char *dsn;
    bool primary;
    int64_t away_us;
    struct sg_pg_pool *pools[DB_USES];
    struct sg_pg_guard *guard;
    pthread_t watch;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop, looked, poked;
    struct sample samples[SAMPLES]; /* a ring, newest at n_samples - 1 */
    size_t n_samples;
    atomic_bool away;
    _Atomic uint64_t lsn;
    struct sg_metric *is_there, *went_away;
};

const char *db_server_name(const struct db_server *s)
{
    return s->name;
}

bool db_server_is_there(const struct db_server *s)
{
    return !s->away;
}

struct sg_pg_guard *db_server_guard(struct db_server *s)
{
    return s->guard;
}

uint64_t db_server_lsn(const struct db_server *s)
{
    return s->lsn;
}

int64_t db_server_reached_us(struct db_server *s, uint64_t lsn)
{
    int64_t at = 0;
    pthread_mutex_lock(&s->lock);
    size_t kept = s->n_samples < SAMPLES ? s->n_samples : SAMPLES;
    for (size_t i = 0; i < kept; i++) {
        const struct sample *p = &s->samples[(s->n_samples - 1 - i) % SAMPLES];
        if (p->lsn < lsn)
            break;
        at = p->at_us;
    }
    pthread_mutex_unlock(&s->lock);
    return at;
}

static void mark_away(struct db_server *s, const char *why)
{
    if (atomic_exchange(&s->away, true))
        return;
    sg_pg_guard_shut(s->guard, true);
    sg_metric_add(s->went_away, s->name, 1);
    sg_metric_set(s->is_there, s->name, 0);
    sg_log(SG_LOG_WARN, "database away", "server=\"%s\" error=%s", s->name, why);
}

static void mark_there(struct db_server *s)
{
    if (!atomic_exchange(&s->away, false))
        return;
    for (int i = 0; i < DB_USES; i++)
        sg_pg_pool_clear(s->pools[i]);
    sg_pg_guard_shut(s->guard, false);
    sg_metric_set(s->is_there, s->name, 1);
    sg_log(SG_LOG_INFO, "database there", "server=\"%s\"", s->name);
}

/* The watch. */

static const struct sg_pg_statement position = {
    "position",
    "SELECT pg_is_in_recovery(), (CASE WHEN pg_is_in_recovery() "
    "THEN coalesce(pg_last_wal_replay_lsn(), '0/0') ELSE pg_current_wal_insert_lsn() END "
    "- '0/0'::pg_lsn)::bigint",
    0};

static void note(struct db_server *s, uint64_t lsn)
{
    s->lsn = lsn;
    pthread_mutex_lock(&s->lock);
    if (!s->n_samples || s->samples[(s->n_samples - 1) % SAMPLES].lsn <= lsn)
        s->samples[s->n_samples++ % SAMPLES] = (struct sample){sg_now_us(), lsn};
    pthread_mutex_unlock(&s->lock);
}

static int read_position(struct db_server *s, PGconn *c, int64_t *left_us, struct sg_error *e)
{
    PGresult *r = NULL;
    uint64_t lsn = 0;
    struct sg_pg_limit limit = {.left_us = left_us};
    int rc = sg_pg_run_within(c, &position, NULL, &limit, &r, e);
    if (!rc && s->primary && *PQgetvalue(r, 0, 0) == 't')
        rc = sg_fail(e, SG_EUNAVAIL, "the server only takes reads");
    if (!rc && !sg_str_to_u64(sg_str(PQgetvalue(r, 0, 1)), &lsn))
        rc = sg_fail(e, SG_ECORRUPT, "log position '%s'", PQgetvalue(r, 0, 1));
    PQclear(r);
    if (!rc)
        note(s, lsn);
    return rc;
}

/* *c: kept while it is good. Not by the clock: a machine, or a process, that stood still for a
 * second knows nothing of its database, and must not refuse everybody for that. */
static void look(struct db_server *s, PGconn **c)
{
    struct sg_error e = SG_ERROR_INIT;
    int64_t left_us = s->away_us;
    int rc = SG_EUNAVAIL;
    if (*c && read_position(s, *c, &left_us, &e)) {
        PQfinish(*c);
        *c = NULL;
        if (e.code == SG_ETIMEOUT)
            mark_away(s, e.text);
        left_us = s->away_us;
    }
    if (*c) {
        rc = 0;
    } else {
        rc = sg_pg_connect_awake(c, s->dsn, &left_us, &e);
        if (!rc && (rc = read_position(s, *c, &left_us, &e)) != 0) {
            PQfinish(*c);
            *c = NULL;
        }
    }
    if (rc)
        mark_away(s, e.text);
    else
        mark_there(s);
}

static void *watch(void *ctx)
{
    struct db_server *s = ctx;
    PGconn *c = NULL;
    pthread_mutex_lock(&s->lock);
    while (!s->stop) {
        pthread_mutex_unlock(&s->lock);
        look(s, &c);
        int64_t next_us = sg_now_us() + EVERY_US;
        struct timespec until = {next_us / 1000000, next_us % 1000000 * 1000};
        pthread_mutex_lock(&s->lock);
        s->looked = true;
        s->poked = false;
        pthread_cond_broadcast(&s->wake);
        while (!s->stop && !s->poked && sg_now_us() < next_us)
            pthread_cond_timedwait(&s->wake, &s->lock, &until);
    }
    pthread_mutex_unlock(&s->lock);
    PQfinish(c);
    return NULL;
}

/* Life. */

static void await_first_look(struct db_server *s)
{
    int64_t end_us = sg_now_us() + s->away_us;
    struct timespec until = {end_us / 1000000, end_us % 1000000 * 1000};
    pthread_mutex_lock(&s->lock);
    while (!s->looked && sg_now_us() < end_us)
        pthread_cond_timedwait(&s->wake, &s->lock, &until);
    pthread_mutex_unlock(&s->lock);
}

static void free_server(struct db_server *s)
{
    for (int i = 0; i < DB_USES; i++)
        sg_pg_pool_close(s->pools[i]);
    sg_pg_guard_close(s->guard);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s->dsn);
    free(s);
}

static int open_pools(struct db_server *s, const struct db_server_options *o, struct sg_error *e)
{
    char lookup[512];
    snprintf(lookup, sizeof lookup, "%s -c plan_cache_mode=force_generic_plan", o->settings);
    int rc = sg_pg_pool_open_with(&s->pools[DB_ANY], o->dsn, o->settings, o->connections, e);
    if (!rc)
        rc = sg_pg_pool_open_with(&s->pools[DB_LOOKUP], o->dsn, lookup, DB_LOOKUP_CONNECTIONS, e);
    return rc;
}

int db_server_open(struct db_server **out, const struct db_server_options *o, struct sg_error *e)
{
    struct db_server *s = calloc(1, sizeof *s);
    if (!s || !(s->dsn = strdup(o->dsn))) {
        free(s);
        return sg_fail(e, SG_ENOMEM, "database server");
    }
    s->name = o->name;
    s->primary = o->primary;
    s->away_us = o->away_us;
    s->is_there =
        sg_metric_new(SG_GAUGE, "segue_db_up", "1: the database server answers", "server");
    s->went_away = sg_metric_new(SG_COUNTER, "segue_db_away_total",
                                 "Times that a database server was found away", "server");
    sg_metric_set(s->is_there, s->name, 1);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &a);
    pthread_condattr_destroy(&a);
    int rc = sg_pg_guard_open(&s->guard, e);
    if (!rc)
        rc = open_pools(s, o, e);
    if (!rc && pthread_create(&s->watch, NULL, watch, s))
        rc = sg_fail(e, SG_EIO, "cannot start the watch of the database");
    if (rc) {
        free_server(s);
        return rc;
    }
    await_first_look(s);
    *out = s;
    return 0;
}

void db_server_close(struct db_server *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->watch, NULL);
    free_server(s);
}

/* Use. */

static void poke(struct db_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->poked = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

int db_server_take(struct db_server *s, enum db_use use, PGconn **out, int64_t deadline_us,
                   struct sg_error *e)
{
    if (s->away)
        return sg_fail(e, SG_EUNAVAIL, "the database is away");
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_pg_pool_take(s->pools[use], out, deadline_us, &why);
    if (rc == SG_EUNAVAIL) {
        poke(s);
        sg_log(SG_LOG_DEBUG, "no database connection", "server=\"%s\" error=\"%s\"", s->name,
               why.text);
    }
    return rc ? sg_fail(e, rc, "%s", rc == SG_EUNAVAIL ? "the database is away" : why.text) : 0;
}

void db_server_give(struct db_server *s, enum db_use use, PGconn *c)
{
    if (PQtransactionStatus(c) == PQTRANS_IDLE)
        sg_pg_pool_give(s->pools[use], c);
    else
        sg_pg_pool_drop(s->pools[use], c);
}

int db_server_run(struct db_server *s, PGconn *c, const struct sg_pg_statement *st,
                  const char *const *params, int64_t deadline_us, PGresult **rows,
                  struct sg_error *e)
{
    struct sg_pg_limit limit = {.deadline_us = deadline_us, .cut = &s->away};
    int rc = sg_pg_run_within(c, st, params, &limit, rows, e);
    if (rc == SG_ECANCELED)
        rc = sg_fail(e, SG_ETIMEOUT, "the database took too long");
    return rc;
}
