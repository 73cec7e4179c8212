/* discovery.c - search and completion. */
#include "api/api.h"
#include "api/discovery/taste.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/search_log/search_log.h"
#include "schemas/search.h"

struct relay {
    struct sg_http_request *q;
    struct sg_http_response *r;
    struct sg_search_log *log;
    struct sg_search_seen *seen; /* NULL: not to be logged */
};

static void refuse(struct sg_http_request *q, struct sg_http_response *r, const struct sg_error *e)
{
    sg_buf_reset(&r->body);
    sg_problem(q, r, e);
    sg_route_end(q, r);
}

static void relayed(void *ctx, int rc, const struct sg_error *e)
{
    struct relay *y = ctx;
    if (rc) {
        refuse(y->q, y->r, e);
        return;
    }
    if (y->seen)
        sg_search_log_answered(y->log, y->q, y->seen, &y->r->body);
    y->r->content_type = "application/json";
    sg_route_end(y->q, y->r);
}

/* Asks the query server; its reply, or its error, is passed on when it comes. */
static void relay(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                  const char *method, const struct sg_record *in_record, const void *in,
                  const struct sg_record *out_record, struct sg_search_seen *seen)
{
    struct sg_error e = SG_ERROR_INIT;
    struct relay *y = sg_arena_alloc(q->arena, sizeof *y);
    if (!y) {
        sg_fail(&e, SG_ENOMEM, "%s", method);
        refuse(q, r, &e);
        return;
    }
    *y = (struct relay){q, r, api->log, seen};
    sg_rpc_start_json(api->query, method, in_record, in, out_record, &r->body, q->arena,
                      q->deadline_us, q->traceparent, relayed, y);
}

/* A search that waits for what who asks likes. */
struct search {
    struct sg_api *api;
    struct sg_http_request *q;
    struct sg_http_response *r;
    struct sg_search_request in;
    struct sg_search_seen *seen;
};

static void search_for(void *ctx, struct sg_taste *taste)
{
    struct search *s = ctx;
    s->in.taste = taste;
    relay(s->api, s->q, s->r, SG_METHOD_SEARCH, &sg_search_request_record, &s->in,
          &sg_search_reply_record, s->seen);
}

void sg_api_search(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct search *s = sg_arena_alloc(q->arena, sizeof *s);
    uint64_t user_id = 0;
    int rc = s ? 0 : sg_fail(&e, SG_ENOMEM, "search");
    if (!rc) {
        *s = (struct search){.api = api, .q = q, .r = r};
        rc = sg_params_read(q, sg_search_params, &sg_search_request_record, &s->in, &e);
    }
    if (!rc)
        rc = sg_search_log_begin(api->log, q, SG_EVENT_SEARCH, s->in.q, &s->seen, &e);
    if (!rc)
        rc = sg_search_log_person(q, &user_id, &e);
    if (rc) {
        refuse(q, r, &e);
        return;
    }
    s->in.clean = q->clean;
    s->in.kinds = q->kinds;
    if (s->seen) {
        s->seen->limit = s->in.limit;
        s->seen->offset = s->in.offset;
        s->seen->again = s->in.cursor.n > 0;
    }
    sg_tastes_ask(api->tastes, q, user_id, search_for, s);
}

/* A completion that waits alike. */
struct completion {
    struct sg_api *api;
    struct sg_http_request *q;
    struct sg_http_response *r;
    struct sg_suggest_request in;
    struct sg_search_seen *seen;
};

static void complete_for(void *ctx, struct sg_taste *taste)
{
    struct completion *s = ctx;
    s->in.taste = taste;
    relay(s->api, s->q, s->r, SG_METHOD_SUGGEST, &sg_suggest_request_record, &s->in,
          &sg_suggest_reply_record, s->seen);
}

void sg_api_suggest(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct completion *s = sg_arena_alloc(q->arena, sizeof *s);
    uint64_t user_id = 0;
    int rc = s ? 0 : sg_fail(&e, SG_ENOMEM, "completion");
    if (!rc) {
        *s = (struct completion){.api = api, .q = q, .r = r};
        rc = sg_params_read(q, sg_suggest_params, &sg_suggest_request_record, &s->in, &e);
    }
    if (!rc)
        rc = sg_search_log_begin(api->log, q, SG_EVENT_SUGGEST, s->in.q, &s->seen, &e);
    if (!rc)
        rc = sg_search_log_recent(api->log, q, s->in.q, &s->in.recent, &e);
    if (!rc)
        rc = sg_search_log_person(q, &user_id, &e);
    if (rc) {
        refuse(q, r, &e);
        return;
    }
    s->in.clean = q->clean;
    s->in.kinds = q->kinds;
    sg_tastes_ask(api->tastes, q, user_id, complete_for, s);
}

void sg_api_search_trending(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_popular_request in;
    struct sg_error e = SG_ERROR_INIT;
    if (sg_params_read(q, sg_popular_params, &sg_popular_request_record, &in, &e))
        refuse(q, r, &e);
    else
        relay(api, q, r, SG_METHOD_POPULAR, &sg_popular_request_record, &in,
              &sg_popular_reply_record, NULL);
}
