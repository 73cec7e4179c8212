/* status.c - how far uploads are, for those who sent them. */
#include "api/library/answers.h"
#include "api/library/library.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/upload/handlers.h"
#include "api/upload/parts.h"
#include "api/upload/view.h"
#include "schemas/upload.h"

/* $1 who, $2 admin, $3 which. */
static const struct sg_pg_statement one = {
    "upload_status",
    "SELECT " UPLOAD_VIEW " FROM uploads u LEFT JOIN genres g USING (genre_id) "
    "WHERE u.upload_id = $3 AND ($2::boolean OR u.user_id = $1::bigint)",
    3};

int upload_view(struct sg_api *api, struct sg_http_request *q, struct sg_upload *out,
                struct sg_error *e)
{
    const char *id = sg_param_text(q, sg_route_text(q, 0));
    const char *params[] = {sg_caller_text(q), sg_caller_is_admin(q) ? "t" : "f", id};
    return sg_answers_read(api, q, &one, params, &sg_upload_record, "upload", out, e);
}

void sg_upload_status(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_upload u;
    if (upload_view(api, q, &u, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    sg_api_answer(r, &sg_upload_record, &u);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
}

/* Rows of one moment are in order by a number made of their ids. */
#define NUMBER "('x' || left(md5(u.upload_id), 15))::bit(60)::bigint"
#define MICROS "(extract(epoch FROM u.created_at) * 1000000)::bigint"
static const struct sg_pg_statement list = {
    "uploads_of",
    "WITH page AS (SELECT u.*, " MICROS " AS at, " NUMBER " AS n FROM uploads u "
    "WHERE u.user_id = $1::bigint AND ($2::bigint IS NULL OR (" MICROS ", " NUMBER
    ") < ($2::bigint, $3::bigint)) "
    "ORDER BY at DESC, n DESC LIMIT $4::bigint + 1), shown AS (SELECT *, row_number() OVER "
    "(ORDER BY at DESC, n DESC) AS k FROM page) "
    "SELECT jsonb_strip_nulls(jsonb_build_object('uploads', coalesce((SELECT jsonb_agg(" UPLOAD_VIEW
    " ORDER BY u.k) FROM shown u LEFT JOIN genres g USING (genre_id) "
    "WHERE u.k <= $4::bigint), '[]'), 'next_cursor', (SELECT at || '-' || n FROM shown "
    "WHERE k = $4::bigint AND EXISTS (SELECT FROM shown WHERE k > $4::bigint))))",
    4};

void sg_upload_list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    sg_answers_give(api, q, r, &list, params, &sg_upload_list_record, "upload", rc, &e);
}

void sg_upload_cancel(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_upload u;
    int rc = upload_view(api, q, &u, &e);
    if (!rc)
        rc = upload_end(api->uploads, sg_arena_copy(q->arena, u.upload_id).p, "cancelled", NULL,
                        NULL, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        r->status = 204;
}
