/* library.c - what libmicrohttpd refuses by itself, told as everything else is.
 *
 * It answers what it cannot read with a page of its own, and 0.9.75 begins that twice when a length
 * is what is wrong: the second head would be taken for the body. There is no option for it. But the
 * library queues that page through its own public function, which the linker lets us stand in front
 * of: an answer that is not ours is sent here as a problem document, by hand, and the library
 * told that it could not be queued, so that it closes the connection, which it meant to do anyway.
 * Linked so that this is not called (statically, symbolically), it answers as it always did.
 */
#include "api/http/parts.h"
#include "api/http/trace.h"
#include "api/problem.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>

static _Thread_local bool ours;

typedef enum MHD_Result (*queue_fn)(struct MHD_Connection *, unsigned, struct MHD_Response *);

static queue_fn real;
static pthread_once_t found = PTHREAD_ONCE_INIT;

static void find(void)
{
    void *p = dlsym(RTLD_NEXT, "MHD_queue_response");
    memcpy(&real, &p, sizeof real); /* POSIX, dlsym: no other way in ISO C */
}

static enum MHD_Result queue(struct MHD_Connection *c, unsigned status, struct MHD_Response *m)
{
    pthread_once(&found, find);
    return real ? real(c, status, m) : MHD_NO;
}

enum MHD_Result http_queue_response(struct MHD_Connection *c, unsigned status,
                                    struct MHD_Response *m)
{
    ours = true;
    enum MHD_Result rc = queue(c, status, m);
    ours = false;
    return rc;
}

static const char *why(unsigned status)
{
    switch (status) {
    case 413:
        return "the body is larger than it may be here";
    case 414:
        return "the target is too long";
    case 431:
        return "the headers are too large";
    case 505:
        return "only HTTP/1.1 and HTTP/1.0 are spoken here";
    default:
        return status < 500 ? "this is no well-formed request" : "the request could not be read";
    }
}

static void tell(int fd, unsigned status)
{
    struct sg_arena arena = {0};
    struct sg_buf b = {0};
    struct sg_http_request q = {.arena = &arena, .path = SG_STR("")};
    struct sg_http_response r = {.status = 0};
    struct sg_str id = http_request_id(SG_STR_NONE, &arena),
                  trace = http_traceparent(SG_STR_NONE, &arena);
    sg_problem_status(&q, &r, (int)status, why(status));
    sg_buf_printf(&b,
                  "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nX-Request-Id: %.*s\r\n"
                  "traceparent: %.*s\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  status, MHD_get_reason_phrase_for(status), r.content_type, SG_FMT(id),
                  SG_FMT(trace), r.body.n);
    sg_buf_str_put(&b, sg_buf_str(&r.body));
    if (!sg_buf_failed(&b) && send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    sg_buf_free(&r.body);
    sg_buf_free(&b);
    sg_arena_free(&arena);
}

/* In front of the library's: see above. */
enum MHD_Result MHD_queue_response(struct MHD_Connection *c, unsigned status,
                                   struct MHD_Response *m)
{
    int fd = ours ? -1 : http_watch_fd(c);
    if (fd < 0)
        return queue(c, status, m);
    http_watch_refused(c, status);
    tell(fd, status);
    return MHD_NO;
}
