/* seen.c - see seen.h. Open addressing, at most half full. */
#include "data/import/seen.h"
#include <stdlib.h>
#include <xxhash.h>

static size_t slot_of(const struct sg_seen *s, struct sg_seen_slot k)
{
    size_t at = k.lo & (s->cap - 1);
    while ((s->slots[at].lo || s->slots[at].hi) &&
           (s->slots[at].lo != k.lo || s->slots[at].hi != k.hi))
        at = (at + 1) & (s->cap - 1);
    return at;
}

static int grow(struct sg_seen *s, struct sg_error *e)
{
    struct sg_seen more = {.cap = s->cap ? s->cap * 2 : 1024, .n = s->n};
    more.slots = calloc(more.cap, sizeof *more.slots);
    if (!more.slots)
        return sg_fail(e, SG_ENOMEM, "keys met before");
    for (size_t i = 0; i < s->cap; i++)
        if (s->slots[i].lo || s->slots[i].hi)
            more.slots[slot_of(&more, s->slots[i])] = s->slots[i];
    free(s->slots);
    *s = more;
    return 0;
}

int sg_seen_add(struct sg_seen *s, struct sg_str key, struct sg_error *e)
{
    XXH128_hash_t h = XXH3_128bits(key.p, key.n);
    struct sg_seen_slot k = {h.low64, h.high64 | 1};
    int rc = 2 * s->n >= s->cap ? grow(s, e) : 0;
    if (rc)
        return rc;
    size_t at = slot_of(s, k);
    if (s->slots[at].hi)
        return 0;
    s->slots[at] = k;
    s->n++;
    return 1;
}

void sg_seen_free(struct sg_seen *s)
{
    free(s->slots);
    *s = (struct sg_seen){0};
}
