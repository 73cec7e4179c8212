/* pending.c - see pending.h. */
#include "core/change_tail/pending.h"
#include <stdlib.h>

void sg_pending_init(struct sg_pending *p, const char *tmp_dir, size_t limit)
{
    *p = (struct sg_pending){0};
    sg_spool_init(&p->spool, tmp_dir, limit);
}

void sg_pending_reset(struct sg_pending *p, uint32_t xid, bool streamed)
{
    sg_spool_reset(&p->spool);
    free(p->subs);
    p->subs = NULL;
    p->n_subs = p->cap_subs = p->n_changes = 0;
    p->xid = xid;
    p->streamed = streamed;
}

void sg_pending_fini(struct sg_pending *p)
{
    sg_spool_fini(&p->spool);
    free(p->subs);
    *p = (struct sg_pending){0};
}

/* The entry of xid or the free one where it belongs; cap > 0. */
static struct sg_sub *slot_of(struct sg_sub *subs, size_t cap, uint32_t xid)
{
    size_t i = (xid * UINT32_C(2654435769)) & (cap - 1); /* Knuth, 6.4 */
    while (subs[i].xid && subs[i].xid != xid)
        i = (i + 1) & (cap - 1);
    return &subs[i];
}

static struct sg_sub *find_sub(const struct sg_pending *p, uint32_t xid)
{
    struct sg_sub *s = p->cap_subs ? slot_of(p->subs, p->cap_subs, xid) : NULL;
    return s && s->xid ? s : NULL;
}

static bool grow(struct sg_pending *p)
{
    size_t cap = p->cap_subs ? p->cap_subs * 2 : 8;
    struct sg_sub *subs = calloc(cap, sizeof *subs);
    if (!subs)
        return false;
    for (size_t i = 0; i < p->cap_subs; i++)
        if (p->subs[i].xid)
            *slot_of(subs, cap, p->subs[i].xid) = p->subs[i];
    free(p->subs);
    p->subs = subs;
    p->cap_subs = cap;
    return true;
}

static struct sg_sub *get_sub(struct sg_pending *p, uint32_t xid)
{
    struct sg_sub *s = find_sub(p, xid);
    if (s)
        return s;
    if (p->n_subs * 2 >= p->cap_subs && !grow(p))
        return NULL;
    s = slot_of(p->subs, p->cap_subs, xid);
    s->xid = xid;
    p->n_subs++;
    return s;
}

int sg_pending_put(struct sg_pending *p, uint32_t sub_xid, struct sg_str msg, size_t n_changes,
                   struct sg_error *e)
{
    if (sub_xid && sub_xid != p->xid && n_changes) {
        struct sg_sub *s = get_sub(p, sub_xid);
        if (!s)
            return sg_fail(e, SG_ENOMEM, "transaction");
        s->n_changes += n_changes;
    }
    p->n_changes += n_changes;
    return sg_spool_put(&p->spool, sub_xid, msg, e);
}

void sg_pending_abort(struct sg_pending *p, uint32_t sub_xid)
{
    struct sg_sub *s = find_sub(p, sub_xid);
    if (s && !s->aborted) {
        s->aborted = true;
        p->n_changes -= s->n_changes;
    }
}

int sg_pending_next(struct sg_pending *p, struct sg_str *msg, struct sg_error *e)
{
    for (;;) {
        uint32_t xid;
        int rc = sg_spool_next(&p->spool, &xid, msg, e);
        if (rc != 1)
            return rc;
        const struct sg_sub *s = p->n_subs ? find_sub(p, xid) : NULL;
        if (!s || !s->aborted || (msg->n && msg->p[0] == 'R'))
            return 1;
    }
}
