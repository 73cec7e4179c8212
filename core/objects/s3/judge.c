/* judge.c - what the answer to a request means: see s3.h. */
#include "core/objects/s3/answer.h"
#include "core/objects/s3/s3.h"
#include <stdio.h>

int s3_judge(struct s3_request *q, struct sg_error *e)
{
    struct s3_answer said = {.root = ""};
    char what[sizeof said.code + sizeof said.message + 8] = "";
    long status = q->status;
    if (status / 100 == 2 && strcmp(q->method, "POST") != 0)
        return 0;
    bool tells = q->answer.n && !s3_answer_read(sg_buf_str(&q->answer), &said, NULL, NULL, NULL) &&
                 !strcmp(said.root, "Error");
    if (status / 100 == 2 && !tells)
        return 0;
    if (tells) {
        snprintf(q->code, sizeof q->code, "%s", said.code);
        snprintf(what, sizeof what, ": %s, %s", said.code, said.message);
    }
    bool busy = !strcmp(q->code, "SlowDown") || !strcmp(q->code, "InternalError") ||
                !strcmp(q->code, "RequestTimeout") || !strcmp(q->code, "ServiceUnavailable") ||
                !strcmp(q->code, "OperationAborted");
    q->passes = busy || (status >= 500 && status != 501) || status == 429 || status == 408 ||
                status / 100 == 2;
    if (status == 404 && q->key && strcmp(q->code, "NoSuchBucket") != 0)
        return sg_fail(e, SG_ENOENT, "object %s: there is none", q->key);
    if (q->passes)
        return sg_fail(e, SG_EUNAVAIL, "objects: the server answered %ld%s", status, what);
    if (status == 401 || status == 403)
        return sg_fail(e, SG_EPERM, "objects: the server refuses us%s", what);
    if (status == 404)
        return sg_fail(e, SG_EUNAVAIL, "objects: the server has no such bucket");
    if (status == 416)
        return sg_fail(e, SG_EINVAL, "object %s ends before", q->key ? q->key : "");
    return sg_fail(e, SG_EIO, "objects: the server answered %ld%s", status, what);
}
