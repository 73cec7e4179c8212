/* redis.c - see redis.h. */
#include "api/cache/redis.h"
#include "api/cache/redis_link.h"
#include "core/log.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define PREFIX     "segue1:"
#define KEPT_S     "172800" /* generations: longer than any value */
#define VALUE_MAX  (1u << 20)
#define MARK_BYTES 16 /* of an epoch, of a generation */

struct cache_redis {
    struct redis_link *link;
    atomic_uint missed;  /* forgets that did not reach Redis */
    atomic_uint covered; /* as many when the last epoch began */
};

int cache_redis_open(struct cache_redis **out, const char *where, struct sg_error *e)
{
    struct cache_redis *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "redis");
    int rc = redis_link_open(&r->link, where, e);
    if (rc)
        free(r);
    else
        *out = r;
    return rc;
}

void cache_redis_close(struct cache_redis *r)
{
    if (r)
        redis_link_close(r->link);
    free(r);
}

/* Sixteen hexadecimal digits nobody had before. */
static void make_mark(char out[MARK_BYTES + 1])
{
    uint64_t v = 0;
    while (getrandom(&v, sizeof v, 0) != sizeof v)
        ;
    snprintf(out, MARK_BYTES + 1, "%016llx", (unsigned long long)v);
}

static bool reply_ok(redisContext *c)
{
    void *reply = NULL;
    if (redisGetReply(c, &reply) != REDIS_OK)
        return false;
    bool ok = ((redisReply *)reply)->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return ok;
}

static bool set_mark(redisContext *c, const char *name, struct sg_str key)
{
    char mark[MARK_BYTES + 1];
    make_mark(mark);
    redisAppendCommand(c, "SET " PREFIX "%s%b %s EX " KEPT_S, name, key.p, key.n, mark);
    return reply_ok(c);
}

/* Another epoch when a forget was missed; false: not to be had. */
static bool catch_up(struct cache_redis *r, redisContext *c)
{
    unsigned missed = r->missed;
    if (missed == r->covered)
        return true;
    if (!set_mark(c, "e", SG_STR("")))
        return false;
    r->covered = missed;
    return true;
}

static redisContext *begin(struct cache_redis *r)
{
    redisContext *c = redis_take(r->link);
    if (c && !catch_up(r, c)) {
        redis_give(r->link, c);
        return NULL;
    }
    return c;
}

/* Reading. */

static void append_get(redisContext *c, const char *name, struct sg_str key)
{
    redisAppendCommand(c, "GET " PREFIX "%s%b", name, key.p, key.n);
}

/* The mark, or the one it gets when it has none yet. */
static bool read_mark(redisContext *c, char out[MARK_BYTES], bool *missing)
{
    void *got = NULL;
    if (redisGetReply(c, &got) != REDIS_OK)
        return false;
    redisReply *reply = got;
    bool good = reply->type == REDIS_REPLY_STRING && reply->len == MARK_BYTES;
    if (good)
        memcpy(out, reply->str, MARK_BYTES);
    *missing = !good;
    freeReplyObject(reply);
    return true;
}

static bool give_mark(redisContext *c, const char *name, struct sg_str key, char out[MARK_BYTES])
{
    char mark[MARK_BYTES + 1];
    bool missing;
    make_mark(mark);
    redisAppendCommand(c, "SET " PREFIX "%s%b %s NX EX " KEPT_S, name, key.p, key.n, mark);
    append_get(c, name, key);
    return reply_ok(c) && read_mark(c, out, &missing) && !missing;
}

struct shared_marks { /* epoch and names */
    char text[2 * MARK_BYTES];
};

static bool read_shared(redisContext *c, struct shared_marks *m)
{
    static const char *const names[] = {"e", "n"};
    bool missing[2], good = true;
    for (size_t i = 0; i < 2; i++)
        append_get(c, names[i], SG_STR(""));
    for (size_t i = 0; good && i < 2; i++)
        good = read_mark(c, m->text + i * MARK_BYTES, &missing[i]);
    for (size_t i = 0; good && i < 2; i++)
        if (missing[i])
            good = give_mark(c, names[i], SG_STR(""), m->text + i * MARK_BYTES);
    return good;
}

/* token is known; the value is valid when it begins with it. */
static bool read_value(redisContext *c, const struct sg_cache_token *token, size_t i,
                       sg_cache_found_fn found, void *ctx)
{
    void *got = NULL;
    if (redisGetReply(c, &got) != REDIS_OK)
        return false;
    redisReply *reply = got;
    if (token->known && reply->type == REDIS_REPLY_STRING && reply->len >= SG_CACHE_TOKEN &&
        memcmp(reply->str, token->text, SG_CACHE_TOKEN) == 0)
        found(ctx, i, (struct sg_str){reply->str + SG_CACHE_TOKEN, reply->len - SG_CACHE_TOKEN});
    freeReplyObject(reply);
    return true;
}

/* Generation and value of each key, in one round trip; new generations in a second one. */
static bool read_keys(redisContext *c, const struct shared_marks *m, const struct sg_str *keys,
                      size_t n, struct sg_cache_token *tokens, sg_cache_found_fn found, void *ctx)
{
    bool good = true, missing;
    for (size_t i = 0; i < n; i++) {
        append_get(c, "g:", keys[i]);
        append_get(c, "v:", keys[i]);
    }
    for (size_t i = 0; good && i < n; i++) {
        memcpy(tokens[i].text, m->text, sizeof m->text);
        good = read_mark(c, tokens[i].text + sizeof m->text, &missing);
        tokens[i].known = good && !missing;
        good = good && read_value(c, &tokens[i], i, found, ctx);
    }
    for (size_t i = 0; good && i < n; i++)
        if (!tokens[i].known)
            tokens[i].known = good = give_mark(c, "g:", keys[i], tokens[i].text + sizeof m->text);
    return good;
}

/* The connection's answers have lost their order. */
static void spoil(redisContext *c)
{
    if (!c->err) {
        c->err = REDIS_ERR_OTHER;
        snprintf(c->errstr, sizeof c->errstr, "unexpected answer");
    }
}

void cache_redis_get(struct cache_redis *r, const struct sg_str *keys, size_t n,
                     struct sg_cache_token *tokens, sg_cache_found_fn found, void *ctx)
{
    struct shared_marks m;
    for (size_t i = 0; i < n; i++)
        tokens[i].known = false;
    redisContext *c = begin(r);
    if (!c)
        return;
    if (!read_shared(c, &m) || !read_keys(c, &m, keys, n, tokens, found, ctx))
        spoil(c);
    redis_give(r->link, c);
}

/* Writing. */

void cache_redis_put(struct cache_redis *r, struct sg_str key, const struct sg_cache_token *token,
                     struct sg_str value, int64_t ttl_s)
{
    struct sg_buf b = {0};
    redisContext *c = token->known && value.n <= VALUE_MAX ? begin(r) : NULL;
    if (!c)
        return;
    sg_buf_put(&b, token->text, SG_CACHE_TOKEN);
    sg_buf_str_put(&b, value);
    if (!sg_buf_failed(&b)) {
        redisAppendCommand(c, "SET " PREFIX "v:%b %b EX %lld", key.p, key.n, b.p, b.n,
                           (long long)ttl_s);
        if (!reply_ok(c))
            spoil(c);
    }
    sg_buf_free(&b);
    redis_give(r->link, c);
}

/* What other values name. */
static bool is_name(struct sg_str key)
{
    return sg_str_starts(key, SG_STR("artist:")) || sg_str_starts(key, SG_STR("album:")) ||
           sg_str_starts(key, SG_STR("genre:"));
}

void cache_redis_forget(struct cache_redis *r, struct sg_str key)
{
    redisContext *c = begin(r);
    bool done = c && set_mark(c, "g:", key) && (!is_name(key) || set_mark(c, "n", SG_STR("")));
    if (c && !done)
        spoil(c);
    if (!done)
        r->missed++;
    if (c)
        redis_give(r->link, c);
}

void cache_redis_forget_all(struct cache_redis *r)
{
    r->missed++;
    redisContext *c = begin(r);
    if (c)
        redis_give(r->link, c);
}
