/* deadline.c - see deadline.h. One list of connections, walked twice a second. */
#include "api/http/deadline.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

struct watched {
    struct watched *next, **link;
    int fd;
    _Atomic int64_t deadline_us; /* INT64_MAX: none */
};

struct sg_http_deadline {
    pthread_mutex_t lock; /* guards the list and stop */
    pthread_cond_t wake;
    pthread_t watcher;
    bool running, stop;
    struct watched *first;
};

static const int64_t first_request_us = 10 * 1000000, body_us = 30 * 1000000,
                     kept_alive_us = 60 * 1000000;

static void close_late(struct sg_http_deadline *d)
{
    int64_t now = sg_now_us();
    for (struct watched *w = d->first; w; w = w->next)
        if (w->deadline_us < now) {
            shutdown(w->fd, SHUT_RDWR);
            w->deadline_us = INT64_MAX;
        }
}

static void *watch(void *ctx)
{
    struct sg_http_deadline *d = ctx;
    pthread_mutex_lock(&d->lock);
    while (!d->stop) {
        struct timespec at;
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_nsec += 500000000;
        at.tv_sec += at.tv_nsec / 1000000000;
        at.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&d->wake, &d->lock, &at);
        close_late(d);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

int sg_http_deadline_open(struct sg_http_deadline **out, struct sg_error *e)
{
    struct sg_http_deadline *d = calloc(1, sizeof *d);
    if (!d)
        return sg_fail(e, SG_ENOMEM, "HTTP deadlines");
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    d->running = pthread_create(&d->watcher, NULL, watch, d) == 0;
    if (!d->running) {
        sg_http_deadline_close(d);
        return sg_fail(e, SG_ENOMEM, "HTTP deadlines: no thread");
    }
    *out = d;
    return 0;
}

void sg_http_deadline_stop(struct sg_http_deadline *d)
{
    if (!d || !d->running)
        return;
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->watcher, NULL);
    d->running = false;
}

void sg_http_deadline_close(struct sg_http_deadline *d)
{
    if (!d)
        return;
    sg_http_deadline_stop(d);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static struct watched *watch_add(struct sg_http_deadline *d, int fd)
{
    struct watched *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->fd = fd;
    w->deadline_us = sg_now_us() + first_request_us;
    pthread_mutex_lock(&d->lock);
    w->next = d->first;
    w->link = &d->first;
    if (w->next)
        w->next->link = &w->next;
    d->first = w;
    pthread_mutex_unlock(&d->lock);
    return w;
}

static void watch_drop(struct sg_http_deadline *d, struct watched *w)
{
    pthread_mutex_lock(&d->lock);
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    pthread_mutex_unlock(&d->lock);
    free(w);
}

void sg_http_deadline_notify(void *ctx, struct MHD_Connection *c, void **socket_ctx,
                             enum MHD_ConnectionNotificationCode code)
{
    struct sg_http_deadline *d = ctx;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *i =
            MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_ctx = i ? watch_add(d, i->connect_fd) : NULL;
    } else if (*socket_ctx) {
        watch_drop(d, *socket_ctx);
        *socket_ctx = NULL;
    }
}

static void set_deadline(struct MHD_Connection *c, int64_t at_us)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct watched *w = i ? i->socket_context : NULL;
    if (w)
        w->deadline_us = at_us;
}

void sg_http_deadline_body(struct MHD_Connection *c)
{
    set_deadline(c, sg_now_us() + body_us);
}

void sg_http_deadline_busy(struct MHD_Connection *c)
{
    set_deadline(c, INT64_MAX);
}

void sg_http_deadline_idle(struct MHD_Connection *c)
{
    set_deadline(c, sg_now_us() + kept_alive_us);
}
