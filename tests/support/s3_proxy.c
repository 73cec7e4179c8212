/* s3_proxy.c - see s3_proxy.h. A thread a connection; what the client sends after the server has
 * spoken, or first of all, begins a request.
 */
#include "tests/support/s3_proxy.h"
#include "core/clock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, DROPS = 1000, SIP = 10 };
static const char busy[] =
    "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: 92\r\n"
    "Connection: close\r\n\r\n"
    "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your "
    "rate</Message></Error>";

static const char drops[] = "HTTP/1.1 200 OK\r\nETag: \"slow\"\r\nContent-Length: 1000\r\n\r\n";

struct link {
    struct test_s3_proxy *p;
    int client, server;
    bool answered; /* the server spoke last */
    enum test_s3_fault fault;
    size_t sent, got; /* of this request and its answer */
    bool headed;      /* the answer's head is through */
};

static enum test_s3_fault next_fault(struct test_s3_proxy *p)
{
    uint32_t chance = 0;
    int permille = atomic_load(&p->permille);
    atomic_fetch_add(&p->requests, 1);
    if (atomic_load(&p->fault) == TEST_S3_PASS)
        return TEST_S3_PASS;
    if (permille &&
        (getrandom(&chance, sizeof chance, 0) != sizeof chance || (int)(chance % 1000) >= permille))
        return TEST_S3_PASS;
    if (atomic_load(&p->skip) > 0 && atomic_fetch_sub(&p->skip, 1) > 0)
        return TEST_S3_PASS;
    int left = atomic_load(&p->left);
    if (left == 0 || (left > 0 && atomic_fetch_sub(&p->left, 1) <= 0))
        return TEST_S3_PASS;
    atomic_fetch_add(&p->faults, 1);
    return (enum test_s3_fault)atomic_load(&p->fault);
}

static bool send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* So that closing resets the connection. */
static void reset(int fd)
{
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void answer_busy(struct link *l, char *chunk)
{
    send_all(l->client, busy, sizeof busy - 1);
    shutdown(l->client, SHUT_WR);
    while (recv(l->client, chunk, CHUNK, 0) > 0)
        ;
}

static void be_silent(struct link *l, char *chunk)
{
    struct pollfd f = {l->client, POLLIN, 0};
    while (!atomic_load(&l->p->ends))
        if (poll(&f, 1, 50) > 0 && recv(l->client, chunk, CHUNK, 0) <= 0)
            return;
}

static void answer_slowly(struct link *l)
{
    bool goes_on = send_all(l->client, drops, sizeof drops - 1);
    for (int i = 0; goes_on && i < DROPS && !atomic_load(&l->p->ends); i++) {
        sg_sleep_us(10000);
        goes_on = send_all(l->client, "x", 1);
    }
}

/* Of the answer's body SIP bytes, and no more. */
static bool give_a_sip(struct link *l, const char *chunk, size_t n)
{
    const char *body = l->headed ? chunk : memmem(chunk, n, "\r\n\r\n", 4);
    if (!body)
        return send_all(l->client, chunk, n);
    body += l->headed ? 0 : 4;
    l->headed = true;
    size_t before = (size_t)(body - chunk), left = n - before;
    return send_all(l->client, chunk, before + (left < SIP ? left : SIP)) && !left;
}

/* False: the connection ends. */
static bool from_client(struct link *l, char *chunk)
{
    ssize_t n = recv(l->client, chunk, CHUNK, 0);
    if (n <= 0)
        return false;
    if (l->answered) {
        l->answered = false;
        l->sent = l->got = 0;
        l->headed = false;
        l->fault = next_fault(l->p);
    }
    l->sent += (size_t)n;
    if (l->fault == TEST_S3_BUSY)
        answer_busy(l, chunk);
    else if (l->fault == TEST_S3_STALL)
        be_silent(l, chunk);
    else if (l->fault == TEST_S3_TRICKLE)
        answer_slowly(l);
    else if (l->fault == TEST_S3_CUT_REQUEST && (l->sent > CHUNK || n < CHUNK)) {
        send_all(l->server, chunk, (size_t)n / 2);
        reset(l->client);
    } else
        return send_all(l->server, chunk, (size_t)n);
    return false;
}

static bool from_server(struct link *l, char *chunk)
{
    ssize_t n = recv(l->server, chunk, CHUNK, 0);
    if (n <= 0)
        return false;
    l->answered = true;
    if (l->fault == TEST_S3_LOSE_ANSWER)
        return false;
    l->got += (size_t)n;
    if (l->fault == TEST_S3_SIP)
        return give_a_sip(l, chunk, (size_t)n);
    if (l->fault == TEST_S3_CUT_ANSWER && (l->got > CHUNK || n < CHUNK)) {
        send_all(l->client, chunk, (size_t)n / 2);
        return false;
    }
    return send_all(l->client, chunk, (size_t)n);
}

static int connect_to(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void *serve(void *arg)
{
    struct link *l = arg;
    char *chunk = malloc(CHUNK);
    l->server = connect_to(l->p->server_port);
    bool goes_on = chunk && l->server >= 0;
    while (goes_on && !atomic_load(&l->p->ends)) {
        struct pollfd f[2] = {{l->client, POLLIN, 0}, {l->server, POLLIN, 0}};
        if (poll(f, 2, 50) <= 0)
            continue;
        if (f[1].revents)
            goes_on = from_server(l, chunk);
        if (goes_on && f[0].revents)
            goes_on = from_client(l, chunk);
    }
    if (l->server >= 0)
        close(l->server);
    close(l->client);
    free(chunk);
    atomic_fetch_sub(&l->p->connections, 1);
    free(l);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct test_s3_proxy *p = arg;
    struct pollfd f = {p->listener, POLLIN, 0};
    while (!atomic_load(&p->ends)) {
        pthread_t thread;
        if (poll(&f, 1, 50) <= 0)
            continue;
        struct link *l = calloc(1, sizeof *l);
        l->p = p;
        l->answered = true;
        l->client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
        atomic_fetch_add(&p->connections, 1);
        if (l->client < 0 || pthread_create(&thread, NULL, serve, l)) {
            atomic_fetch_sub(&p->connections, 1);
            free(l);
        } else
            pthread_detach(thread);
    }
    return NULL;
}

void test_s3_proxy_start(struct test_s3_proxy *p, const struct test_s3 *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    memset(p, 0, sizeof *p);
    p->server_port = s->port;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&a, sizeof a) ||
        listen(p->listener, 128) || getsockname(p->listener, (struct sockaddr *)&a, &n) ||
        pthread_create(&p->thread, NULL, accept_all, p)) {
        perror("test S3 proxy");
        exit(1);
    }
    p->port = ntohs(a.sin_port);
}

void test_s3_proxy_stop(struct test_s3_proxy *p)
{
    atomic_store(&p->ends, true);
    pthread_join(p->thread, NULL);
    while (atomic_load(&p->connections) > 0)
        sg_sleep_us(1000);
    close(p->listener);
}

void test_s3_proxy_set(struct test_s3_proxy *p, enum test_s3_fault fault, int skip, int left)
{
    atomic_store(&p->fault, TEST_S3_PASS);
    atomic_store(&p->skip, skip);
    atomic_store(&p->left, left);
    atomic_store(&p->requests, 0);
    atomic_store(&p->faults, 0);
    atomic_store(&p->fault, (int)fault);
}

void test_s3_proxy_configure(const struct test_s3_proxy *p, struct sg_config *config)
{
    snprintf(config->objects.s3_endpoint, sizeof config->objects.s3_endpoint, "http://127.0.0.1:%d",
             p->port);
}
