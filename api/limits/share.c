/* share.c - buckets in Redis: see limits.h.
 *
 *   segue1:l:{key}   when it is full again, microseconds of Redis's own clock
 *
 * One script moves one bucket by what was taken here and answers how far ahead it is then; a
 * round sends all of them at once and reads the answers after.
 */
#include "api/cache/redis_link.h"
#include "api/limits/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include <inttypes.h>
#include <stdlib.h>

enum { ROUND_MS = 200, ROUND_MAX = 8192, SLOWER_MS = 1000 };

/* The bucket may be further ahead than one of us would let it be, as all of us count. It
 * stays so for at most as long as was taken. */
static const char script[] = "local t = redis.call('TIME') "
                             "local now = t[1] * 1000000 + t[2] "
                             "local at = tonumber(redis.call('GET', KEYS[1]) or '0') "
                             "if at < now then at = now end "
                             "at = at + tonumber(ARGV[1]) "
                             "redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', "
                             "math.floor((at - now) / 1000) + 1000) "
                             "return string.format('%.0f', at - now)";

struct round {
    uint64_t keys[ROUND_MAX];
    int64_t taken[ROUND_MAX];
    size_t n;
};

static void collect(void *ctx, uint64_t key, int64_t taken_us)
{
    struct round *r = ctx;
    r->keys[r->n] = key;
    r->taken[r->n++] = taken_us;
}

static bool tell(redisContext *c, const struct round *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (redisAppendCommand(c, "EVAL %s 1 segue1:l:%016" PRIx64 " %" PRId64, script, r->keys[i],
                               r->taken[i]) != REDIS_OK)
            return false;
    return true;
}

static bool hear(struct sg_limits *l, redisContext *c, const struct round *r)
{
    for (size_t i = 0; i < r->n; i++) {
        void *answer = NULL;
        int64_t ahead;
        if (redisGetReply(c, &answer) != REDIS_OK)
            return false;
        const redisReply *reply = answer;
        bool good = reply->type == REDIS_REPLY_STRING &&
                    sg_str_to_i64((struct sg_str){reply->str, reply->len}, &ahead);
        if (good)
            sg_buckets_learn(l->buckets, r->keys[i], ahead, sg_now_us());
        freeReplyObject(answer);
        if (!good)
            return false;
    }
    return true;
}

static bool share_round(struct sg_limits *l, struct round *r)
{
    redisContext *c = redis_take(l->redis);
    if (!c)
        return false;
    r->n = 0;
    sg_buckets_taken(l->buckets, ROUND_MAX, collect, r);
    bool good = tell(c, r) && hear(l, c, r);
    redis_give(l->redis, c);
    return good;
}

void *limits_share(void *limits)
{
    struct sg_limits *l = limits;
    struct round *r = calloc(1, sizeof *r);
    bool known = false, was = false, is = false;
    while (r && !sg_pause_for(&l->pause, is || !known ? ROUND_MS : SLOWER_MS, false)) {
        is = share_round(l, r);
        if (!known || is != was)
            sg_log(is ? SG_LOG_INFO : SG_LOG_WARN,
                   is ? "limits are shared through Redis"
                      : "Redis is away: limits are this process's own",
                   NULL);
        sg_metric_set(l->shared, "", is);
        known = true;
        was = is;
    }
    free(r);
    return NULL;
}
