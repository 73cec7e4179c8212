/* read_loader.c - what is asked while one question is under way goes into the next, together:
 * under load a question has a hundred songs, alone it has one and waits for nobody.
 *
 * An answer is given by the loader's thread. While the database is away it is what was last
 * known, or what the index knows.
 */
#include "api/catalogue/read_inside.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/metrics.h"
#include "schemas/catalogue.h"
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 2, BATCH = 128, WAITING_MAX = 8192 };

struct wait {
    struct wait *next;
    struct sg_api *api;
    struct sg_http_request *q;
    struct sg_http_response *r;
    uint64_t song_id, lsn;
    struct sg_str stale;
    bool answered;
    struct sg_buf json; /* of the query server */
};

struct sg_song_loader {
    struct sg_api *api;
    pthread_t threads[THREADS];
    int n_threads;
    pthread_mutex_t lock;
    pthread_cond_t asked;
    struct wait *first, **last;
    size_t waiting;
    bool stop;
    struct sg_metric *questions, *songs;
};

/* From the index. */

static void answer_hit(struct wait *w)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_lookup_reply reply = {0};
    int rc =
        sg_record_from_json(&sg_lookup_reply_record, sg_buf_str(&w->json), w->q->arena, &reply, &e);
    if (rc) {
        sg_problem(w->q, w->r, &e);
    } else if (!reply.results.n) {
        song_answer_nothing(w->q, w->r, w->song_id);
    } else {
        struct sg_song_view view;
        song_from_hit(reply.results.v, &view);
        sg_api_answer(w->r, &sg_song_view_record, &view);
    }
}

static void index_answered(void *ctx, int rc, const struct sg_error *e)
{
    struct wait *w = ctx;
    if (!rc)
        answer_hit(w);
    else
        sg_problem(w->q, w->r, e);
    sg_buf_free(&w->json);
    sg_route_end(w->q, w->r);
}

static void ask_index(struct wait *w)
{
    struct sg_http_request *q = w->q;
    struct sg_lookup_request in = {
        SG_STR("song"), {&w->song_id, 1}, song_market_of(q), q->clean, q->kinds};
    sg_rpc_start_json(w->api->query, SG_METHOD_LOOKUP, &sg_lookup_request_record, &in,
                      &sg_lookup_reply_record, &w->json, q->arena, q->deadline_us, q->traceparent,
                      index_answered, w);
}

/* One question. */

struct batch {
    struct wait *first;
    uint64_t ids[BATCH];
    size_t n; /* each id once */
    uint64_t lsn;
    int64_t deadline_us; /* the latest of theirs */
};

static void found(void *ctx, uint64_t song_id, struct sg_str value)
{
    struct batch *b = ctx;
    for (struct wait *w = b->first; w; w = w->next)
        if (w->song_id == song_id && !w->answered) {
            song_answer(w->q, w->r, song_id, value);
            w->answered = true;
        }
}

static void end(struct wait *w, int rc, const struct sg_error *e)
{
    if (!w->answered && rc) {
        if (song_may_be_old(rc) && !w->stale.p) {
            ask_index(w);
            return;
        }
        if (song_may_be_old(rc))
            song_answer(w->q, w->r, w->song_id, w->stale);
        else
            sg_problem(w->q, w->r, e);
    } else if (!w->answered) {
        song_answer_nothing(w->q, w->r, w->song_id);
    }
    sg_route_end(w->q, w->r);
}

static void add_id(struct batch *b, const struct wait *w)
{
    if (w->q->deadline_us > b->deadline_us)
        b->deadline_us = w->q->deadline_us;
    if (w->lsn > b->lsn)
        b->lsn = w->lsn;
    for (size_t i = 0; i < b->n; i++)
        if (b->ids[i] == w->song_id)
            return;
    b->ids[b->n++] = w->song_id;
}

/* With the lock held. */
static void take_batch(struct sg_song_loader *l, struct batch *b)
{
    size_t taken = 0;
    struct wait **at = &l->first;
    *b = (struct batch){.first = l->first};
    for (; *at && taken < BATCH; at = &(*at)->next, taken++)
        add_id(b, *at);
    struct wait *rest = *at;
    *at = NULL;
    l->first = rest;
    if (!rest)
        l->last = &l->first;
    l->waiting -= taken;
}

static void answer_batch(struct sg_song_loader *l, struct batch *b, struct sg_arena *a)
{
    struct sg_error e = SG_ERROR_INIT;
    struct song_wanted wanted = {b->ids, b->n, b->lsn, b->deadline_us};
    int rc = song_load(l->api, &wanted, a, found, b, &e);
    sg_metric_add(l->questions, "", 1);
    sg_metric_add(l->songs, "", (double)b->n);
    for (struct wait *w = b->first, *next; w; w = next) {
        next = w->next;
        end(w, rc, &e);
    }
    sg_arena_reset(a);
}

static void *run(void *ctx)
{
    struct sg_song_loader *l = ctx;
    struct sg_arena a = {0};
    struct batch b;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (!l->first && !l->stop)
            pthread_cond_wait(&l->asked, &l->lock);
        if (!l->first)
            break;
        take_batch(l, &b);
        pthread_mutex_unlock(&l->lock);
        answer_batch(l, &b, &a);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    sg_arena_free(&a);
    return NULL;
}

static bool put(struct sg_song_loader *l, struct wait *w)
{
    pthread_mutex_lock(&l->lock);
    bool room = l->waiting < WAITING_MAX;
    if (room) {
        *l->last = w;
        l->last = &w->next;
        l->waiting++;
        pthread_cond_broadcast(&l->asked); /* a signal may be lost: see rpc_job_take */
    }
    pthread_mutex_unlock(&l->lock);
    return room;
}

void song_loader_ask(struct sg_song_loader *l, struct sg_http_request *q,
                     struct sg_http_response *r, uint64_t song_id, uint64_t lsn,
                     struct sg_str stale)
{
    struct sg_error e = SG_ERROR_INIT;
    struct wait *w = sg_arena_alloc(q->arena, sizeof *w);
    if (w) {
        *w = (struct wait){
            .api = l->api, .q = q, .r = r, .song_id = song_id, .lsn = lsn, .stale = stale};
        if (!song_database_has_all(l->api)) {
            ask_index(w);
            return;
        }
        if (put(l, w))
            return;
    }
    sg_fail(&e, w ? SG_EBUSY : SG_ENOMEM, "too many songs are being read");
    sg_problem(q, r, &e);
    sg_route_end(q, r);
}

int sg_song_loader_open(struct sg_song_loader **out, struct sg_api *api, struct sg_error *e)
{
    struct sg_song_loader *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "song loader");
    l->api = api;
    l->last = &l->first;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->asked, NULL);
    l->questions = sg_metric_new(SG_COUNTER, "segue_song_questions_total",
                                 "Questions to the database for songs", NULL);
    l->songs = sg_metric_new(SG_COUNTER, "segue_song_loads_total", "Songs asked for in them", NULL);
    for (; l->n_threads < THREADS; l->n_threads++)
        if (pthread_create(&l->threads[l->n_threads], NULL, run, l)) {
            sg_song_loader_close(l);
            return sg_fail(e, SG_EIO, "cannot start the song loader");
        }
    *out = l;
    return 0;
}

void sg_song_loader_close(struct sg_song_loader *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->asked);
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->n_threads; i++)
        pthread_join(l->threads[i], NULL);
    pthread_cond_destroy(&l->asked);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
