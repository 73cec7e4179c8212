/* content_wait.c - content with a network behind it, read ahead by a few threads.
 *
 *   loop: the window is empty -> connection sleeps, answer queued
 *   reader: reads the next window -> connection goes on
 *
 * An answer has one window, and none while nothing of it is there; all together are bounded by
 * how many may be open. What is queued is never freed, as its connection sleeps.
 */
#include "api/http/content_parts.h"
#include "core/log.h"
#include <stdlib.h>

enum { READERS = 8 };

struct http_readers {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct http_content *first, *last;
    pthread_t threads[READERS];
    int n;
    bool stop;
};

/* With the lock. */
static struct http_content *dequeue(struct http_readers *t)
{
    while (!t->first && !t->stop)
        pthread_cond_wait(&t->work, &t->lock);
    struct http_content *h = t->first;
    if (h)
        t->first = h->next;
    if (!t->first)
        t->last = NULL;
    return h;
}

/* Without the lock: nobody else touches h meanwhile. */
static char *read_window(const struct http_content *h)
{
    struct sg_error e = SG_ERROR_INIT;
    char *p = malloc(h->wanted);
    int rc = p ? h->c.read(h->c.ctx, h->window_at, p, h->wanted, &e)
               : sg_fail(&e, SG_ENOMEM, "a window");
    if (!rc)
        return p;
    sg_log(SG_LOG_WARN, "an answer is broken off", "why=%s", e.text);
    free(p);
    return NULL;
}

static void *run(void *ctx)
{
    struct http_readers *t = ctx;
    struct http_content *h;
    pthread_mutex_lock(&t->lock);
    while ((h = dequeue(t))) {
        bool stop = t->stop;
        pthread_mutex_unlock(&t->lock);
        char *window = stop ? NULL : read_window(h);
        pthread_mutex_lock(&t->lock);
        h->window = window;
        h->window_n = window ? h->wanted : 0;
        h->failed = !window;
        MHD_resume_connection(h->connection);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* With the lock; at the first answer that waits. */
static bool start(struct http_readers *t)
{
    while (t->n < READERS && !pthread_create(&t->threads[t->n], NULL, run, t))
        t->n++;
    return t->n > 0;
}

int http_readers_open(struct http_readers **out, struct sg_error *e)
{
    struct http_readers *t = calloc(1, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "HTTP readers");
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    *out = t;
    return 0;
}

void http_readers_stop(struct http_readers *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < t->n; i++)
        pthread_join(t->threads[i], NULL);
    t->n = 0;
}

void http_readers_close(struct http_readers *t)
{
    if (!t)
        return;
    http_readers_stop(t);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* With the lock. What is read is of one range, as the next one may be far away. */
static ssize_t ask(struct http_readers *t, struct http_content *h, uint64_t at, uint64_t left)
{
    if (t->stop || !start(t))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    h->window_at = at;
    h->wanted = left < SG_CONTENT_WINDOW ? (size_t)left : SG_CONTENT_WINDOW;
    h->next = NULL;
    MHD_suspend_connection(h->connection);
    if (t->last)
        t->last->next = h;
    else
        t->first = h;
    t->last = h;
    pthread_cond_broadcast(&t->work); /* a signal may be lost: see rpc_job_take */
    return 0;
}

static ssize_t take(struct http_content *h, uint64_t at, char *to, size_t max)
{
    size_t from = (size_t)(at - h->window_at), n = h->window_n - from;
    n = n < max ? n : max;
    memcpy(to, h->window + from, n);
    if (from + n == h->window_n) {
        free(h->window);
        h->window = NULL;
        h->window_n = 0;
    }
    return (ssize_t)n;
}

ssize_t http_content_wait(struct http_content *h, uint64_t at, uint64_t left, char *to, size_t max)
{
    struct http_readers *t = h->server->readers;
    ssize_t n;
    pthread_mutex_lock(&t->lock);
    if (h->failed)
        n = MHD_CONTENT_READER_END_WITH_ERROR;
    else if (h->window && at >= h->window_at && at < h->window_at + h->window_n)
        n = take(h, at, to, max);
    else
        n = ask(t, h, at, left);
    pthread_mutex_unlock(&t->lock);
    return n;
}
