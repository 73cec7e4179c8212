/* tus.c - uploads that may be interrupted: tus 1.0 with creation, creation-with-upload,
 * termination, expiration and checksum (https://tus.io/protocols/resumable-upload). */
#include "api/upload/tus.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/upload/handlers.h"
#include "api/upload/parts.h"
#include <stdio.h>

void tus_headers(struct sg_http_request *q, struct sg_http_response *r, int64_t offset)
{
    sg_http_header(r, "Tus-Resumable", SG_STR("1.0.0"));
    if (offset >= 0)
        sg_http_header(r, "Upload-Offset", sg_arena_printf(q->arena, "%lld", (long long)offset));
}

bool tus_speaks(struct sg_http_request *q, struct sg_http_response *r)
{
    tus_headers(q, r, -1);
    if (sg_str_eq(sg_http_request_header(q, "Tus-Resumable"), SG_STR("1.0.0")))
        return true;
    sg_http_header(r, "Tus-Version", SG_STR("1.0.0"));
    sg_problem_status(q, r, 412, "expected Tus-Resumable: 1.0.0");
    return false;
}

void tus_refuse(struct sg_http_request *q, struct sg_http_response *r, const struct sg_error *e)
{
    if (e->kind && strcmp(e->kind, "checksum-mismatch") == 0)
        sg_problem_status(q, r, 460, e->text);
    else if (e->kind && strcmp(e->kind, "upload-gone") == 0)
        sg_problem_status(q, r, 410, e->text);
    else
        sg_problem(q, r, e);
}

int tus_is_open(const struct tus_upload *t, struct sg_error *e)
{
    if (strcmp(t->status, "receiving") == 0)
        return 0;
    bool gone = strcmp(t->status, "cancelled") == 0 || strcmp(t->status, "refused") == 0;
    return gone ? sg_fail_kind(e, SG_ECONFLICT, "upload-gone", "the upload is %s", t->status)
                : sg_fail(e, SG_ECONFLICT, "the upload is %s", t->status);
}

/* Nobody need be logged in to ask what is spoken here. */
void sg_tus_options(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    tus_headers(q, r, -1);
    sg_http_header(r, "Tus-Version", SG_STR("1.0.0"));
    sg_http_header(r, "Tus-Extension",
                   SG_STR("creation,creation-with-upload,termination,expiration,checksum"));
    sg_http_header(r, "Tus-Checksum-Algorithm", SG_STR("sha1,sha256,sha512,md5"));
    sg_http_header(
        r, "Tus-Max-Size",
        sg_arena_printf(q->arena, "%lld", (long long)(api->config->upload.max_mb << 20)));
    r->status = 204;
}

void sg_tus_head(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct tus_upload t;
    if (!tus_speaks(q, r))
        return;
    if (tus_find(api->uploads, q, q->arena, sg_route_text(q, 0), &t, &e)) {
        tus_refuse(q, r, &e);
        return;
    }
    bool open = tus_is_open(&t, &e) == 0;
    if (!open && e.kind) {
        tus_refuse(q, r, &e);
        return;
    }
    tus_headers(q, r, t.offset);
    sg_http_header(r, "Upload-Length", sg_arena_printf(q->arena, "%lld", (long long)t.declared));
    if (t.metadata.n)
        sg_http_header(r, "Upload-Metadata", t.metadata);
    if (open)
        sg_http_header(r, "Upload-Expires", t.expires);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    r->status = 200;
}

void sg_tus_terminate(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct tus_upload t;
    if (!tus_speaks(q, r))
        return;
    int rc = tus_find(api->uploads, q, q->arena, sg_route_text(q, 0), &t, &e);
    if (!rc && tus_is_open(&t, &e) && e.kind)
        rc = e.code; /* it is gone already */
    if (!rc)
        rc = upload_end(api->uploads, t.u.id, "cancelled", NULL, NULL, &e);
    if (rc)
        tus_refuse(q, r, &e);
    else
        r->status = 204;
}
