/* shard.c - see shard.h. */
#include "recsys/people/shard.h"
#include <stdlib.h>

void packed_give(struct packed *p)
{
    if (p && atomic_fetch_sub(&p->references, 1) == 1)
        free(p);
}

static size_t size_of(const struct packed *p)
{
    return p ? sizeof *p + p->n + 16 : 0;
}

void entry_set_packed(struct shard *h, struct entry *x, struct packed *p)
{
    h->bytes += size_of(p) - size_of(x->packed);
    packed_give(x->packed);
    x->packed = p;
}

struct entry **shard_find(struct shard *h, uint64_t user_id)
{
    struct entry **at = &h->table[(shard_hash(user_id) >> 20) & (h->cap - 1)];
    while (*at && (*at)->user_id != user_id)
        at = &(*at)->chain;
    return at;
}

static void unlink_use(struct shard *h, struct entry *x)
{
    *(x->newer ? &x->newer->older : &h->newest) = x->older;
    *(x->older ? &x->older->newer : &h->oldest) = x->newer;
    x->newer = x->older = NULL;
}

void entry_used(struct shard *h, struct entry *x)
{
    if (h->newest == x)
        return;
    if (x->newer || h->oldest == x)
        unlink_use(h, x);
    x->older = h->newest;
    *(h->newest ? &h->newest->newer : &h->oldest) = x;
    h->newest = x;
}

void entry_set_seen(struct shard *h, struct entry *x, const struct sg_people_seen *seen)
{
    h->bytes -= x->n_running * sizeof *x->running;
    free(x->running);
    x->running = NULL;
    x->n_running = 0;
    x->below = seen->below;
    if (seen->running.n && (x->running = malloc(seen->running.n * sizeof *x->running))) {
        memcpy(x->running, seen->running.v, seen->running.n * sizeof *x->running);
        x->n_running = seen->running.n;
        h->bytes += x->n_running * sizeof *x->running;
    } else if (seen->running.n) {
        x->below = 0; /* no memory: changes may count twice */
    }
}

bool entry_has_seen(const struct entry *x, uint64_t xid)
{
    return xid && xid < x->below && !sg_ids_hold((struct sg_ids){x->running, x->n_running}, xid);
}

void shard_tell(struct shard *h, uint64_t user_id, uint64_t xid)
{
    if (xid)
        h->told[h->n_told++ % SHARD_TOLD] = (struct told){user_id, xid};
}

bool entry_lacks_told(const struct shard *h, const struct entry *x)
{
    for (size_t i = 0; i < h->n_told && i < SHARD_TOLD; i++)
        if (h->told[i].user_id == x->user_id && !entry_has_seen(x, h->told[i].xid))
            return true;
    return false;
}

void shard_drop(struct shard *h, struct entry *x)
{
    entry_set_seen(h, x, &(struct sg_people_seen){0});
    *shard_find(h, x->user_id) = x->chain;
    unlink_use(h, x);
    entry_set_packed(h, x, NULL);
    h->bytes -= sizeof *x + 16;
    h->n--;
    free(x);
}

/* Twice the table; as it is when there is no memory for it. */
static void grow(struct shard *h)
{
    struct entry **old = h->table;
    size_t old_cap = h->cap;
    struct entry **table = calloc(old_cap * 2, sizeof(struct entry *));
    if (!table)
        return;
    h->table = table;
    h->cap = old_cap * 2;
    for (size_t i = 0; i < old_cap; i++)
        for (struct entry *x = old[i], *next; x; x = next) {
            next = x->chain;
            struct entry **at = shard_find(h, x->user_id);
            x->chain = NULL;
            *at = x;
        }
    free(old);
}

struct entry *shard_find_or_add(struct shard *h, uint64_t user_id)
{
    struct entry **at = shard_find(h, user_id);
    if (*at)
        return *at;
    if (h->n >= h->cap) {
        grow(h);
        at = shard_find(h, user_id);
    }
    struct entry *x = *at = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->user_id = user_id;
    h->n++;
    h->bytes += sizeof *x + 16;
    return x;
}

bool shard_init(struct shard *h)
{
    pthread_mutex_init(&h->lock, NULL);
    h->cap = 64;
    h->table = calloc(h->cap, sizeof(struct entry *));
    return h->table != NULL;
}

void shard_fini(struct shard *h)
{
    while (h->oldest)
        shard_drop(h, h->oldest);
    free(h->table);
    sg_arena_free(&h->arena);
    sg_buf_free(&h->buf);
    pthread_mutex_destroy(&h->lock);
}
