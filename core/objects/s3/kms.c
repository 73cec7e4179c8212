/* kms.c - requests that name a key of aws:kms, signed by us: see s3.h. Their headers are always the
 * same seven.
 */
#include "core/clock.h"
#include "core/digest.h"
#include "core/objects/s3/presign.h"
#include "core/objects/s3/s3.h"
#include <stdio.h>

bool s3_needs_kms(const struct s3 *s, const struct s3_request *q)
{
    return q->encrypts && s->encryption[1][0];
}

/* "Name: value" as the signature wants it: name in small letters, no space. */
static void put_line(struct sg_buf *b, const char *line)
{
    const char *colon = strchr(line, ':');
    for (const char *c = line; c < colon; c++)
        sg_buf_putc(b, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    sg_buf_printf(b, ":%s\n", colon + 1 + strspn(colon + 1, " "));
}

bool s3_sign_kms(const struct s3 *s, const struct s3_request *q, const char *payload,
                 char date[S3_DATE_LINE], struct sg_buf *authorization)
{
    static const char names[] =
        "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-segue-put;"
        "x-amz-server-side-encryption;x-amz-server-side-encryption-aws-kms-key-id";
    struct sg_buf headers = {0}, path = {0};
    char time[S3_TIME_CHARS + 1], hex[65];
    s3_time_text(sg_wall_us() / 1000000, time);
    put_line(&headers, q->headers[0]);
    sg_buf_printf(&headers, "host:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n", s->host, payload,
                  time);
    put_line(&headers, q->headers[1]);
    put_line(&headers, s->encryption[0]);
    put_line(&headers, s->encryption[1]);
    sg_buf_putc(&headers, '\0');
    sg_buf_printf(&path, "%s/%s%s%c", s->path, s->prefix, q->key, 0);
    struct s3_signing x = {.secret = s->secret,
                           .region = s->region,
                           .path = path.p,
                           .method = q->method,
                           .names = names,
                           .headers = headers.p,
                           .payload = payload};
    bool good = !sg_buf_failed(&headers) && !sg_buf_failed(&path) &&
                s3_sign(&x, time, sg_str(q->query), hex);
    snprintf(date, S3_DATE_LINE, "x-amz-date: %s", time);
    if (good)
        sg_buf_printf(authorization,
                      "Authorization: AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/s3/aws4_request, "
                      "SignedHeaders=%s, Signature=%s%c",
                      s->id, time, s->region, names, hex, 0);
    sg_buf_free(&headers);
    sg_buf_free(&path);
    return good && !sg_buf_failed(authorization);
}
