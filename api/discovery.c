/* discovery.c - search, completion, trending, similar songs, recommendations. */
#include "api/api.h"
#include "api/join.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/search_log/search_log.h"
#include "schemas/recs.h"
#include "schemas/search.h"
#include <strings.h>

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

/* Asks the recommender and joins names to the songs it chose. */
static int chosen(struct sg_api *api, struct sg_http_request *q, const char *method,
                  const struct sg_record *in_record, const void *in, int64_t limit,
                  struct sg_song_list *out, struct sg_error *e)
{
    struct sg_recs_reply recs;
    int rc = sg_rpc_call(api->recsys, method, in_record, in, &sg_recs_reply_record, &recs, q->arena,
                         q->deadline_us, q->traceparent, e);
    if (!rc)
        rc = sg_api_join_songs(api, q, &recs.songs, &out->results, e);
    if (!rc) {
        out->limit = limit;
        out->generation = recs.generation;
        out->fallback = recs.fallback;
    }
    return rc;
}

static void answer_chosen(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                          const char *method, const struct sg_record *in_record, const void *in,
                          int64_t limit)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_song_list out = {0};
    if (chosen(api, q, method, in_record, in, limit, &out, &e))
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_song_list_record, &out);
}

/* The genre's id by its name, any case; 0 with SG_EINVAL when there is none. */
static int genre_by_name(struct sg_api *api, struct sg_http_request *q, struct sg_str name,
                         uint64_t *id, struct sg_error *e)
{
    struct sg_genres_reply genres;
    int rc = sg_rpc_call(api->query, SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &genres,
                         q->arena, q->deadline_us, q->traceparent, e);
    if (rc)
        return rc;
    const struct sg_genre *g = genres.genres.v;
    for (size_t i = 0; i < genres.genres.n; i++)
        if (g[i].name.n == name.n && strncasecmp(g[i].name.p, name.p, name.n) == 0) {
            *id = g[i].genre_id;
            return 0;
        }
    return sg_fail_field(e, "genre", "genre: there is no genre '%.*s'", SG_FMT(name));
}

void sg_api_trending(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_trending_view_request view;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_trending_request in = {0};
    int rc = sg_params_read(q, sg_trending_params, &sg_trending_view_record, &view, &e);
    if (!rc && view.genre.p)
        rc = genre_by_name(api, q, view.genre, &in.genre_id, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    in.region = view.region;
    in.limit = view.limit;
    answer_chosen(api, q, r, SG_METHOD_TRENDING, &sg_trending_request_record, &in, in.limit);
}

void sg_api_similar(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_similar_request in;
    struct sg_hit song;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_params_read(q, sg_similar_params, &sg_similar_request_record, &in, &e);
    if (!rc)
        rc = sg_api_entity(api, q, SG_SONG, &song, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    in.song_id = song.song_id;
    answer_chosen(api, q, r, SG_METHOD_SIMILAR, &sg_similar_request_record, &in, in.limit);
}

void sg_api_recommendations(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_recommend_request in;
    struct sg_error e = SG_ERROR_INIT;
    if (sg_params_read(q, sg_recommend_params, &sg_recommend_request_record, &in, &e))
        sg_problem(q, r, &e);
    else
        answer_chosen(api, q, r, SG_METHOD_RECOMMEND, &sg_recommend_request_record, &in, in.limit);
}
