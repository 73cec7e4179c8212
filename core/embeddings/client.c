/* client.c - one libcurl handle, retries and the breaker: see embeddings.h. */
#include "core/buf.h"
#include "core/clock.h"
#include "core/embeddings.h"
#include "core/embeddings/answer.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/service.h"
#include "core/text.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <xxhash.h>

#define TRIES          5
#define FIRST_WAIT_MS  100        /* then four times as long, less up to half by chance */
#define RETRY_AFTER_MS 120000     /* no server is waited for longer */
#define BREAK_AFTER    5          /* failures in a row */
#define BREAK_US       10000000LL /* then twice as long, up to */
#define BREAK_MAX_US   300000000LL
#define CONNECT_MS     5000

struct sg_embeddings {
    CURL *curl;
    struct curl_slist *headers;
    char model[SG_CONFIG_TEXT];
    size_t dimensions, batch;
    int64_t timeout_ms;
    uint64_t source, chance;
    struct sg_buf request, body;
    size_t body_max;
    bool too_long;
    int failures;                /* in a row */
    int64_t closed_us, break_us; /* when the breaker lets a request through again */
    atomic_bool canceled;
    struct sg_metric *requests;
};

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct sg_embeddings *x = ctx;
    if (size * n > x->body_max - x->body.n) {
        x->too_long = true;
        return 0;
    }
    sg_buf_put(&x->body, p, size * n);
    return sg_buf_failed(&x->body) ? 0 : size * n;
}

static bool is_canceled(const struct sg_embeddings *x)
{
    return sg_stopping() || atomic_load(&x->canceled);
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    return is_canceled(ctx);
}

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool add_header(struct sg_embeddings *x, const char *line)
{
    struct curl_slist *more = curl_slist_append(x->headers, line);
    if (more)
        x->headers = more;
    return more;
}

static int refuse(struct sg_error *e, const char *key, const char *why)
{
    char field[64];
    snprintf(field, sizeof field, "embeddings.%s", key);
    return sg_fail_field(e, field, "%s %s", field, why);
}

static int add_key(struct sg_embeddings *x, const struct sg_config *c, struct sg_error *e)
{
    struct sg_buf line = {0};
    const char *key = getenv(c->embeddings.key_env);
    if (!key || !*key)
        return refuse(e, "key_env", "names a variable that is not set");
    for (const char *p = key; *p; p++)
        if (*p < 0x21 || *p > 0x7e)
            return refuse(e, "key_env", "names a variable that holds no key");
    if (!strncmp(c->embeddings.url, "http://", 7))
        sg_log(SG_LOG_WARN, "the embeddings server's key goes over the network unencrypted", NULL);
    sg_buf_puts(&line, "Authorization: Bearer ");
    sg_buf_put(&line, key, strlen(key) + 1);
    bool good = !sg_buf_failed(&line) && add_header(x, line.p);
    if (line.p)
        explicit_bzero(line.p, line.n);
    sg_buf_free(&line);
    return good ? 0 : sg_fail(e, SG_ENOMEM, "embeddings");
}

static int set_up(struct sg_embeddings *x, const struct sg_config *c, struct sg_error *e)
{
    CURL *h = x->curl = curl_easy_init();
    bool good = h && add_header(x, "Content-Type: application/json") && add_header(x, "Expect:");
    int rc = good ? 0 : sg_fail(e, SG_ENOMEM, "embeddings");
    if (!rc && c->embeddings.key_env[0])
        rc = add_key(x, c, e);
    if (rc)
        return rc;
    good = !curl_easy_setopt(h, CURLOPT_URL, c->embeddings.url) &&
           !curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") &&
           !curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) &&
           !curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) &&
           !curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) && /* a key goes nowhere else */
           !curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) &&
           !curl_easy_setopt(h, CURLOPT_HTTPHEADER, x->headers) &&
           !curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body) &&
           !curl_easy_setopt(h, CURLOPT_WRITEDATA, x) &&
           !curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L) &&
           !curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, on_progress) &&
           !curl_easy_setopt(h, CURLOPT_XFERINFODATA, x);
    return good ? 0 : refuse(e, "url", "is not an address that can be asked");
}

int sg_embeddings_open(struct sg_embeddings **out, const struct sg_config *c, struct sg_error *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!c->embeddings.url[0])
        return refuse(e, "url", "is not set");
    if (!c->embeddings.model[0])
        return refuse(e, "model", "is not set");
    if (c->embeddings.dimensions % 16)
        return refuse(e, "dimensions", "must be a multiple of 16");
    pthread_once(&once, init_curl);
    struct sg_embeddings *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "embeddings");
    memcpy(x->model, c->embeddings.model, sizeof x->model);
    x->dimensions = (size_t)c->embeddings.dimensions;
    x->batch = (size_t)c->embeddings.batch;
    x->timeout_ms = c->embeddings.timeout_ms;
    x->source = XXH3_64bits_withSeed(x->model, strlen(x->model), x->dimensions) | 1;
    x->chance = (uint64_t)sg_now_us();
    x->requests = sg_metric_new(SG_COUNTER, "segue_embeddings_requests_total",
                                "Requests to the embeddings server, by outcome", "outcome");
    int rc = set_up(x, c, e);
    if (rc)
        sg_embeddings_close(x);
    else
        *out = x;
    return rc;
}

void sg_embeddings_close(struct sg_embeddings *x)
{
    if (!x)
        return;
    curl_easy_cleanup(x->curl);
    curl_slist_free_all(x->headers);
    sg_buf_free(&x->request);
    sg_buf_free(&x->body);
    free(x);
}

size_t sg_embeddings_dimensions(const struct sg_embeddings *x)
{
    return x->dimensions;
}

size_t sg_embeddings_batch(const struct sg_embeddings *x)
{
    return x->batch;
}

uint64_t sg_embeddings_source(const struct sg_embeddings *x)
{
    return x->source;
}

void sg_embeddings_cancel(struct sg_embeddings *x)
{
    atomic_store(&x->canceled, true);
}

static int write_request(struct sg_embeddings *x, const struct sg_str *texts, size_t n,
                         struct sg_error *e)
{
    struct sg_buf *b = &x->request;
    sg_buf_reset(b);
    sg_buf_puts(b, "{\"model\":");
    sg_buf_json_str(b, sg_str(x->model));
    sg_buf_puts(b, ",\"encoding_format\":\"float\",\"input\":[");
    for (size_t i = 0; i < n; i++) {
        struct sg_str text = texts[i];
        if (text.n > SG_EMBEDDINGS_TEXT)
            text.n = sg_utf8_floor(text, SG_EMBEDDINGS_TEXT);
        sg_buf_puts(b, i ? "," : "");
        sg_buf_json_str(b, text);
    }
    sg_buf_puts(b, "]}");
    return sg_buf_failed(b) ? sg_fail(e, SG_ENOMEM, "embeddings") : 0;
}

static int judge_status(long status, struct sg_error *e)
{
    if (status == 200)
        return 0;
    if (status == 408 || status == 429 || status >= 500)
        return sg_fail(e, SG_EUNAVAIL, "embeddings: the server answered %ld", status);
    return sg_fail(e, SG_EINVAL, "embeddings: the server refused the request: %ld", status);
}

/* *after_ms: what the server asked to wait; 0: nothing. */
static int try_once(struct sg_embeddings *x, size_t n, int64_t timeout_ms, float *out,
                    int64_t *after_ms, struct sg_error *e)
{
    CURL *h = x->curl;
    long status = 0;
    curl_off_t after = 0;
    sg_buf_reset(&x->body);
    x->body_max = sg_embeddings_body_max(n, x->dimensions);
    x->too_long = false;
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, x->request.p);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->request.n);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS));
    CURLcode code = curl_easy_perform(h);
    if (is_canceled(x))
        return sg_fail(e, SG_ECANCELED, "embeddings: stopped");
    if (x->too_long)
        return sg_fail(e, SG_ECORRUPT, "embeddings: the answer is longer than %zu bytes",
                       x->body_max);
    if (sg_buf_failed(&x->body))
        return sg_fail(e, SG_ENOMEM, "embeddings");
    if (code)
        return sg_fail(e, SG_EUNAVAIL, "embeddings: %s", curl_easy_strerror(code));
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &after);
    *after_ms = after <= 0 ? 0 : after < RETRY_AFTER_MS / 1000 ? after * 1000 : RETRY_AFTER_MS;
    int rc = judge_status(status, e);
    return rc ? rc : sg_embeddings_parse(sg_buf_str(&x->body), n, x->dimensions, out, e);
}

static void note(struct sg_embeddings *x, int rc)
{
    sg_metric_add(x->requests, rc ? sg_err_name(rc) : "ok", 1);
    if (!rc) {
        x->failures = 0;
        x->break_us = 0;
    } else if (rc != SG_ECANCELED && ++x->failures >= BREAK_AFTER) {
        x->break_us = x->break_us ? x->break_us * 2 : BREAK_US;
        x->break_us = x->break_us < BREAK_MAX_US ? x->break_us : BREAK_MAX_US;
        x->closed_us = sg_now_us() + x->break_us;
    }
}

static int64_t wait_ms(struct sg_embeddings *x, int tries, int64_t after_ms)
{
    int64_t ms = FIRST_WAIT_MS;
    for (int i = 1; i < tries; i++)
        ms *= 4;
    x->chance = x->chance * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    ms -= (int64_t)((x->chance >> 33) % (uint64_t)(ms / 2));
    return after_ms > ms ? after_ms : ms;
}

static int wait(struct sg_embeddings *x, int64_t ms)
{
    for (int64_t until = sg_now_us() + ms * 1000; sg_now_us() < until;)
        if (sg_wait_stop(ms < 50 ? (int)ms : 50) || is_canceled(x))
            return SG_ECANCELED;
    return 0;
}

int sg_embeddings_ask(struct sg_embeddings *x, const struct sg_str *texts, size_t n,
                      const struct sg_embeddings_effort *effort, float *out, struct sg_error *e)
{
    int64_t timeout_ms = effort->timeout_ms ? effort->timeout_ms : x->timeout_ms;
    if (n < 1 || n > x->batch)
        return sg_fail(e, SG_EINVAL, "embeddings: %zu texts at once", n);
    if (!effort->patient && x->failures >= BREAK_AFTER && sg_now_us() < x->closed_us)
        return sg_fail(e, SG_EUNAVAIL, "embeddings: the server is left alone after failures");
    int rc = write_request(x, texts, n, e);
    for (int tries = 1; !rc; tries++) {
        int64_t after_ms = 0;
        rc = try_once(x, n, timeout_ms, out, &after_ms, e);
        note(x, rc);
        if (rc != SG_EUNAVAIL || !effort->patient || tries == TRIES)
            return rc;
        if (wait(x, wait_ms(x, tries, after_ms)))
            return sg_fail(e, SG_ECANCELED, "embeddings: stopped");
        rc = 0;
    }
    return rc;
}
