/* greeting.c - see greeting.h. */
#include "core/rpc/greeting.h"
#include "core/clock.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Scalability protocols: zero, 'S', 'P', version, protocol REQ (0x30), reserved. */
static const char hello[8] = "\0SP\0\0\x30\0";

struct address {
    struct sockaddr_storage at;
    socklen_t n;
};

static bool local_address(const char *path, struct address *out)
{
    struct sockaddr_un *at = (struct sockaddr_un *)&out->at;
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof at->sun_path)
        return false;
    at->sun_family = AF_UNIX;
    memcpy(at->sun_path, path, n + 1);
    out->n = sizeof *at;
    return true;
}

/* "host:port", "[v6]:port", "*:port". */
static bool network_address(const char *text, struct address *out)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : sizeof host;
    if (n >= sizeof host || strcmp(colon, ":0") == 0)
        return false;
    bool bracketed = n >= 2 && text[0] == '[' && text[n - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracketed ? n - 2 : n), text + bracketed);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    bool any = !*host || strcmp(host, "*") == 0;
    if (getaddrinfo(any ? NULL : host, colon + 1, &hints, &found) != 0)
        return false;
    memcpy(&out->at, found->ai_addr, found->ai_addrlen);
    out->n = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool find_address(const char *url, struct address *out)
{
    memset(out, 0, sizeof *out);
    if (strncmp(url, "ipc://", 6) == 0)
        return local_address(url + 6, out);
    if (strncmp(url, "tcp://", 6) == 0)
        return network_address(url + 6, out);
    return false;
}

static bool wait_for(int fd, short events, int64_t until_us)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t ms = (until_us - sg_now_us()) / 1000;
        int rc = poll(&p, 1, ms > 0 ? (int)ms : 0);
        if (rc > 0)
            return true;
        if (rc == 0 || errno != EINTR)
            return false;
    }
}

static enum rpc_greeting reach(int fd, const struct address *a, int64_t until_us)
{
    int err = 0;
    socklen_t n = sizeof err;
    if (connect(fd, (const struct sockaddr *)&a->at, a->n) != 0)
        err = errno;
    if (err == EINPROGRESS && wait_for(fd, POLLOUT, until_us))
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n);
    if (err == EAGAIN || err == EINPROGRESS)
        return RPC_SILENT; /* its backlog is full */
    if (err == ECONNREFUSED || err == ENOENT)
        return RPC_ABSENT;
    return err ? RPC_UNKNOWN : RPC_GREETED;
}

static enum rpc_greeting exchange(int fd, int64_t until_us)
{
    char theirs[sizeof hello];
    size_t have = 0;
    if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello)
        return RPC_SILENT;
    while (have < sizeof theirs) {
        if (!wait_for(fd, POLLIN, until_us))
            return RPC_SILENT;
        ssize_t n = recv(fd, theirs + have, sizeof theirs - have, 0);
        if (n <= 0)
            return RPC_SILENT;
        have += (size_t)n;
    }
    return memcmp(theirs, hello, 4) == 0 ? RPC_GREETED : RPC_SILENT;
}

enum rpc_greeting rpc_greet(const char *url, int patience_ms)
{
    struct address a;
    if (!find_address(url, &a))
        return RPC_UNKNOWN;
    int fd = socket(a.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return RPC_UNKNOWN;
    int64_t until_us = sg_now_us() + (int64_t)patience_ms * 1000;
    enum rpc_greeting r = reach(fd, &a, until_us);
    if (r == RPC_GREETED)
        r = exchange(fd, until_us);
    close(fd);
    return r;
}
