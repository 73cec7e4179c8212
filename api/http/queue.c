/* queue.c - exchanges that wait for a thread, and the threads that take them. */
#include "api/http/parts.h"
#include <errno.h>
#include <stdlib.h>

enum { QUEUE_MAX = 4096 };

/* With the lock: nothing is queued, and nothing will be. */
static void let_go(struct http_queue *q)
{
    for (size_t i = 0; q->stop && !q->n && i < q->n_threads; i++)
        sem_post(&q->work);
}

bool http_queue_reserve(struct http_queue *q, size_t others)
{
    pthread_mutex_lock(&q->lock);
    bool room = q->n + others < QUEUE_MAX && !q->stop;
    q->n += room;
    pthread_mutex_unlock(&q->lock);
    return room;
}

void http_queue_release(struct http_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->n--;
    let_go(q);
    pthread_mutex_unlock(&q->lock);
}

void http_queue_put(struct http_queue *q, struct http_exchange *x)
{
    pthread_mutex_lock(&q->lock);
    x->next = NULL;
    if (q->last)
        q->last->next = x;
    else
        q->first = x;
    q->last = x;
    pthread_mutex_unlock(&q->lock);
    sem_post(&q->work);
}

struct http_exchange *http_queue_take(struct http_queue *q)
{
    while (sem_wait(&q->work) && errno == EINTR)
        ;
    pthread_mutex_lock(&q->lock);
    struct http_exchange *x = q->first;
    if (x) {
        q->first = x->next;
        if (!q->first)
            q->last = NULL;
        q->n--;
        let_go(q);
    }
    pthread_mutex_unlock(&q->lock);
    return x;
}

int http_queue_open(struct http_queue *q, int threads, void *(*run)(void *), void *ctx,
                    struct sg_error *e)
{
    pthread_mutex_init(&q->lock, NULL);
    sem_init(&q->work, 0, 0);
    q->open = true;
    q->threads = calloc((size_t)threads, sizeof *q->threads);
    if (!q->threads)
        return sg_fail(e, SG_ENOMEM, "HTTP workers");
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&q->threads[i], NULL, run, ctx))
            return sg_fail(e, SG_EIO, "cannot start HTTP worker %d", i);
        q->n_threads++;
    }
    return 0;
}

void http_queue_stop(struct http_queue *q)
{
    if (!q->open)
        return;
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    let_go(q);
    pthread_mutex_unlock(&q->lock);
    for (size_t i = 0; i < q->n_threads; i++)
        pthread_join(q->threads[i], NULL);
    free(q->threads);
    q->threads = NULL;
    q->n_threads = 0;
}

void http_queue_close(struct http_queue *q)
{
    if (!q->open)
        return;
    http_queue_stop(q);
    sem_destroy(&q->work);
    pthread_mutex_destroy(&q->lock);
    q->open = false;
}
