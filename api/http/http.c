/* http.c - see http.h.
 *
 *   loop: headers read -> first call: exchange made
 *                      -> second call: connection suspended, request started,
 *                         or its exchange queued
 *   worker, or whoever finishes what was started: response filled -> connection resumed
 *   loop: third call: response queued -> completed: exchange recycled
 *
 * Answering in a later call than the first keeps the connection alive (measured:
 * queueing in the first call closes it).
 */
#include "api/http/http.h"
#include "api/http/deadline.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xxhash.h>

enum exchange_state { READING, WAITING, ANSWERED };

struct exchange {
    struct sg_http_server *server;
    struct exchange *next; /* in the queue or the free list */
    struct MHD_Connection *connection;
    enum exchange_state state;
    struct sg_buf body; /* reused between requests */
    struct sg_arena arena;
    struct sg_http_param params[SG_HTTP_PARAMS_MAX];
    bool params_overflow;
    struct sg_http_request request;
    struct sg_http_response response;
};

struct sg_http_server {
    struct MHD_Daemon *daemon;
    struct sg_http_options o;
    struct sg_http_deadline *deadline;
    pthread_t *workers;
    size_t n_workers;
    /* Exchanges that wait, and at the end one more for each worker. A semaphore, as the
     * condition variables of glibc before 2.41 lose a signal now and then when many wait
     * (sourceware bug 25847). */
    sem_t work;
    pthread_mutex_t lock;    /* guards all below */
    pthread_cond_t answered; /* nothing that was started is open */
    struct exchange *first, *last;
    size_t queued, started;
    struct exchange *spare;
    size_t n_spare;
    bool stop;
};

enum { QUEUE_MAX = 4096, SPARE_MAX = 256, HEADER_BYTES = 32 << 10, CONNECTIONS_MAX = 16384 };

void sg_http_header(struct sg_http_response *r, const char *name, struct sg_str value)
{
    if (r->n_headers < SG_HTTP_HEADERS_MAX && value.p) {
        r->headers[r->n_headers].name = name;
        r->headers[r->n_headers++].value = value;
    }
}

static struct exchange *exchange_take(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct exchange *x = s->spare;
    if (x) {
        s->spare = x->next;
        s->n_spare--;
    }
    pthread_mutex_unlock(&s->lock);
    return x ? x : calloc(1, sizeof *x);
}

static void exchange_free(struct exchange *x)
{
    sg_arena_free(&x->arena);
    sg_buf_free(&x->response.body);
    sg_buf_free(&x->body);
    free(x);
}

static void exchange_give(struct sg_http_server *s, struct exchange *x)
{
    struct sg_buf body = x->response.body;
    sg_arena_reset(&x->arena);
    sg_buf_reset(&body);
    x->request = (struct sg_http_request){0};
    x->response = (struct sg_http_response){.body = body};
    x->state = READING;
    sg_buf_reset(&x->body);
    x->params_overflow = false;
    pthread_mutex_lock(&s->lock);
    bool keep = s->n_spare < SPARE_MAX;
    if (keep) {
        x->next = s->spare;
        s->spare = x;
        s->n_spare++;
    }
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        exchange_free(x);
}

static enum MHD_Result take_param(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                  const char *value, size_t value_n)
{
    struct exchange *x = ctx;
    (void)kind;
    if (x->request.n_params == SG_HTTP_PARAMS_MAX) {
        x->params_overflow = true;
        return MHD_NO;
    }
    x->params[x->request.n_params++] = (struct sg_http_param){{key, key_n}, {value, value_n}};
    return MHD_YES;
}

static struct sg_str header(struct MHD_Connection *c, const char *name)
{
    return sg_str(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

static bool says_yes(struct MHD_Connection *c, const char *name)
{
    return sg_str_eq(header(c, name), SG_STR("1"));
}

static uint64_t client_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!i || !i->client_addr)
        return 0;
    const struct sockaddr_in *v4 = (const void *)i->client_addr;
    const struct sockaddr_in6 *v6 = (const void *)i->client_addr;
    if (i->client_addr->sa_family == AF_INET6)
        return XXH3_64bits(&v6->sin6_addr, 8); /* a network: its hosts change their numbers */
    struct sg_str told = SG_STR_NONE;
    if (ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET)
        told = header(c, "X-Forwarded-For");
    const char *comma = told.n ? memrchr(told.p, ',', told.n) : NULL;
    if (comma)
        told = (struct sg_str){comma + 1, told.n - (size_t)(comma + 1 - told.p)};
    return told.n ? XXH3_64bits(told.p, told.n) : XXH3_64bits(&v4->sin_addr, 4);
}

static void read_request(struct sg_http_server *s, struct exchange *x, const char *url,
                         const char *method)
{
    struct sg_http_request *q = &x->request;
    q->method = sg_arena_copy(&x->arena, sg_str(method));
    q->path = sg_arena_copy(&x->arena, sg_str(url));
    q->params = x->params;
    MHD_get_connection_values_n(x->connection, MHD_GET_ARGUMENT_KIND, take_param, x);
    q->if_none_match = header(x->connection, "If-None-Match");
    q->traceparent = header(x->connection, "traceparent");
    q->request_id = header(x->connection, "X-Request-Id");
    q->authorization = header(x->connection, "Authorization");
    q->api_key = header(x->connection, "X-API-Key");
    q->client = client_of(x->connection);
    q->asks_for_privacy = says_yes(x->connection, "DNT") || says_yes(x->connection, "Sec-GPC");
    q->start_us = sg_now_us();
    q->deadline_us = q->start_us + s->o.timeout_us;
    q->arena = &x->arena;
}

/* A place in the queue is taken before the connection is suspended, and filled
 * after: a worker must not resume what is not yet suspended. */
static bool queue_reserve(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    bool room = s->queued + s->started < QUEUE_MAX && !s->stop;
    s->queued += room;
    pthread_mutex_unlock(&s->lock);
    return room;
}

static void enqueue(struct sg_http_server *s, struct exchange *x)
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

/* With the lock: nothing is queued, and nothing will be. */
static void let_workers_go(struct sg_http_server *s)
{
    for (size_t i = 0; s->stop && !s->queued && i < s->n_workers; i++)
        sem_post(&s->work);
}

/* The place in the queue is kept until it is known whether a worker is needed. */
static bool start(struct sg_http_server *s, struct exchange *x)
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

static void finish(struct exchange *x)
{
    __atomic_store_n(&x->state, ANSWERED, __ATOMIC_RELEASE);
    MHD_resume_connection(x->connection);
}

void sg_http_finish(struct sg_http_request *q)
{
    struct exchange *x = (void *)((char *)q - offsetof(struct exchange, request));
    struct sg_http_server *s = x->server;
    finish(x);
    pthread_mutex_lock(&s->lock);
    s->started--;
    if (s->stop && !s->started)
        pthread_cond_broadcast(&s->answered);
    pthread_mutex_unlock(&s->lock);
}

static struct exchange *dequeue(struct sg_http_server *s)
{
    while (sem_wait(&s->work) && errno == EINTR)
        ;
    pthread_mutex_lock(&s->lock);
    struct exchange *x = s->first;
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
    struct exchange *x;
    while ((x = dequeue(s))) {
        s->o.handle(s->o.ctx, &x->request, &x->response);
        finish(x);
    }
    return NULL;
}

static enum MHD_Result send_response(struct exchange *x)
{
    struct sg_http_response *r = &x->response;
    struct sg_str body = r->shared.p ? r->shared : sg_buf_str(&r->body);
    struct MHD_Response *m =
        MHD_create_response_from_buffer(body.n, (void *)body.p, MHD_RESPMEM_PERSISTENT);
    if (!m)
        return MHD_NO;
    if (r->content_type)
        MHD_add_response_header(m, "Content-Type", r->content_type);
    MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < r->n_headers; i++)
        MHD_add_response_header(m, r->headers[i].name, r->headers[i].value.p);
    enum MHD_Result rc =
        MHD_queue_response(x->connection, r->status ? (unsigned)r->status : 200, m);
    MHD_destroy_response(m);
    return rc;
}

/* An answer made by the server itself, before or instead of the handler. */
static enum MHD_Result refuse(struct exchange *x, int status, const char *title)
{
    struct sg_http_response *r = &x->response;
    sg_buf_reset(&r->body);
    r->status = status;
    r->content_type = "application/problem+json";
    sg_buf_printf(&r->body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d}", title,
                  status);
    x->state = ANSWERED;
    return send_response(x);
}

static const char too_large[] = "Content Too Large";

/* Whether the headers promise more than is read. */
static bool promises_too_much(struct MHD_Connection *c)
{
    uint64_t n;
    struct sg_str length = header(c, "Content-Length");
    return length.p && (!sg_str_to_u64(length, &n) || n > SG_HTTP_BODY_MAX);
}

/* The library answers nothing while a body comes: said by hand, then hung up. */
static enum MHD_Result cut_off(struct MHD_Connection *c)
{
    static const char answer[] =
        "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
        "Content-Type: application/problem+json\r\n"
        "Content-Length: 63\r\n\r\n"
        "{\"type\":\"about:blank\",\"title\":\"Content Too Large\",\"status\":413}";
    const union MHD_ConnectionInfo *i =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (i && send(i->connect_fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        shutdown(i->connect_fd, SHUT_WR);
    return MHD_NO;
}

static enum MHD_Result begin(struct sg_http_server *s, struct exchange *x, const char *url,
                             const char *method)
{
    sg_http_deadline_body(x->connection);
    read_request(s, x, url, method);
    return promises_too_much(x->connection) ? refuse(x, 413, too_large) : MHD_YES;
}

static enum MHD_Result hand_over(struct sg_http_server *s, struct exchange *x)
{
    sg_http_deadline_busy(x->connection);
    x->request.body = sg_buf_str(&x->body);
    if (!queue_reserve(s))
        return refuse(x, 503, "Too many requests are waiting");
    __atomic_store_n(&x->state, WAITING, __ATOMIC_RELEASE);
    MHD_suspend_connection(x->connection);
    if (!start(s, x))
        enqueue(s, x);
    return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **con_cls)
{
    struct sg_http_server *s = ctx;
    struct exchange *x = *con_cls;
    (void)version;
    if (!x) {
        x = *con_cls = exchange_take(s);
        if (!x)
            return MHD_NO;
        x->server = s;
        x->connection = c;
        return begin(s, x, url, method);
    }
    if (*upload_n) {
        if (x->body.n + *upload_n > SG_HTTP_BODY_MAX)
            return cut_off(c);
        sg_buf_put(&x->body, upload, *upload_n);
        *upload_n = 0;
        return sg_buf_failed(&x->body) ? MHD_NO : MHD_YES;
    }
    switch (__atomic_load_n(&x->state, __ATOMIC_ACQUIRE)) {
    case ANSWERED:
        return send_response(x);
    case WAITING:
        return MHD_YES;
    case READING:
        break;
    }
    return x->params_overflow ? refuse(x, 400, "More than 64 parameters") : hand_over(s, x);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    struct sg_http_server *s = ctx;
    (void)code;
    if (*con_cls)
        exchange_give(s, *con_cls);
    *con_cls = NULL;
    sg_http_deadline_idle(c);
}

static int bind_address(const char *host, int port, struct addrinfo **out, struct sg_error *e)
{
    char service[8];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    int rc = getaddrinfo(host, service, &hints, out);
    return rc ? sg_fail(e, SG_EINVAL, "api.host %s: %s", host, gai_strerror(rc)) : 0;
}

static int start_daemon(struct sg_http_server *s, struct sg_error *e)
{
    struct addrinfo *address;
    int rc = bind_address(s->o.host, s->o.port, &address, e);
    if (rc)
        return rc;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
                     (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    s->daemon = MHD_start_daemon(
        flags, (uint16_t)s->o.port, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR,
        address->ai_addr, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)s->o.loops,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, 60u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, sg_http_deadline_notify, s->deadline, MHD_OPTION_END);
    freeaddrinfo(address);
    return s->daemon ? 0 : sg_fail_errno(e, "listen on %s port %d", s->o.host, s->o.port);
}

static int start_workers(struct sg_http_server *s, struct sg_error *e)
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

int sg_http_open(struct sg_http_server **out, const struct sg_http_options *o, struct sg_error *e)
{
    struct sg_http_server *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "HTTP server");
    s->o = *o;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->answered, NULL);
    sem_init(&s->work, 0, 0);
    int rc = sg_http_deadline_open(&s->deadline, e);
    if (!rc)
        rc = start_workers(s, e);
    if (!rc)
        rc = start_daemon(s, e);
    if (rc)
        sg_http_close(s);
    else
        *out = s;
    return rc;
}

int sg_http_port(const struct sg_http_server *s)
{
    const union MHD_DaemonInfo *i = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return i ? i->port : s->o.port;
}

static void stop_workers(struct sg_http_server *s)
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

void sg_http_close(struct sg_http_server *s)
{
    if (!s)
        return;
    int listener = s->daemon ? MHD_quiesce_daemon(s->daemon) : -1;
    stop_workers(s);
    sg_http_deadline_stop(s->deadline);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (listener >= 0)
        close(listener);
    sg_http_deadline_close(s->deadline);
    while (s->spare) {
        struct exchange *x = s->spare;
        s->spare = x->next;
        exchange_free(x);
    }
    pthread_cond_destroy(&s->answered);
    sem_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
