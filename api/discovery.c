/* discovery.c - search and completion. */
#include "api/api.h"
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

void sg_api_search(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_search_request in;
    struct sg_search_seen *seen = NULL;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_params_read(q, sg_search_params, &sg_search_request_record, &in, &e);
    if (!rc)
        rc = sg_search_log_begin(api->log, q, SG_EVENT_SEARCH, in.q, &seen, &e);
    if (rc) {
        refuse(q, r, &e);
        return;
    }
    in.clean = q->clean;
    in.kinds = q->kinds;
    if (seen) {
        seen->limit = in.limit;
        seen->offset = in.offset;
        seen->again = in.cursor.n > 0;
    }
    relay(api, q, r, SG_METHOD_SEARCH, &sg_search_request_record, &in, &sg_search_reply_record,
          seen);
}

void sg_api_suggest(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_suggest_request in;
    struct sg_search_seen *seen = NULL;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_params_read(q, sg_suggest_params, &sg_suggest_request_record, &in, &e);
    if (!rc)
        rc = sg_search_log_begin(api->log, q, SG_EVENT_SUGGEST, in.q, &seen, &e);
    if (!rc)
        rc = sg_search_log_recent(api->log, q, in.q, &in.recent, &e);
    if (rc) {
        refuse(q, r, &e);
        return;
    }
    in.clean = q->clean;
    in.kinds = q->kinds;
    relay(api, q, r, SG_METHOD_SUGGEST, &sg_suggest_request_record, &in, &sg_suggest_reply_record,
          seen);
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
