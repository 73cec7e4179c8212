/* load.c - see load.h. */
#include "tests/support/load.h"
#include "core/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGAIN_US 20000 /* before a broken connection is made anew */

struct request {
    uint64_t n;
    int64_t due_us;
};
struct connection {
    int fd; /* -1: to be made, from again_us on */
    size_t kind;
    int64_t again_us;
    bool busy, connecting;
    struct request request;
    struct sg_buf out, in;
    size_t written;
};
struct queue { /* of what is to be sent again */
    struct request *v;
    size_t n, cap;
};
struct lane { /* of a kind */
    struct connection *c;
    struct queue again;
    size_t next_idle; /* where the search for an idle connection goes on */
};
struct runner {
    struct test_load *l;
    struct lane lanes[TEST_LOAD_KINDS];
    int poll_fd;
    int64_t start_us;
    uint64_t under_way;
};

void test_latency_add(struct test_latency *l, int64_t us)
{
    uint64_t v = us < 1 ? 1 : (uint64_t)us;
    size_t i = (size_t)v;
    if (v >= 32) {
        int top = 63 - __builtin_clzll(v);
        i = (size_t)(top - 4) * 32 + (size_t)((v >> (top - 5)) & 31);
    }
    l->v[i < TEST_LATENCY_BUCKETS ? i : TEST_LATENCY_BUCKETS - 1]++;
    l->n++;
}

int64_t test_latency_at(const struct test_latency *l, double share)
{
    uint64_t upto = (uint64_t)((double)l->n * share), seen = 0;
    size_t i = 0;
    while (i < TEST_LATENCY_BUCKETS - 1 && (seen += l->v[i]) <= upto)
        i++;
    return i < 32 ? (int64_t)i : (int64_t)((32 + i % 32) << (i / 32 - 1));
}

static void push(struct queue *q, struct request r)
{
    if (q->n == q->cap) {
        q->cap = q->cap ? 2 * q->cap : 256;
        q->v = reallocarray(q->v, q->cap, sizeof *q->v);
        if (!q->v)
            abort();
    }
    q->v[q->n++] = r;
}

static void watch(struct runner *r, struct connection *c, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(r->poll_fd, EPOLL_CTL_MOD, c->fd, &e))
        epoll_ctl(r->poll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

static void answered(struct runner *r, struct connection *c, int status)
{
    struct test_load_kind *k = &r->l->kinds[c->kind];
    bool good = status >= 200 && status < 400;
    *(good ? &k->good : status ? &k->refused : &k->broken) += 1;
    if (good)
        test_latency_add(&k->latency, sg_now_us() - c->request.due_us);
    c->busy = false;
    r->under_way--;
    if (k->answered && k->answered(k->ctx, c->request.n, status))
        push(&r->lanes[c->kind].again, c->request);
}

static void break_off(struct runner *r, struct connection *c)
{
    close(c->fd);
    c->fd = -1;
    c->again_us = sg_now_us() + AGAIN_US;
    sg_buf_reset(&c->in);
    if (c->busy)
        answered(r, c, 0);
}

void test_other_address(int fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    if (bind(fd, (const struct sockaddr *)&at, sizeof at))
        abort();
}

static void connect_to(struct runner *r, struct connection *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->l->port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    test_other_address(c->fd);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->connecting = connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0;
    if (c->connecting && errno != EINPROGRESS)
        break_off(r, c);
    else
        watch(r, c, c->connecting ? EPOLLOUT : EPOLLIN);
}

static void write_out(struct runner *r, struct connection *c)
{
    while (c->written < c->out.n) {
        ssize_t n = send(c->fd, c->out.p + c->written, c->out.n - c->written, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(r, c, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0) {
            break_off(r, c);
            return;
        }
        c->written += (size_t)n;
    }
}

static void send_request(struct runner *r, struct connection *c, struct request q)
{
    struct test_load_kind *k = &r->l->kinds[c->kind];
    c->request = q;
    c->busy = true;
    c->written = 0;
    r->under_way++;
    k->sent++;
    sg_buf_reset(&c->out);
    k->make(k->ctx, q.n, &c->out);
    write_out(r, c);
}

/* The status of a whole answer at the start of what came; 0: not whole yet, -1: none. */
static int whole_answer(const struct sg_buf *in)
{
    static const char length[] = "\r\nContent-Length:";
    const char *end = in->n ? memmem(in->p, in->n, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    if (in->n < 12 || memcmp(in->p, "HTTP/1.1 ", 9) != 0)
        return -1;
    int status = atoi(in->p + 9);
    const char *at = memmem(in->p, (size_t)(end - in->p), length, sizeof length - 1);
    size_t body = at ? (size_t)strtoul(at + sizeof length - 1, NULL, 10) : 0;
    return in->n >= (size_t)(end + 4 - in->p) + body ? status : 0;
}

static void read_in(struct runner *r, struct connection *c)
{
    for (;;) {
        char *to = sg_buf_reserve(&c->in, 16384);
        ssize_t n = to ? recv(c->fd, to, 16383, 0) : -1;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            break_off(r, c);
            return;
        }
        c->in.n += (size_t)n;
        c->in.p[c->in.n] = '\0';
        int status = whole_answer(&c->in);
        if (status < 0 || (status && !c->busy)) {
            break_off(r, c);
            return;
        }
        if (status) {
            bool closes = memmem(c->in.p, c->in.n, "onnection: close", 16) != NULL;
            sg_buf_reset(&c->in);
            answered(r, c, status);
            if (closes)
                break_off(r, c);
            return;
        }
    }
}

static void serve(struct runner *r, const struct epoll_event *e)
{
    struct connection *c = e->data.ptr;
    if (c->fd < 0)
        return;
    if (c->connecting && e->events & (EPOLLERR | EPOLLHUP)) {
        break_off(r, c);
    } else if (c->connecting) {
        c->connecting = false;
        watch(r, c, EPOLLIN);
    } else {
        if (e->events & EPOLLOUT) {
            watch(r, c, EPOLLIN);
            write_out(r, c);
        }
        if (c->fd >= 0 && e->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            read_in(r, c);
    }
}

static struct connection *idle(struct runner *r, size_t kind)
{
    struct lane *lane = &r->lanes[kind];
    size_t n = (size_t)r->l->kinds[kind].connections;
    for (size_t i = 0; i < n; i++) {
        struct connection *c = &lane->c[lane->next_idle++ % n];
        if (c->fd >= 0 && !c->connecting && !c->busy)
            return c;
    }
    return NULL;
}

static bool is_through(const struct runner *r, const struct test_load_kind *k)
{
    return k->per_second <= 0 || (double)k->due >= k->per_second * r->l->seconds;
}

/* The kind's next request, if it is due by now. */
static bool next_due(struct runner *r, size_t kind, int64_t now_us, struct request *out)
{
    struct test_load_kind *k = &r->l->kinds[kind];
    struct queue *again = &r->lanes[kind].again;
    if (again->n) {
        *out = again->v[--again->n];
        return true;
    }
    if (is_through(r, k))
        return false;
    int64_t due = r->start_us + (int64_t)((double)k->due * 1e6 / k->per_second);
    if (due > now_us)
        return false;
    *out = (struct request){k->due++, due};
    return true;
}

static void send_due(struct runner *r, int64_t now_us)
{
    struct request q;
    struct connection *c;
    for (size_t k = 0; k < r->l->n_kinds; k++) {
        while ((c = idle(r, k)) && next_due(r, k, now_us, &q))
            send_request(r, c, q);
        for (int i = 0; i < r->l->kinds[k].connections; i++)
            if (r->lanes[k].c[i].fd < 0 && r->lanes[k].c[i].again_us <= now_us)
                connect_to(r, &r->lanes[k].c[i]);
    }
}

static bool all_sent(const struct runner *r)
{
    for (size_t i = 0; i < r->l->n_kinds; i++)
        if (!is_through(r, &r->l->kinds[i]) || r->lanes[i].again.n)
            return false;
    return true;
}

static void open_lanes(struct runner *r)
{
    for (size_t k = 0; k < r->l->n_kinds; k++) {
        size_t n = (size_t)r->l->kinds[k].connections;
        r->lanes[k].c = calloc(n, sizeof *r->lanes[k].c);
        if (!r->lanes[k].c)
            abort();
        for (size_t i = 0; i < n; i++) {
            r->lanes[k].c[i].fd = -1;
            r->lanes[k].c[i].kind = k;
        }
    }
}

static void close_lanes(struct runner *r)
{
    for (size_t k = 0; k < r->l->n_kinds; k++) {
        for (int i = 0; i < r->l->kinds[k].connections; i++) {
            struct connection *c = &r->lanes[k].c[i];
            if (c->fd >= 0)
                close(c->fd);
            sg_buf_free(&c->out);
            sg_buf_free(&c->in);
        }
        free(r->lanes[k].c);
        free(r->lanes[k].again.v);
    }
}

void test_load_run(struct test_load *l)
{
    struct runner r = {.l = l, .poll_fd = epoll_create1(EPOLL_CLOEXEC), .start_us = sg_now_us()};
    struct epoll_event events[256];
    int64_t told_us = r.start_us,
            over_us = r.start_us + (int64_t)((l->seconds + l->patience_s) * 1e6);
    open_lanes(&r);
    for (int64_t now; (now = sg_now_us()) < over_us;) {
        if (all_sent(&r) && !r.under_way)
            break;
        send_due(&r, now);
        int n = epoll_wait(r.poll_fd, events, 256, 1);
        for (int i = 0; i < n; i++)
            serve(&r, &events[i]);
        if (l->every_second && now - told_us >= 1000000) {
            told_us += 1000000;
            l->every_second(l->ctx, (double)(now - r.start_us) / 1e6);
        }
    }
    close_lanes(&r);
    close(r.poll_fd);
}

void test_load_print(const struct test_load *l, double seconds)
{
    for (size_t i = 0; i < l->n_kinds; i++) {
        const struct test_load_kind *k = &l->kinds[i];
        if (!k->sent)
            continue;
        fprintf(stderr,
                "%-10s %9.0f/s good, %llu refused, %llu broken; p50 %.2f ms, p99 %.2f ms, "
                "p99.9 %.2f ms\n",
                k->name, (double)k->good / seconds, (unsigned long long)k->refused,
                (unsigned long long)k->broken, (double)test_latency_at(&k->latency, 0.5) / 1e3,
                (double)test_latency_at(&k->latency, 0.99) / 1e3,
                (double)test_latency_at(&k->latency, 0.999) / 1e3);
    }
}
