/* flight.c - see flight.h. Few are under way at a time: a list. */
#include "api/cache/flight.h"
#include "core/clock.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct flight {
    struct flight *next;
    pthread_cond_t ended;
    uint64_t hash;
    struct sg_error error;
    int rc, holders; /* who loads and who waits */
    bool detached, done;
    size_t key_n;
    char key[];
};

void flights_init(struct flights *f)
{
    f->first = NULL;
    pthread_mutex_init(&f->lock, NULL);
}

void flights_fini(struct flights *f)
{
    pthread_mutex_destroy(&f->lock);
}

static struct flight *find(struct flights *f, uint64_t hash, struct sg_str key)
{
    for (struct flight *x = f->first; x; x = x->next)
        if (!x->detached && x->hash == hash && sg_str_eq((struct sg_str){x->key, x->key_n}, key))
            return x;
    return NULL;
}

static struct flight *make(uint64_t hash, struct sg_str key)
{
    struct flight *x = calloc(1, sizeof *x + key.n);
    if (!x)
        return NULL;
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&x->ended, &a);
    pthread_condattr_destroy(&a);
    x->hash = hash;
    x->key_n = key.n;
    memcpy(x->key, key.p, key.n);
    return x;
}

/* Out of memory: *out NULL, and the caller loads for itself. */
bool flight_begin(struct flights *f, uint64_t hash, struct sg_str key, struct flight **out)
{
    pthread_mutex_lock(&f->lock);
    struct flight *x = find(f, hash, key);
    bool first = !x;
    if (first && (x = make(hash, key)) != NULL) {
        x->next = f->first;
        f->first = x;
    }
    if (x)
        x->holders++;
    pthread_mutex_unlock(&f->lock);
    *out = x;
    return first;
}

/* With the lock held. */
static void let_go(struct flight *x)
{
    if (--x->holders)
        return;
    pthread_cond_destroy(&x->ended);
    free(x);
}

void flight_end(struct flights *f, struct flight *x, int rc, const struct sg_error *e)
{
    if (!x)
        return;
    pthread_mutex_lock(&f->lock);
    struct flight **at = &f->first;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    x->done = true;
    x->rc = rc;
    if (rc && e)
        x->error = *e;
    pthread_cond_broadcast(&x->ended);
    let_go(x);
    pthread_mutex_unlock(&f->lock);
}

int flight_wait(struct flights *f, struct flight *x, int64_t deadline_us, struct sg_error *e)
{
    struct timespec until = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    int waited = 0, rc;
    pthread_mutex_lock(&f->lock);
    while (!x->done && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&x->ended, &f->lock, &until);
    if (!x->done) {
        rc = sg_fail(e, SG_ETIMEOUT, "what another request is loading took too long");
    } else {
        rc = x->rc;
        if (rc && e)
            *e = x->error;
    }
    let_go(x);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

void flights_detach(struct flights *f, uint64_t hash)
{
    pthread_mutex_lock(&f->lock);
    for (struct flight *x = f->first; x; x = x->next)
        if (x->hash == hash)
            x->detached = true;
    pthread_mutex_unlock(&f->lock);
}

void flights_detach_all(struct flights *f)
{
    pthread_mutex_lock(&f->lock);
    for (struct flight *x = f->first; x; x = x->next)
        x->detached = true;
    pthread_mutex_unlock(&f->lock);
}
