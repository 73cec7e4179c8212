/* mixes.c - a user's daily mixes, named. */
#include "api/join.h"
#include "api/problem.h"
#include "api/recommend/recommend.h"
#include "api/route.h"

static int name_artists(struct sg_api *api, struct sg_http_request *q, const struct sg_list *ids,
                        struct sg_list *out, struct sg_error *e)
{
    struct sg_list hits;
    int rc = sg_api_lookup(api, q, SG_ARTIST, ids->v, ids->n, &hits, e);
    if (rc)
        return rc;
    const struct sg_hit *h = hits.v;
    struct sg_artist_ref *refs = sg_arena_array(q->arena, hits.n + 1, sizeof *refs);
    if (!refs)
        return sg_fail(e, SG_ENOMEM, "artists");
    for (size_t i = 0; i < hits.n; i++)
        refs[i] = (struct sg_artist_ref){h[i].artist_id, h[i].name};
    *out = (struct sg_list){refs, hits.n};
    return 0;
}

/* "Rock: Mogwai, Slint" */
static struct sg_str title_of(struct sg_http_request *q, const struct sg_mix_view *mix)
{
    const struct sg_artist_ref *a = mix->artists.v;
    struct sg_str title = mix->genre.n ? mix->genre : SG_STR("Mix");
    for (size_t i = 0; i < mix->artists.n && title.p; i++)
        title = sg_arena_printf(q->arena, "%.*s%s%.*s", SG_FMT(title), i ? ", " : ": ",
                                SG_FMT(a[i].name));
    return title;
}

static int view_of(struct sg_api *api, struct sg_http_request *q, const struct sg_scored_mix *m,
                   struct sg_mix_view *out, struct sg_error *e)
{
    int rc = name_artists(api, q, &m->artists, &out->artists, e);
    if (!rc)
        rc = sg_recommend_join(api, q, &m->songs, &out->songs, e);
    if (rc)
        return rc;
    out->genre = sg_genre_name(api, q, m->genre_id);
    out->title = title_of(q, out);
    return out->title.p ? 0 : sg_fail(e, SG_ENOMEM, "mix");
}

/* One mix of what is popular, for somebody of whom nothing is known and when nobody knows. */
static int popular_mix(struct sg_api *api, struct sg_http_request *q, struct sg_recs_request *in,
                       struct sg_mix_view *out, struct sg_str *fallback, struct sg_error *e)
{
    struct sg_song_list songs;
    int rc = sg_recommend_songs(api, q, SG_METHOD_RECOMMEND, in, &songs, e);
    *out = (struct sg_mix_view){.title = SG_STR("Popular now"), .songs = songs.results};
    *fallback = songs.fallback;
    return rc;
}

static int mixes_of(struct sg_api *api, struct sg_http_request *q, struct sg_recs_request *in,
                    struct sg_mix_list *out, struct sg_error *e)
{
    struct sg_recs_reply recs = {0};
    int rc = sg_rpc_call(api->recsys, SG_METHOD_MIXES, &sg_recs_request_record, in,
                         &sg_recs_reply_record, &recs, q->arena, q->deadline_us, q->traceparent, e);
    const struct sg_scored_mix *m = recs.mixes.v;
    struct sg_mix_view *v = sg_arena_array(q->arena, recs.mixes.n + 1, sizeof *v);
    size_t n = rc ? 0 : recs.mixes.n;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "mixes");
    if (rc && rc != SG_EUNAVAIL && rc != SG_ETIMEOUT)
        return rc;
    *out = (struct sg_mix_list){{v, n}, recs.generation, recs.fallback};
    rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = view_of(api, q, &m[i], &v[i], e);
    if (!n) {
        rc = popular_mix(api, q, in, v, &out->fallback, e);
        out->mixes.n = !rc;
    }
    return rc;
}

void sg_api_mixes(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_recs_request in;
    struct sg_mix_list out;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_recommend_request(api, q, sg_mixes_params, &sg_mixes_params_record, &in, &e);
    if (!rc)
        rc = mixes_of(api, q, &in, &out, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_mix_list_record, &out);
}
