/* taste.c - see taste.h. */
#include "api/discovery/taste.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdlib.h>

#define SLOTS    1024    /* people at hand, by a hash of their id: the last one stays */
#define KEEP_US  2000000 /* then what they did since counts */
#define WAIT_US  50000
#define JSON_MAX 16384 /* bytes kept of one */

struct slot {
    uint64_t user_id;
    int64_t until_us;
    struct sg_buf json; /* empty: nothing is known */
};
struct sg_tastes {
    struct sg_rpc_client *recsys;
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct asking {
    struct sg_tastes *tastes;
    struct sg_http_request *q;
    uint64_t user_id;
    struct sg_buf json;
    sg_taste_done done;
    void *ctx;
};

int sg_tastes_open(struct sg_tastes **out, struct sg_rpc_client *recsys, struct sg_error *e)
{
    struct sg_tastes *t = calloc(1, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "tastes");
    t->recsys = recsys;
    pthread_mutex_init(&t->lock, NULL);
    *out = t;
    return 0;
}

void sg_tastes_close(struct sg_tastes *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        sg_buf_free(&t->slots[i].json);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static struct slot *slot_of(struct sg_tastes *t, uint64_t user_id)
{
    return &t->slots[(user_id * 0x9e3779b97f4a7c15u) >> 32 & (SLOTS - 1)];
}

/* A copy in the arena; false when none is kept. */
static bool find(struct sg_tastes *t, uint64_t user_id, struct sg_arena *a, struct sg_str *json)
{
    struct slot *s = slot_of(t, user_id);
    pthread_mutex_lock(&t->lock);
    bool kept = s->user_id == user_id && sg_now_us() < s->until_us;
    *json = kept && s->json.n ? sg_arena_copy(a, sg_buf_str(&s->json)) : SG_STR_NONE;
    pthread_mutex_unlock(&t->lock);
    return kept;
}

static void keep(struct sg_tastes *t, uint64_t user_id, struct sg_str json)
{
    struct slot *s = slot_of(t, user_id);
    pthread_mutex_lock(&t->lock);
    sg_buf_reset(&s->json);
    if (json.n <= JSON_MAX)
        sg_buf_str_put(&s->json, json);
    s->user_id = sg_buf_failed(&s->json) ? 0 : user_id;
    s->until_us = sg_now_us() + KEEP_US;
    pthread_mutex_unlock(&t->lock);
}

static struct sg_taste *decode(struct sg_str json, struct sg_arena *a)
{
    struct sg_taste *taste = json.n ? sg_arena_alloc(a, sizeof *taste) : NULL;
    if (!taste || sg_record_from_json(&sg_taste_record, json, a, taste, NULL))
        return NULL;
    bool empty = !taste->vector.n && !taste->songs.n && !taste->artists.n;
    return empty ? NULL : taste;
}

static void answered(void *ctx, int rc, const struct sg_error *e)
{
    struct asking *k = ctx;
    struct sg_str json = SG_STR_NONE;
    (void)e;
    if (!rc && !sg_buf_failed(&k->json))
        json = sg_arena_copy(k->q->arena, sg_buf_str(&k->json));
    keep(k->tastes, k->user_id, json); /* a failure too: it is not asked for each letter */
    sg_buf_free(&k->json);
    k->done(k->ctx, decode(json, k->q->arena));
}

void sg_tastes_ask(struct sg_tastes *t, struct sg_http_request *q, uint64_t user_id,
                   sg_taste_done done, void *ctx)
{
    struct sg_taste_request in = {user_id};
    struct sg_str json;
    struct asking *k;
    if (!t || !user_id || find(t, user_id, q->arena, &json)) {
        done(ctx, t && user_id ? decode(json, q->arena) : NULL);
        return;
    }
    k = sg_arena_alloc(q->arena, sizeof *k);
    if (!k) {
        done(ctx, NULL);
        return;
    }
    *k = (struct asking){.tastes = t, .q = q, .user_id = user_id, .done = done, .ctx = ctx};
    int64_t deadline = sg_now_us() + WAIT_US;
    sg_rpc_start_json(t->recsys, SG_METHOD_TASTE, &sg_taste_request_record, &in, &sg_taste_record,
                      &k->json, q->arena, deadline < q->deadline_us ? deadline : q->deadline_us,
                      q->traceparent, answered, k);
}
