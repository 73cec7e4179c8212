/* content_send.c - see content.h: libmicrohttpd's responses of it. */
#include "api/http/content_parts.h"
#include "core/log.h"
#include <sys/socket.h>
#include <unistd.h>

/* Where the body's byte `at` comes from: a text, or (text.p NULL) the content. */
struct place {
    struct sg_str text;
    uint64_t at, left;
};

static struct place place_of(const struct http_content *h, uint64_t at)
{
    uint32_t begin = 0;
    for (size_t i = 0; i < h->n_heads || (i == 0 && !h->n_heads); i++) {
        uint64_t text = h->n_heads ? h->head_ends[i] - begin : 0;
        if (at < text)
            return (struct place){{h->heads.p + begin + at, (size_t)(text - at)}, 0, 0};
        at -= text;
        if (i < h->ranges.n && at < h->ranges.v[i].n)
            return (struct place){SG_STR_NONE, h->ranges.v[i].from + at, h->ranges.v[i].n - at};
        at -= i < h->ranges.n ? h->ranges.v[i].n : 0;
        begin = h->head_ends[i];
    }
    return (struct place){SG_STR_NONE, 0, 0};
}

static ssize_t read_file(int fd, uint64_t at, char *to, size_t max)
{
    ssize_t n = pread(fd, to, max, (off_t)at);
    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t read_on(struct http_content *h, uint64_t at, char *to, size_t max)
{
    struct sg_error e = SG_ERROR_INIT;
    struct place p = place_of(h, at);
    if (p.text.p) {
        size_t n = p.text.n < max ? p.text.n : max;
        memcpy(to, p.text.p, n);
        return (ssize_t)n;
    }
    if (!p.left)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = p.left < max ? (size_t)p.left : max;
    if (h->c.fd >= 0)
        return read_file(h->c.fd, p.at, to, n);
    if (h->c.waits)
        return http_content_wait(h, p.at, p.left, to, n);
    if (!h->c.read(h->c.ctx, p.at, to, n, &e))
        return (ssize_t)n;
    sg_log(SG_LOG_WARN, "an answer is broken off", "why=%s", e.text);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* On the loop. libmicrohttpd 0.9.75 may leave a connection open whose reader failed at once, until
 * something happens to it. */
static ssize_t on_read(void *ctx, uint64_t at, char *to, size_t max)
{
    struct http_content *h = ctx;
    ssize_t n = read_on(h, at, to, max);
    if (n < 0)
        shutdown(http_watch_fd(h->connection), SHUT_RDWR);
    return n;
}

static void on_free(void *ctx)
{
    http_content_free(ctx);
}

/* By sendfile; the file is libmicrohttpd's then. */
static struct MHD_Response *of_file(struct http_content *h)
{
    struct MHD_Response *m =
        MHD_create_response_from_fd_at_offset64(h->ranges.v[0].n, h->c.fd, h->ranges.v[0].from);
    if (m) {
        h->c.fd = -1;
        http_content_free(h);
    }
    return m;
}

/* An answer holds its block until it is sent. Quick readers have large ones; when many are slow,
 * those that come then have small ones. */
static struct MHD_Response *of_reader(struct http_content *h)
{
    struct sg_http_server *s = h->server;
    size_t block =
        atomic_load(&s->blocks) < SG_CONTENT_BLOCKS ? SG_CONTENT_BLOCK : SG_CONTENT_BLOCK_LEAST;
    struct MHD_Response *m =
        MHD_create_response_from_callback(h->bytes, block, on_read, h, on_free);
    if (m) {
        h->block = block;
        atomic_fetch_add(&s->blocks, block);
    }
    return m;
}

struct MHD_Response *http_content_attach(struct http_exchange *x)
{
    struct http_content *h = x->response.content;
    struct MHD_Response *m;
    h->server = x->server;
    h->connection = x->connection;
    if (!h->bytes)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    m = h->c.fd >= 0 && !h->n_heads ? of_file(h) : of_reader(h);
    if (m)
        x->response.content = NULL;
    return m;
}
