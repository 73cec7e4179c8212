/* answer.c - the response as libmicrohttpd's, with what every answer says. */
#include "api/http/content_parts.h"
#include "api/problem.h"
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

enum { WRITE_BYTES_PER_S = 16 << 10, LAST_S = 7 * 86400 };

static struct sg_str body_of(const struct http_exchange *x)
{
    const struct sg_http_response *r = &x->response;
    if (x->coded.n)
        return x->coded;
    return r->shared.p ? r->shared : sg_buf_str(&r->body);
}

static void add(struct MHD_Response *m, struct http_exchange *x, const char *name,
                struct sg_str value)
{
    struct sg_str z = value.n ? sg_arena_copy(&x->arena, value) : SG_STR_NONE;
    if (z.p)
        MHD_add_response_header(m, name, z.p);
}

/* Of every answer, unless its handler said otherwise. */
static void add_defaults(struct MHD_Response *m, const struct http_exchange *x)
{
    static const struct {
        const char *name, *value;
    } all[] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    };
    const struct sg_http_response *r = &x->response;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t k = 0;
        while (k < r->n_headers && strcasecmp(r->headers[k].name, all[i].name) != 0)
            k++;
        if (k == r->n_headers)
            MHD_add_response_header(m, all[i].name, all[i].value);
    }
    if (x->server->o.hsts_s) {
        char text[40];
        snprintf(text, sizeof text, "max-age=%lld", (long long)x->server->o.hsts_s);
        MHD_add_response_header(m, "Strict-Transport-Security", text);
    }
}

/* 304's validator is the one that was told, of whatever coding. */
static void retag(struct http_exchange *x)
{
    struct sg_http_response *r = &x->response;
    for (size_t i = 0; r->status == 304 && i < r->n_headers; i++)
        for (enum sg_coding c = SG_CODING_GZIP; c <= SG_CODING_ZSTD; c++) {
            struct sg_str tag = strcasecmp(r->headers[i].name, "ETag") == 0
                                    ? sg_coding_tag(r->headers[i].value, c, &x->arena)
                                    : SG_STR_NONE;
            if (tag.n && x->none_match.n &&
                memmem(x->none_match.p, x->none_match.n, tag.p, tag.n)) {
                r->headers[i].value = tag;
                return;
            }
        }
}

static struct MHD_Response *make(struct http_exchange *x)
{
    struct sg_http_response *r = &x->response;
    struct sg_str body = body_of(x);
    struct MHD_Response *m = r->stream    ? http_stream_attach(x)
                             : r->content ? http_content_attach(x)
                                          : MHD_create_response_from_buffer(body.n, (void *)body.p,
                                                                            MHD_RESPMEM_PERSISTENT);
    if (!m)
        return NULL;
    if (r->content_type)
        MHD_add_response_header(m, "Content-Type", r->content_type);
    add(m, x, "X-Request-Id", x->request.request_id);
    add(m, x, "traceparent", x->request.traceparent);
    add_defaults(m, x);
    retag(x);
    http_cors_add(x, m);
    for (size_t i = 0; i < r->n_headers; i++)
        add(m, x, r->headers[i].name, r->headers[i].value);
    if (x->closes || atomic_load(&x->server->draining))
        MHD_add_response_header(m, "Connection", "close");
    return m;
}

enum MHD_Result http_answer(struct http_exchange *x, void **con_cls)
{
    struct sg_http_server *s = x->server;
    struct MHD_Connection *c = x->connection;
    struct sg_http_stream *stream = x->response.stream;
    unsigned status = x->response.status ? (unsigned)x->response.status : 200;
    bool content = x->response.content;
    int64_t s_left = content ? (int64_t)(x->response.content->bytes / SG_CONTENT_BYTES_PER_S)
                             : (int64_t)body_of(x).n / WRITE_BYTES_PER_S;
    struct MHD_Response *m = make(x);
    if (!m)
        return MHD_NO;
    s_left = s_left < LAST_S ? s_left : LAST_S;
    http_watch_until(c, stream ? INT64_MAX : sg_now_us() + s->o.write_us + s_left * 1000000, false);
    if (content) { /* nothing of the exchange is needed any more */
        *con_cls = NULL;
        http_exchange_give(x);
    }
    if (stream) { /* as MHD may begin to read it at once */
        x->response.stream = NULL;
        *con_cls = stream;
        http_exchange_give(x);
    }
    enum MHD_Result rc = http_queue_response(c, status, m);
    MHD_destroy_response(m);
    return rc;
}

enum MHD_Result http_refuse(struct http_exchange *x, int status, const char *why, void **con_cls)
{
    char text[8];
    snprintf(text, sizeof text, "%d", status);
    sg_metric_add(x->server->refused, text, 1);
    x->closes = true;
    x->state = HTTP_ANSWERED;
    if (status == 503)
        sg_http_header(&x->response, "Retry-After", SG_STR("1"));
    sg_problem_status(&x->request, &x->response, status, why);
    return http_answer(x, con_cls);
}

static enum MHD_Result put_field(void *ctx, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    if (strcasecmp(name, "Content-Length") != 0)
        sg_buf_printf(ctx, "%s: %s\r\n", name, value);
    return MHD_YES;
}

void http_answer_by_hand(struct http_exchange *x)
{
    int fd = http_watch_fd(x->connection), status = x->response.status;
    struct sg_buf b = {0};
    struct sg_str body = body_of(x);
    x->closes = true;
    struct MHD_Response *m = make(x);
    if (m) {
        sg_buf_printf(&b, "HTTP/1.1 %d %s\r\n", status,
                      MHD_get_reason_phrase_for((unsigned)status));
        MHD_get_response_headers(m, put_field, &b);
        sg_buf_printf(&b, "Content-Length: %zu\r\n\r\n", body.n);
        sg_buf_str_put(&b, body);
        MHD_destroy_response(m);
    }
    if (fd >= 0 && b.n && !sg_buf_failed(&b) && send(fd, b.p, b.n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    sg_buf_free(&b);
}

enum MHD_Result http_cut_off(struct http_exchange *x, int status, const char *why)
{
    char text[8];
    snprintf(text, sizeof text, "%d", status);
    sg_metric_add(x->server->refused, text, 1);
    sg_problem_status(&x->request, &x->response, status, why);
    http_answer_by_hand(x);
    return MHD_NO;
}
