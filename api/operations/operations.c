/* operations.c - health of every dependency, metrics, the OpenAPI document. */
#include "api/api.h"
#include "api/problem.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/objects/objects.h"
#include "schemas/service.h"
#include "schemas/views.h"

static const int64_t check_us = 1000000;

static void check_peer(struct sg_http_request *q, struct sg_rpc_client *peer, const char *name,
                       struct sg_health_check *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_health_reply h;
    *out = (struct sg_health_check){.name = sg_str(name), .lag_bytes = -1};
    if (sg_rpc_call(peer, SG_METHOD_HEALTH, NULL, NULL, &sg_health_reply_record, &h, q->arena,
                    sg_now_us() + check_us, q->traceparent, &e)) {
        out->detail = sg_arena_copy(q->arena, sg_str(e.text));
        return;
    }
    out->healthy = !sg_str_eq(h.status, SG_STR("down"));
    out->detail = h.detail;
    out->generation = h.generation;
    out->lag_bytes = h.lag_bytes;
}

static void check_database(struct sg_api *api, struct sg_health_check *out)
{
    *out = (struct sg_health_check){.name = SG_STR("database"), .lag_bytes = -1};
    out->healthy = sg_db_is_there(api->db);
    if (!out->healthy)
        out->detail = SG_STR("the database is away");
}

/* Paths and servers are not for everybody: `segue-data objects status` has the whole reason. */
static void check_objects(struct sg_api *api, struct sg_health_check *out)
{
    *out = (struct sg_health_check){.name = SG_STR("objects"), .lag_bytes = -1};
    int rc = sg_objects_is_there(api->objects, NULL);
    out->healthy = !rc;
    if (rc)
        out->detail = rc == SG_ENOSPC  ? SG_STR("the disk of the object store is full")
                      : rc == SG_EPERM ? SG_STR("the object store refuses the API")
                                       : SG_STR("the object store is away");
}

void sg_api_health(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_health_check c[5];
    check_database(api, &c[0]);
    check_peer(q, api->query, "query", &c[1]);
    check_peer(q, api->recsys, "recsys", &c[2]);
    check_peer(q, api->indexer, "indexer", &c[3]);
    check_objects(api, &c[4]);
    bool all = true;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        all = all && c[i].healthy;
    struct sg_health_view view = {
        .status = all ? SG_STR("healthy") : SG_STR("unhealthy"),
        .database = c[0].healthy,
        .query = c[1].healthy,
        .recsys = c[2].healthy,
        .indexer = c[3].healthy,
        .checks = {c, sizeof c / sizeof *c},
    };
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    sg_api_answer(r, &sg_health_view_record, &view);
    if (!all)
        r->status = 503;
}

void sg_api_metrics(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)api;
    (void)q;
    sg_metrics_expose(&r->body);
    r->content_type = "text/plain; version=0.0.4";
}

static struct sg_rpc_client *peer_named(struct sg_api *api, struct sg_str path)
{
    const char *slash = memrchr(path.p, '/', path.n);
    struct sg_str name = {slash + 1, path.n - (size_t)(slash + 1 - path.p)};
    return sg_str_eq(name, SG_STR("query"))    ? api->query
           : sg_str_eq(name, SG_STR("recsys")) ? api->recsys
           : sg_str_eq(name, SG_STR("worker")) ? api->worker
                                               : api->indexer;
}

void sg_api_metrics_of(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_metrics_reply out;
    if (sg_rpc_call(peer_named(api, q->path), SG_METHOD_METRICS, NULL, NULL,
                    &sg_metrics_reply_record, &out, q->arena, q->deadline_us, q->traceparent, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    sg_buf_str_put(&r->body, out.text);
    r->content_type = "text/plain; version=0.0.4";
}

void sg_api_openapi(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)q;
    r->shared = sg_buf_str(&api->openapi);
    r->lasting = true;
    r->content_type = "application/json";
}

void sg_api_client(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)q;
    r->shared = sg_buf_str(&api->client);
    r->lasting = true;
    sg_http_header(r, "Cache-Control", SG_STR("no-cache"));
}
