/* accept.c - whoever connects, taken by a thread of our own and handed to the library's loops.
 *
 * The loops could accept by themselves. But MHD_quiesce_daemon, by which they are made to stop, and
 * each loop both take the listening socket out of the loop's epoll set, and whichever comes second
 * ends the process ("Failed to remove listen FD from epoll set"; 0.9.75, and not mended later):
 * about one stop in three hundred while people connect.
 */
#include "api/http/parts.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BURST = 64, LATER_MS = 20 };

struct http_acceptor {
    struct sg_http_server *server;
    pthread_t thread;
    bool running;
    int wake; /* an eventfd: to stop */
};

/* LATER: there are as many connections as may be, or no descriptor or memory for one more. */
enum taken { ONE, NOBODY, LATER };

static enum taken why_not(int error)
{
    return error == EAGAIN ? NOBODY : error == ECONNABORTED || error == EINTR ? ONE : LATER;
}

static enum taken take(struct sg_http_server *s)
{
    struct sockaddr_storage from;
    socklen_t n = sizeof from;
    if (!http_watch_enter(s->watch, (size_t)s->o.connections_max))
        return LATER;
    int fd = accept4(s->listener, (void *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC), error = errno;
    if (fd >= 0 && MHD_add_connection(s->daemon, fd, (void *)&from, n) == MHD_YES)
        return ONE;
    http_watch_leave(s->watch); /* if it was taken, the library has closed it */
    return fd >= 0 ? ONE : why_not(error);
}

static void *accept_all(void *ctx)
{
    struct http_acceptor *a = ctx;
    struct pollfd fds[2] = {{.fd = a->wake, .events = POLLIN},
                            {.fd = a->server->listener, .events = POLLIN}};
    enum taken last = NOBODY;
    for (;;) {
        poll(fds, last == LATER ? 1 : 2, last == LATER ? LATER_MS : -1);
        if (fds[0].revents)
            return NULL;
        for (int i = 0; i == 0 || (i < BURST && last == ONE); i++)
            last = take(a->server);
    }
}

int http_acceptor_start(struct sg_http_server *s, struct sg_error *e)
{
    struct http_acceptor *a = s->acceptor = calloc(1, sizeof *a);
    if (!a)
        return sg_fail(e, SG_ENOMEM, "HTTP acceptor");
    a->server = s;
    a->wake = eventfd(0, EFD_CLOEXEC);
    int flags = fcntl(s->listener, F_GETFL); /* one that was given may block */
    if (a->wake < 0 || flags < 0 || fcntl(s->listener, F_SETFL, flags | O_NONBLOCK))
        return sg_fail_errno(e, "HTTP acceptor");
    a->running = pthread_create(&a->thread, NULL, accept_all, a) == 0;
    return a->running ? 0 : sg_fail(e, SG_ENOMEM, "HTTP acceptor: no thread");
}

/* What waits at a socket that somebody else keeps open is its next owner's. But where there is
 * none, who connects is to be refused, so ours goes at once. */
void http_acceptor_stop(struct sg_http_server *s)
{
    uint64_t one = 1;
    struct http_acceptor *a = s->acceptor;
    if (!a || !a->running)
        return;
    if (write(a->wake, &one, sizeof one) > 0)
        pthread_join(a->thread, NULL);
    a->running = false;
    if (s->o.listener) {
        close(s->listener);
        s->listener = -1;
    } else {
        while (take(s) == ONE)
            ;
        shutdown(s->listener, SHUT_RD);
    }
}

void http_acceptor_free(struct http_acceptor *a)
{
    if (a && a->wake >= 0)
        close(a->wake);
    free(a);
}
