/* redis_link.c - see redis_link.h. */
#include "api/cache/redis_link.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { IDLE_MAX = 16, TIMEOUT_US = 100000, AWAY_US = 1000000 };

struct redis_link {
    char *path; /* of a socket; else host and port */
    char *host, *user, *password;
    int port, number; /* of the database */
    pthread_mutex_t lock;
    redisContext *idle[IDLE_MAX];
    int n_idle;
    _Atomic int64_t away_until_us;
    atomic_bool away; /* as last told */
    struct sg_metric *up, *failures;
};

static char *part(CURLU *u, CURLUPart what, unsigned flags)
{
    char *got = NULL, *copy = NULL;
    if (curl_url_get(u, what, &got, flags) == CURLUE_OK && *got)
        copy = strdup(got);
    curl_free(got);
    return copy;
}

static int parse(struct redis_link *l, const char *where, struct sg_error *e)
{
    char url[640];
    if (*where == '/')
        return (l->path = strdup(where)) ? 0 : sg_fail(e, SG_ENOMEM, "api.redis");
    snprintf(url, sizeof url, "%s%s", strncmp(where, "redis://", 8) ? "redis://" : "", where);
    CURLU *u = curl_url();
    if (!u || (strstr(where, "://") && strncmp(where, "redis://", 8) != 0) ||
        curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME)) {
        curl_url_cleanup(u);
        return sg_fail(e, SG_EINVAL, "api.redis: expected host:port, a socket's path or redis://");
    }
    l->host = part(u, CURLUPART_HOST, 0);
    l->user = part(u, CURLUPART_USER, CURLU_URLDECODE);
    l->password = part(u, CURLUPART_PASSWORD, CURLU_URLDECODE);
    char *port = part(u, CURLUPART_PORT, 0), *path = part(u, CURLUPART_PATH, 0);
    l->port = port ? atoi(port) : 6379;
    l->number = path && *path ? atoi(path + 1) : 0;
    free(port);
    free(path);
    curl_url_cleanup(u);
    return l->host ? 0 : sg_fail(e, SG_EINVAL, "api.redis: no host");
}

int redis_link_open(struct redis_link **out, const char *where, struct sg_error *e)
{
    struct redis_link *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "redis");
    pthread_mutex_init(&l->lock, NULL);
    l->up = sg_metric_new(SG_GAUGE, "segue_redis_up", "1: Redis answers", NULL);
    l->failures = sg_metric_new(SG_COUNTER, "segue_redis_failures_total",
                                "Times that Redis was found away", NULL);
    int rc = parse(l, where, e);
    if (rc)
        redis_link_close(l);
    else
        *out = l;
    return rc;
}

void redis_link_close(struct redis_link *l)
{
    if (!l)
        return;
    for (int i = 0; i < l->n_idle; i++)
        redisFree(l->idle[i]);
    pthread_mutex_destroy(&l->lock);
    free(l->path);
    free(l->host);
    free(l->user);
    free(l->password);
    free(l);
}

static void tell_away(struct redis_link *l, const char *why)
{
    l->away_until_us = sg_now_us() + AWAY_US;
    sg_metric_add(l->failures, "", 1);
    sg_metric_set(l->up, "", 0);
    if (!atomic_exchange(&l->away, true))
        sg_log(SG_LOG_WARN, "Redis is away: the cache's second tier is not used", "error=\"%s\"",
               why);
}

static bool ask(redisContext *c, int n, const char **words)
{
    redisReply *r = redisCommandArgv(c, n, words, NULL);
    bool good = r && r->type != REDIS_REPLY_ERROR;
    freeReplyObject(r);
    return good;
}

static bool greet(const struct redis_link *l, redisContext *c)
{
    char number[16];
    const char *name[] = {"AUTH", l->user, l->password};
    const char *plain[] = {"AUTH", l->password};
    const char *choose[] = {"SELECT", number};
    snprintf(number, sizeof number, "%d", l->number);
    if (l->password && !(l->user ? ask(c, 3, name) : ask(c, 2, plain)))
        return false;
    return !l->number || ask(c, 2, choose);
}

static redisContext *make(struct redis_link *l)
{
    struct timeval limit = {0, TIMEOUT_US};
    redisContext *c = l->path ? redisConnectUnixWithTimeout(l->path, limit)
                              : redisConnectWithTimeout(l->host, l->port, limit);
    if (!c || c->err || redisSetTimeout(c, limit) != REDIS_OK || !greet(l, c)) {
        tell_away(l, !c ? "out of memory" : c->err ? c->errstr : "it does not let us in");
        if (c)
            redisFree(c);
        return NULL;
    }
    return c;
}

redisContext *redis_take(struct redis_link *l)
{
    if (l->away_until_us > sg_now_us())
        return NULL;
    pthread_mutex_lock(&l->lock);
    redisContext *c = l->n_idle ? l->idle[--l->n_idle] : NULL;
    pthread_mutex_unlock(&l->lock);
    return c ? c : make(l);
}

/* All that were open then are of no use either. */
static void drop_idle(struct redis_link *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->n_idle)
        redisFree(l->idle[--l->n_idle]);
    pthread_mutex_unlock(&l->lock);
}

void redis_give(struct redis_link *l, redisContext *c)
{
    if (c->err) {
        tell_away(l, c->errstr);
        redisFree(c);
        drop_idle(l);
        return;
    }
    sg_metric_set(l->up, "", 1);
    if (atomic_exchange(&l->away, false))
        sg_log(SG_LOG_INFO, "Redis is there", NULL);
    pthread_mutex_lock(&l->lock);
    bool room = l->n_idle < IDLE_MAX;
    if (room)
        l->idle[l->n_idle++] = c;
    pthread_mutex_unlock(&l->lock);
    if (!room)
        redisFree(c);
}
