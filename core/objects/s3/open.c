/* open.c - settings of a bucket, and its handles: see s3.h. */
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/objects/s3/presign.h"
#include "core/objects/s3/s3.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int refuse(struct sg_error *e, const char *key, const char *why)
{
    char field[64];
    snprintf(field, sizeof field, "objects.%s", key);
    return sg_fail_field(e, field, "%s %s", field, why);
}

/* 3 to 63 small letters, digits, points and hyphens (Amazon's rules of names). */
static bool is_bucket(struct sg_str s)
{
    bool good = s.n >= 3 && s.n <= 63;
    for (size_t i = 0; good && i < s.n; i++)
        good = islower((unsigned char)s.p[i]) || isdigit((unsigned char)s.p[i]) ||
               (i > 0 && i < s.n - 1 && (s.p[i] == '-' || s.p[i] == '.'));
    return good;
}

static int read_secret(const char *variable, char out[256], const char *key, struct sg_error *e)
{
    const char *value = getenv(variable);
    if (!value || !*value)
        return refuse(e, key, "names a variable that is not set");
    if (strlen(value) > 255)
        return refuse(e, key, "names a variable whose value is too long");
    for (const char *p = value; *p; p++)
        if (*p < 0x21 || *p > 0x7e)
            return refuse(e, key, "names a variable that holds spaces or control characters");
    snprintf(out, 256, "%s", value);
    return 0;
}

/* s3://bucket/prefix */
static int read_url(struct s3 *s, const char *url, struct sg_str *bucket, struct sg_error *e)
{
    const char *from = url + strlen("s3://"), *slash = strchr(from, '/');
    *bucket = (struct sg_str){from, slash ? (size_t)(slash - from) : strlen(from)};
    struct sg_str prefix = sg_str(slash ? slash + 1 : "");
    while (prefix.n && prefix.p[prefix.n - 1] == '/')
        prefix.n--;
    if (!is_bucket(*bucket))
        return refuse(e, "url", "names no bucket: s3://bucket/prefix");
    if (prefix.n > 200 || (prefix.n && !sg_object_key_ok(prefix)))
        return refuse(e, "url", "has a prefix that is no key");
    snprintf(s->prefix, sizeof s->prefix, "%.*s%s", SG_FMT(prefix), prefix.n ? "/" : "");
    return 0;
}

/* Where requests go, and the Host that is signed: without the port that the scheme has anyway. */
static int read_server(struct s3 *s, const struct sg_config *c, struct sg_str bucket,
                       struct sg_error *e)
{
    char endpoint[SG_CONFIG_TEXT];
    snprintf(endpoint, sizeof endpoint, "%s", c->objects.s3_endpoint);
    if (!endpoint[0])
        snprintf(endpoint, sizeof endpoint, "https://s3.%s.amazonaws.com", c->objects.s3_region);
    size_t n = strlen(endpoint);
    while (n && endpoint[n - 1] == '/')
        endpoint[--n] = '\0';
    char *host = strstr(endpoint, "://");
    if (!host || strpbrk(host + 3, "/?#@ ") || !host[3])
        return refuse(e, "s3_endpoint", "is not http(s)://host or http(s)://host:port");
    *host = '\0';
    host += 3;
    const char *dflt = !strcmp(endpoint, "https") ? ":443" : ":80";
    size_t at = strlen(host), m = strlen(dflt);
    if (at > m && !strcmp(host + at - m, dflt))
        host[at - m] = '\0';
    bool path_style = c->objects.s3_path_style;
    int length = snprintf(s->host, sizeof s->host, "%.*s%s%s", path_style ? 0 : (int)bucket.n,
                          bucket.p, path_style ? "" : ".", host);
    if (length < 0 || (size_t)length >= sizeof s->host)
        return refuse(e, "s3_endpoint", "is too long");
    snprintf(s->base, sizeof s->base, "%s://%s", endpoint, s->host);
    snprintf(s->path, sizeof s->path, "%s%.*s", path_style ? "/" : "",
             path_style ? (int)bucket.n : 0, bucket.p);
    return 0;
}

static int read_encryption(struct s3 *s, const char *how, struct sg_error *e)
{
    static const char kms[] = "aws:kms";
    if (!*how)
        return 0;
    if (strpbrk(how, "\r\n\t"))
        return refuse(e, "s3_encryption", "is neither AES256 nor aws:kms and a key");
    if (!strcmp(how, "AES256") || !strcmp(how, kms)) {
        snprintf(s->encryption[0], sizeof s->encryption[0], "x-amz-server-side-encryption: %s",
                 how);
        return 0;
    }
    if (strncmp(how, kms, sizeof kms - 1) != 0 || how[sizeof kms - 1] != ' ')
        return refuse(e, "s3_encryption", "is neither AES256 nor aws:kms and a key");
    snprintf(s->encryption[0], sizeof s->encryption[0], "x-amz-server-side-encryption: %s", kms);
    snprintf(s->encryption[1], sizeof s->encryption[1],
             "x-amz-server-side-encryption-aws-kms-key-id: %s", how + sizeof kms);
    return 0;
}

static void close_s3(void *store)
{
    struct s3 *s = store;
    for (size_t i = 0; i < s->n_idle; i++)
        curl_easy_cleanup(s->idle[i]);
    pthread_mutex_destroy(&s->lock);
    explicit_bzero(s, sizeof *s);
    free(s);
}

static int set_up(struct s3 *s, const struct sg_config *c, struct sg_error *e)
{
    struct sg_str bucket;
    const char *region = c->objects.s3_region;
    if (!*region || strlen(region) > 63 ||
        region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return refuse(e, "s3_region", "is no name of a region");
    snprintf(s->region, sizeof s->region, "%s", region);
    snprintf(s->provider, sizeof s->provider, "aws:amz:%s:s3", region);
    int rc = read_url(s, c->objects.url, &bucket, e);
    if (!rc)
        rc = read_server(s, c, bucket, e);
    if (!rc)
        rc = read_secret(c->objects.s3_key_env, s->id, "s3_key_env", e);
    if (!rc)
        rc = read_secret(c->objects.s3_secret_env, s->secret, "s3_secret_env", e);
    return rc ? rc : read_encryption(s, c->objects.s3_encryption, e);
}

int s3_store_open(void **out, const struct sg_config *c, struct sg_error *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    struct s3 *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "objects");
    pthread_mutex_init(&s->lock, NULL);
    s->timeout_ms = c->objects.timeout_ms;
    s->retries = (int)c->objects.retries;
    s->requests = sg_metric_new(SG_COUNTER, "segue_objects_requests_total",
                                "Requests to the object store, by outcome", "outcome");
    int rc = set_up(s, c, e);
    if (rc) {
        close_s3(s);
        return rc;
    }
    if (!strncmp(s->base, "http://", 7) && strncmp(s->host, "127.", 4) != 0 &&
        !strstr(s->host, "localhost"))
        sg_log(SG_LOG_WARN, "objects go over the network unencrypted: objects.s3_endpoint is http",
               NULL);
    *out = s;
    return 0;
}

static int is_there(void *store, struct sg_error *e)
{
    struct s3 *s = store;
    struct s3_request q = {
        .method = "HEAD", .tries = 1, .timeout_ms = s->timeout_ms < 1000 ? s->timeout_ms : 1000};
    int rc = s3_run(s, &q, e);
    sg_buf_free(&q.answer);
    return rc;
}

static int stat_object(void *store, const char *key, struct sg_object_info *info,
                       struct sg_error *e)
{
    struct s3_request q = {.method = "HEAD", .key = key};
    int rc = s3_run(store, &q, e);
    if (!rc)
        *info = (struct sg_object_info){.bytes = q.length, .modified_us = q.modified_us};
    sg_buf_free(&q.answer);
    return rc;
}

static int remove_object(void *store, const char *key, struct sg_error *e)
{
    struct s3_request q = {.method = "DELETE", .key = key};
    int rc = s3_run(store, &q, e);
    sg_buf_free(&q.answer);
    return rc == SG_ENOENT ? 0 : rc;
}

int s3_presign(void *store, const char *key, int64_t seconds, struct sg_buf *url,
               struct sg_error *e)
{
    struct s3 *s = store;
    struct sg_buf path = {0};
    sg_buf_printf(&path, "%s/%s%s%c", s->path, s->prefix, key, 0);
    struct s3_signing x = {.id = s->id,
                           .secret = s->secret,
                           .region = s->region,
                           .base = s->base,
                           .host = s->host,
                           .path = path.p,
                           .at_s = sg_wall_us() / 1000000,
                           .seconds = seconds};
    bool good = !sg_buf_failed(&path) && s3_presign_url(&x, url);
    sg_buf_free(&path);
    return good ? 0 : sg_fail(e, SG_ENOMEM, "objects");
}

const struct store_ops s3_store_ops = {
    .close = close_s3,
    .is_there = is_there,
    .put = s3_put,
    .write = s3_write,
    .commit = s3_commit,
    .abort = s3_abort,
    .get = s3_get,
    .stat = stat_object,
    .remove = remove_object,
    .list = s3_list,
    .presign = s3_presign,
    .sweep = s3_sweep,
};
