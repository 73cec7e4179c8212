/* stream.c - see stream.h.
 *
 * libmicrohttpd asks for bytes when the peer takes some; when there are none the
 * connection is suspended, and resumed by whoever puts some. A suspended connection is
 * not watched by its loop, so an epoll of our own tells when a peer hangs up.
 */
#include "api/http/stream.h"
#include "api/http/parts.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 1024, EVENTS = 64 };

struct sg_http_stream {
    enum http_kind kind; /* first */
    struct http_streams *all;
    struct sg_http_stream *next, **link; /* guarded by all's lock; link NULL: not attached */
    struct MHD_Connection *connection;
    int fd;
    void (*gone)(void *ctx);
    void *ctx;
    bool has_heartbeat;
    pthread_mutex_t lock; /* guards all below */
    struct sg_buf pending;
    size_t taken; /* of it */
    bool asleep;  /* suspended */
    bool ended;   /* by its publisher, once all is sent */
    bool broken;  /* at once */
    bool overrun;
    int64_t took_us; /* when bytes were last taken */
};

struct http_streams {
    struct sg_http_server *server;
    struct sg_metric *open;
    atomic_int n;
    int epoll;
    pthread_mutex_t lock; /* guards the list and over; taken before a stream's */
    struct sg_http_stream *first;
    bool over;
};

int http_streams_open(struct http_streams **out, struct sg_http_server *s, struct sg_error *e)
{
    struct http_streams *t = calloc(1, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "HTTP streams");
    t->server = s;
    t->open = sg_metric_new(SG_GAUGE, "segue_http_streams", "Answers that stay open", NULL);
    pthread_mutex_init(&t->lock, NULL);
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    *out = t;
    return t->epoll < 0 ? sg_fail_errno(e, "HTTP streams") : 0;
}

void http_streams_close(struct http_streams *t)
{
    if (!t)
        return;
    if (t->epoll >= 0)
        close(t->epoll);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int http_streams_fd(struct http_streams *t)
{
    return t->epoll;
}

struct sg_http_stream *sg_http_stream_open(struct sg_http_request *q, struct sg_http_response *r,
                                           const char *content_type, void (*gone)(void *ctx),
                                           void *ctx)
{
    struct http_exchange *x = (void *)((char *)q - offsetof(struct http_exchange, request));
    struct http_streams *t = x->server->streams;
    struct sg_http_stream *s = r->stream ? NULL : calloc(1, sizeof *s);
    bool room = atomic_fetch_add(&t->n, 1) < t->server->o.streams_max;
    if (!s || !room) {
        atomic_fetch_sub(&t->n, 1);
        free(s);
        return NULL;
    }
    s->kind = HTTP_STREAM;
    s->all = t;
    s->connection = x->connection;
    s->fd = -1;
    s->gone = gone;
    s->ctx = ctx;
    s->has_heartbeat = strcmp(content_type, "text/event-stream") == 0;
    s->took_us = sg_now_us();
    pthread_mutex_init(&s->lock, NULL);
    r->status = 200;
    r->content_type = content_type;
    r->stream = s;
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    sg_http_header(r, "X-Accel-Buffering", SG_STR("no")); /* nginx passes it on as it comes */
    sg_metric_add(t->open, "", 1);
    return s;
}

/* With the lock. */
static void wake(struct sg_http_stream *s)
{
    if (s->asleep) {
        s->asleep = false;
        MHD_resume_connection(s->connection);
    }
}

int sg_http_stream_put(struct sg_http_stream *s, struct sg_str bytes)
{
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    if (s->ended || s->broken) {
        rc = s->overrun ? SG_ELIMIT : SG_ECANCELED;
    } else {
        s->overrun = bytes.n > SG_HTTP_STREAM_MAX - (s->pending.n - s->taken);
        if (!s->overrun)
            sg_buf_put(&s->pending, bytes.p, bytes.n);
        s->overrun |= sg_buf_failed(&s->pending);
        s->broken = s->overrun;
        if (s->overrun && s->fd >= 0)
            shutdown(s->fd, SHUT_RDWR); /* its loop waits for the peer to read */
        rc = s->overrun ? SG_ELIMIT : 0;
        wake(s);
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

int sg_http_stream_event(struct sg_http_stream *s, const char *event, uint64_t id,
                         struct sg_str data)
{
    struct sg_buf b = {0};
    if (id)
        sg_buf_printf(&b, "id: %llu\n", (unsigned long long)id);
    if (event)
        sg_buf_printf(&b, "event: %s\n", event);
    do {
        size_t n = 0;
        while (n < data.n && data.p[n] != '\n' && data.p[n] != '\r')
            n++;
        sg_buf_puts(&b, "data: ");
        sg_buf_put(&b, data.p, n);
        sg_buf_putc(&b, '\n');
        n += n < data.n;
        data = (struct sg_str){data.p + n, data.n - n};
    } while (data.n);
    sg_buf_putc(&b, '\n');
    int rc = sg_buf_failed(&b) ? SG_ENOMEM : sg_http_stream_put(s, sg_buf_str(&b));
    sg_buf_free(&b);
    return rc;
}

void sg_http_stream_close(struct sg_http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

/* On the loop. With the lock. */
static ssize_t take(struct sg_http_stream *s, char *to, size_t max)
{
    size_t left = s->pending.n - s->taken, n = left < max ? left : max;
    if (s->broken)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!n && s->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!n) {
        s->asleep = true;
        MHD_suspend_connection(s->connection);
        return 0;
    }
    memcpy(to, s->pending.p + s->taken, n);
    s->taken += n;
    s->took_us = sg_now_us();
    if (s->taken == s->pending.n) { /* an idle stream holds none */
        sg_buf_free(&s->pending);
        s->taken = 0;
    }
    return (ssize_t)n;
}

static ssize_t on_read(void *ctx, uint64_t at, char *to, size_t max)
{
    struct sg_http_stream *s = ctx;
    (void)at;
    pthread_mutex_lock(&s->lock);
    ssize_t n = take(s, to, max);
    pthread_mutex_unlock(&s->lock);
    return n;
}

struct MHD_Response *http_stream_attach(struct http_exchange *x)
{
    struct sg_http_stream *s = x->response.stream;
    struct http_streams *t = s->all;
    struct MHD_Response *m =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, s, NULL);
    if (!m)
        return NULL;
    pthread_mutex_lock(&t->lock);
    s->next = t->first;
    s->link = &t->first;
    if (s->next)
        s->next->link = &s->next;
    t->first = s;
    pthread_mutex_lock(&s->lock);
    s->fd = http_watch_fd(x->connection);
    s->ended |= t->over;
    if (s->overrun)
        shutdown(s->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    struct epoll_event hung_up = {.events = EPOLLRDHUP, .data.ptr = s};
    epoll_ctl(t->epoll, EPOLL_CTL_ADD, s->fd, &hung_up);
    pthread_mutex_unlock(&t->lock);
    return m;
}

static void detach(struct sg_http_stream *s)
{
    struct http_streams *t = s->all;
    pthread_mutex_lock(&t->lock);
    if (s->link) {
        *s->link = s->next;
        if (s->next)
            s->next->link = s->link;
        epoll_ctl(t->epoll, EPOLL_CTL_DEL, s->fd, NULL);
    }
    pthread_mutex_lock(&s->lock);
    s->broken = true;
    s->asleep = false;
    s->fd = -1;
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_unlock(&t->lock);
}

void http_stream_gone(void *stream)
{
    struct sg_http_stream *s = stream;
    struct http_streams *t = s->all;
    detach(s);
    if (s->gone)
        s->gone(s->ctx);
    atomic_fetch_sub(&t->n, 1);
    sg_metric_add(t->open, "", -1);
    pthread_mutex_destroy(&s->lock);
    sg_buf_free(&s->pending);
    free(s);
}

/* With all's lock, so that s is attached. */
static void cut(struct sg_http_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->broken = true;
    shutdown(s->fd, SHUT_RDWR);
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

static void cut_who_hung_up(struct http_streams *t)
{
    struct epoll_event v[EVENTS];
    int n;
    do {
        n = epoll_wait(t->epoll, v, EVENTS, 0);
        for (int i = 0; i < n; i++) {
            struct sg_http_stream *s = v[i].data.ptr;
            epoll_ctl(t->epoll, EPOLL_CTL_DEL, s->fd, NULL);
            cut(s);
        }
    } while (n == EVENTS);
}

static bool is_stuck(struct sg_http_stream *s, int64_t now)
{
    const struct sg_http_options *o = &s->all->server->o;
    pthread_mutex_lock(&s->lock);
    bool stuck = s->pending.n && now - s->took_us >= o->write_us;
    if (s->has_heartbeat && s->asleep && now - s->took_us >= o->heartbeat_us) {
        sg_buf_puts(&s->pending, ":\n\n");
        wake(s);
    }
    pthread_mutex_unlock(&s->lock);
    return stuck;
}

void http_streams_tick(struct http_streams *t, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    cut_who_hung_up(t);
    for (struct sg_http_stream *s = t->first; s; s = s->next)
        if (is_stuck(s, now))
            cut(s);
    pthread_mutex_unlock(&t->lock);
}

void http_streams_end(struct http_streams *t)
{
    pthread_mutex_lock(&t->lock);
    t->over = true;
    for (struct sg_http_stream *s = t->first; s; s = s->next)
        sg_http_stream_close(s);
    pthread_mutex_unlock(&t->lock);
}
