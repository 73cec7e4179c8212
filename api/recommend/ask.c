/* ask.c - songs from the recommender, named, and enough of them: see recommend.h. */
#include "api/join.h"
#include "api/recommend/recommend.h"
#include <stdio.h>

enum { ROUNDS = 3, HITS_MAX = 100 };

static bool is_down(int rc)
{
    return rc == SG_EUNAVAIL || rc == SG_ETIMEOUT || rc == SG_EIO;
}

/* What of a list of songs the user may be told, by the database itself: the recommender, who
 * knows, is not there. Songs are kept in their order. */
static int keep_wanted(struct sg_api *api, const struct sg_http_request *q, uint64_t user_id,
                       struct sg_scored *v, size_t *n, struct sg_error *e)
{
    static const struct sg_pg_statement statement = {
        "wanted_songs",
        "SELECT t.n FROM unnest($2::bigint[]) WITH ORDINALITY t (song_id, n) "
        "WHERE NOT EXISTS (SELECT FROM feedback f WHERE f.user_id = $1::bigint AND f.target_kind = "
        "'song' "
        "AND f.target_id = t.song_id AND f.verdict <> 'like') "
        "AND NOT EXISTS (SELECT FROM feedback f JOIN song_artists a ON a.song_id = t.song_id "
        "AND a.credited_artist_id = f.target_id WHERE f.user_id = $1::bigint AND f.target_kind = "
        "'artist') "
        "AND NOT EXISTS (SELECT FROM feedback f JOIN songs s ON s.song_id = t.song_id "
        "AND s.artist_id = f.target_id WHERE f.user_id = $1::bigint AND f.target_kind = 'artist') "
        "AND t.song_id NOT IN (SELECT h.song_id FROM listening_history h WHERE h.user_id = $1 "
        "AND h.played_at > now() - make_interval(days => $3::int)) "
        "AND NOT EXISTS (SELECT FROM users u JOIN songs s ON s.song_id = t.song_id AND s.explicit "
        "WHERE u.user_id = $1 AND u.preferences->>'explicit' = 'false') ORDER BY t.n",
        3};
    struct sg_buf ids = {0};
    char user[24], days[24];
    PGresult *r = NULL;
    snprintf(user, sizeof user, "%llu", (unsigned long long)user_id);
    snprintf(days, sizeof days, "%lld", (long long)api->config->recsys.heard_days);
    for (size_t i = 0; i < *n; i++)
        sg_buf_printf(&ids, "%c%llu", i ? ',' : '{', (unsigned long long)v[i].song_id);
    sg_buf_puts(&ids, *n ? "}" : "{}");
    sg_buf_putc(&ids, 0);
    const char *params[] = {user, ids.p, days};
    int rc = sg_buf_failed(&ids) ? sg_fail(e, SG_ENOMEM, "songs")
                                 : sg_db_read(api->db, q, &statement, params, &r, e);
    sg_buf_free(&ids);
    size_t k = 0;
    uint64_t at;
    for (int i = 0; !rc && i < PQntuples(r); i++)
        if (sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &at) && at >= 1 && at <= *n)
            v[k++] = v[at - 1];
    PQclear(r);
    *n = rc ? *n : k;
    return rc;
}

/* SG_EUNAVAIL as it was when there is nothing to tell. */
static int answer_trending(struct sg_api *api, struct sg_http_request *q,
                           const struct sg_recs_request *in, struct sg_song_list *out,
                           struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    struct sg_scored *v = sg_arena_array(q->arena, SG_RECS_MAX, sizeof *v);
    size_t n = v ? sg_trending_cache_get(api->trending, v, SG_RECS_MAX) : 0;
    if (!n)
        return e->code;
    int rc = in->user_id ? keep_wanted(api, q, in->user_id, v, &n, &why) : 0;
    if (rc)
        return e->code;
    struct sg_list all = {v, n < HITS_MAX ? n : HITS_MAX};
    if (sg_recommend_join(api, q, &all, &out->results, &why))
        return e->code;
    if (out->results.n > (size_t)out->limit)
        out->results.n = (size_t)out->limit;
    out->fallback = SG_STR("the recommender is not answering: what was trending");
    return 0;
}

/* Hits by an artist whom the listener hides, when the recommender had no model to know by. */
static void drop_avoided(struct sg_list *hits, const struct sg_list *avoid)
{
    const uint64_t *artists = avoid->v;
    struct sg_hit *h = hits->v;
    size_t k = 0;
    for (size_t i = 0; i < hits->n && avoid->n; i++) {
        bool keep = true;
        for (size_t a = 0; a < avoid->n && keep; a++) {
            const struct sg_artist_ref *credited = h[i].artists.v;
            keep = !h[i].artist || h[i].artist->artist_id != artists[a];
            for (size_t c = 0; c < h[i].artists.n && keep; c++)
                keep = credited[c].artist_id != artists[a];
        }
        if (keep)
            h[k++] = h[i];
    }
    if (avoid->n)
        hits->n = k;
}

/* Those told are left out of the next round; so are those that nobody can name. */
static int leave_out(struct sg_http_request *q, struct sg_recs_request *in,
                     const struct sg_list *songs, struct sg_error *e)
{
    const struct sg_scored *s = songs->v;
    uint64_t *ids = sg_arena_array(q->arena, in->leave_out.n + songs->n, sizeof *ids);
    if (!ids)
        return sg_fail(e, SG_ENOMEM, "songs");
    if (in->leave_out.n)
        memcpy(ids, in->leave_out.v, in->leave_out.n * sizeof *ids);
    for (size_t i = 0; i < songs->n; i++)
        ids[in->leave_out.n + i] = s[i].song_id;
    in->leave_out = (struct sg_list){ids, in->leave_out.n + songs->n};
    return 0;
}

static void append(struct sg_list *to, const struct sg_list *more, size_t most)
{
    size_t n = more->n < most - to->n ? more->n : most - to->n;
    memcpy((struct sg_hit *)to->v + to->n, more->v, n * sizeof(struct sg_hit));
    to->n += n;
}

/* One round; *again: there may be more to fill the page with. */
static int ask(struct sg_api *api, struct sg_http_request *q, const char *method,
               struct sg_recs_request *in, struct sg_song_list *out, bool *again,
               struct sg_error *e)
{
    struct sg_recs_reply recs;
    struct sg_list hits;
    int rc = sg_rpc_call(api->recsys, method, &sg_recs_request_record, in, &sg_recs_reply_record,
                         &recs, q->arena, q->deadline_us, q->traceparent, e);
    if (!rc)
        rc = sg_recommend_join(api, q, &recs.songs, &hits, e);
    if (rc)
        return rc;
    drop_avoided(&hits, &recs.avoid);
    append(&out->results, &hits, (size_t)out->limit);
    out->generation = recs.generation;
    out->fallback = recs.fallback;
    out->cursor = recs.cursor;
    in->cursor = recs.cursor;
    size_t missing = (size_t)out->limit - out->results.n;
    *again = missing && recs.songs.n == (size_t)in->limit && in->leave_out.n + recs.songs.n <= 1000;
    in->limit = missing ? (int64_t)missing : 1;
    return *again ? leave_out(q, in, &recs.songs, e) : 0;
}

int sg_recommend_songs(struct sg_api *api, struct sg_http_request *q, const char *method,
                       struct sg_recs_request *in, struct sg_song_list *out, struct sg_error *e)
{
    bool again = true;
    int rc = 0;
    *out = (struct sg_song_list){.limit = in->limit};
    out->results.v = sg_arena_array(q->arena, (size_t)in->limit, sizeof(struct sg_hit));
    if (!out->results.v)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (int i = 0; i < ROUNDS && again && !rc; i++)
        rc = ask(api, q, method, in, out, &again, e);
    if (!is_down(rc))
        return rc;
    return out->results.n ? 0 : answer_trending(api, q, in, out, e);
}
