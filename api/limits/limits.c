/* limits.c - see limits.h. */
#include "api/cache/redis_link.h"
#include "api/limits/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { SETS = 16384, MINUTE_US = 60000000 }; /* 131,072 buckets in 3 MiB */

static const char *const class_names[] = {"search", "complete", "read", "write", "auth"};

static void set_rates(struct sg_limits *l, const struct sg_config *c)
{
    const int64_t units[] = {c->api.limit_search, c->api.limit_complete, c->api.limit_read,
                             c->api.limit_write, c->api.limit_auth};
    const int64_t times[] = {1, c->api.limit_premium, c->api.limit_key};
    for (int k = 0; k < LIMIT_CLASSES; k++)
        for (int t = 0; t < TIERS; t++) {
            int64_t n = units[k] * (k == LIMIT_AUTH ? 1 : times[t]);
            int64_t unit_us = n < MINUTE_US ? MINUTE_US / n : 1;
            l->of[k][t].units = n;
            l->of[k][t].rate = (struct sg_bucket_rate){unit_us, unit_us * n};
            snprintf(l->of[k][t].policy, sizeof l->of[k][t].policy, "\"%s\";q=%lld;w=60",
                     class_names[k], (long long)n);
        }
}

static int share(struct sg_limits *l, const struct sg_config *c, struct sg_error *e)
{
    if (!*c->api.redis)
        return sg_fail(e, SG_EINVAL, "api.limits is redis, but api.redis names none");
    int rc = redis_link_open(&l->redis, c->api.redis, e);
    if (rc)
        return sg_wrap(e, "api.redis");
    if (pthread_create(&l->sharer, NULL, limits_share, l) == 0)
        return 0;
    redis_link_close(l->redis);
    l->redis = NULL;
    return sg_fail(e, SG_EIO, "limits: no thread");
}

int sg_limits_open(struct sg_limits **out, const struct sg_config *c, struct sg_error *e)
{
    *out = NULL;
    if (c->api.limits == 0) {
        sg_log(SG_LOG_WARN, "nobody's requests are limited", "api.limits=off");
        return 0;
    }
    struct sg_limits *l = calloc(1, sizeof *l);
    if (!l || !(l->buckets = sg_buckets_new(SETS))) {
        free(l);
        return sg_fail(e, SG_ENOMEM, "limits");
    }
    l->refused = sg_metric_new(SG_COUNTER, "segue_limit_refused_total",
                               "Requests refused as there were too many", "class");
    l->shared = sg_metric_new(SG_GAUGE, "segue_limits_shared",
                              "1: limits are shared with other APIs; 0: this one's own", NULL);
    set_rates(l, c);
    sg_pause_init(&l->pause);
    int rc = c->api.limits == 2 ? share(l, c, e) : 0;
    if (rc)
        sg_limits_close(l);
    else
        *out = l;
    return rc;
}

void sg_limits_close(struct sg_limits *l)
{
    if (!l)
        return;
    sg_pause_end(&l->pause);
    if (l->redis) {
        pthread_join(l->sharer, NULL);
        redis_link_close(l->redis);
    }
    sg_pause_destroy(&l->pause);
    sg_buckets_free(l->buckets);
    free(l);
}

static enum limit_class class_of(const struct sg_route *r)
{
    static const char *const searches[] = {"search",        "recommendations",   "radio",
                                           "mixes",         "similarSongs",      "similarArtists",
                                           "similarAlbums", "suggestForPlaylist"};
    if (strcmp(r->name, "suggest") == 0)
        return LIMIT_COMPLETE;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++)
        if (strcmp(r->name, searches[i]) == 0)
            return LIMIT_SEARCH;
    if (!r->method)
        return LIMIT_READ;
    return sg_str_starts(sg_str(r->path), SG_STR("/api/v1/auth/")) ? LIMIT_AUTH : LIMIT_WRITE;
}

struct who {
    uint64_t kind, id, class;
};

static enum limit_tier identify(const struct sg_http_request *q, enum limit_class class,
                                struct who *out)
{
    *out = (struct who){.kind = 'a', .id = q->client, .class = class};
    if (class == LIMIT_AUTH)
        return TIER_FREE;
    if (q->caller.user_id) {
        out->kind = 'u';
        out->id = q->caller.user_id;
        return q->caller.subscription == SG_PREMIUM ? TIER_PREMIUM : TIER_FREE;
    }
    if (!q->key_id)
        return TIER_FREE;
    out->kind = 'k';
    out->id = q->key_id;
    return TIER_KEY;
}

static long long seconds(int64_t us)
{
    return (us + 999999) / 1000000;
}

bool sg_limits_admit(struct sg_limits *l, const struct sg_route *route, struct sg_http_request *q,
                     struct sg_http_response *r)
{
    struct who who;
    struct sg_error e = SG_ERROR_INIT;
    if (!l)
        return true;
    enum limit_class class = class_of(route);
    enum limit_tier tier = identify(q, class, &who);
    struct sg_bucket_rate rate = l->of[class][tier].rate;
    int64_t ahead = sg_buckets_take(l->buckets, XXH3_64bits(&who, sizeof who), rate,
                                    route->cost ? route->cost : 1, sg_now_us());
    int64_t left = ahead < 0 ? 0 : (rate.full_us - ahead) / rate.unit_us;
    sg_http_header(r, "RateLimit-Policy", sg_str(l->of[class][tier].policy));
    sg_http_header(r, "RateLimit",
                   sg_arena_printf(q->arena, "\"%s\";r=%lld;t=%lld", class_names[class],
                                   (long long)(left < 0 ? 0 : left),
                                   seconds(ahead < 0 ? -ahead : ahead)));
    if (ahead >= 0)
        return true;
    sg_metric_add(l->refused, class_names[class], 1);
    sg_http_header(r, "Retry-After", sg_arena_printf(q->arena, "%lld", seconds(-ahead)));
    sg_fail(&e, SG_ERATE, "at most %lld units of \"%s\" a minute; again in %lld s",
            (long long)l->of[class][tier].units, class_names[class], seconds(-ahead));
    sg_problem(q, r, &e);
    return false;
}
