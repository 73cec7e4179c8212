/* through.c - loading what is missing, once: see cache.h. */
#include "api/cache/inside.h"

struct reading {
    struct sg_cache *c;
    const struct sg_cache_kind *kind;
    struct sg_str key;
    sg_cache_load load;
    void *ctx;
    struct sg_buf *out;
    size_t before; /* bytes of out that are not ours */
};

static enum sg_cache_found look(struct reading *r)
{
    r->out->n = r->before;
    return sg_cache_get(r->c, r->kind, r->key, r->out);
}

static int nothing(struct sg_error *e)
{
    return sg_fail(e, SG_ENOENT, "there is no such thing");
}

/* Behind what is stale, which stays when it fails. */
static int load(struct reading *r, struct sg_error *e)
{
    uint64_t lease = sg_cache_lease(r->c);
    size_t from = r->out->n;
    int rc = r->load(r->ctx, r->out, e);
    if (!rc && sg_buf_failed(r->out))
        rc = sg_fail(e, SG_ENOMEM, "cache");
    if (!rc) {
        struct sg_str value = {r->out->p + from, r->out->n - from};
        sg_cache_put(r->c, r->kind, r->key, lease, value.p ? value : SG_STR(""));
        memmove(r->out->p + r->before, value.p, value.n);
        r->out->n = r->before + value.n;
    } else {
        if (rc == SG_ENOENT)
            sg_cache_put(r->c, r->kind, r->key, lease, SG_STR_NONE);
        r->out->n = from;
    }
    return rc;
}

static bool may_be_stale(int rc)
{
    return rc == SG_EUNAVAIL || rc == SG_ETIMEOUT || rc == SG_EBUSY || rc == SG_EIO;
}

/* What was loaded by another may have been forgotten since, or not fit: then it is loaded here. */
static int after_another(struct reading *r, struct flight *f, int64_t deadline_us,
                         struct sg_error *e)
{
    int rc = flight_wait(&r->c->flights, f, deadline_us, e);
    if (rc)
        return rc;
    enum sg_cache_found found = look(r);
    if (found == SG_CACHE_FRESH)
        return 0;
    r->out->n = r->before;
    return load(r, e);
}

int sg_cache_through(struct sg_cache *c, const struct sg_cache_kind *kind, struct sg_str key,
                     int64_t deadline_us, sg_cache_load load_fn, void *ctx, struct sg_buf *out,
                     struct sg_error *e)
{
    struct reading r = {c, kind, key, load_fn, ctx, out, out->n};
    struct flight *f;
    enum sg_cache_found found = look(&r);
    if (found == SG_CACHE_FRESH)
        return 0;
    if (found == SG_CACHE_NOTHING)
        return nothing(e);
    int rc;
    if (flight_begin(&c->flights, sg_cache_hash(key), key, &f)) {
        rc = load(&r, e);
        flight_end(&c->flights, f, rc, e);
    } else {
        rc = after_another(&r, f, deadline_us, e);
    }
    if (rc && found == SG_CACHE_STALE && may_be_stale(rc) && look(&r) == SG_CACHE_STALE)
        return 0;
    if (rc)
        out->n = r.before;
    return rc;
}
