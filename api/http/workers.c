/* workers.c - who answers: the loop itself, by o.start, or one of the workers. */
#include "api/http/parts.h"
#include <errno.h>
#include <stdlib.h>

enum { QUEUE_MAX = 4096 };

/* With the lock: nothing is queued, and nothing will be. */
static void let_workers_go(struct sg_http_server *s)
{
    for (size_t i = 0; s->stop && !s->queued && i < s->n_workers; i++)
        sem_post(&s->work);
}

static bool reserve(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    bool room = s->queued + s->started < QUEUE_MAX && !s->stop;
    s->queued += room;
    pthread_mutex_unlock(&s->lock);
    return room;
}

static void enqueue(struct sg_http_server *s, struct http_exchange *x)
{
    pthread_mutex_lock(&s->lock);
    x->next = NULL;
    if (s->last)
        s->last->next = x;
    else
        s->first = x;
    s->last = x;
    pthread_mutex_unlock(&s->lock);
    sem_post(&s->work);
}

/* The place in the queue is kept until it is known whether a worker is needed. */
static bool start(struct sg_http_server *s, struct http_exchange *x)
{
    if (!s->o.start)
        return false;
    pthread_mutex_lock(&s->lock);
    s->started++;
    pthread_mutex_unlock(&s->lock);
    bool begun = s->o.start(s->o.ctx, &x->request, &x->response);
    pthread_mutex_lock(&s->lock);
    if (begun)
        s->queued--;
    else
        s->started--;
    let_workers_go(s);
    if (s->stop && !s->started)
        pthread_cond_broadcast(&s->answered);
    pthread_mutex_unlock(&s->lock);
    return begun;
}

/* A place in the queue is taken before the connection is suspended, and filled after: a
 * worker must not resume what is not yet suspended. */
bool http_hand_over(struct http_exchange *x)
{
    if (!reserve(x->server))
        return false;
    atomic_store_explicit(&x->state, HTTP_WAITING, memory_order_release);
    MHD_suspend_connection(x->connection);
    if (!start(x->server, x))
        enqueue(x->server, x);
    return true;
}

static void answered(struct http_exchange *x)
{
    atomic_store_explicit(&x->state, HTTP_ANSWERED, memory_order_release);
    MHD_resume_connection(x->connection);
}

void sg_http_finish(struct sg_http_request *q)
{
    struct http_exchange *x = (void *)((char *)q - offsetof(struct http_exchange, request));
    struct sg_http_server *s = x->server;
    bool codes = http_compress_wanted(x);
    pthread_mutex_lock(&s->lock);
    codes = codes && !s->stop;
    s->queued += codes;
    pthread_mutex_unlock(&s->lock);
    x->filled = codes;
    if (codes)
        enqueue(s, x);
    else
        answered(x);
    pthread_mutex_lock(&s->lock);
    s->started--;
    if (s->stop && !s->started)
        pthread_cond_broadcast(&s->answered);
    pthread_mutex_unlock(&s->lock);
}

static struct http_exchange *dequeue(struct sg_http_server *s)
{
    while (sem_wait(&s->work) && errno == EINTR)
        ;
    pthread_mutex_lock(&s->lock);
    struct http_exchange *x = s->first;
    if (x) {
        s->first = x->next;
        if (!s->first)
            s->last = NULL;
        s->queued--;
        let_workers_go(s);
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void *worker_main(void *ctx)
{
    struct sg_http_server *s = ctx;
    struct http_exchange *x;
    struct sg_coder coder = {NULL, NULL};
    while ((x = dequeue(s))) {
        if (!x->filled)
            s->o.handle(s->o.ctx, &x->request, &x->response);
        if (x->filled || http_compress_wanted(x))
            http_compress(x, &coder);
        answered(x);
    }
    sg_coder_free(&coder);
    return NULL;
}

int http_workers_start(struct sg_http_server *s, struct sg_error *e)
{
    s->workers = calloc((size_t)s->o.workers, sizeof *s->workers);
    if (!s->workers)
        return sg_fail(e, SG_ENOMEM, "HTTP workers");
    for (int i = 0; i < s->o.workers; i++) {
        if (pthread_create(&s->workers[i], NULL, worker_main, s))
            return sg_fail(e, SG_EIO, "cannot start HTTP worker %d", i);
        s->n_workers++;
    }
    return 0;
}

void http_workers_stop(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    let_workers_go(s);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->n_workers; i++)
        pthread_join(s->workers[i], NULL);
    free(s->workers);
    pthread_mutex_lock(&s->lock);
    while (s->started)
        pthread_cond_wait(&s->answered, &s->lock);
    pthread_mutex_unlock(&s->lock);
}
