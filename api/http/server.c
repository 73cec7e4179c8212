/* server.c - see http.h: opening, and closing without a request lost.
 *
 * Closing: nobody is accepted any more; what the kernel had accepted by then is taken; each
 * answer says `Connection: close` from here on and streams end. Idle connections have
 * grace_us to ask once more, what is being answered has drain_us, and what a worker holds is
 * waited for.
 */
#include "api/http/parts.h"
#include "core/log.h"
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* POOL_BYTES: what libmicrohttpd keeps for each connection, and so the bound of a head. With an
 * answer's headers and block it has to stay below 20 KB, as ten thousand slow readers have one each
 * (bench_delivery). */
enum { POOL_BYTES = 12 << 10, BACKLOG = 4096, OTHER_FILES = 256, DRAIN_STEP_US = 5000 };

static void set_defaults(struct sg_http_options *o)
{
#define DEFAULT(m, value) o->m = o->m ? o->m : (value)
    DEFAULT(bodies_max, 256u << 20);
    DEFAULT(connections_max, 16384);
    DEFAULT(streams_max, 4096);
    DEFAULT(head_us, 10000000);
    DEFAULT(body_us, 30000000);
    DEFAULT(idle_us, 60000000);
    DEFAULT(write_us, 30000000);
    DEFAULT(stream_threads, 8);
    DEFAULT(stream_rate, 16 << 10);
    DEFAULT(heartbeat_us, 15000000);
    DEFAULT(drain_us, 10000000);
#undef DEFAULT
}

/* As many files as that many connections need, each with a file it is sent if that may be, or as
 * many connections as there may be files. */
static void raise_files(struct sg_http_options *o)
{
    struct rlimit r;
    rlim_t wanted = (rlim_t)o->connections_max + OTHER_FILES,
           both = wanted + (rlim_t)o->connections_max;
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= both)
        return;
    r.rlim_cur = r.rlim_max = both > r.rlim_max ? both : r.rlim_max; /* for who may raise that */
    if (setrlimit(RLIMIT_NOFILE, &r) && !getrlimit(RLIMIT_NOFILE, &r)) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= both)
        return;
    if (r.rlim_cur < wanted)
        o->connections_max =
            r.rlim_cur > 2 * OTHER_FILES ? (int)r.rlim_cur - OTHER_FILES : OTHER_FILES;
    sg_log(SG_LOG_WARN,
           "fewer files may be open than connections and the media they are sent need: raise the "
           "limit (ulimit -n, LimitNOFILE=) or lower api.connections",
           "limit=%llu needed=%llu connections=%d", (unsigned long long)r.rlim_cur,
           (unsigned long long)both, o->connections_max);
}

/* Our own socket, as libmicrohttpd knows an address to be reused by everybody or not at all. */
int sg_http_listen(int *out, const char *host, int port, bool reuse_port, struct sg_error *e)
{
    char service[8];
    int one = 1;
    struct addrinfo *a, hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                                 .ai_socktype = SOCK_STREAM};
    snprintf(service, sizeof service, "%d", port);
    int rc = getaddrinfo(host, service, &hints, &a);
    if (rc)
        return sg_fail(e, SG_EINVAL, "api.host %s: %s", host, gai_strerror(rc));
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)) ||
        bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG))
        rc = sg_fail_errno(e, "listen on %s port %d", host, port);
    freeaddrinfo(a);
    if (rc && fd >= 0)
        close(fd);
    if (!rc)
        *out = fd;
    return rc;
}

static int listen_on(struct sg_http_server *s, struct sg_error *e)
{
    if (!s->o.listener)
        return sg_http_listen(&s->listener, s->o.host, s->o.port, s->o.reuse_port, e);
    s->listener = s->o.listener;
    return 0;
}

static int start_daemon(struct sg_http_server *s, struct sg_error *e)
{
    int rc = listen_on(s, e);
    if (rc)
        return rc;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
                     MHD_USE_NO_LISTEN_SOCKET;
    s->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, http_on_request, s, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)s->o.loops,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->o.connections_max * (unsigned)s->o.loops,
        MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
        MHD_OPTION_URI_LOG_CALLBACK, http_on_target, s, MHD_OPTION_NOTIFY_COMPLETED,
        http_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, s->watch,
        MHD_OPTION_END);
    return s->daemon ? 0 : sg_fail_errno(e, "answer on %s port %d", s->o.host, s->o.port);
}

int sg_http_open(struct sg_http_server **out, const struct sg_http_options *o, struct sg_error *e)
{
    struct sg_http_server *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "HTTP server");
    s->o = *o;
    s->listener = -1;
    if (o->proxies)
        s->proxies = *o->proxies;
    set_defaults(&s->o);
    raise_files(&s->o);
    s->refused = sg_metric_new(SG_COUNTER, "segue_http_refused_total",
                               "Requests and connections the server itself refused", "status");
    s->held = sg_metric_new(SG_GAUGE, "segue_http_body_bytes",
                            "Bytes of requests' bodies in memory", NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->answered, NULL);
    s->kept = http_kept_new();
    int rc = s->kept ? http_streams_open(&s->streams, s, e) : sg_fail(e, SG_ENOMEM, "HTTP server");
    if (!rc)
        rc = http_readers_open(&s->readers, e);
    if (!rc)
        rc = http_watch_open(&s->watch, s, e);
    if (!rc)
        rc = http_workers_start(s, e);
    if (!rc && s->o.streams)
        rc = http_bodies_start(s, e);
    if (!rc)
        rc = start_daemon(s, e);
    if (!rc)
        rc = http_acceptor_start(s, e);
    if (rc)
        sg_http_close(s);
    else
        *out = s;
    return rc;
}

int sg_http_port(const struct sg_http_server *s)
{
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    if (getsockname(s->listener, (void *)&at, &n))
        return s->o.port;
    return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                          : ((struct sockaddr_in *)&at)->sin_port);
}

static void drain(struct sg_http_server *s)
{
    int64_t now = sg_now_us(), grace = now + s->o.grace_us, until = now + s->o.drain_us;
    http_streams_end(s->streams);
    while (http_watch_count(s->watch) && (now = sg_now_us()) < (until > grace ? until : grace)) {
        if (now >= grace)
            http_watch_close_idle(s->watch);
        sg_sleep_us(DRAIN_STEP_US);
    }
}

void sg_http_close(struct sg_http_server *s)
{
    if (!s)
        return;
    if (s->daemon) {
        http_acceptor_stop(s);
        atomic_store(&s->draining,
                     true); /* from now on, who is told to connect anew meets another */
        drain(s);
    }
    http_bodies_stop(s);
    http_workers_stop(s);
    http_watch_stop(s->watch);
    http_readers_stop(s->readers);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->listener >= 0)
        close(s->listener);
    http_acceptor_free(s->acceptor);
    http_watch_close(s->watch);
    http_streams_close(s->streams);
    http_readers_close(s->readers);
    http_exchanges_free(s);
    http_kept_free(s->kept);
    pthread_cond_destroy(&s->answered);
    http_queue_close(&s->queue);
    http_queue_close(&s->bodies_queue);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
