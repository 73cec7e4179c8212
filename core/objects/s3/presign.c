/* presign.c - see presign.h. */
#include "core/objects/s3/presign.h"
#include "core/digest.h"
#include "core/objects/s3/s3.h"
#include <time.h>

/* HMAC chain of secret, day, region, service: the key that signs. */
static void signing_key(const struct s3_signing *x, const char *day, unsigned char key[32])
{
    struct sg_buf first = {0};
    const char *parts[] = {x->region, "s3", "aws4_request"};
    unsigned char last[32];
    sg_buf_puts(&first, "AWS4");
    sg_buf_puts(&first, x->secret);
    sg_hmac_sha256(sg_buf_str(&first), sg_str(day), key);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memcpy(last, key, sizeof last);
        sg_hmac_sha256((struct sg_str){(const char *)last, sizeof last}, sg_str(parts[i]), key);
    }
    explicit_bzero(last, sizeof last);
    if (first.p)
        explicit_bzero(first.p, first.n);
    sg_buf_free(&first);
}

static void put_query(const struct s3_signing *x, const char *time, struct sg_buf *query)
{
    struct sg_buf credential = {0}, seconds = {0};
    sg_buf_printf(&credential, "%s/%.8s/%s/s3/aws4_request", x->id, time, x->region);
    sg_buf_i64(&seconds, x->seconds);
    s3_query_put(query, "X-Amz-Algorithm", SG_STR("AWS4-HMAC-SHA256"));
    s3_query_put(query, "X-Amz-Credential", sg_buf_str(&credential));
    s3_query_put(query, "X-Amz-Date", sg_str(time));
    s3_query_put(query, "X-Amz-Expires", sg_buf_str(&seconds));
    s3_query_put(query, "X-Amz-SignedHeaders", SG_STR("host"));
    query->failed |= sg_buf_failed(&credential) || sg_buf_failed(&seconds);
    sg_buf_free(&credential);
    sg_buf_free(&seconds);
}

/* What is signed: the algorithm, the time, the scope, the hash of the request. */
bool s3_sign(const struct s3_signing *x, const char *time, struct sg_str query, char hex[65])
{
    struct sg_buf request = {0}, text = {0};
    unsigned char hash[32], key[32];
    char day[9];
    memcpy(day, time, 8);
    day[8] = '\0';
    sg_buf_printf(&request, "%s\n%s\n%.*s\n", x->method ? x->method : "GET", x->path,
                  SG_FMT(query));
    if (x->headers)
        sg_buf_puts(&request, x->headers);
    else
        sg_buf_printf(&request, "host:%s\n", x->host);
    sg_buf_printf(&request, "\n%s\n%s", x->names ? x->names : "host",
                  x->payload ? x->payload : "UNSIGNED-PAYLOAD");
    sg_sha256(sg_buf_str(&request), hash);
    sg_hex(hash, 32, hex);
    sg_buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s/%s/s3/aws4_request\n%s", time, day, x->region,
                  hex);
    signing_key(x, day, key);
    sg_hmac_sha256((struct sg_str){(const char *)key, 32}, sg_buf_str(&text), hash);
    sg_hex(hash, 32, hex);
    bool good = !sg_buf_failed(&request) && !sg_buf_failed(&text);
    explicit_bzero(key, sizeof key);
    sg_buf_free(&request);
    sg_buf_free(&text);
    return good;
}

void s3_time_text(int64_t at_s, char out[S3_TIME_CHARS + 1])
{
    time_t at = (time_t)at_s;
    struct tm tm;
    strftime(out, S3_TIME_CHARS + 1, "%Y%m%dT%H%M%SZ", gmtime_r(&at, &tm));
}

bool s3_presign_url(const struct s3_signing *x, struct sg_buf *url)
{
    struct sg_buf query = {0};
    char time[S3_TIME_CHARS + 1], hex[65];
    s3_time_text(x->at_s, time);
    put_query(x, time, &query);
    bool good = s3_sign(x, time, sg_buf_str(&query), hex);
    sg_buf_printf(url, "%s%s?%.*s&X-Amz-Signature=%s", x->base, x->path, SG_FMT(sg_buf_str(&query)),
                  hex);
    good = good && !sg_buf_failed(&query) && !sg_buf_failed(url);
    sg_buf_free(&query);
    return good;
}
