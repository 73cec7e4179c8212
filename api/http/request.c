/* request.c - from libmicrohttpd's callbacks to a request that is handed over. */
#include "api/http/forwarded.h"
#include "api/http/parts.h"
#include "api/http/trace.h"

enum { BODY_BYTES_PER_S = 64 << 10 };

void *http_on_target(void *ctx, const char *target, struct MHD_Connection *c)
{
    struct sg_http_server *s = ctx;
    struct http_exchange *x = http_exchange_take(s);
    if (!x)
        return NULL;
    x->connection = c;
    x->target = sg_arena_copy(&x->arena, sg_str(target));
    http_watch_until(c, sg_now_us() + s->o.head_us, false);
    return x;
}

static enum MHD_Result take_param(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                  const char *value, size_t value_n)
{
    struct http_exchange *x = ctx;
    (void)kind;
    if (x->request.n_params == SG_HTTP_PARAMS_MAX) {
        x->params_overflow = true;
        return MHD_NO;
    }
    x->params[x->request.n_params++] = (struct sg_http_param){{key, key_n}, {value, value_n}};
    return MHD_YES;
}

static enum MHD_Result take_field(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                  const char *value, size_t value_n)
{
    struct http_fields *f = ctx;
    (void)kind;
    if (f->n == SG_HTTP_FIELDS_MAX) {
        f->overflow = true;
        return MHD_NO;
    }
    f->v[f->n++] = (struct http_field){{key, key_n}, {value ? value : "", value_n}};
    return MHD_YES;
}

static bool says_yes(const struct http_fields *f, struct sg_str name)
{
    return sg_str_eq(http_field(f, name), SG_STR("1"));
}

/* Handlers know one validator, whatever the coding. */
static void untag(struct http_exchange *x)
{
    for (size_t i = 0; i < x->fields.n; i++) {
        struct http_field *f = &x->fields.v[i];
        if (http_same(f->name, SG_STR("If-None-Match")) || http_same(f->name, SG_STR("If-Match")))
            f->value = sg_coding_untag(f->value, &x->arena);
    }
}

/* A client that can send no other methods tells the one that it means (as tus 1.0 has it). */
static struct sg_str method_of(struct http_exchange *x, struct sg_str method, struct sg_str path)
{
    const struct sg_http_options *o = &x->server->o;
    struct sg_str told = http_field(&x->fields, SG_STR("X-HTTP-Method-Override"));
    return o->overrides && told.n && sg_str_eq(method, SG_STR("POST")) &&
                   o->overrides(o->ctx, told, path)
               ? told
               : method;
}

static void read_request(struct http_exchange *x, const char *url, const char *method)
{
    const struct sg_http_server *s = x->server;
    const struct http_fields *f = &x->fields;
    struct sg_http_request *q = &x->request;
    q->arena = &x->arena;
    q->method = sg_arena_copy(&x->arena, sg_str(method));
    q->path = sg_arena_copy(&x->arena, sg_str(url));
    q->params = x->params;
    MHD_get_connection_values_n(x->connection, MHD_GET_ARGUMENT_KIND, take_param, x);
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, take_field, &x->fields);
    q->method = method_of(x, q->method, q->path);
    x->none_match = http_field(f, SG_STR("If-None-Match"));
    untag(x);
    q->if_none_match = http_field(f, SG_STR("If-None-Match"));
    q->authorization = http_field(f, SG_STR("Authorization"));
    q->api_key = http_field(f, SG_STR("X-API-Key"));
    q->request_id = http_request_id(http_field(f, SG_STR("X-Request-Id")), &x->arena);
    q->traceparent = http_traceparent(http_field(f, SG_STR("traceparent")), &x->arena);
    q->address = http_client_of(f, http_watch_peer(x->connection), &s->proxies, s->o.by_forwarded);
    q->client = sg_address_key(&q->address);
    q->asks_for_privacy = says_yes(f, SG_STR("DNT")) || says_yes(f, SG_STR("Sec-GPC"));
    q->start_us = sg_now_us();
    q->deadline_us = q->start_us + s->o.timeout_us;
}

static int check(struct http_exchange *x, const char *version, const char **why)
{
    const struct sg_http_request *q = &x->request;
    int status = http_fields_check(&x->fields, q->method, sg_str(version), why);
    if (!status)
        status = http_target_check(x->target, q->method, why);
    if (!status && !sg_str_is_utf8(q->path)) {
        *why = "the path is not UTF-8";
        status = 400;
    }
    if (!status && x->params_overflow) {
        *why = "more than 64 parameters";
        status = 400;
    }
    return status;
}

static const char too_large[] = "the body is larger than it may be here",
                  too_many[] = "too many bodies are being read";

/* Told at once; what comes of it nevertheless is read away, as a proxy that is cut off while it
 * sends tells its client of a bad gateway. */
static enum MHD_Result too_long(struct http_exchange *x)
{
    http_cut_off(x, 413, too_large);
    return http_body_linger(x);
}

/* The headers are read. */
static enum MHD_Result begin(struct http_exchange *x, const char *url, const char *method,
                             const char *version, void **con_cls)
{
    const struct sg_http_options *o = &x->server->o;
    const char *why = "";
    uint64_t length = 0;
    x->state = HTTP_READING;
    x->old = strcmp(version, "HTTP/1.0") == 0;
    read_request(x, url, method);
    int status = check(x, version, &why);
    if (status)
        return http_refuse(x, status, why, con_cls);
    x->body_max =
        o->body_max ? o->body_max(o->ctx, x->request.method, x->request.path) : SG_HTTP_BODY_MAX;
    bool told = sg_str_to_u64(http_field(&x->fields, SG_STR("Content-Length")), &length);
    x->in.streams = o->streams && o->streams(o->ctx, x->request.method, x->request.path);
    if (x->in.streams) {
        x->in.told = told ? length : UINT64_MAX;
        return http_body_begin(x, length > x->body_max ? 413 : 0);
    }
    if (length > x->body_max)
        return too_long(x);
    int64_t most = (int64_t)(told ? length : x->body_max);
    http_watch_until(x->connection,
                     x->request.start_us + o->body_us + most * 1000000 / BODY_BYTES_PER_S, false);
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_exchange *x, const char *upload, size_t *n)
{
    if (*n > x->body_max - x->body.n) {
        *n = 0;
        return too_long(x);
    }
    if (!http_body_put(x, (struct sg_str){upload, *n}))
        return http_cut_off(x, 503, too_many);
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result hand_over(struct http_exchange *x, void **con_cls)
{
    http_watch_until(x->connection, INT64_MAX, false);
    x->request.body = sg_buf_str(&x->body);
    return http_hand_over(x) ? MHD_YES
                             : http_refuse(x, 503, "too many requests are waiting", con_cls);
}

enum MHD_Result http_on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_n, void **con_cls)
{
    struct http_exchange *x = *con_cls;
    (void)ctx;
    (void)c;
    if (!x || x->kind != HTTP_EXCHANGE || !x->target.p)
        return MHD_NO;
    enum http_state state = atomic_load_explicit(&x->state, memory_order_acquire);
    if (state == HTTP_NEW)
        return begin(x, url, method, version, con_cls);
    if (x->in.streams)
        return http_body_on(x, upload, upload_n, con_cls);
    if (state == HTTP_READING && *upload_n)
        return take_body(x, upload, upload_n);
    if (state == HTTP_READING)
        return hand_over(x, con_cls);
    return state == HTTP_ANSWERED ? http_answer(x, con_cls) : MHD_YES;
}

void http_on_completed(void *ctx, struct MHD_Connection *c, void **con_cls,
                       enum MHD_RequestTerminationCode code)
{
    struct sg_http_server *s = ctx;
    (void)code;
    if (*con_cls && *(enum http_kind *)*con_cls == HTTP_STREAM)
        http_stream_gone(*con_cls);
    else if (*con_cls && !http_body_gone(*con_cls))
        http_exchange_give(*con_cls);
    *con_cls = NULL;
    http_watch_sends(c, false);
    http_watch_until(c, sg_now_us() + s->o.idle_us, true);
}
