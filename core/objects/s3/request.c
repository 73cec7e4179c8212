/* request.c - one request, signed by curl, and its tries: see s3.h. */
#include "core/clock.h"
#include "core/digest.h"
#include "core/metrics.h"
#include "core/objects/s3/s3.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define ERROR_MAX 65536 /* of the body that tells what is wrong */

struct attempt {
    struct s3 *s;
    struct s3_request *q;
    CURL *curl;
    struct curl_slist *lines;
    size_t sent;
    int64_t timeout_us, moved_us; /* when a byte last went or came */
    curl_off_t moved;
    bool stalled, late;
    int sink_rc;
    struct sg_error sink_error;
};

void s3_query_put(struct sg_buf *b, const char *name, struct sg_str value)
{
    static const char hex[] = "0123456789ABCDEF";
    sg_buf_printf(b, "%s%s=", b->n ? "&" : "", name);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            sg_buf_putc(b, (char)c);
        else
            sg_buf_printf(b, "%%%c%c", hex[c >> 4], hex[c & 15]);
    }
}

static CURL *take_handle(struct s3 *s)
{
    pthread_mutex_lock(&s->lock);
    CURL *h = s->n_idle ? s->idle[--s->n_idle] : NULL;
    pthread_mutex_unlock(&s->lock);
    return h ? h : curl_easy_init();
}

static void give_handle(struct s3 *s, CURL *h)
{
    curl_easy_reset(h); /* its connections stay */
    pthread_mutex_lock(&s->lock);
    bool room = s->n_idle < S3_IDLE_MAX;
    if (room)
        s->idle[s->n_idle++] = h;
    pthread_mutex_unlock(&s->lock);
    if (!room)
        curl_easy_cleanup(h);
}

static void note_header(struct s3_request *q, struct sg_str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (!colon)
        return;
    struct sg_str name = {line.p, (size_t)(colon - line.p)};
    struct sg_str value = {colon + 1, line.n - name.n - 1};
    while (value.n && (value.p[0] == ' ' || value.p[0] == '\t'))
        value.p++, value.n--;
    while (value.n && strchr("\r\n \t", value.p[value.n - 1]))
        value.n--;
#define IS(z) (name.n == sizeof(z) - 1 && !strncasecmp(name.p, z, sizeof(z) - 1))
    if (IS("etag"))
        snprintf(q->etag, sizeof q->etag, "%.*s", SG_FMT(value));
    else if (IS("content-range"))
        snprintf(q->range, sizeof q->range, "%.*s", SG_FMT(value));
    else if (IS("x-amz-meta-segue-put"))
        snprintf(q->stamp, sizeof q->stamp, "%.*s", SG_FMT(value));
#undef IS
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct attempt *a = ctx;
    note_header(a->q, (struct sg_str){p, size * n});
    return size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct attempt *a = ctx;
    struct s3_request *q = a->q;
    struct sg_str bytes = {p, size * n};
    long status = 0;
    curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2 && q->sink) {
        int64_t from = sg_now_us();
        a->sink_rc = q->sink(q->ctx, bytes, &a->sink_error);
        q->received += (int64_t)bytes.n;
        a->moved_us = sg_now_us(); /* the time that the sink took is its own */
        q->sink_us += a->moved_us - from;
        return a->sink_rc ? 0 : bytes.n;
    }
    size_t max = status / 100 == 2 ? S3_ANSWER_MAX : ERROR_MAX;
    if (bytes.n > max - q->answer.n) {
        a->sink_rc = sg_fail(&a->sink_error, SG_EIO, "objects: the answer is too long");
        return 0;
    }
    sg_buf_put(&q->answer, bytes.p, bytes.n);
    return sg_buf_failed(&q->answer) ? 0 : bytes.n;
}

static size_t on_send(char *p, size_t size, size_t n, void *ctx)
{
    struct attempt *a = ctx;
    size_t left = a->q->body.n - a->sent;
    n = size * n < left ? size * n : left;
    if (n)
        memcpy(p, a->q->body.p + a->sent, n);
    a->sent += n;
    return n;
}

static int on_seek(void *ctx, curl_off_t to, int whence)
{
    struct attempt *a = ctx;
    if (whence != SEEK_SET || to < 0 || (size_t)to > a->q->body.n)
        return CURL_SEEKFUNC_FAIL;
    a->sent = (size_t)to;
    return CURL_SEEKFUNC_OK;
}

static int on_progress(void *ctx, curl_off_t want, curl_off_t got, curl_off_t to_send,
                       curl_off_t sent)
{
    struct attempt *a = ctx;
    int64_t now = sg_now_us();
    (void)want, (void)to_send;
    if (got + sent != a->moved) {
        a->q->moved += got + sent > a->moved ? got + sent - a->moved : 0;
        a->moved = got + sent;
        a->moved_us = now;
    }
    a->stalled = now - a->moved_us > a->timeout_us;
    a->late = s3_is_late(a->s, a->q);
    return a->stalled || a->late;
}

static bool add_line(struct attempt *a, const char *line)
{
    struct curl_slist *more = curl_slist_append(a->lines, line);
    if (more)
        a->lines = more;
    return more;
}

static bool add_signature(struct attempt *a, const char *payload)
{
    struct sg_buf authorization = {0};
    char date[S3_DATE_LINE];
    bool good = s3_sign_kms(a->s, a->q, payload, date, &authorization) && add_line(a, date) &&
                add_line(a, authorization.p);
    sg_buf_free(&authorization);
    return good;
}

static bool add_lines(struct attempt *a)
{
    unsigned char hash[32];
    char line[32 + 65] = "x-amz-content-sha256: ";
    struct s3_request *q = a->q;
    sg_sha256((struct sg_str){q->body.p ? q->body.p : "", q->body.n}, hash);
    sg_hex(hash, sizeof hash, line + strlen(line));
    bool good = add_line(a, line);
    for (int i = 0; good && i < 4 && q->headers[i]; i++)
        good = add_line(a, q->headers[i]);
    for (int i = 0; good && q->encrypts && i < 2 && a->s->encryption[i][0]; i++)
        good = add_line(a, a->s->encryption[i]);
    if (good && s3_needs_kms(a->s, q))
        good = add_signature(a, strchr(line, ' ') + 1);
    return good;
}

#define SET(option, value) (curl_easy_setopt(a->curl, CURLOPT_##option, value) == CURLE_OK)

static bool set_method(struct attempt *a)
{
    const struct s3_request *q = a->q;
    bool puts = !strcmp(q->method, "PUT"), posts = !strcmp(q->method, "POST");
    if (!strcmp(q->method, "HEAD"))
        return SET(NOBODY, 1L);
    if (puts)
        return SET(UPLOAD, 1L) && SET(INFILESIZE_LARGE, (curl_off_t)q->body.n) &&
               SET(READFUNCTION, on_send) && SET(READDATA, a) && SET(SEEKFUNCTION, on_seek) &&
               SET(SEEKDATA, a);
    if (posts)
        return SET(POSTFIELDS, q->body.n ? q->body.p : "") &&
               SET(POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
    return SET(HTTPGET, 1L) && SET(CUSTOMREQUEST, q->method);
}

static bool set_up(struct attempt *a, const char *url)
{
    struct s3 *s = a->s;
    int64_t connect_ms = a->timeout_us / 1000 < 5000 ? a->timeout_us / 1000 : 5000;
    return add_lines(a) && SET(URL, url) && SET(PROTOCOLS_STR, "http,https") &&
           SET(FOLLOWLOCATION, 0L) && SET(NOSIGNAL, 1L) &&
           (s3_needs_kms(s, a->q) ||
            (SET(AWS_SIGV4, s->provider) && SET(USERNAME, s->id) && SET(PASSWORD, s->secret))) &&
           SET(HTTPHEADER, a->lines) && SET(HEADERFUNCTION, on_header) && SET(HEADERDATA, a) &&
           SET(WRITEFUNCTION, on_body) && SET(WRITEDATA, a) && SET(NOPROGRESS, 0L) &&
           SET(XFERINFOFUNCTION, on_progress) && SET(XFERINFODATA, a) &&
           SET(CONNECTTIMEOUT_MS, (long)connect_ms) && SET(FILETIME, 1L) && SET(PATH_AS_IS, 1L) &&
           SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
           SET(BUFFERSIZE, (long)SG_OBJECT_CHUNK) && SET(UPLOAD_BUFFERSIZE, 262144L) &&
           set_method(a);
}

static void read_answer(struct attempt *a)
{
    struct s3_request *q = a->q;
    curl_off_t length = -1, after = 0, at = -1;
    curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &q->status);
    curl_easy_getinfo(a->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_getinfo(a->curl, CURLINFO_FILETIME_T, &at);
    curl_easy_getinfo(a->curl, CURLINFO_RETRY_AFTER, &after);
    q->length = length;
    q->modified_us = at < 0 ? 0 : at * 1000000;
    q->retry_after_ms = after <= 0 ? 0 : after < 10 ? after * 1000 : 10000;
}

static int judge_transfer(struct attempt *a, CURLcode code, struct sg_error *e)
{
    struct s3_request *q = a->q;
    if (a->sink_rc) {
        if (e)
            *e = a->sink_error;
        return a->sink_rc;
    }
    if (sg_buf_failed(&q->answer))
        return sg_fail(e, SG_ENOMEM, "objects");
    if (!code)
        return s3_judge(q, e);
    q->passes = code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_URL_MALFORMAT;
    return sg_fail(e, SG_EUNAVAIL, "objects: %s",
                   a->stalled ? "the server was silent too long"
                   : a->late  ? "the server is too slow"
                              : curl_easy_strerror(code));
}

static int try_once(struct s3 *s, struct s3_request *q, const char *url, struct sg_error *e)
{
    int64_t timeout_ms = q->timeout_ms ? q->timeout_ms : s->timeout_ms;
    struct attempt a = {.s = s,
                        .q = q,
                        .timeout_us = timeout_ms * 1000,
                        .moved_us = sg_now_us(),
                        .sink_error = SG_ERROR_INIT};
    sg_buf_reset(&q->answer);
    q->status = 0;
    q->etag[0] = q->stamp[0] = q->range[0] = q->code[0] = '\0';
    q->received = q->retry_after_ms = 0;
    q->passes = false;
    a.curl = take_handle(s);
    if (!a.curl)
        return sg_fail(e, SG_ENOMEM, "objects");
    int rc;
    if (set_up(&a, url)) {
        CURLcode code = curl_easy_perform(a.curl);
        read_answer(&a);
        rc = judge_transfer(&a, code, e);
    } else
        rc = sg_fail(e, SG_EINTERNAL, "objects: curl refuses a setting");
    give_handle(s, a.curl);
    curl_slist_free_all(a.lines);
    sg_metric_add(s->requests, rc ? sg_err_name(rc) : "ok", 1);
    return rc;
}

int s3_run(struct s3 *s, struct s3_request *q, struct sg_error *e)
{
    struct sg_buf url = {0};
    int tries = q->tries ? q->tries : s->retries + 1;
    sg_buf_printf(&url, "%s%s/%s%s%s%s%c", s->base, s->path, q->key ? s->prefix : "",
                  q->key ? q->key : "", q->query ? "?" : "", q->query ? q->query : "", 0);
    int rc = sg_buf_failed(&url) ? sg_fail(e, SG_ENOMEM, "objects") : 0;
    q->begun_us = q->begun_us ? q->begun_us : sg_now_us();
    for (int i = 1; !rc; i++) {
        rc = try_once(s, q, url.p, e);
        if (!rc || !q->passes || i >= tries || !s3_wait(s, q, i + 1))
            break;
        rc = 0;
    }
    sg_buf_free(&url);
    return rc;
}
