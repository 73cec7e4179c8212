/* fuzz_multipart.c - forms, through a real server: the first line are the parameters of the
 * Content-Type, the rest is the body. libmicrohttpd's reader is given what our sink gives it. */
#include "api/http/multipart.h"
#include "core/clock.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PARAMETERS = 300 };

static struct sg_http_server *http;
static int fd = -1;

struct form {
    struct sg_multipart *m;
    size_t bytes;
    int parts;
};

static bool on_piece(void *ctx, const struct sg_multipart_piece *p)
{
    struct form *f = ctx;
    f->bytes += p->bytes.n;
    f->parts += p->first;
    if (f->parts > SG_MULTIPART_PARTS)
        abort();
    for (size_t i = 0; i < p->bytes.n; i++) /* every byte can be read */
        if (p->bytes.p[i] == 1 && p->name.n > 1000000)
            abort();
    return true;
}

static bool on_write(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                     struct sg_str bytes)
{
    struct form *f = ctx;
    struct sg_error e = SG_ERROR_INIT;
    (void)q;
    for (size_t at = 0; at < bytes.n;) { /* pieces of 1 to 8 bytes, and whole */
        size_t n = f->bytes % 3 ? 1 + (at & 7) : bytes.n - at;
        n = n < bytes.n - at ? n : bytes.n - at;
        if (sg_multipart_put(f->m, (struct sg_str){bytes.p + at, n}, &e)) {
            r->status = 400;
            return false;
        }
        at += n;
    }
    return true;
}

static void on_gone(void *ctx)
{
    struct form *f = ctx;
    sg_multipart_free(f->m);
    free(f);
}

static void on_end(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    struct form *f = ctx;
    struct sg_error e = SG_ERROR_INIT;
    r->status = sg_multipart_end(f->m, &e) ? 400 : 200;
    free(f);
    sg_http_finish(q);
}

static bool begin(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_http_sink *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct form *f = calloc(1, sizeof *f);
    (void)ctx;
    if (!f || sg_multipart_open(&f->m, q, on_piece, f, &e)) {
        free(f);
        r->status = 415;
        return false;
    }
    *out = (struct sg_http_sink){.ctx = f, .write = on_write, .end = on_end, .gone = on_gone};
    return true;
}

static bool streams(void *ctx, struct sg_str method, struct sg_str path)
{
    (void)ctx;
    (void)method;
    (void)path;
    return true;
}

static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)ctx;
    (void)q;
    (void)r;
}

static bool dial(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)sg_http_port(http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

static void start(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_http_options o = {.host = "127.0.0.1",
                                .loops = 1,
                                .workers = 1,
                                .timeout_us = 1000000,
                                .handle = handle,
                                .streams = streams,
                                .begin = begin};
    if (sg_http_open(&http, &o, &e))
        abort();
}

/* To the end of the first line, as a header may have it. */
static size_t read_parameters(const uint8_t *data, size_t size, char out[PARAMETERS + 1])
{
    size_t n = 0;
    for (; n < size && n < PARAMETERS && data[n] != '\n'; n++)
        out[n] = data[n] < ' ' || data[n] > '~' ? 'x' : (char)data[n];
    out[n] = '\0';
    return n < size ? n + 1 : n;
}

/* One of these is what a form, or what is none, may be told. */
static bool is_good(const char *answer)
{
    return !memcmp(answer + 9, "200", 3) || !memcmp(answer + 9, "400", 3) ||
           !memcmp(answer + 9, "415", 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char head[PARAMETERS + 200], parameters[PARAMETERS + 1], answer[2048];
    if (size > SG_HTTP_BODY_MAX)
        return 0;
    if (!http)
        start();
    if (fd < 0 && !dial())
        abort();
    size_t at = read_parameters(data, size, parameters);
    data += at;
    size -= at;
    int n = snprintf(head, sizeof head,
                     "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data%s\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     parameters, size);
    int more = size ? MSG_MORE : 0; /* else each waits for an acknowledgement */
    if (send(fd, head, (size_t)n, MSG_NOSIGNAL | more) != n ||
        send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size ||
        recv(fd, answer, sizeof answer, 0) <= 12) {
        close(fd);
        fd = -1;
        return 0;
    }
    if (!is_good(answer))
        abort();
    return 0;
}
