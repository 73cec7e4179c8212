/* connections.c - see connections.h. */
#include "core/rpc/connections.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/rpc/envelope.h"
#include "core/rpc/link.h"
#include "core/rpc/listen.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

enum {
    CONNECTIONS = 256, /* more are hung up on */
    REQUESTS = 1024,   /* unanswered, of one connection */
    SPARE = 256,       /* jobs kept for the next requests */
    LOOK_MS = 500,     /* how often ended and stalled connections are looked for */
};
#define REQUEST_BYTES (2 * (size_t)SG_RECORD_BYTES)

struct connection {
    struct connection *next;
    struct rpc_connections *all;
    struct rpc_link *link;
    pthread_t thread;
    size_t jobs, bytes; /* unanswered; guarded by all->lock, as is what follows */
    bool waits;         /* its thread, in put */
    bool ended;
};

struct rpc_job {
    struct rpc_job *next;
    struct connection *from;
    struct sg_buf bytes;
};

struct rpc_connections {
    const char *url;
    nng_stream_listener *listener;
    nng_aio *accept;
    pthread_t acceptor;
    bool accepting;
    struct connection *first; /* the acceptor's, until it has ended */
    size_t n;
    pthread_mutex_t lock;
    pthread_cond_t room; /* a job is done */
    sem_t work;          /* jobs that wait, and one more once draining */
    struct rpc_job *head, *tail, *spare;
    size_t n_spare;
    bool draining;
};

/* The line. */

static struct rpc_job *new_job(struct rpc_connections *c)
{
    pthread_mutex_lock(&c->lock);
    struct rpc_job *j = c->spare;
    if (j) {
        c->spare = j->next;
        c->n_spare--;
    }
    pthread_mutex_unlock(&c->lock);
    return j ? j : calloc(1, sizeof *j);
}

static void free_job(struct rpc_job *j)
{
    if (j)
        sg_buf_free(&j->bytes);
    free(j);
}

/* In the connection's own thread: waits while it has too much unanswered. */
static bool put(struct connection *from, struct rpc_job *j)
{
    struct rpc_connections *c = from->all;
    pthread_mutex_lock(&c->lock);
    while (!c->draining && from->jobs &&
           (from->jobs >= REQUESTS || from->bytes + j->bytes.n > REQUEST_BYTES)) {
        from->waits = true;
        pthread_cond_wait(&c->room, &c->lock);
    }
    from->waits = false;
    bool wanted = !c->draining;
    if (wanted) {
        j->from = from;
        j->next = NULL;
        if (c->tail)
            c->tail->next = j;
        else
            c->head = j;
        c->tail = j;
        from->jobs++;
        from->bytes += j->bytes.n;
    }
    pthread_mutex_unlock(&c->lock);
    if (wanted)
        sem_post(&c->work);
    return wanted;
}

static bool on_frame(void *ctx, struct rpc_link *l, struct sg_str bytes)
{
    struct connection *from = ctx;
    (void)l;
    struct rpc_job *j = new_job(from->all);
    if (!j)
        return false;
    sg_buf_reset(&j->bytes);
    sg_buf_str_put(&j->bytes, bytes);
    if (!sg_buf_failed(&j->bytes) && put(from, j))
        return true;
    free_job(j);
    return false;
}

/* A semaphore, as the condition variables of glibc before 2.41 lose a signal now and
 * then when many wait and are signalled (sourceware bug 25847). */
struct rpc_job *rpc_job_take(struct rpc_connections *c)
{
    while (sem_wait(&c->work) && errno == EINTR)
        ;
    pthread_mutex_lock(&c->lock);
    struct rpc_job *j = c->head;
    if (j) {
        c->head = j->next;
        if (!c->head)
            c->tail = NULL;
    }
    pthread_mutex_unlock(&c->lock);
    if (!j)
        sem_post(&c->work); /* for the next taker: there will be no more */
    return j;
}

struct sg_str rpc_job_bytes(const struct rpc_job *job)
{
    return sg_buf_str(&job->bytes);
}

void rpc_job_reply(struct rpc_job *job, struct sg_str frame)
{
    /* A peer that reads nothing of so much is not served further. */
    if (rpc_link_send(job->from->link, frame))
        rpc_link_close(job->from->link);
}

/* With the lock held: its connection may go once it has no more jobs. */
static void settle(struct rpc_connections *c, struct rpc_job *j)
{
    struct connection *from = j->from;
    from->jobs--;
    from->bytes -= j->bytes.n;
    if (from->waits)
        pthread_cond_broadcast(&c->room);
}

void rpc_job_done(struct rpc_connections *c, struct rpc_job *job)
{
    pthread_mutex_lock(&c->lock);
    settle(c, job);
    bool keep = c->n_spare < SPARE && job->bytes.cap <= 64u << 10;
    if (keep) {
        job->next = c->spare;
        c->spare = job;
        c->n_spare++;
    }
    pthread_mutex_unlock(&c->lock);
    if (!keep)
        free_job(job);
}

/* Connections. */

static void *serve_connection(void *arg)
{
    static const struct rpc_link_events events = {.frame = on_frame, .paced = true};
    struct connection *n = arg;
    rpc_link_run(n->link, &events, n);
    pthread_mutex_lock(&n->all->lock);
    n->ended = true;
    pthread_mutex_unlock(&n->all->lock);
    return NULL;
}

static int new_connection(struct rpc_connections *c, nng_stream *stream, struct sg_error *e)
{
    struct connection *n = calloc(1, sizeof *n);
    if (!n) {
        nng_stream_free(stream);
        return sg_fail(e, SG_ENOMEM, "connection");
    }
    n->all = c;
    int rc = rpc_link_new(&n->link, stream, e);
    if (!rc && pthread_create(&n->thread, NULL, serve_connection, n) != 0)
        rc = sg_fail(e, SG_ENOMEM, "connection: no thread");
    if (rc) {
        rpc_link_free(n->link);
        free(n);
        return rc;
    }
    n->next = c->first;
    c->first = n;
    c->n++;
    return 0;
}

static void admit(struct rpc_connections *c, nng_stream *stream)
{
    struct sg_error e = SG_ERROR_INIT;
    if (c->n >= CONNECTIONS) {
        nng_stream_free(stream);
        sg_log(SG_LOG_WARN, "too many connections", "url=%s connections=%zu", c->url, c->n);
    } else if (new_connection(c, stream, &e)) {
        sg_log(SG_LOG_ERROR, "connection refused", "url=%s error=%s", c->url, e.text);
    }
}

static bool is_over(struct rpc_connections *c, const struct connection *n)
{
    pthread_mutex_lock(&c->lock);
    bool over = n->ended && !n->jobs;
    pthread_mutex_unlock(&c->lock);
    return over;
}

static void free_connection(struct connection *n)
{
    pthread_join(n->thread, NULL);
    rpc_link_free(n->link);
    free(n);
}

/* Frees connections that have ended, ends those whose peer does not read. */
static void look_after(struct rpc_connections *c)
{
    int64_t now = sg_now_us();
    for (struct connection **at = &c->first; *at;) {
        struct connection *n = *at;
        if (is_over(c, n)) {
            *at = n->next;
            c->n--;
            free_connection(n);
            continue;
        }
        if (rpc_link_stalled(n->link, now))
            rpc_link_close(n->link);
        at = &n->next;
    }
}

static void *accept_all(void *arg)
{
    struct rpc_connections *c = arg;
    nng_aio_set_timeout(c->accept, LOOK_MS);
    for (;;) {
        nng_stream_listener_accept(c->listener, c->accept);
        nng_aio_wait(c->accept);
        int rv = nng_aio_result(c->accept);
        if (rv == NNG_ECANCELED || rv == NNG_ECLOSED)
            return NULL;
        if (rv == 0)
            admit(c, nng_aio_get_output(c->accept, 0));
        else if (rv != NNG_ETIMEDOUT)
            sg_sleep_us(10000); /* short of descriptors or memory: give it a moment */
        look_after(c);
    }
}

static int start_listening(struct rpc_connections *c, struct sg_error *e)
{
    int rv = nng_aio_alloc(&c->accept, NULL, NULL);
    if (!rv)
        rv = nng_stream_listener_alloc(&c->listener, c->url);
    return rv ? rpc_fail(e, rv, "listen on", c->url) : rpc_listen_ready(c->url, e);
}

int rpc_connections_open(struct rpc_connections **out, const char *url, struct sg_error *e)
{
    struct rpc_connections *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "listen on %s", url);
    c->url = url;
    pthread_mutex_init(&c->lock, NULL);
    sem_init(&c->work, 0, 0);
    pthread_cond_init(&c->room, NULL);
    int rc = start_listening(c, e);
    if (rc)
        rpc_connections_close(c);
    else
        *out = c;
    return rc;
}

int rpc_connections_accept(struct rpc_connections *c, struct sg_error *e)
{
    int rv = nng_stream_listener_listen(c->listener);
    if (rv)
        return rpc_fail(e, rv, "listen on", c->url);
    c->accepting = pthread_create(&c->acceptor, NULL, accept_all, c) == 0;
    return c->accepting ? 0 : sg_fail(e, SG_ENOMEM, "listen on %s: no thread", c->url);
}

void rpc_connections_drain(struct rpc_connections *c)
{
    nng_aio_stop(c->accept);
    nng_stream_listener_close(c->listener);
    if (c->accepting)
        pthread_join(c->acceptor, NULL);
    c->accepting = false;
    pthread_mutex_lock(&c->lock);
    c->draining = true;
    pthread_cond_broadcast(&c->room);
    pthread_mutex_unlock(&c->lock);
    sem_post(&c->work);
}

void rpc_connections_stop(struct rpc_connections *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->head) {
        struct rpc_job *j = c->head;
        c->head = j->next;
        settle(c, j);
        free_job(j);
    }
    c->tail = NULL;
    pthread_mutex_unlock(&c->lock);
    for (struct connection *n = c->first; n; n = n->next)
        rpc_link_close(n->link);
}

void rpc_connections_close(struct rpc_connections *c)
{
    if (!c)
        return;
    while (c->first) {
        struct connection *n = c->first;
        c->first = n->next;
        free_connection(n);
    }
    while (c->spare) {
        struct rpc_job *j = c->spare;
        c->spare = j->next;
        free_job(j);
    }
    if (c->listener)
        nng_stream_listener_free(c->listener);
    if (c->accept)
        nng_aio_free(c->accept);
    pthread_cond_destroy(&c->room);
    sem_destroy(&c->work);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
