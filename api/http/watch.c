/* watch.c - the connections, and the thread that walks them four times a second. */
#include "api/http/parts.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 250, VANISHED_MS = 60000, HUNG_TICKS = 40, SILENT_US = 1000000 };

struct watched {
    struct watched *next, **link;
    struct http_watch *watch;
    int fd;
    _Atomic int64_t deadline_us; /* INT64_MAX: none */
    atomic_bool idle;
    atomic_bool asked; /* a request has come at all: browsers connect in advance */
    int64_t begun_us;
    atomic_bool sends; /* bytes of a body are waited for */
    atomic_int hung;   /* ticks since the last of them that the peer has hung up */
    bool counted;      /* among its address's */
    struct sg_address peer;
};

struct http_watch {
    struct sg_http_server *server;
    struct http_addresses *addresses;
    struct sg_metric *open;
    pthread_mutex_t lock; /* guards the list */
    struct watched *first;
    atomic_size_t n;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    int wake; /* an eventfd */
};

/* With the lock, so that fd is still this connection's. */
static void cut(struct watched *c)
{
    shutdown(c->fd, SHUT_RDWR);
    c->deadline_us = INT64_MAX;
}

/* The peer hung up before its body was whole. libmicrohttpd 0.9.75 takes a read of fewer bytes than
 * it has room for as the last, and misses an end right behind them (edge-triggered epoll tells it
 * once): told again. When that is of no use either, hung up. With the lock. */
static void tell_hang_up(struct watched *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    int unread = 0;
    if (poll(&p, 1, 0) <= 0)
        return;
    if (++c->hung >= HUNG_TICKS)
        cut(c);
    else if (ioctl(c->fd, FIONREAD, &unread) == 0 && !unread)
        shutdown(c->fd, SHUT_RD);
}

static void close_late(struct http_watch *w)
{
    int64_t now = sg_now_us();
    pthread_mutex_lock(&w->lock);
    for (struct watched *c = w->first; c; c = c->next)
        if (c->deadline_us < now)
            cut(c);
        else if (c->sends)
            tell_hang_up(c);
    pthread_mutex_unlock(&w->lock);
}

/* What has arrived is still answered. */
static bool is_idle(const struct watched *c, int64_t now)
{
    int waiting = 0;
    bool silent = c->idle || (!c->asked && now - c->begun_us > SILENT_US);
    return silent && (ioctl(c->fd, FIONREAD, &waiting) || !waiting);
}

void http_watch_close_idle(struct http_watch *w)
{
    int64_t now = sg_now_us();
    pthread_mutex_lock(&w->lock);
    for (struct watched *c = w->first; c; c = c->next)
        if (is_idle(c, now))
            cut(c);
    pthread_mutex_unlock(&w->lock);
}

static void *watch(void *ctx)
{
    struct http_watch *w = ctx;
    struct pollfd fds[2] = {{.fd = w->wake, .events = POLLIN},
                            {.fd = http_streams_fd(w->server->streams), .events = POLLIN}};
    int64_t walked_us = 0;
    while (!atomic_load(&w->stop)) {
        poll(fds, 2, TICK_MS);
        int64_t now = sg_now_us();
        http_streams_tick(w->server->streams, now);
        if (now - walked_us >= TICK_MS * 1000 / 2) {
            close_late(w);
            walked_us = now;
        }
    }
    return NULL;
}

int http_watch_open(struct http_watch **out, struct sg_http_server *s, struct sg_error *e)
{
    struct http_watch *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "HTTP deadlines");
    *out = w;
    w->server = s;
    w->open = sg_metric_new(SG_GAUGE, "segue_http_connections", "Open connections", NULL);
    pthread_mutex_init(&w->lock, NULL);
    w->wake = eventfd(0, EFD_CLOEXEC);
    w->addresses = http_addresses_new();
    if (w->wake < 0 || !w->addresses)
        return sg_fail(e, SG_ENOMEM, "HTTP deadlines");
    w->running = pthread_create(&w->thread, NULL, watch, w) == 0;
    return w->running ? 0 : sg_fail(e, SG_ENOMEM, "HTTP deadlines: no thread");
}

void http_watch_stop(struct http_watch *w)
{
    uint64_t one = 1;
    if (!w || !w->running)
        return;
    atomic_store(&w->stop, true);
    if (write(w->wake, &one, sizeof one) > 0)
        pthread_join(w->thread, NULL);
    w->running = false;
}

void http_watch_close(struct http_watch *w)
{
    if (!w)
        return;
    http_watch_stop(w);
    if (w->wake >= 0)
        close(w->wake);
    http_addresses_free(w->addresses);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

bool http_watch_enter(struct http_watch *w, size_t max)
{
    if (atomic_load(&w->n) >= max)
        return false;
    atomic_fetch_add(&w->n, 1);
    return true;
}

void http_watch_leave(struct http_watch *w)
{
    atomic_fetch_sub(&w->n, 1);
}

size_t http_watch_count(struct http_watch *w)
{
    return atomic_load(&w->n);
}

static void set_options(int fd)
{
    unsigned vanished_ms = VANISHED_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished_ms, sizeof vanished_ms);
}

/* Too many of one address: hung up, at once. */
static void count(struct http_watch *w, struct watched *c)
{
    int max = w->server->o.connections_per_address;
    if (!max || sg_networks_hold(&w->server->proxies, &c->peer))
        return;
    c->counted = http_addresses_enter(w->addresses, sg_address_key(&c->peer), max);
    if (!c->counted) {
        sg_metric_add(w->server->refused, "connection", 1);
        shutdown(c->fd, SHUT_RDWR);
    }
}

static struct watched *begin(struct http_watch *w, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct watched *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    if (from && from->client_addr)
        sg_address_of(from->client_addr, &c->peer);
    from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->fd = from ? from->connect_fd : -1;
    c->watch = w;
    c->begun_us = sg_now_us();
    c->deadline_us = c->begun_us + w->server->o.head_us;
    set_options(c->fd);
    count(w, c);
    pthread_mutex_lock(&w->lock);
    c->next = w->first;
    c->link = &w->first;
    if (c->next)
        c->next->link = &c->next;
    w->first = c;
    pthread_mutex_unlock(&w->lock);
    sg_metric_add(w->open, "", 1);
    return c;
}

static void end(struct http_watch *w, struct watched *c)
{
    pthread_mutex_lock(&w->lock);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    pthread_mutex_unlock(&w->lock);
    if (c->counted)
        http_addresses_leave(w->addresses, sg_address_key(&c->peer));
    free(c);
    sg_metric_add(w->open, "", -1);
}

void http_on_connection(void *watch, struct MHD_Connection *c, void **socket_ctx,
                        enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *socket_ctx = begin(watch, c);
    else if (*socket_ctx)
        end(watch, *socket_ctx);
    if (code != MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_ctx = NULL;
        http_watch_leave(watch);
    }
}

static struct watched *watched_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return i ? i->socket_context : NULL;
}

int http_watch_fd(struct MHD_Connection *c)
{
    const struct watched *w = watched_of(c);
    return w ? w->fd : -1;
}

void http_watch_refused(struct MHD_Connection *c, unsigned status)
{
    const struct watched *w = watched_of(c);
    char text[12];
    snprintf(text, sizeof text, "%u", status);
    if (w)
        sg_metric_add(w->watch->server->refused, text, 1);
}

const struct sg_address *http_watch_peer(struct MHD_Connection *c)
{
    static const struct sg_address unknown;
    const struct watched *w = watched_of(c);
    return w ? &w->peer : &unknown;
}

void http_watch_sends(struct MHD_Connection *c, bool sends)
{
    struct watched *w = watched_of(c);
    if (w) {
        w->sends = sends;
        w->hung = 0;
    }
}

void http_watch_until(struct MHD_Connection *c, int64_t at_us, bool idle)
{
    struct watched *w = watched_of(c);
    if (!w)
        return;
    w->idle = idle;
    w->asked = true;
    w->deadline_us = at_us;
}
