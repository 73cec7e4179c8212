/* exchange.c - one request and its answer: memory that is reused. */
#include "api/http/parts.h"
#include <stdlib.h>
#include <strings.h>

/* What a stall took is given back after it: the exchanges that were made for it but for the first,
 * and in each what an unusual request needed. */
enum { SPARE_MAX = 64, KEEP_BYTES = 16 << 10 };

void sg_http_header(struct sg_http_response *r, const char *name, struct sg_str value)
{
    if (!value.p)
        return;
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
            return;
    size_t i = 0;
    while (i < r->n_headers && strcasecmp(r->headers[i].name, name) != 0)
        i++;
    if (i == SG_HTTP_HEADERS_MAX)
        return;
    r->headers[i].name = name;
    r->headers[i].value = value;
    r->n_headers += i == r->n_headers;
}

struct sg_str sg_http_request_header(const struct sg_http_request *q, const char *name)
{
    const struct http_exchange *x =
        (const void *)((const char *)q - offsetof(struct http_exchange, request));
    return http_field(&x->fields, sg_str(name));
}

struct http_exchange *http_exchange_take(struct sg_http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct http_exchange *x = s->spare;
    if (x) {
        s->spare = x->next;
        s->n_spare--;
    }
    pthread_mutex_unlock(&s->lock);
    if (!x)
        x = calloc(1, sizeof *x);
    if (x) {
        x->kind = HTTP_EXCHANGE;
        x->state = HTTP_NEW;
        x->server = s;
        x->request.arena = &x->arena;
    }
    return x;
}

static void destroy(struct http_exchange *x)
{
    sg_arena_free(&x->arena);
    sg_buf_free(&x->response.body);
    sg_buf_free(&x->body);
    sg_buf_free(&x->coded_here);
    free(x);
}

static void empty(struct sg_buf *b)
{
    if (b->cap > KEEP_BYTES)
        sg_buf_free(b);
    sg_buf_reset(b);
}

void http_exchange_give(struct http_exchange *x)
{
    struct sg_http_server *s = x->server;
    if (x->response.stream)
        http_stream_gone(x->response.stream);
    http_content_free(x->response.content);
    http_body_drop(x);
    struct sg_buf body = x->response.body;
    empty(&body);
    empty(&x->body);
    empty(&x->coded_here);
    x->coded = x->none_match = SG_STR_NONE;
    x->coding = SG_CODING_NONE;
    sg_arena_shrink(&x->arena, KEEP_BYTES);
    x->request = (struct sg_http_request){0};
    x->response = (struct sg_http_response){.body = body};
    x->in = (struct http_intake){0};
    x->body_max = x->fields.n = 0;
    x->fields.overflow = x->params_overflow = x->closes = x->old = x->filled = false;
    x->target = SG_STR_NONE;
    x->connection = NULL;
    pthread_mutex_lock(&s->lock);
    bool keep = s->n_spare < SPARE_MAX;
    if (keep) {
        x->next = s->spare;
        s->spare = x;
        s->n_spare++;
    }
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        destroy(x);
}

void http_exchanges_free(struct sg_http_server *s)
{
    while (s->spare) {
        struct http_exchange *x = s->spare;
        s->spare = x->next;
        destroy(x);
    }
}

bool http_body_put(struct http_exchange *x, struct sg_str bytes)
{
    struct sg_http_server *s = x->server;
    if (atomic_fetch_add(&s->bodies, bytes.n) + bytes.n > s->o.bodies_max) {
        atomic_fetch_sub(&s->bodies, bytes.n);
        return false;
    }
    x->body_counted += bytes.n;
    sg_metric_add(s->held, "", (double)bytes.n);
    sg_buf_put(&x->body, bytes.p, bytes.n);
    return !sg_buf_failed(&x->body);
}

void http_body_drop(struct http_exchange *x)
{
    struct sg_http_server *s = x->server;
    if (x->body_counted) {
        atomic_fetch_sub(&s->bodies, x->body_counted);
        sg_metric_add(s->held, "", -(double)x->body_counted);
    }
    x->body_counted = 0;
    sg_buf_reset(&x->body);
}
