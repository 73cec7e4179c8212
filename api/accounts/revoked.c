/* revoked.c - see revoked.h. Two tables by open addressing, at most half full. */
#include "api/accounts/revoked.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdlib.h>

struct entry {
    uint64_t id; /* 0: empty */
    int64_t until_us;
    struct sg_changed_claims claims;
};
struct table {
    struct entry *v;
    size_t cap, n; /* cap: a power of two, or 0 */
};
struct sg_revoked {
    pthread_rwlock_t lock;
    struct table sessions, people;
};

struct sg_revoked *sg_revoked_open(void)
{
    struct sg_revoked *r = calloc(1, sizeof *r);
    if (r)
        pthread_rwlock_init(&r->lock, NULL);
    return r;
}

void sg_revoked_close(struct sg_revoked *r)
{
    if (!r)
        return;
    free(r->sessions.v);
    free(r->people.v);
    pthread_rwlock_destroy(&r->lock);
    free(r);
}

/* Where it is, or the empty place where it would be; NULL: the table has no places. */
static struct entry *place_of(const struct table *t, uint64_t id)
{
    if (!t->cap)
        return NULL;
    size_t i = (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & (t->cap - 1);
    while (t->v[i].id && t->v[i].id != id)
        i = (i + 1) & (t->cap - 1);
    return &t->v[i];
}

static const struct entry *find(const struct table *t, uint64_t id)
{
    const struct entry *x = place_of(t, id);
    return x && x->id ? x : NULL;
}

/* Moves what is not over into room for as much again; false: out of memory. */
static bool move(struct table *t, int64_t now_us)
{
    struct table to = {.cap = 64};
    size_t left = 0;
    for (size_t i = 0; i < t->cap; i++)
        left += t->v[i].id && t->v[i].until_us > now_us;
    while (to.cap < 4 * (left + 1))
        to.cap *= 2;
    to.v = calloc(to.cap, sizeof *to.v);
    if (!to.v)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->v[i].id && t->v[i].until_us > now_us) {
            *place_of(&to, t->v[i].id) = t->v[i];
            to.n++;
        }
    free(t->v);
    *t = to;
    return true;
}

static struct entry *put(struct table *t, uint64_t id, int64_t until_us)
{
    if (2 * (t->n + 1) > t->cap && !move(t, sg_wall_us()))
        return NULL;
    struct entry *x = place_of(t, id);
    t->n += !x->id;
    x->id = id;
    x->until_us = x->until_us > until_us ? x->until_us : until_us;
    return x;
}

bool sg_revoked_put_session(struct sg_revoked *r, uint64_t session_id, int64_t until_us)
{
    pthread_rwlock_wrlock(&r->lock);
    bool ok = put(&r->sessions, session_id, until_us) != NULL;
    pthread_rwlock_unlock(&r->lock);
    return ok;
}

bool sg_revoked_has_session(struct sg_revoked *r, uint64_t session_id)
{
    pthread_rwlock_rdlock(&r->lock);
    bool found = find(&r->sessions, session_id) != NULL;
    pthread_rwlock_unlock(&r->lock);
    return found;
}

bool sg_revoked_put_claims(struct sg_revoked *r, uint64_t user_id,
                           const struct sg_changed_claims *c, int64_t until_us)
{
    pthread_rwlock_wrlock(&r->lock);
    struct entry *x = put(&r->people, user_id, until_us);
    if (x && x->claims.changed_us <= c->changed_us)
        x->claims = *c;
    pthread_rwlock_unlock(&r->lock);
    return x != NULL;
}

bool sg_revoked_find_claims(struct sg_revoked *r, uint64_t user_id, struct sg_changed_claims *out)
{
    pthread_rwlock_rdlock(&r->lock);
    const struct entry *x = find(&r->people, user_id);
    if (x)
        *out = x->claims;
    pthread_rwlock_unlock(&r->lock);
    return x != NULL;
}

void sg_revoked_each(struct sg_revoked *r,
                     void (*session)(void *ctx, uint64_t session_id, int64_t until_us),
                     void (*person)(void *ctx, uint64_t user_id, int64_t until_us,
                                    const struct sg_changed_claims *c),
                     void *ctx)
{
    pthread_rwlock_rdlock(&r->lock);
    for (size_t i = 0; i < r->sessions.cap; i++)
        if (r->sessions.v[i].id)
            session(ctx, r->sessions.v[i].id, r->sessions.v[i].until_us);
    for (size_t i = 0; i < r->people.cap; i++)
        if (r->people.v[i].id)
            person(ctx, r->people.v[i].id, r->people.v[i].until_us, &r->people.v[i].claims);
    pthread_rwlock_unlock(&r->lock);
}

size_t sg_revoked_forget(struct sg_revoked *r, int64_t now_us)
{
    pthread_rwlock_wrlock(&r->lock);
    move(&r->sessions, now_us);
    move(&r->people, now_us);
    size_t left = r->sessions.n;
    pthread_rwlock_unlock(&r->lock);
    return left;
}
