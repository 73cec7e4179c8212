/* workers.c - who answers: the loop itself, by o.start, or one of the workers. */
#include "api/http/parts.h"

static size_t count_started(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->started;
    pthread_mutex_unlock(&s->lock);
    return n;
}

void http_started(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->started++;
    pthread_mutex_unlock(&s->lock);
}

static void ended(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->started--;
    if (!s->started)
        pthread_cond_broadcast(&s->answered);
    pthread_mutex_unlock(&s->lock);
}

/* The place in the queue is kept until it is known whether a worker is needed. */
static bool start(struct sg_http_server *s, struct http_exchange *x)
{
    if (!s->o.start)
        return false;
    http_started(s);
    bool begun = s->o.start(s->o.ctx, &x->request, &x->response);
    if (begun)
        http_queue_release(&s->queue);
    else
        ended(s);
    return begun;
}

/* A place in the queue is taken before the connection is suspended, and filled after: a
 * worker must not resume what is not yet suspended. */
bool http_hand_over(struct http_exchange *x)
{
    struct sg_http_server *s = x->server;
    if (!http_queue_reserve(&s->queue, count_started(s)))
        return false;
    atomic_store_explicit(&x->state, HTTP_WAITING, memory_order_release);
    MHD_suspend_connection(x->connection);
    if (!start(s, x))
        http_queue_put(&s->queue, x);
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
    x->filled = http_compress_wanted(x) && http_queue_reserve(&s->queue, 0);
    if (x->filled)
        http_queue_put(&s->queue, x);
    else
        answered(x);
    ended(s);
}

static void *worker_main(void *ctx)
{
    struct sg_http_server *s = ctx;
    struct http_exchange *x;
    struct sg_coder coder = {NULL, NULL};
    while ((x = http_queue_take(&s->queue))) {
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
    return http_queue_open(&s->queue, s->o.workers, worker_main, s, e);
}

void http_workers_stop(struct sg_http_server *s)
{
    http_queue_stop(&s->queue);
    pthread_mutex_lock(&s->lock);
    while (s->started)
        pthread_cond_wait(&s->answered, &s->lock);
    pthread_mutex_unlock(&s->lock);
}
