/* handlers.c - the routes of recommendations. */
#include "api/join.h"
#include "api/playlists/visible.h"
#include "api/problem.h"
#include "api/recommend/recommend.h"
#include "api/route.h"

static int read_ids(struct sg_http_request *q, const char *name, const struct sg_list *texts,
                    struct sg_list *out, struct sg_error *e)
{
    const struct sg_str *v = texts->v;
    uint64_t *ids = sg_arena_array(q->arena, texts->n + 1, sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "%s", name);
    for (size_t i = 0; i < texts->n; i++)
        if (!sg_str_to_u64(v[i], &ids[i]) || !ids[i] || ids[i] > INT64_MAX)
            return sg_fail_field(e, name, "%s: expected whole numbers from 1, got '%.*s'", name,
                                 (int)(v[i].n < 40 ? v[i].n : 40), v[i].p);
    *out = (struct sg_list){ids, texts->n};
    return 0;
}

static int add_seed(struct sg_api *api, struct sg_http_request *q, struct sg_recs_request *in,
                    const char *type, uint64_t id, struct sg_error *e)
{
    struct sg_seed_ref *v = in->seeds.v;
    int rc = strcmp(type, "playlist") == 0 ? sg_playlist_visible(api, q, id, e) : 0;
    if (rc)
        return rc;
    if (!v)
        v = in->seeds.v = sg_arena_array(q->arena, 10, sizeof *v);
    if (!v || in->seeds.n == 10)
        return sg_fail(e, SG_ENOMEM, "seeds");
    v[in->seeds.n++] = (struct sg_seed_ref){sg_str(type), id};
    return 0;
}

static int add_genre(struct sg_api *api, struct sg_http_request *q, struct sg_recs_request *in,
                     struct sg_str name, struct sg_error *e)
{
    uint64_t id;
    int rc = sg_genre_by_name(api, q, name, &id, e);
    return rc ? rc : add_seed(api, q, in, "genre", id, e);
}

/* "song:12", "genre:Rock" */
static int read_seed(struct sg_api *api, struct sg_http_request *q, struct sg_str text,
                     struct sg_recs_request *in, struct sg_error *e)
{
    static const char *const types[] = {"song", "artist", "album", "playlist"};
    const char *colon = memchr(text.p, ':', text.n);
    struct sg_str type = {text.p, colon ? (size_t)(colon - text.p) : 0}, rest = SG_STR("");
    uint64_t id;
    if (colon)
        rest = (struct sg_str){colon + 1, text.n - type.n - 1};
    if (sg_str_eq(type, SG_STR("genre")) && rest.n)
        return add_genre(api, q, in, rest, e);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sg_str_eq(type, sg_str(types[i])) && sg_str_to_u64(rest, &id) && id && id <= INT64_MAX)
            return add_seed(api, q, in, types[i], id, e);
    return sg_fail_field(e, "seeds",
                         "seeds: expected song:1, artist:2, album:3, playlist:4 or genre:Rock, "
                         "got '%.*s'",
                         (int)(text.n < 40 ? text.n : 40), text.p);
}

static struct sg_str market_of(const struct sg_http_request *q)
{
    for (size_t i = 0; i < q->n_params; i++)
        if (sg_str_eq(q->params[i].name, SG_STR("market")))
            return q->params[i].value;
    return SG_STR_NONE;
}

int sg_recommend_request(struct sg_api *api, struct sg_http_request *q,
                         const struct sg_param *params, const struct sg_record *record,
                         struct sg_recs_request *in, struct sg_error *e)
{
    struct sg_recommend_params p;
    sg_record_init(&sg_recs_request_record, in);
    int rc = sg_params_read(q, params, record, &p, e);
    if (rc)
        return rc;
    in->user_id = p.user_id;
    in->limit = p.limit;
    in->region = p.region;
    in->cursor = p.cursor;
    in->hour = p.hour;
    in->device = p.device;
    in->explain = p.explain;
    in->clean = q->clean || p.is_clean;
    in->market = market_of(q).n == 2 ? market_of(q) : SG_STR_NONE;
    rc = read_ids(q, "queue", &p.queue, &in->queue, e);
    if (!rc && p.genre.p)
        rc = sg_genre_by_name(api, q, p.genre, &in->genre_id, e);
    const struct sg_str *genres = p.genres.v, *seeds = p.seeds.v;
    struct sg_list artists = {0};
    if (!rc)
        rc = read_ids(q, "artists", &p.artists, &artists, e);
    for (size_t i = 0; i < artists.n && !rc; i++)
        rc = add_seed(api, q, in, "artist", ((uint64_t *)artists.v)[i], e);
    for (size_t i = 0; i < p.genres.n && !rc; i++)
        rc = add_genre(api, q, in, genres[i], e);
    for (size_t i = 0; i < p.seeds.n && !rc; i++)
        rc = read_seed(api, q, seeds[i], in, e);
    return rc;
}

/* rc: of what was read before. */
static void answer_songs(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                         const char *method, struct sg_recs_request *in, int rc, struct sg_error *e)
{
    struct sg_song_list out;
    if (!rc)
        rc = sg_recommend_songs(api, q, method, in, &out, e);
    if (rc)
        sg_problem(q, r, e);
    else
        sg_api_answer(r, &sg_song_list_record, &out);
}

void sg_api_trending(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_recommend_request(api, q, sg_trending_params, &sg_trending_params_record, &in, &e);
    answer_songs(api, q, r, SG_METHOD_TRENDING, &in, rc, &e);
}

void sg_api_recommendations(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_recommend_request(api, q, sg_recommend_params, &sg_user_params_record, &in, &e);
    answer_songs(api, q, r, SG_METHOD_RECOMMEND, &in, rc, &e);
}

void sg_api_new_releases(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_recommend_request(api, q, sg_new_releases_params, &sg_user_params_record, &in, &e);
    answer_songs(api, q, r, SG_METHOD_NEW_RELEASES, &in, rc, &e);
}

void sg_api_radio(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_recommend_request(api, q, sg_radio_params, &sg_recommend_params_record, &in, &e);
    if (!rc && !in.cursor.n && !in.seeds.n)
        rc = sg_fail_field(&e, "seeds", "seeds: is required, or a cursor");
    answer_songs(api, q, r, SG_METHOD_RADIO, &in, rc, &e);
}

/* Of the entity in the path, which must be there. */
static int read_similar(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind,
                        struct sg_recs_request *in, struct sg_error *e)
{
    struct sg_hit hit;
    int rc = sg_recommend_request(api, q, sg_similar_params, &sg_recommend_params_record, in, e);
    in->type = sg_str(sg_kind_names[kind]);
    in->id = sg_route_id(q, 0);
    if (!rc && kind == SG_PLAYLIST) /* the index has public ones only */
        return sg_playlist_visible(api, q, in->id, e);
    if (!rc)
        rc = sg_api_entity(api, q, kind, &hit, e);
    in->artist_id = !rc && kind == SG_SONG && hit.artist ? hit.artist->artist_id : 0;
    return rc;
}

void sg_api_similar(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    int rc = read_similar(api, q, SG_SONG, &in, &e);
    answer_songs(api, q, r, SG_METHOD_SIMILAR, &in, rc, &e);
}

void sg_api_suggestions(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    int rc = read_similar(api, q, SG_PLAYLIST, &in, &e);
    answer_songs(api, q, r, SG_METHOD_CONTINUE, &in, rc, &e);
}

static int name_entities(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind,
                         const struct sg_recs_reply *recs, struct sg_list *out, struct sg_error *e)
{
    const struct sg_scored_entity *s = recs->entities.v;
    size_t n = recs->entities.n < SG_LIMIT_MAX ? recs->entities.n : SG_LIMIT_MAX, h = 0;
    uint64_t *ids = sg_arena_array(q->arena, n + 1, sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "similar");
    for (size_t i = 0; i < n; i++)
        ids[i] = s[i].id;
    int rc = sg_api_lookup(api, q, kind, ids, n, out, e);
    struct sg_hit *hits = out->v;
    for (size_t i = 0; i < n && h < out->n && !rc; i++)
        if (s[i].id == (kind == SG_ARTIST ? hits[h].artist_id : hits[h].album_id))
            hits[h++].score = s[i].score;
    return rc;
}

/* A few more are asked for than wanted: some may be gone from the index. */
static void answer_entities(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r, enum sg_kind kind)
{
    struct sg_recs_request in;
    struct sg_recs_reply recs;
    struct sg_error e = SG_ERROR_INIT;
    int rc = read_similar(api, q, kind, &in, &e);
    struct sg_entity_list out = {.limit = in.limit};
    if (!rc) {
        in.limit = in.limit + 10 < SG_LIMIT_MAX ? in.limit + 10 : SG_LIMIT_MAX;
        rc =
            sg_rpc_call(api->recsys, SG_METHOD_SIMILAR, &sg_recs_request_record, &in,
                        &sg_recs_reply_record, &recs, q->arena, q->deadline_us, q->traceparent, &e);
    }
    if (!rc)
        rc = name_entities(api, q, kind, &recs, &out.results, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    if (out.results.n > (size_t)out.limit)
        out.results.n = (size_t)out.limit;
    out.generation = recs.generation;
    out.fallback = recs.fallback;
    sg_api_answer(r, &sg_entity_list_record, &out);
}

void sg_api_similar_artists(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    answer_entities(api, q, r, SG_ARTIST);
}

void sg_api_similar_albums(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    answer_entities(api, q, r, SG_ALBUM);
}
