/* read.c - GET /api/v1/songs/{song_id}, on the event loop when it is kept: see read.h. */
#include "api/catalogue/etag.h"
#include "api/catalogue/read_inside.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "schemas/catalogue.h"

struct sg_str song_market_of(const struct sg_http_request *q)
{
    for (size_t i = 0; i < q->n_params; i++)
        if (sg_str_eq(q->params[i].name, SG_STR("market")))
            return q->params[i].value;
    return SG_STR_NONE;
}

static bool is_released(const struct song_facts *f)
{
    return f->release_day <= (int32_t)(sg_wall_us() / (86400 * INT64_C(1000000)));
}

bool song_is_for(const struct sg_http_request *q, const struct song_value *v, struct sg_str market)
{
    const struct song_facts *f = &v->facts;
    bool own = (f->manager && f->manager == q->caller.user_id) || sg_caller_is_admin(q);
    return (is_released(f) || own) && !(q->clean && f->is_explicit) &&
           (!q->kinds || q->kinds & 1u << SG_SONG) && song_value_in_market(v, market);
}

void song_answer_nothing(struct sg_http_request *q, struct sg_http_response *r, uint64_t song_id)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_buf_reset(&r->body);
    sg_fail(&e, SG_ENOENT, "there is no song %llu", (unsigned long long)song_id);
    sg_problem(q, r, &e);
}

/* value may be r's own body: the JSON stands first in it. */
void song_answer(struct sg_http_request *q, struct sg_http_response *r, uint64_t song_id,
                 struct sg_str value)
{
    struct song_value v;
    if (!song_value_read(value, &v) || !song_is_for(q, &v, song_market_of(q))) {
        song_answer_nothing(q, r, song_id);
        return;
    }
    if (v.json.p != r->body.p) {
        sg_buf_reset(&r->body);
        sg_buf_str_put(&r->body, v.json);
    }
    r->body.n = v.json.n;
    r->content_type = "application/json";
    sg_etag_put(q, r, v.facts.version);
}

static int check_market(const struct sg_http_request *q, struct sg_error *e)
{
    struct sg_str m = song_market_of(q);
    bool good = m.n == 2 && m.p[0] >= 'A' && m.p[0] <= 'Z' && m.p[1] >= 'A' && m.p[1] <= 'Z';
    return good || !m.p ? 0 : sg_fail_field(e, "market", "market: expected two capital letters");
}

void sg_api_song(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct song_value v;
    uint64_t song_id = sg_route_id(q, 0);
    if (check_market(q, &e)) {
        sg_problem(q, r, &e);
        sg_route_end(q, r);
        return;
    }
    uint64_t lsn = sg_db_needs(api->db, q);
    enum sg_cache_found found = song_get(api, song_id, &r->body, &v);
    if (lsn > sg_cache_position(api->cache)) /* she wrote what may not be forgotten here yet */
        found =
            found == SG_CACHE_NOTHING || found == SG_CACHE_MISS ? SG_CACHE_MISS : SG_CACHE_STALE;
    if (found == SG_CACHE_FRESH || found == SG_CACHE_NOTHING) {
        if (found == SG_CACHE_FRESH)
            song_answer(q, r, song_id, sg_buf_str(&r->body));
        else
            song_answer_nothing(q, r, song_id);
        sg_route_end(q, r);
        return;
    }
    struct sg_str stale =
        found == SG_CACHE_STALE ? sg_arena_copy(q->arena, sg_buf_str(&r->body)) : SG_STR_NONE;
    sg_buf_reset(&r->body);
    song_loader_ask(api->songs, q, r, song_id, lsn, stale);
}

void sg_song_forget(struct sg_api *api, uint64_t song_id)
{
    struct song_key key = song_key_of(song_id);
    sg_cache_forget(api->cache, (struct sg_str){key.text, key.n});
}
