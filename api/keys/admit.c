/* admit.c - a request and its key: see keys.h. */
#include "api/keys/parts.h"
#include "api/problem.h"
#include "core/clock.h"
#include <stdlib.h>
#include <strings.h>

#define KEY_MAX       256 /* bytes of one that is looked up */
#define FIRST_READ_MS 1000

int sg_api_keys_open(struct sg_api_keys **out, const struct sg_config *config,
                     struct sg_pg_guard *guard, struct sg_error *e)
{
    struct sg_api_keys *k = calloc(1, sizeof *k);
    if (!k)
        return sg_fail(e, SG_ENOMEM, "keys");
    k->config = config;
    k->guard = guard;
    k->refused = sg_metric_new(SG_COUNTER, "segue_api_key_refused_total",
                               "Requests refused for their key", "reason");
    k->known = sg_metric_new(SG_GAUGE, "segue_api_keys", "Keys that may be used", NULL);
    pthread_rwlock_init(&k->table_lock, NULL);
    sg_pause_init(&k->pause);
    sg_pause_init(&k->tried);
    if (pthread_create(&k->follower, NULL, key_follow, k)) {
        free(k);
        return sg_fail(e, SG_EIO, "keys: no thread");
    }
    sg_pause_for(&k->tried, FIRST_READ_MS, false);
    *out = k;
    return 0;
}

void sg_api_keys_close(struct sg_api_keys *k)
{
    if (!k)
        return;
    sg_pause_end(&k->pause);
    pthread_join(k->follower, NULL);
    sg_arena_free(&k->table.arena);
    sg_pause_destroy(&k->pause);
    sg_pause_destroy(&k->tried);
    pthread_rwlock_destroy(&k->table_lock);
    free(k);
}

static struct sg_str trim(struct sg_str s)
{
    while (s.n && *s.p == ' ')
        s = (struct sg_str){s.p + 1, s.n - 1};
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* Absent: none was told. Another scheme of Authorization is somebody else's. */
static struct sg_str told(const struct sg_http_request *q, bool by_token)
{
    struct sg_str a = trim(q->authorization);
    if (!by_token && a.n >= 6 && strncasecmp(a.p, "Bearer", 6) == 0 && (a.n == 6 || a.p[6] == ' '))
        return trim((struct sg_str){a.p + 6, a.n - 6});
    return q->api_key;
}

static int by_hash(const void *hash, const void *key)
{
    return memcmp(hash, ((const struct api_key *)key)->hash, SG_SHA256_BYTES);
}

enum verdict { VALID, WRONG, UNKNOWN_YET };

/* *out's markets are in a. */
static enum verdict find(struct sg_api_keys *k, struct sg_str secret, struct sg_arena *a,
                         struct api_key *out)
{
    unsigned char hash[SG_SHA256_BYTES];
    if (!secret.n || secret.n > KEY_MAX)
        return WRONG;
    sg_sha256(secret, hash);
    int64_t oldest = sg_now_us() - k->config->api.keys_stale_s * 1000000;
    pthread_rwlock_rdlock(&k->table_lock);
    bool fresh = k->read_us && k->read_us >= oldest;
    const struct api_key *key =
        fresh && k->table.n ? bsearch(hash, k->table.v, k->table.n, sizeof *k->table.v, by_hash)
                            : NULL;
    if (key) {
        *out = *key;
        out->markets = sg_arena_copy(a, key->markets);
    }
    pthread_rwlock_unlock(&k->table_lock);
    if (!fresh || (key && !out->markets.p))
        return UNKNOWN_YET;
    return key && sg_wall_us() < out->expires_us ? VALID : WRONG;
}

static bool refuse(struct sg_api_keys *k, struct sg_http_request *q, struct sg_http_response *r,
                   bool missing)
{
    sg_metric_add(k->refused, missing ? "missing" : "wrong", 1);
    sg_http_header(r, "WWW-Authenticate",
                   missing ? SG_STR("Bearer realm=\"segue\"")
                           : SG_STR("Bearer realm=\"segue\", error=\"invalid_token\""));
    sg_problem_status(q, r, 401,
                      missing ? "an API key is needed: Authorization: Bearer KEY, or X-API-Key"
                              : "the API key is wrong, expired or revoked");
    return false;
}

static bool holds(struct sg_str markets, struct sg_str market)
{
    for (size_t i = 0; market.n == 2 && i < markets.n; i += 2)
        if (memcmp(markets.p + i, market.p, 2) == 0)
            return true;
    return false;
}

/* The key's one market, as if it had been asked for. */
static bool put_market(struct sg_http_request *q, struct sg_str market)
{
    struct sg_http_param *v = sg_arena_array(q->arena, q->n_params + 1, sizeof *v);
    if (!v)
        return false;
    for (size_t i = 0; i < q->n_params; i++)
        v[i] = q->params[i];
    v[q->n_params] = (struct sg_http_param){SG_STR("market"), market};
    q->params = v;
    q->n_params++;
    return true;
}

static bool allow_markets(struct sg_api_keys *k, const struct api_key *key,
                          struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    bool asked = false;
    for (size_t i = 0; key->markets.n && i < q->n_params; i++) {
        if (!sg_str_eq(q->params[i].name, SG_STR("market")))
            continue;
        asked = true;
        if (!holds(key->markets, q->params[i].value)) {
            sg_metric_add(k->refused, "market", 1);
            sg_fail(&e, SG_EPERM, "the API key is not for this market");
            sg_problem(q, r, &e);
            return false;
        }
    }
    if (!key->markets.n || asked)
        return true;
    if (key->markets.n == 2 && put_market(q, key->markets))
        return true;
    sg_fail_field(&e, "market", "market: the API key is for some only, name one");
    sg_problem(q, r, &e);
    return false;
}

bool sg_api_keys_admit(struct sg_api_keys *k, struct sg_http_request *q, struct sg_http_response *r,
                       bool by_token)
{
    struct sg_error e = SG_ERROR_INIT;
    struct api_key key;
    struct sg_str secret = k ? told(q, by_token) : SG_STR_NONE;
    if (!k || (!secret.p && (by_token || !k->config->api.require_key)))
        return true;
    if (!secret.p)
        return refuse(k, q, r, true);
    switch (find(k, secret, q->arena, &key)) {
    case WRONG:
        return refuse(k, q, r, false);
    case UNKNOWN_YET:
        sg_metric_add(k->refused, "unknown", 1);
        sg_fail(&e, SG_EUNAVAIL, "API keys cannot be read right now");
        sg_problem(q, r, &e);
        return false;
    case VALID:
        break;
    }
    q->key_id = key.id;
    q->clean = key.clean;
    q->kinds = key.kinds;
    if (!by_token)
        sg_http_header(r, "Cache-Control", SG_STR("private"));
    return allow_markets(k, &key, q, r);
}
