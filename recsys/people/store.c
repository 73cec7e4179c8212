/* store.c - the bounded cache of people: see people.h.
 *
 * Shards by user, each with its lock, a chained table and a list by last use. What a person
 * is packed into never changes: a change makes another one, so that a reader only takes a
 * reference under the lock and unpacks outside it.
 */
#include "core/clock.h"
#include "recsys/people/pack.h"
#include "recsys/people/shard.h"
#include <stdlib.h>

#define SHARDS        64
#define UNFOLLOWED_US 1000000
#define AGAIN_US      500000 /* after a failed reading */

struct sg_people {
    struct sg_people_options o;
    atomic_uint_fast64_t epoch, version;
    atomic_bool arriving;
    atomic_int_least64_t failed_us; /* of the last reading, 0: it succeeded */
    struct shard shards[SHARDS];
};

static struct shard *shard_of(struct sg_people *s, uint64_t user_id)
{
    return &s->shards[shard_hash(user_id) >> 58];
}

static struct packed *pack(struct sg_people *s, struct sg_buf *b, const struct sg_person *person)
{
    sg_buf_reset(b);
    person_pack(person, b);
    struct packed *p = sg_buf_failed(b) ? NULL : malloc(sizeof *p + b->n);
    if (!p)
        return NULL;
    atomic_init(&p->references, 1);
    p->version = atomic_fetch_add(&s->version, 1);
    p->n = b->n;
    memcpy(p->bytes, b->p, b->n);
    return p;
}

static void make_room(struct sg_people *s, struct shard *h)
{
    struct entry *x = h->oldest;
    while (x && x != h->newest && h->bytes > s->o.bytes_max / SHARDS) {
        struct entry *next = x->newer;
        if (!x->readers) {
            shard_drop(h, x);
            h->evictions++;
        }
        x = next;
    }
}

static bool believed(struct sg_people *s, const struct entry *x)
{
    return x->packed && !x->stale && x->epoch == s->epoch &&
           (s->arriving || sg_now_us() - x->read_us < UNFOLLOWED_US);
}

/* A database that has just not answered is not asked again by those who have something. */
static bool must_do(struct sg_people *s, const struct entry *x)
{
    return x->packed && s->failed_us && sg_now_us() - s->failed_us < AGAIN_US;
}

static int unpack(struct packed *p, uint64_t user_id, bool stale, struct sg_arena *a,
                  struct sg_person *out, struct sg_error *e)
{
    struct sg_person person = {.user_id = user_id};
    int rc = person_unpack((struct sg_str){p->bytes, p->n}, a, &person, e);
    if (!rc) {
        person.version = p->version;
        person.stale = stale;
        *out = person;
    }
    packed_give(p);
    return rc;
}

/* The database's answer into the entry; what changed meanwhile may be missing from it. */
static void keep(struct sg_people *s, struct shard *h, struct entry *x, struct packed *p,
                 const struct sg_people_seen *seen, uint64_t epoch, uint32_t changes)
{
    entry_set_packed(h, x, p);
    entry_set_seen(h, x, seen);
    x->epoch = epoch;
    x->read_us = sg_now_us();
    x->stale = x->changes != changes || entry_lacks_told(h, x);
    h->loads++;
    make_room(s, h);
}

/* Reads x, which the caller has counted as being read. Takes and leaves the lock. */
static int read_in(struct sg_people *s, struct shard *h, struct entry *x, uint64_t epoch,
                   uint32_t changes, int64_t deadline_us, struct sg_arena *a, struct sg_person *out,
                   struct sg_error *e)
{
    struct sg_person person = {.user_id = x->user_id};
    struct sg_buf b = {0};
    struct packed *p = NULL, *old = NULL;
    struct sg_people_seen seen = {0};
    int rc = s->o.source.load(s->o.source.ctx, x->user_id, deadline_us, a, &person, &seen, e);
    if (!rc && !(p = pack(s, &b, &person)))
        rc = sg_fail(e, SG_ENOMEM, "a person");
    sg_buf_free(&b);
    s->failed_us = rc ? sg_now_us() : 0;
    if (p)
        person.version = p->version;
    pthread_mutex_lock(&h->lock);
    x->readers--;
    if (p)
        keep(s, h, x, p, &seen, epoch, changes);
    else if ((old = x->packed))
        old->references++;
    else if (!x->readers)
        shard_drop(h, x);
    pthread_mutex_unlock(&h->lock);
    if (!rc)
        *out = person;
    return old ? unpack(old, person.user_id, true, a, out, e) : rc;
}

int sg_people_get(struct sg_people *s, uint64_t user_id, int64_t deadline_us, struct sg_arena *a,
                  struct sg_person *out, struct sg_error *e)
{
    struct shard *h = shard_of(s, user_id);
    struct packed *p = NULL;
    uint64_t epoch = s->epoch;
    pthread_mutex_lock(&h->lock);
    struct entry *x = shard_find_or_add(h, user_id);
    if (!x) {
        pthread_mutex_unlock(&h->lock);
        return sg_fail(e, SG_ENOMEM, "a person");
    }
    entry_used(h, x);
    bool fresh = believed(s, x);
    if (fresh || must_do(s, x)) {
        p = x->packed;
        p->references++;
    } else {
        x->readers++;
    }
    uint32_t changes = x->changes;
    pthread_mutex_unlock(&h->lock);
    return p ? unpack(p, user_id, !fresh, a, out, e)
             : read_in(s, h, x, epoch, changes, deadline_us, a, out, e);
}

static void apply(struct sg_people *s, struct shard *h, struct entry *x,
                  const struct sg_person_change *c)
{
    struct sg_person person = {.user_id = x->user_id};
    struct packed *p = NULL;
    sg_arena_reset(&h->arena);
    if (!person_unpack((struct sg_str){x->packed->bytes, x->packed->n}, &h->arena, &person, NULL)) {
        person_apply(&person, c, s->o.heard_days, sg_wall_us());
        p = pack(s, &h->buf, &person);
    }
    if (p)
        entry_set_packed(h, x, p);
    else
        x->stale = true;
    make_room(s, h);
}

void sg_people_change(struct sg_people *s, const struct sg_person_change *c)
{
    struct shard *h = shard_of(s, c->user_id);
    pthread_mutex_lock(&h->lock);
    struct entry *x = *shard_find(h, c->user_id);
    shard_tell(h, c->user_id, c->xid);
    if (x && !(x->packed && !x->readers && entry_has_seen(x, c->xid))) {
        x->changes++;
        if (c->kind == SG_CHANGED_UNSAID)
            x->stale = true;
        else if (x->packed && !x->stale && x->epoch == s->epoch && !entry_has_seen(x, c->xid))
            apply(s, h, x, c);
    }
    pthread_mutex_unlock(&h->lock);
}

void sg_people_forget(struct sg_people *s)
{
    s->epoch++;
}

void sg_people_follow(struct sg_people *s, bool arriving)
{
    s->arriving = arriving;
}

void sg_people_state(struct sg_people *s, struct sg_people_state *out)
{
    *out = (struct sg_people_state){0};
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *h = &s->shards[i];
        pthread_mutex_lock(&h->lock);
        out->people += h->n;
        out->bytes += h->bytes;
        out->loads += h->loads;
        out->evictions += h->evictions;
        pthread_mutex_unlock(&h->lock);
    }
}

int sg_people_open(struct sg_people **out, const struct sg_people_options *o, struct sg_error *e)
{
    struct sg_people *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "people");
    s->o = *o;
    s->version = 1;
    bool ok = true;
    for (size_t i = 0; i < SHARDS; i++)
        ok = shard_init(&s->shards[i]) && ok;
    if (!ok) {
        sg_people_close(s);
        return sg_fail(e, SG_ENOMEM, "people");
    }
    *out = s;
    return 0;
}

void sg_people_close(struct sg_people *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < SHARDS; i++)
        shard_fini(&s->shards[i]);
    free(s);
}
