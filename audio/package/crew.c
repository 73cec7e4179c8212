/* crew.c - see crew.h. */
#include "audio/package/crew.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct sg_crew {
    pthread_mutex_t lock;
    pthread_cond_t begun, done;
    pthread_t *threads;
    size_t n; /* threads beside the caller's */
    void (*work)(void *ctx, size_t i);
    void *ctx;
    size_t next, of, busy; /* of the present run */
    bool over;
};

/* Does what there is to be taken; the lock is held around it. */
static void take_all(struct sg_crew *c)
{
    while (c->next < c->of) {
        size_t i = c->next++;
        c->busy++;
        pthread_mutex_unlock(&c->lock);
        c->work(c->ctx, i);
        pthread_mutex_lock(&c->lock);
        c->busy--;
    }
    if (!c->busy)
        pthread_cond_signal(&c->done);
}

static void *live(void *arg)
{
    struct sg_crew *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->over) {
        take_all(c);
        if (!c->over)
            pthread_cond_wait(&c->begun, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

int sg_crew_open(struct sg_crew **out, int threads, struct sg_error *e)
{
    struct sg_crew *c = calloc(1, sizeof *c);
    size_t want = threads > 1 ? (size_t)threads - 1 : 0;
    if (!c || !(c->threads = calloc(want + 1, sizeof *c->threads))) {
        free(c);
        return sg_fail(e, SG_ENOMEM, "threads");
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->begun, NULL);
    pthread_cond_init(&c->done, NULL);
    while (c->n < want && pthread_create(&c->threads[c->n], NULL, live, c) == 0)
        c->n++; /* with fewer it takes longer, no more */
    *out = c;
    return 0;
}

void sg_crew_close(struct sg_crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->over = true;
    pthread_cond_broadcast(&c->begun);
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < c->n; i++)
        pthread_join(c->threads[i], NULL);
    pthread_cond_destroy(&c->begun);
    pthread_cond_destroy(&c->done);
    pthread_mutex_destroy(&c->lock);
    free(c->threads);
    free(c);
}

void sg_crew_run(struct sg_crew *c, void (*work)(void *ctx, size_t i), void *ctx, size_t n)
{
    pthread_mutex_lock(&c->lock);
    c->work = work;
    c->ctx = ctx;
    c->next = 0;
    c->of = n;
    pthread_cond_broadcast(&c->begun);
    take_all(c);
    while (c->busy || c->next < c->of)
        pthread_cond_wait(&c->done, &c->lock);
    pthread_mutex_unlock(&c->lock);
}
