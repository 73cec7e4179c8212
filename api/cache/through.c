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
    bool found_second;
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

/* What stands behind from in out takes the place of what is ours before it. */
static void move_up(struct reading *r, size_t from)
{
    size_t n = r->out->n - from;
    if (n && r->out->p)
        memmove(r->out->p + r->before, r->out->p + from, n);
    r->out->n = r->before + n;
}

static void put_second(void *ctx, size_t i, struct sg_str value)
{
    struct reading *r = ctx;
    (void)i;
    sg_buf_str_put(r->out, value);
    r->found_second = true;
}

static int load_first(struct reading *r, uint64_t lease, const struct sg_cache_token *token,
                      size_t from, struct sg_error *e)
{
    int rc = r->load(r->ctx, r->out, e);
    if (!rc && sg_buf_failed(r->out))
        rc = sg_fail(e, SG_ENOMEM, "cache");
    if (rc) {
        if (rc == SG_ENOENT)
            sg_cache_put(r->c, r->kind, r->key, lease, SG_STR_NONE);
        r->out->n = from;
        return rc;
    }
    struct sg_str value = {r->out->p ? r->out->p + from : "", r->out->n - from};
    sg_cache_put(r->c, r->kind, r->key, lease, value);
    sg_cache_second_put(r->c, r->kind, r->key, token, value);
    return 0;
}

/* Behind what is stale, which stays when it fails. */
static int load(struct reading *r, struct sg_error *e)
{
    uint64_t lease = sg_cache_lease(r->c);
    size_t from = r->out->n;
    struct sg_cache_token token;
    r->found_second = false;
    sg_cache_second_get(r->c, &r->key, 1, &token, put_second, r);
    int rc = 0;
    if (r->found_second && !sg_buf_failed(r->out))
        sg_cache_put(r->c, r->kind, r->key, lease,
                     (struct sg_str){r->out->p ? r->out->p + from : "", r->out->n - from});
    else
        rc = load_first(r, lease, &token, from, e);
    if (!rc)
        move_up(r, from);
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
    struct reading r = {c, kind, key, load_fn, ctx, out, out->n, false};
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

bool sg_cache_has_second(const struct sg_cache *c)
{
    return c->redis != NULL;
}

void sg_cache_second_get(struct sg_cache *c, const struct sg_str *keys, size_t n,
                         struct sg_cache_token *tokens, sg_cache_found_fn found, void *ctx)
{
    for (size_t i = 0; i < n; i++)
        tokens[i].known = false;
    if (c->redis)
        cache_redis_get(c->redis, keys, n, tokens, found, ctx);
}

void sg_cache_second_put(struct sg_cache *c, const struct sg_cache_kind *kind, struct sg_str key,
                         const struct sg_cache_token *token, struct sg_str value)
{
    if (c->redis)
        cache_redis_put(c->redis, key, token, value, kind->ttl_s);
}
