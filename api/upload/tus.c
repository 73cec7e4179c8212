/* tus.c - uploads that may be interrupted: tus 1.0 with creation, termination, expiration and
 * checksum (https://tus.io/protocols/resumable-upload). */
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
    else
        sg_problem(q, r, e);
}

int tus_is_open(const struct tus_upload *t, struct sg_error *e)
{
    if (strcmp(t->status, "receiving") == 0)
        return 0;
    return sg_fail(e, SG_ECONFLICT, "the upload is %s", t->status);
}

/* Nobody need be logged in to ask what is spoken here. */
void sg_tus_options(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    tus_headers(q, r, -1);
    sg_http_header(r, "Tus-Version", SG_STR("1.0.0"));
    sg_http_header(r, "Tus-Extension", SG_STR("creation,termination,expiration,checksum"));
    sg_http_header(r, "Tus-Checksum-Algorithm", SG_STR("sha1,sha256,sha512,md5"));
    sg_http_header(
        r, "Tus-Max-Size",
        sg_arena_printf(q->arena, "%lld", (long long)(api->config->upload.max_mb << 20)));
    r->status = 204;
}

static int read_length(const struct sg_api *api, const struct sg_http_request *q,
                       struct tus_upload *t, struct sg_error *e)
{
    uint64_t n;
    int64_t most = api->config->upload.max_mb << 20;
    struct sg_str told = sg_http_request_header(q, "Upload-Length");
    if (!sg_str_to_u64(told, &n) || !n)
        return sg_fail_field(e, "Upload-Length",
                             "Upload-Length: expected the file's length in bytes, from 1");
    if (n > (uint64_t)most)
        return sg_fail(e, SG_ETOOLARGE, "a file has at most %lld bytes", (long long)most);
    t->declared = (int64_t)n;
    return 0;
}

static int create(struct sg_api *api, struct sg_http_request *q, struct tus_upload *t,
                  struct sg_error *e)
{
    struct sg_str told = sg_http_request_header(q, "Upload-Metadata");
    upload_name(&t->u);
    t->metadata = told.n ? sg_arena_copy(q->arena, told) : SG_STR_NONE;
    int rc = read_length(api, q, t, e);
    if (!rc)
        rc = upload_metadata(&t->u.fields, q->arena, told, e);
    if (!rc)
        rc = upload_resolve(api->uploads, q, &t->u, e);
    if (!rc)
        rc = upload_seal(api->uploads, &t->u, e);
    return rc ? rc : tus_create(api->uploads, q, t, e);
}

void sg_tus_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct tus_upload t = {.offset = 0}, made;
    if (!tus_speaks(q, r))
        return;
    if (create(api, q, &t, &e)) {
        tus_refuse(q, r, &e);
        return;
    }
    r->status = 201;
    sg_http_header(r, "Location", sg_arena_printf(q->arena, "/api/v1/upload/tus/%s", t.u.id));
    if (tus_find(api->uploads, q, q->arena, sg_str(t.u.id), &made, &e) == 0)
        sg_http_header(r, "Upload-Expires", made.expires);
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
    if (strcmp(t.status, "cancelled") == 0 || strcmp(t.status, "refused") == 0) {
        sg_problem_status(q, r, 410, t.status);
        return;
    }
    tus_headers(q, r, t.offset);
    sg_http_header(r, "Upload-Length", sg_arena_printf(q->arena, "%lld", (long long)t.declared));
    if (t.metadata.n)
        sg_http_header(r, "Upload-Metadata", t.metadata);
    if (tus_is_open(&t, &e) == 0)
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
    if (!rc)
        rc = upload_end(api->uploads, t.u.id, "cancelled", NULL, NULL, &e);
    if (rc)
        tus_refuse(q, r, &e);
    else
        r->status = 204;
}
