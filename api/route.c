/* route.c - see route.h. */
#include "api/route.h"
#include "api/accounts/accounts.h"
#include "api/api.h"
#include "api/idempotency/idempotency.h"
#include "api/limits/limits.h"
#include "api/problem.h"
#include "api/web.h"
#include "core/clock.h"
#include "core/metrics.h"
#include <pthread.h>
#include <stdio.h>
#include <xxhash.h>

enum { SEGMENTS_MAX = 12, ROUTES_MAX = 1024 };

/* A route's path in segments; holes: bit i for the i-th, the first one the highest bit. */
struct pattern {
    const struct sg_route *route;
    struct sg_str segments[SEGMENTS_MAX];
    size_t n;
    unsigned holes;
};

/* By number of segments; made once. */
static struct table {
    struct pattern v[ROUTES_MAX];
    size_t first[SEGMENTS_MAX + 2];
} table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

/* Segments between slashes of a path that begins with one; SEGMENTS_MAX + 1: more than are known.
 */
static size_t split(struct sg_str path, struct sg_str *out)
{
    size_t n = 0;
    while (path.n && *path.p == '/') {
        path = (struct sg_str){path.p + 1, path.n - 1};
        const char *slash = memchr(path.p, '/', path.n);
        if (n == SEGMENTS_MAX)
            return SEGMENTS_MAX + 1;
        out[n] = (struct sg_str){path.p, slash ? (size_t)(slash - path.p) : path.n};
        path = (struct sg_str){path.p + out[n].n, path.n - out[n].n};
        n++;
    }
    return n;
}

static void add_pattern(const struct sg_route *r, size_t segments, size_t *at)
{
    struct pattern p = {.route = r};
    p.n = split(sg_str(r->path), p.segments);
    if (p.n != segments || *at == ROUTES_MAX)
        return;
    for (size_t i = 0; i < p.n; i++)
        p.holes |= *p.segments[i].p == '{' ? 1u << (SEGMENTS_MAX - i) : 0;
    table.v[(*at)++] = p;
}

const struct sg_route *sg_route_next(struct sg_route_walk *at)
{
    while (sg_route_tables[at->table]) {
        const struct sg_route *r = &sg_route_tables[at->table][at->row];
        if (r->path) {
            at->row++;
            return r;
        }
        *at = (struct sg_route_walk){at->table + 1, 0};
    }
    return NULL;
}

static void make_table(void)
{
    size_t at = 0;
    const struct sg_route *r;
    for (size_t n = 0; n <= SEGMENTS_MAX; n++) {
        table.first[n] = at;
        for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk));)
            add_pattern(r, n, &at);
    }
    table.first[SEGMENTS_MAX + 1] = at;
}

static bool match(const struct pattern *p, const struct sg_str *segments)
{
    for (size_t i = p->n; i-- > 0;) {
        bool hole = p->holes >> (SEGMENTS_MAX - i) & 1;
        if (hole ? !segments[i].n : !sg_str_eq(p->segments[i], segments[i]))
            return false;
    }
    return true;
}

static bool is_get(struct sg_str method)
{
    return sg_str_eq(method, SG_STR("GET")) || sg_str_eq(method, SG_STR("HEAD"));
}

static bool takes(const struct sg_route *r, struct sg_str method)
{
    return r->method ? sg_str_eq(method, sg_str(r->method)) : is_get(method);
}

/* The path's most literal pattern, and of it the one for the method, or else any. */
static const struct pattern *find(struct sg_str method, struct sg_str path, struct sg_str *segments)
{
    const struct pattern *best = NULL;
    size_t n = split(path, segments);
    pthread_once(&table_once, make_table);
    if (n > SEGMENTS_MAX)
        return NULL;
    for (size_t i = table.first[n]; i < table.first[n + 1]; i++) {
        const struct pattern *p = &table.v[i];
        if ((!best || p->holes < best->holes ||
             (p->holes == best->holes && !takes(best->route, method))) &&
            match(p, segments))
            best = p;
    }
    return best;
}

static const struct sg_route *find_route(struct sg_http_request *q)
{
    struct sg_str segments[SEGMENTS_MAX];
    const struct pattern *p = find(q->method, q->path, segments);
    size_t n = 0;
    for (size_t i = 0; p && i < p->n && n < SG_ROUTE_HOLES; i++)
        if (p->holes >> (SEGMENTS_MAX - i) & 1)
            q->holes[n++] = segments[i];
    return p ? p->route : NULL;
}

size_t sg_route_body_max(void *ctx, struct sg_str method, struct sg_str path)
{
    struct sg_str segments[SEGMENTS_MAX];
    const struct pattern *p = find(method, path, segments);
    if (!p || !takes(p->route, method))
        return SG_HTTP_BODY_MAX;
    if (p->route->stream) /* and what lies around a file */
        return ((size_t)((struct sg_api *)ctx)->config->upload.max_mb << 20) + SG_HTTP_BODY_MAX;
    return p->route->body_max ? p->route->body_max : SG_HTTP_BODY_MAX;
}

bool sg_route_hole_is_number(struct sg_str name, const char **format)
{
    static const struct {
        const char *name, *format;
    } texts[] = {
        {"search_id", "uuid"}, {"device_id", "uuid"}, {"asset_id", "uuid"}, {"upload_id", NULL}};
    *format = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (sg_str_eq(name, sg_str(texts[i].name))) {
            *format = texts[i].format;
            return false;
        }
    return sg_str_eq(name, SG_STR("id")) ||
           (name.n > 3 && memcmp(name.p + name.n - 3, "_id", 3) == 0);
}

static bool read_number(struct sg_str text, uint64_t *out)
{
    return sg_str_to_u64(text, out) && *out >= 1 && *out <= INT64_MAX;
}

uint64_t sg_route_id(const struct sg_http_request *q, size_t i)
{
    uint64_t id = 0;
    return read_number(q->holes[i], &id) ? id : 0;
}

struct sg_str sg_route_text(const struct sg_http_request *q, size_t i)
{
    return q->holes[i];
}

/* Every hole of the route against what stands there. */
static int check_holes(const struct sg_route *route, const struct sg_http_request *q,
                       struct sg_error *e)
{
    const char *at = route->path, *format;
    for (size_t i = 0; i < SG_ROUTE_HOLES && (at = strchr(at, '{')); i++) {
        struct sg_str name = {at + 1, (size_t)(strchr(at, '}') - at - 1)}, text = q->holes[i];
        uint64_t id;
        int shown = (int)(text.n < 40 ? text.n : 40);
        char field[64];
        snprintf(field, sizeof field, "%.*s", SG_FMT(name));
        if (!sg_str_is_utf8(text) || memchr(text.p, 0, text.n) || text.n > 200)
            return sg_fail_field(e, field, "%s: expected at most 200 bytes of text", field);
        if (sg_route_hole_is_number(name, &format) && !read_number(text, &id))
            return sg_fail_field(e, field, "%s: expected a whole number from 1, got '%.*s'", field,
                                 shown, text.p);
        at++;
    }
    return 0;
}

/* "GET, HEAD, DELETE": what the path takes. */
static struct sg_str methods_of(const struct sg_route *route, struct sg_arena *a)
{
    struct sg_str all = SG_STR("");
    const struct sg_route *r;
    if (!route)
        return SG_STR("GET, HEAD, OPTIONS");
    for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk)) && all.p;)
        if (strcmp(r->path, route->path) == 0)
            all = sg_arena_printf(a, "%.*s%s%s", SG_FMT(all), all.n ? ", " : "",
                                  r->method ? r->method : "GET, HEAD");
    return all.p ? sg_arena_printf(a, "%.*s, OPTIONS", SG_FMT(all)) : all;
}

static struct sg_str header_of(const struct sg_http_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return SG_STR_NONE;
}

/* The handler's validator, or a strong one over the body; a repeated question costs no transfer. */
static void tag(struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_str body = r->shared.p ? r->shared : sg_buf_str(&r->body);
    struct sg_str etag = header_of(r, "ETag");
    if (!etag.p) {
        etag = sg_arena_printf(q->arena, "\"%016llx\"",
                               (unsigned long long)XXH3_64bits(body.p, body.n));
        sg_http_header(r, "ETag", etag);
    }
    if (q->if_none_match.p && (sg_str_eq(q->if_none_match, SG_STR("*")) ||
                               memmem(q->if_none_match.p, q->if_none_match.n, etag.p, etag.n))) {
        r->status = 304;
        r->shared = SG_STR_NONE;
        sg_buf_reset(&r->body);
    }
}

bool sg_route_is_open(const struct sg_route *r)
{
    return r->access == SG_OPERATIONS;
}

/* What the route asks of whoever is logged in. */
static int allowed(const struct sg_route *route, const struct sg_caller *who, struct sg_error *e)
{
    if (route->access == SG_ANYONE)
        return 0;
    if (!who->user_id)
        return sg_fail(e, SG_EAUTH, "log in: Authorization: Bearer TOKEN");
    if (route->access == SG_ACCOUNT)
        return 0;
    if (who->subscription == SG_EXPIRED)
        return sg_fail_kind(e, SG_EPERM, "subscription-expired", "the subscription has expired");
    if (route->access == SG_ARTIST_ROLE && !(who->roles & (SG_ROLE_ARTIST | SG_ROLE_ADMIN)))
        return sg_fail(e, SG_EPERM, "only an artist may do this");
    if (route->access == SG_ADMIN && !(who->roles & SG_ROLE_ADMIN))
        return sg_fail(e, SG_EPERM, "only an admin may do this");
    return 0;
}

static bool needs_user(const struct sg_route *r)
{
    for (const struct sg_param *p = r->params; p && p->name; p++)
        if (strcmp(p->name, "user_id") == 0)
            return p->field && !(sg_record_field(r->params_of, p->field)->flags & SG_OPTIONAL);
    return false;
}

static bool admitted(struct sg_api *api, const struct sg_route *route, struct sg_http_request *q,
                     struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_db_hear(q);
    if (sg_route_is_open(route))
        return true;
    if (!sg_accounts_admit(api->accounts, api->keys, route, q, r) ||
        !sg_limits_admit(api->limits, route, q, r))
        return false;
    int rc = allowed(route, &q->caller, &e);
    if (!rc)
        rc = check_holes(route, q, &e);
    if (!rc && route->for_user)
        rc = sg_caller_speaks(api, q, needs_user(route), &e);
    if (rc)
        sg_problem(q, r, &e);
    return !rc;
}

static int success_of(const struct sg_route *route)
{
    if (route && route->status)
        return route->status;
    return route && !route->reply && !route->content_type ? 204 : 200;
}

static void answer(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    const struct sg_route *route = q->route;
    if (sg_str_eq(q->method, SG_STR("OPTIONS"))) { /* to everybody, CORS asks without a token */
        sg_http_header(r, "Allow", methods_of(route, q->arena));
        r->status = 204;
        if (route && takes(route, q->method))
            route->handle(api, q, r);
    } else if (route ? !takes(route, q->method) : !is_get(q->method)) {
        struct sg_str methods = methods_of(route, q->arena);
        struct sg_str why =
            sg_arena_printf(q->arena, "only %.*s are answered here", SG_FMT(methods));
        sg_http_header(r, "Allow", methods);
        sg_problem_status(q, r, 405, why.p ? why.p : "");
    } else if (route) {
        if (!admitted(api, route, q, r))
            return;
        if (!sg_idempotency_begin(api, q, r))
            return;
        r->content_type = route->content_type;
        route->handle(api, q, r);
        sg_idempotency_end(api, q, r, r->status ? r->status : success_of(route));
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

static void tell_always(struct sg_http_request *q, struct sg_http_response *r)
{
    const struct sg_route *route = q->route;
    const char *colon = route && route->always ? strchr(route->always, ':') : NULL;
    if (!colon)
        return;
    struct sg_str name =
        sg_arena_copy(q->arena, (struct sg_str){route->always, (size_t)(colon - route->always)});
    if (name.p)
        sg_http_header(r, name.p, sg_str(colon + 2));
}

static void complete(struct sg_http_request *q, struct sg_http_response *r)
{
    tell_always(q, r);
    if (r->status == 0)
        r->status = success_of(q->route);
    if (r->status == 200 && is_get(q->method) && !r->content)
        tag(q, r);
    sg_db_tell(q, r);
    count(q, r->status);
}

void sg_route_handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    q->route = find_route(q);
    answer(ctx, q, r);
    complete(q, r);
}

bool sg_route_start(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    const struct sg_route *route = find_route(q);
    if (!route || !(route->ends_itself || route->at_once) || !takes(route, q->method))
        return false;
    q->route = route;
    if (route->at_once) {
        bool done = admitted(ctx, route, q, r) && route->at_once(ctx, q, r);
        if (done)
            sg_route_end(q, r);
        return done;
    }
    if (admitted(ctx, route, q, r))
        route->handle(ctx, q, r);
    else
        sg_route_end(q, r);
    return true;
}

bool sg_route_streams(void *ctx, struct sg_str method, struct sg_str path)
{
    struct sg_str segments[SEGMENTS_MAX];
    const struct pattern *p = find(method, path, segments);
    (void)ctx;
    return p && p->route->stream && takes(p->route, method);
}

bool sg_route_overrides(void *ctx, struct sg_str method, struct sg_str path)
{
    struct sg_str segments[SEGMENTS_MAX];
    const struct pattern *p = find(method, path, segments);
    (void)ctx;
    return p && p->route->by_override && takes(p->route, method);
}

bool sg_route_begin(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                    struct sg_http_sink *out)
{
    q->route = find_route(q);
    return admitted(ctx, q->route, q, r) &&
           ((const struct sg_route *)q->route)->stream(ctx, q, r, out);
}

void sg_route_refused(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)ctx;
    if (!q->route) /* refused before it was begun */
        q->route = find_route(q);
    complete(q, r);
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
