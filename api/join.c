/* join.c - see join.h. */
#include "api/join.h"
#include "api/route.h"
#include "schemas/recs.h"

/* The request's own; the query server judges it. */
static struct sg_str market_of(const struct sg_http_request *q)
{
    for (size_t i = 0; i < q->n_params; i++)
        if (sg_str_eq(q->params[i].name, SG_STR("market")))
            return q->params[i].value;
    return SG_STR_NONE;
}

static int lookup(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind, uint64_t *ids,
                  size_t n, struct sg_lookup_reply *out, struct sg_error *e)
{
    struct sg_lookup_request in = {
        sg_str(sg_kind_names[kind]), {ids, n}, market_of(q), q->clean, q->kinds};
    return sg_rpc_call(api->query, SG_METHOD_LOOKUP, &sg_lookup_request_record, &in,
                       &sg_lookup_reply_record, out, q->arena, q->deadline_us, q->traceparent, e);
}

int sg_api_lookup(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind, uint64_t *ids,
                  size_t n, struct sg_list *hits, struct sg_error *e)
{
    struct sg_lookup_reply reply = {0};
    int rc = n ? lookup(api, q, kind, ids, n, &reply, e) : 0;
    *hits = rc ? (struct sg_list){0} : reply.results;
    return rc;
}

int sg_api_entity(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind,
                  struct sg_hit *out, struct sg_error *e)
{
    uint64_t id = sg_route_id(q, 0);
    struct sg_lookup_reply reply;
    int rc = lookup(api, q, kind, &id, 1, &reply, e);
    if (rc)
        return rc;
    if (!reply.results.n)
        return sg_fail(e, SG_ENOENT, "there is no %s %llu", sg_kind_names[kind],
                       (unsigned long long)id);
    *out = *(struct sg_hit *)reply.results.v;
    return 0;
}

/* Lookup keeps the order asked for and leaves missing ids out: walk both. */
static size_t copy_scores(const struct sg_scored *scored, size_t n, struct sg_hit *hits,
                          size_t n_hits)
{
    size_t k = 0;
    for (size_t i = 0; i < n && k < n_hits; i++)
        if (hits[k].song_id == scored[i].song_id)
            hits[k++].score = scored[i].score;
    return k;
}

int sg_api_join_songs(struct sg_api *api, struct sg_http_request *q, const struct sg_list *scored,
                      struct sg_list *hits, struct sg_error *e)
{
    *hits = (struct sg_list){0};
    if (!scored->n)
        return 0;
    const struct sg_scored *s = scored->v;
    uint64_t *ids = sg_arena_array(q->arena, scored->n, sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "song ids");
    for (size_t i = 0; i < scored->n; i++)
        ids[i] = s[i].song_id;
    struct sg_lookup_reply reply;
    int rc = lookup(api, q, SG_SONG, ids, scored->n, &reply, e);
    if (!rc) {
        reply.results.n = copy_scores(s, scored->n, reply.results.v, reply.results.n);
        *hits = reply.results;
    }
    return rc;
}

int sg_api_children(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind, uint64_t id,
                    const char *of, int64_t limit, struct sg_children_reply *out,
                    struct sg_error *e)
{
    struct sg_children_request in = {
        sg_str(sg_kind_names[kind]), id, sg_str(of), limit, 0, market_of(q), q->clean, q->kinds};
    return sg_rpc_call(api->query, SG_METHOD_CHILDREN, &sg_children_request_record, &in,
                       &sg_children_reply_record, out, q->arena, q->deadline_us, q->traceparent, e);
}
