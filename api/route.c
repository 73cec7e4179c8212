/* route.c - see route.h. */
#include "api/route.h"
#include "api/api.h"
#include "api/keys/keys.h"
#include "api/problem.h"
#include "api/web.h"
#include "core/clock.h"
#include "core/metrics.h"
#include <stdio.h>
#include <xxhash.h>

/* Matches path against a pattern with at most one {name}; what it stands for has no slash. */
static bool match(const char *pattern, struct sg_str path, struct sg_str *id)
{
    const char *hole = strchr(pattern, '{');
    if (!hole)
        return sg_str_eq(sg_str(pattern), path);
    struct sg_str before = {pattern, (size_t)(hole - pattern)},
                  after = sg_str(strchr(hole, '}') + 1);
    if (path.n <= before.n + after.n || !sg_str_starts(path, before) ||
        !sg_str_eq((struct sg_str){path.p + path.n - after.n, after.n}, after))
        return false;
    *id = (struct sg_str){path.p + before.n, path.n - before.n - after.n};
    return !memchr(id->p, '/', id->n);
}

static bool is_get(const struct sg_http_request *q)
{
    return sg_str_eq(q->method, SG_STR("GET")) || sg_str_eq(q->method, SG_STR("HEAD"));
}

static bool takes(const struct sg_route *r, const struct sg_http_request *q)
{
    return r->method ? sg_str_eq(q->method, sg_str(r->method)) : is_get(q);
}

/* The one for the method too; else one of the path, whose method is another. */
static const struct sg_route *find_route(struct sg_http_request *q)
{
    const struct sg_route *other = NULL;
    for (const struct sg_route *r = sg_routes; r->path; r++)
        if ((!other || strcmp(other->path, r->path) == 0) && match(r->path, q->path, &q->id)) {
            if (takes(r, q))
                return r;
            other = r;
        }
    return other;
}

/* "GET, HEAD, DELETE": what the path takes. */
static struct sg_str methods_of(const struct sg_route *route, struct sg_arena *a)
{
    struct sg_str all = SG_STR("");
    for (const struct sg_route *r = sg_routes; r->path && all.p; r++)
        if (!route ? r == sg_routes : strcmp(r->path, route->path) == 0)
            all = sg_arena_printf(a, "%.*s%s%s", SG_FMT(all), all.n ? ", " : "",
                                  route && r->method ? r->method : "GET, HEAD");
    return all;
}

/* A strong validator over the body; a repeated question costs no transfer. */
static void tag(struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_str body = r->shared.p ? r->shared : sg_buf_str(&r->body);
    struct sg_str etag =
        sg_arena_printf(q->arena, "\"%016llx\"", (unsigned long long)XXH3_64bits(body.p, body.n));
    sg_http_header(r, "ETag", etag);
    if (q->if_none_match.p && memmem(q->if_none_match.p, q->if_none_match.n, etag.p, etag.n)) {
        r->status = 304;
        r->shared = SG_STR_NONE;
        sg_buf_reset(&r->body);
    }
}

/* 1 to 64 characters of [A-Za-z0-9._-] are echoed; anything else gets one of ours. */
static void identify(struct sg_http_request *q, struct sg_http_response *r)
{
    static _Atomic uint64_t counter;
    struct sg_str id = q->request_id;
    bool good = id.n >= 1 && id.n <= 64;
    for (size_t i = 0; good && i < id.n; i++)
        good = (id.p[i] >= '0' && id.p[i] <= '9') ||
               ((id.p[i] | 32) >= 'a' && (id.p[i] | 32) <= 'z') || id.p[i] == '.' ||
               id.p[i] == '_' || id.p[i] == '-';
    if (!good)
        id = sg_arena_printf(q->arena, "%llx-%llx", (unsigned long long)sg_wall_us(),
                             (unsigned long long)counter++);
    sg_http_header(r, "X-Request-Id", id);
}

bool sg_route_is_open(const struct sg_route *r)
{
    return strcmp(r->tag, "Operations") == 0;
}

static bool admitted(struct sg_api *api, const struct sg_route *route, struct sg_http_request *q,
                     struct sg_http_response *r)
{
    return sg_route_is_open(route) || sg_api_keys_admit(api->keys, q, r);
}

static void answer(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    const struct sg_route *route = q->route;
    if (route ? !takes(route, q) : !is_get(q)) {
        struct sg_str methods = methods_of(route, q->arena);
        struct sg_str why =
            sg_arena_printf(q->arena, "only %.*s are answered here", SG_FMT(methods));
        sg_http_header(r, "Allow", methods);
        sg_problem_status(q, r, 405, why.p ? why.p : "");
    } else if (route) {
        if (!admitted(api, route, q, r))
            return;
        r->content_type = route->content_type;
        route->handle(api, q, r);
    } else if (!sg_web_answer(api->web, q, r)) {
        sg_problem_status(q, r, 404, "no such path; /openapi.json lists them");
    }
}

static void count(const struct sg_http_request *q, int status)
{
    static struct sg_metric *_Atomic requests, *_Atomic seconds;
    if (!requests || !seconds) {
        seconds = sg_metric_new(SG_HISTOGRAM, "segue_http_request_duration_seconds",
                                "Time from a request's headers to its answer", "route");
        requests =
            sg_metric_new(SG_COUNTER, "segue_http_requests_total", "Requests by status", "status");
    }
    const struct sg_route *route = q->route;
    char text[8];
    snprintf(text, sizeof text, "%d", status);
    sg_metric_add(requests, text, 1);
    sg_metric_observe(seconds, route ? route->path : "page",
                      (double)(sg_now_us() - q->start_us) / 1e6);
}

static void complete(struct sg_http_request *q, struct sg_http_response *r)
{
    if (r->status == 0 || r->status == 200) {
        r->status = 200;
        tag(q, r);
    }
    count(q, r->status);
}

void sg_route_handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    q->route = find_route(q);
    identify(q, r);
    answer(ctx, q, r);
    complete(q, r);
}

bool sg_route_start(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    const struct sg_route *route = find_route(q);
    if (!route || !route->ends_itself || !takes(route, q))
        return false;
    q->route = route;
    identify(q, r);
    if (admitted(ctx, route, q, r))
        route->handle(ctx, q, r);
    else
        sg_route_end(q, r);
    return true;
}

void sg_route_end(struct sg_http_request *q, struct sg_http_response *r)
{
    complete(q, r);
    sg_http_finish(q);
}

void sg_api_answer(struct sg_http_response *r, const struct sg_record *record, const void *value)
{
    sg_record_to_json(record, value, &r->body);
    r->content_type = "application/json";
}
