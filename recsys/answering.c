/* answering.c - see answering.h. */
#include "recsys/answering.h"
#include "core/clock.h"
#include "recsys/rank/rank.h"
#include <stdio.h>

static void make_occasion(struct sg_answering *x)
{
    const struct sg_recs_request *in = x->in;
    const struct sg_config *config = x->a->config;
    struct sg_str own = sg_str(x->person.market);
    x->occasion = (struct sg_occasion){
        .model = x->model,
        .charts = x->a->charts,
        .person = &x->person,
        .now_us = sg_wall_us(),
        .heard_days = config->recsys.heard_days,
        .new_days = config->recsys.new_days,
        .decay_days = config->recsys.decay_days,
        .region = sg_region(in->market.n ? in->market : own),
        .chart_region = sg_region(in->region),
        .clean = in->clean || x->person.clean,
        .hour = (int)in->hour,
        .device = sg_device_of(in->device),
        .queue = {in->queue.v, in->queue.n},
        .leave_out = {in->leave_out.v, in->leave_out.n},
        .arena = x->call->arena,
    };
}

int sg_answering_begin(struct sg_answering *x, struct sg_answerer *a,
                       const struct sg_rpc_call *call, const struct sg_recs_request *in,
                       struct sg_recs_reply *out, struct sg_error *e)
{
    *x = (struct sg_answering){.a = a, .call = call, .in = in, .out = out};
    x->from_us = sg_now_us();
    x->model = sg_models_take(a->models);
    if (!x->model)
        x->fallback = "no model: what is trending";
    int rc = in->user_id ? sg_people_get(sg_live_people(a->live), in->user_id, call->deadline_us,
                                         call->arena, &x->person, e)
                         : 0;
    make_occasion(x);
    return rc; /* of a listener out of reach too: nobody is answered without her own filters */
}

int sg_answering_end(struct sg_answering *x, int rc, struct sg_error *e)
{
    struct sg_recs_reply *out = x->out;
    out->generation =
        x->model ? sg_arena_copy(x->call->arena, sg_str(x->model->name)) : SG_STR_NONE;
    out->fallback = x->fallback ? sg_str(x->fallback) : SG_STR_NONE;
    out->took_us = sg_now_us() - x->from_us;
    sg_models_give(x->model);
    if (!rc && sg_now_us() > x->call->deadline_us)
        return sg_fail(e, SG_ETIMEOUT, "the time for this answer is over");
    return rc;
}

struct sg_recommendation *sg_answering_room(const struct sg_answering *x, struct sg_error *e)
{
    struct sg_recommendation *v = sg_arena_array(x->call->arena, (size_t)x->in->limit, sizeof *v);
    if (!v)
        sg_fail(e, SG_ENOMEM, "songs");
    return v;
}

static int explain(const struct sg_answering *x, const struct sg_recommendation *r,
                   struct sg_scored *out, struct sg_error *e)
{
    struct sg_rank_part *v = sg_arena_array(x->call->arena, SG_RANK_FEATURES, sizeof *v);
    size_t n = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "explanation");
    for (int f = 0; f < SG_RANK_FEATURES; f++) {
        double value = (double)r->feature[f];
        double weight = (double)sg_rank_weight(&x->occasion, (enum sg_rank_feature)f);
        if (value != 0)
            v[n++] = (struct sg_rank_part){sg_str(sg_rank_names[f]), value, weight, value * weight};
    }
    out->features = (struct sg_list){v, n};
    return 0;
}

int sg_answering_songs(struct sg_answering *x, const struct sg_recommendation *v, int n,
                       struct sg_list *out, struct sg_error *e)
{
    if (n < 0)
        return n;
    struct sg_scored *s = sg_arena_array(x->call->arena, (size_t)n + 1, sizeof *s);
    int rc = s ? 0 : sg_fail(e, SG_ENOMEM, "songs");
    for (int i = 0; i < n && !rc; i++) {
        s[i] = (struct sg_scored){.song_id = v[i].song_id,
                                  .score = (double)v[i].score,
                                  .reason = sg_str(sg_reason_names[v[i].reason]),
                                  .because_song = v[i].because_song,
                                  .because_artist = v[i].because_artist,
                                  .because_genre = v[i].because_genre};
        if (x->in->explain)
            rc = explain(x, &v[i], &s[i], e);
    }
    if (!rc)
        *out = (struct sg_list){s, (size_t)n};
    return rc;
}

static bool is_left_out(const struct sg_answering *x, uint64_t song_id)
{
    const struct sg_person *p = &x->person;
    const uint64_t *unwanted = x->in->leave_out.v, *queue = x->in->queue.v;
    for (size_t i = 0; i < x->in->leave_out.n; i++)
        if (unwanted[i] == song_id)
            return true;
    for (size_t i = 0; i < x->in->queue.n; i++)
        if (queue[i] == song_id)
            return true;
    return sg_ids_hold(p->lists[SG_PERSON_DISLIKES], song_id) ||
           sg_ids_hold(p->lists[SG_PERSON_NOT_INTERESTED], song_id) ||
           sg_person_heard(p, song_id, x->occasion.heard_days, x->occasion.now_us);
}

int sg_answering_chart(struct sg_answering *x, struct sg_error *e)
{
    struct sg_trend chart[SG_CHART_MAX];
    size_t n = sg_charts_top(x->a->charts, NULL, x->occasion.chart_region, 0, chart, SG_CHART_MAX);
    size_t k = 0;
    struct sg_scored *s = sg_arena_array(x->call->arena, SG_CHART_MAX, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (size_t i = 0; i < n && k < (size_t)x->in->limit; i++)
        if (!is_left_out(x, chart[i].song_id))
            s[k++] = (struct sg_scored){
                .song_id = chart[i].song_id, .score = chart[i].plays, .reason = SG_STR("trending")};
    struct sg_ids hidden = x->person.lists[SG_PERSON_HIDDEN];
    x->out->songs = (struct sg_list){s, k};
    x->out->avoid = (struct sg_list){(void *)hidden.v, hidden.n};
    return 0;
}

size_t sg_answering_playlist(const struct sg_answering *x, uint64_t playlist_id,
                             struct sg_basis *out, size_t n, size_t cap)
{
    char id[24], user[24];
    const char *params[] = {id, user};
    uint64_t song_id;
    PGconn *c;
    PGresult *r;
    snprintf(id, sizeof id, "%llu", (unsigned long long)playlist_id);
    snprintf(user, sizeof user, "%llu", (unsigned long long)x->in->user_id);
    if (!x->model || sg_pg_pool_take(x->a->pg, &c, x->call->deadline_us, NULL))
        return n;
    if (sg_pg_exec(c,
                   "SELECT s.song_id FROM playlist_songs s JOIN playlists p USING (user_id, "
                   "playlist_id) WHERE p.playlist_id = $1 AND (p.is_public OR p.user_id = $2) "
                   "ORDER BY s.position DESC LIMIT 200",
                   2, params, &r, NULL) == 0) {
        for (int i = 0; i < PQntuples(r) && n < cap; i++)
            if (sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &song_id)) {
                uint32_t song = sg_songs_index(x->model->songs, song_id);
                if (song != SG_NO_SONG)
                    out[n++] = (struct sg_basis){song, 1, 0};
            }
        PQclear(r);
    }
    sg_pg_pool_give(x->a->pg, c);
    return n;
}

enum sg_seed_kind sg_seed_kind_of(struct sg_str type)
{
    static const char *const names[SG_SEED_KINDS] = {"song", "artist", "album", "playlist",
                                                     "genre"};
    int kind = 0;
    while (kind < SG_SEED_KINDS && !sg_str_eq(type, sg_str(names[kind])))
        kind++;
    return (enum sg_seed_kind)kind;
}
