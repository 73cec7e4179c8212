/* guard.c - connections that are hung up together: see core/pg.h. */
#include "core/clock.h"
#include "core/pg.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

static const int64_t connect_us = 3 * 1000000;

struct member {
    struct member *next;
    PGconn *c;
};
struct sg_pg_guard {
    pthread_mutex_t lock; /* guards all below */
    bool shut;
    struct member *first;
};

int sg_pg_guard_open(struct sg_pg_guard **out, struct sg_error *e)
{
    struct sg_pg_guard *g = calloc(1, sizeof *g);
    if (!g)
        return sg_fail(e, SG_ENOMEM, "database connections");
    pthread_mutex_init(&g->lock, NULL);
    *out = g;
    return 0;
}

void sg_pg_guard_close(struct sg_pg_guard *g)
{
    if (!g)
        return;
    pthread_mutex_destroy(&g->lock);
    free(g);
}

/* With the lock: a socket stays its connection's until sg_pg_guard_finish has it. Whoever waits in
 * poll for an answer reads the end of it. */
void sg_pg_guard_shut(struct sg_pg_guard *g, bool shut)
{
    pthread_mutex_lock(&g->lock);
    g->shut = shut;
    for (struct member *m = g->first; shut && m; m = m->next)
        if (PQsocket(m->c) >= 0)
            shutdown(PQsocket(m->c), SHUT_RDWR);
    pthread_mutex_unlock(&g->lock);
}

static bool is_shut(struct sg_pg_guard *g)
{
    pthread_mutex_lock(&g->lock);
    bool shut = g->shut;
    pthread_mutex_unlock(&g->lock);
    return shut;
}

static bool enter(struct sg_pg_guard *g, PGconn *c)
{
    struct member *m = malloc(sizeof *m);
    pthread_mutex_lock(&g->lock);
    bool good = m && !g->shut;
    if (good) {
        *m = (struct member){g->first, c};
        g->first = m;
    }
    pthread_mutex_unlock(&g->lock);
    if (!good)
        free(m);
    return good;
}

int sg_pg_guard_connect(struct sg_pg_guard *g, PGconn **out, const char *dsn, struct sg_error *e)
{
    PGconn *c = NULL;
    if (!g)
        return sg_pg_connect(out, dsn, e);
    if (is_shut(g))
        return sg_fail(e, SG_EUNAVAIL, "the database is away");
    int rc = sg_pg_connect_within(&c, dsn, sg_now_us() + connect_us, e);
    if (rc == SG_ETIMEOUT)
        return sg_fail(e, SG_EUNAVAIL, "the database does not answer");
    if (!rc && !enter(g, c)) {
        PQfinish(c);
        rc = sg_fail(e, SG_EUNAVAIL, "the database is away");
    }
    if (!rc)
        *out = c;
    return rc;
}

void sg_pg_guard_finish(struct sg_pg_guard *g, PGconn *c)
{
    struct member *mine = NULL;
    if (g) {
        pthread_mutex_lock(&g->lock);
        struct member **at = &g->first;
        while (*at && (*at)->c != c)
            at = &(*at)->next;
        mine = *at;
        if (mine)
            *at = mine->next;
        pthread_mutex_unlock(&g->lock);
    }
    free(mine);
    PQfinish(c);
}
