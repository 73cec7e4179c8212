/* put.c - writing: one PUT for what fits into a part, else a multipart upload of parts that are
 * held one at a time. The server compares each body with its signed hash. Until the last answer
 * nothing is visible; if that is lost, a mark in the object's metadata tells whether it went well.
 */
#include "core/log.h"
#include "core/objects/s3/answer.h"
#include "core/objects/s3/s3.h"
#include "core/uuid.h"
#include <stdio.h>
#include <stdlib.h>

struct put {
    struct s3 *s;
    char key[SG_OBJECT_KEY_MAX + 1];
    char type[160], stamp[S3_STAMP + 40]; /* header lines */
    struct sg_buf part;
    char upload_id[S3_TEXT_MAX]; /* "": not begun */
    struct sg_buf done;          /* the list of parts that ends it */
    int n_parts;
};

int s3_put(void *store, const char *key, const char *content_type, void **out, struct sg_error *e)
{
    unsigned char id[16];
    char text[SG_UUID_CHARS + 1];
    struct put *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "objects");
    if (!content_type || !*content_type || strlen(content_type) > 120 ||
        strpbrk(content_type, "\r\n"))
        content_type = "application/octet-stream";
    p->s = store;
    snprintf(p->key, sizeof p->key, "%s", key);
    snprintf(p->type, sizeof p->type, "Content-Type: %s", content_type);
    sg_uuid_make(id);
    sg_uuid_text(id, text);
    snprintf(p->stamp, sizeof p->stamp, "x-amz-meta-segue-put: %s", text);
    *out = p;
    return 0;
}

static void free_put(struct put *p)
{
    sg_buf_free(&p->part);
    sg_buf_free(&p->done);
    free(p);
}

static int begin(struct put *p, struct sg_error *e)
{
    struct s3_answer said;
    struct s3_request q = {.method = "POST",
                           .key = p->key,
                           .query = "uploads=",
                           .headers = {p->type, p->stamp},
                           .encrypts = true};
    int rc = s3_run(p->s, &q, e);
    if (!rc)
        rc = s3_answer_read(sg_buf_str(&q.answer), &said, NULL, NULL, e);
    if (!rc && !said.upload_id[0])
        rc = sg_fail(e, SG_EIO, "objects: the server began an upload without a name");
    if (!rc)
        memcpy(p->upload_id, said.upload_id, sizeof p->upload_id);
    sg_buf_puts(&p->done, "<CompleteMultipartUpload>");
    sg_buf_free(&q.answer);
    return rc;
}

/* An ETag comes back as it was told: only what XML takes as it is. */
static bool is_etag(const char *etag)
{
    for (const char *c = etag; *c; c++)
        if (*c < 0x21 || *c > 0x7e || *c == '<' || *c == '&')
            return false;
    return *etag;
}

static int send_part(struct put *p, struct sg_error *e)
{
    struct sg_buf query = {0};
    char number[16];
    int rc = p->upload_id[0] ? 0 : begin(p, e);
    if (rc)
        return rc;
    if (++p->n_parts > S3_PARTS_MAX)
        return sg_fail(e, SG_ELIMIT, "object %s is longer than %d parts", p->key, S3_PARTS_MAX);
    snprintf(number, sizeof number, "%d", p->n_parts);
    s3_query_put(&query, "partNumber", sg_str(number));
    s3_query_put(&query, "uploadId", sg_str(p->upload_id));
    sg_buf_putc(&query, '\0');
    struct s3_request q = {
        .method = "PUT", .key = p->key, .query = query.p, .body = sg_buf_str(&p->part)};
    rc = sg_buf_failed(&query) ? sg_fail(e, SG_ENOMEM, "objects") : s3_run(p->s, &q, e);
    if (!rc && !is_etag(q.etag))
        rc = sg_fail(e, SG_EIO, "objects: the server gave a part no ETag");
    sg_buf_printf(&p->done, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", p->n_parts,
                  q.etag);
    sg_buf_reset(&p->part);
    sg_buf_free(&q.answer);
    sg_buf_free(&query);
    return rc == SG_ENOENT ? sg_fail(e, SG_EIO, "objects: the upload was aborted") : rc;
}

int s3_write(void *put, struct sg_str bytes, struct sg_error *e)
{
    struct put *p = put;
    int rc = 0;
    while (!rc && bytes.n) {
        if (p->part.n == S3_PART)
            rc = send_part(p, e);
        size_t room = S3_PART - p->part.n, n = bytes.n < room ? bytes.n : room;
        sg_buf_put(&p->part, bytes.p, n);
        if (!rc && sg_buf_failed(&p->part))
            rc = sg_fail(e, SG_ENOMEM, "objects");
        bytes.p += n;
        bytes.n -= n;
    }
    return rc;
}

static int put_whole(struct put *p, struct sg_error *e)
{
    struct s3_request q = {.method = "PUT",
                           .key = p->key,
                           .body = sg_buf_str(&p->part),
                           .headers = {p->type, p->stamp},
                           .encrypts = true};
    int rc = s3_run(p->s, &q, e);
    sg_buf_free(&q.answer);
    return rc;
}

static bool is_ours(struct put *p)
{
    struct s3_request q = {.method = "HEAD", .key = p->key};
    const char *stamp = strchr(p->stamp, ' ') + 1;
    bool ours = !s3_run(p->s, &q, NULL) && !strcmp(q.stamp, stamp);
    sg_buf_free(&q.answer);
    return ours;
}

static int complete(struct put *p, struct sg_error *e)
{
    struct sg_buf query = {0};
    s3_query_put(&query, "uploadId", sg_str(p->upload_id));
    sg_buf_putc(&query, '\0');
    sg_buf_puts(&p->done, "</CompleteMultipartUpload>");
    struct s3_request q = {.method = "POST",
                           .key = p->key,
                           .query = query.p,
                           .body = sg_buf_str(&p->done),
                           .headers = {"Content-Type: application/xml"}};
    int rc = sg_buf_failed(&query) || sg_buf_failed(&p->done) ? sg_fail(e, SG_ENOMEM, "objects")
                                                              : s3_run(p->s, &q, e);
    if (rc && rc != SG_ENOMEM && is_ours(p))
        rc = 0;
    sg_buf_free(&q.answer);
    sg_buf_free(&query);
    return rc == SG_ENOENT ? sg_fail(e, SG_EIO, "objects: the upload was aborted") : rc;
}

static void abort_upload(struct put *p)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf query = {0};
    s3_query_put(&query, "uploadId", sg_str(p->upload_id));
    sg_buf_putc(&query, '\0');
    struct s3_request q = {.method = "DELETE", .key = p->key, .query = query.p, .tries = 2};
    int rc = sg_buf_failed(&query) ? SG_ENOMEM : s3_run(p->s, &q, &e);
    if (rc && rc != SG_ENOENT)
        sg_log(SG_LOG_WARN, "parts of an upload stay in the bucket until they are swept",
               "key=%s error=%s", p->key, e.text);
    sg_buf_free(&q.answer);
    sg_buf_free(&query);
}

int s3_commit(void *put, struct sg_error *e)
{
    struct put *p = put;
    int rc = !p->upload_id[0] ? put_whole(p, e) : p->part.n ? send_part(p, e) : 0;
    if (!rc && p->upload_id[0])
        rc = complete(p, e);
    if (rc && p->upload_id[0])
        abort_upload(p);
    free_put(p);
    return rc;
}

void s3_abort(void *put)
{
    struct put *p = put;
    if (p->upload_id[0])
        abort_upload(p);
    free_put(p);
}
