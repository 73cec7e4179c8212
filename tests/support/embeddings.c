/* embeddings.c - see embeddings.h. */
#include "tests/support/embeddings.h"
#include "core/buf.h"
#include "core/clock.h"
#include <check.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>

enum { HUGE_BYTES = 8 << 20 };

static void put_vector(struct test_embeddings *x, struct sg_buf *out, const char *text, int way)
{
    size_t d = x->dimensions - (way == EMBEDDINGS_WRONG_DIMENSION);
    static const char *const wrong[] = {[EMBEDDINGS_NULL] = "null",
                                        [EMBEDDINGS_NAN] = "NaN",
                                        [EMBEDDINGS_TOO_LARGE] = "1e300",
                                        [EMBEDDINGS_REDIRECT] = NULL};
    bool named = true;
    for (size_t i = 0; i < d; i++) {
        named = named && i < 8 && x->axes[i];
        double v = named && strcasestr(text, x->axes[i]) ? 1 : i == d - 1 ? 0.1 : 0;
        sg_buf_puts(out, i ? "," : "[");
        if (i == 1 && wrong[way])
            sg_buf_puts(out, wrong[way]);
        else
            sg_buf_printf(out, "%.17g", way == EMBEDDINGS_ZERO ? 0 : v);
    }
    sg_buf_puts(out, "]");
}

static void put_answer(struct test_embeddings *x, struct sg_buf *out, const json_t *input, int way)
{
    size_t n = json_array_size(input) - (way == EMBEDDINGS_FEW);
    sg_buf_puts(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        size_t at = way == EMBEDDINGS_REVERSED ? n - 1 - i : i;
        sg_buf_printf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i ? "," : "",
                      way == EMBEDDINGS_INDEX_TWICE ? 0 : at);
        put_vector(x, out, json_string_value(json_array_get(input, at)), way);
        sg_buf_puts(out, "}");
    }
    sg_buf_puts(out, "],\"model\":\"m\"");
    if (way == EMBEDDINGS_HUGE)
        memset(sg_buf_reserve(out, HUGE_BYTES), ' ', HUGE_BYTES), out->n += HUGE_BYTES;
    sg_buf_puts(out, "}");
}

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, const struct sg_buf *body,
                             const char *header, const char *value)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_MUST_COPY);
    if (header)
        MHD_add_response_header(r, header, value);
    enum MHD_Result rc = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result answer(struct test_embeddings *x, struct MHD_Connection *c,
                              const struct sg_buf *request)
{
    int way = atomic_load(&x->way), left = atomic_load(&x->failures);
    const char *key = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    json_t *root = json_loadb(request->p, request->n, 0, NULL);
    json_t *input = json_object_get(root, "input");
    struct sg_buf body = {0};
    enum MHD_Result rc;
    atomic_fetch_add(&x->requests, 1);
    atomic_store(&x->authorized, key && !strcmp(key, "Bearer secret"));
    if (atomic_load(&x->right_first) > 0) {
        atomic_fetch_sub(&x->right_first, 1);
        way = EMBEDDINGS_RIGHT;
    } else if (left > 0)
        atomic_store(&x->failures, left - 1);
    else if (left == 0)
        way = EMBEDDINGS_RIGHT;
    for (int ms = 0; ms < atomic_load(&x->delay_ms); ms++) /* until it is over, or taken back */
        sg_sleep_us(1000);
    sg_buf_puts(&body, way == EMBEDDINGS_NOT_JSON ? "<html>" : "");
    if (!json_is_array(input) || strcmp(json_string_value(json_object_get(root, "model")), "m"))
        rc = reply(c, 400, &body, NULL, NULL);
    else if (way == EMBEDDINGS_HANG_UP)
        rc = MHD_NO;
    else if (way == EMBEDDINGS_BUSY)
        rc = reply(c, 429, &body, "Retry-After", "1");
    else if (way >= EMBEDDINGS_BROKEN)
        rc = reply(c,
                   way == EMBEDDINGS_BROKEN    ? 500
                   : way == EMBEDDINGS_REFUSED ? 401
                                               : 307,
                   &body, "Location", "/elsewhere");
    else {
        if (way != EMBEDDINGS_NOT_JSON)
            put_answer(x, &body, input, way);
        atomic_fetch_add(&x->texts, way <= EMBEDDINGS_REVERSED ? (int)json_array_size(input) : 0);
        rc = reply(c, 200, &body, NULL, NULL);
    }
    sg_buf_free(&body);
    json_decref(root);
    return rc;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *n, void **state)
{
    struct sg_buf *request = *state;
    (void)version;
    if (!request) {
        *state = calloc(1, sizeof *request);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*n) {
        sg_buf_put(request, data, *n);
        *n = 0;
        return MHD_YES;
    }
    if (strcmp(method, "POST") || strcmp(url, "/v1/embeddings"))
        return MHD_NO;
    return answer(ctx, c, request);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)ctx, (void)c, (void)why;
    if (*state)
        sg_buf_free(*state);
    free(*state);
}

void test_embeddings_start(struct test_embeddings *x)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setenv("no_proxy", "*", 1);
    x->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, x,
                                 MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_NOTIFY_COMPLETED,
                                 on_completed, NULL, MHD_OPTION_END);
    ck_assert(x->daemon != NULL);
    x->port = MHD_get_daemon_info(x->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void test_embeddings_stop(struct test_embeddings *x)
{
    atomic_store(&x->delay_ms, 0);
    MHD_stop_daemon(x->daemon);
    x->daemon = NULL;
}

void test_embeddings_config(const struct test_embeddings *x, struct sg_config *c)
{
    sg_config_defaults(c);
    snprintf(c->embeddings.url, sizeof c->embeddings.url, "http://127.0.0.1:%d/v1/embeddings",
             x->port);
    strcpy(c->embeddings.model, "m");
    c->embeddings.dimensions = (int64_t)x->dimensions;
    c->embeddings.batch = 16;
    c->embeddings.timeout_ms = 60000;
    c->embeddings.query_timeout_ms = 60000;
}
