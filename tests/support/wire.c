/* wire.c - see wire.h. */
#include "tests/support/wire.h"
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int wire_dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval t = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

void wire_put(int fd, const void *bytes, size_t n)
{
    ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

void wire_say(int fd, const char *text)
{
    wire_put(fd, text, strlen(text));
}

bool wire_hear_head(int fd, struct wire_answer *a)
{
    size_t n = 0;
    a->status = 0;
    sg_buf_reset(&a->body);
    do
        if (n + 1 >= sizeof a->head || recv(fd, a->head + n, 1, 0) != 1)
            return false;
    while (++n < 4 || memcmp(a->head + n - 4, "\r\n\r\n", 4) != 0);
    a->head[n] = '\0';
    a->status = (int)strtol(a->head + 9, NULL, 10);
    return true;
}

static bool take(int fd, struct sg_buf *to, size_t n)
{
    while (n) {
        ssize_t got = recv(fd, sg_buf_reserve(to, n), n, 0);
        if (got <= 0)
            return false;
        to->n += (size_t)got;
        n -= (size_t)got;
    }
    return true;
}

static bool take_chunks(int fd, struct sg_buf *to)
{
    for (;;) {
        char line[20];
        size_t n = 0;
        struct sg_buf end = {0};
        do
            if (n + 1 >= sizeof line || recv(fd, line + n, 1, 0) != 1)
                return false;
        while (line[n++] != '\n');
        size_t left = strtoul(line, NULL, 16);
        bool good = take(fd, to, left) && take(fd, &end, 2);
        sg_buf_free(&end);
        if (!good || !left)
            return good;
    }
}

bool wire_hear(int fd, struct wire_answer *a)
{
    if (!wire_hear_head(fd, a))
        return false;
    if (strcasestr(a->head, "\r\nTransfer-Encoding: chunked"))
        return take_chunks(fd, &a->body);
    return take(fd, &a->body, strtoul(wire_header(a, "Content-Length"), NULL, 10));
}

bool wire_ended(int fd)
{
    char byte;
    return recv(fd, &byte, 1, 0) <= 0;
}

bool wire_holds(const struct wire_answer *a, const char *text)
{
    return a->body.n && memmem(a->body.p, a->body.n, text, strlen(text));
}

const char *wire_header(const struct wire_answer *a, const char *name)
{
    static _Thread_local char value[1000];
    char line[100];
    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *at = strcasestr(a->head, line);
    value[0] = '\0';
    if (at) {
        at += strlen(line);
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r\n"), at);
    }
    return value;
}

int wire_ask(int port, const char *text, struct wire_answer *a)
{
    int fd = wire_dial(port);
    wire_say(fd, text);
    int status = wire_hear(fd, a) ? a->status : 0;
    close(fd);
    return status;
}
