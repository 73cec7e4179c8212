/* cache.c - what was trending last: see recommend.h. */
#include "api/recommend/recommend.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { KEPT = SG_RECS_MAX, EVERY_US = 5000000, WAIT_US = 50000, DEADLINE_US = 1000000 };

struct sg_trending_cache {
    struct sg_rpc_client *recsys;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards all below */
    size_t n;
    struct sg_scored v[KEPT]; /* without text */
};

static void look_up(struct sg_trending_cache *c)
{
    struct sg_arena a = {0};
    struct sg_recs_request in;
    struct sg_recs_reply out;
    sg_record_init(&sg_recs_request_record, &in);
    in.limit = KEPT;
    if (sg_rpc_call(c->recsys, SG_METHOD_TRENDING, &sg_recs_request_record, &in,
                    &sg_recs_reply_record, &out, &a, sg_now_us() + DEADLINE_US, SG_STR_NONE,
                    NULL) == 0) {
        const struct sg_scored *s = out.songs.v;
        pthread_mutex_lock(&c->lock);
        c->n = out.songs.n < KEPT ? out.songs.n : KEPT;
        for (size_t i = 0; i < c->n; i++)
            c->v[i] = (struct sg_scored){.song_id = s[i].song_id, .score = s[i].score};
        pthread_mutex_unlock(&c->lock);
    }
    sg_arena_free(&a);
}

static void *run(void *ctx)
{
    struct sg_trending_cache *c = ctx;
    while (!c->stop) {
        look_up(c);
        for (int64_t slept = 0; slept < EVERY_US && !c->stop; slept += WAIT_US)
            sg_sleep_us(WAIT_US);
    }
    return NULL;
}

int sg_trending_cache_open(struct sg_trending_cache **out, struct sg_rpc_client *recsys,
                           struct sg_error *e)
{
    struct sg_trending_cache *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "trending songs");
    c->recsys = recsys;
    pthread_mutex_init(&c->lock, NULL);
    if (pthread_create(&c->thread, NULL, run, c)) {
        pthread_mutex_destroy(&c->lock);
        free(c);
        return sg_fail(e, SG_EIO, "cannot start the thread of trending songs");
    }
    *out = c;
    return 0;
}

void sg_trending_cache_close(struct sg_trending_cache *c)
{
    if (!c)
        return;
    c->stop = true;
    pthread_join(c->thread, NULL);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

size_t sg_trending_cache_get(struct sg_trending_cache *c, struct sg_scored *out, size_t cap)
{
    if (!c)
        return 0;
    pthread_mutex_lock(&c->lock);
    size_t n = c->n < cap ? c->n : cap;
    memcpy(out, c->v, n * sizeof *out);
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < n; i++)
        out[i].reason = SG_STR("trending");
    return n;
}
