/* answer.c - see answer.h. */
#include "recsys/akin.h"
#include "recsys/answering.h"
#include "recsys/mixes.h"
#include "recsys/radio.h"
#include "recsys/trial.h"

static const char nobody[] = "nothing is known of this listener yet: what is popular";

/* x.person and x.model as they are; what to ask compose for. */
typedef int compose_fn(struct sg_answering *x, struct sg_recommendation *out, struct sg_error *e);

static int answer(struct sg_answerer *a, const struct sg_rpc_call *call,
                  const struct sg_recs_request *in, struct sg_recs_reply *out, compose_fn *compose,
                  struct sg_error *e)
{
    struct sg_answering x;
    int rc = sg_answering_begin(&x, a, call, in, out, e);
    if (!rc && !x.model)
        rc = sg_answering_chart(&x, e);
    else if (!rc) {
        struct sg_recommendation *v = sg_answering_room(&x, e);
        rc = v ? compose(&x, v, e) : SG_ENOMEM;
        rc = sg_answering_songs(&x, v, rc, &out->songs, e);
    }
    return sg_answering_end(&x, rc, e);
}

static int trending(struct sg_answering *x, struct sg_recommendation *v, struct sg_error *e)
{
    int n = sg_compose_trending(&x->occasion, x->in->genre_id, (size_t)x->in->limit, v, e);
    if (n > 0 && v[0].reason != SG_BECAUSE_TREND && !x->fallback)
        x->fallback = "no recent plays: the most played songs";
    return n;
}

int sg_answer_trending(struct sg_answerer *a, const struct sg_rpc_call *call,
                       const struct sg_recs_request *in, struct sg_recs_reply *out,
                       struct sg_error *e)
{
    return answer(a, call, in, out, trending, e);
}

/* The songs that stand for what is asked about, into v of SG_SEED_SONGS. */
static size_t resolve(const struct sg_answering *x, const struct sg_seed *seeds, size_t n_seeds,
                      struct sg_basis *v)
{
    size_t n = 0;
    for (size_t i = 0; i < n_seeds; i++)
        n = seeds[i].kind == SG_SEED_PLAYLIST
                ? sg_answering_playlist(x, seeds[i].id, v, n, SG_SEED_SONGS)
                : sg_seed_songs(x->model, seeds[i], v, n);
    return n;
}

static int read_seeds(const struct sg_recs_request *in, struct sg_seed out[SG_RADIO_SEEDS],
                      size_t *n, struct sg_error *e)
{
    const struct sg_seed_ref *refs = in->seeds.v;
    *n = 0;
    for (size_t i = 0; i < in->seeds.n; i++) {
        enum sg_seed_kind kind = sg_seed_kind_of(refs[i].type);
        if (kind == SG_SEED_KINDS || *n == SG_RADIO_SEEDS)
            return sg_fail_field(e, "seeds",
                                 "seeds: at most %d of song, artist, album, playlist or genre",
                                 SG_RADIO_SEEDS);
        out[(*n)++] = (struct sg_seed){kind, refs[i].id};
    }
    return 0;
}

static int with_songs(struct sg_answering *x, const struct sg_basis *basis, size_t n,
                      const struct sg_compose_options *c, struct sg_recommendation *v,
                      struct sg_error *e)
{
    return n ? sg_compose_with_songs(&x->occasion, basis, n, c, v, e)
             : sg_compose_for_person(&x->occasion, c, v, e);
}

/* A song that is unknown to the model is like those of its artist, which the API tells. */
static int similar_songs(struct sg_answering *x, struct sg_recommendation *v, struct sg_error *e)
{
    struct sg_seed seed = {SG_SEED_SONG, x->in->id}, artist = {SG_SEED_ARTIST, x->in->artist_id};
    struct sg_basis basis[SG_SEED_SONGS];
    size_t n = sg_seed_songs(x->model, seed, basis, 0);
    if (!n) {
        x->fallback = "a song that is not in the model yet: like its artist's";
        n = sg_seed_songs(x->model, artist, basis, 0);
    } else if (!sg_near_of(x->model->near, basis[0].song).n) {
        x->fallback = "nobody played it yet: by artist, genre and words";
    }
    size_t limit = (size_t)x->in->limit;
    struct sg_compose_options c = {
        .limit = limit, .quick = true, .per_artist = limit / 3 > 3 ? limit / 3 : 3};
    return with_songs(x, basis, n, &c, v, e);
}

static int goes_with_playlist(struct sg_answering *x, struct sg_recommendation *v,
                              struct sg_error *e)
{
    struct sg_basis basis[SG_SEED_SONGS];
    struct sg_compose_options c = {.limit = (size_t)x->in->limit};
    size_t n = sg_answering_playlist(x, x->in->id, basis, 0, SG_SEED_SONGS);
    if (!n && !x->fallback)
        x->fallback = "no song of this playlist is known: what is popular";
    return with_songs(x, basis, n, &c, v, e);
}

static int similar_entities(struct sg_answering *x, enum sg_akin_kind kind, struct sg_error *e)
{
    size_t limit = (size_t)x->in->limit;
    struct sg_share *v = sg_arena_array(x->call->arena, limit, sizeof *v);
    struct sg_scored_entity *s = sg_arena_array(x->call->arena, limit, sizeof *s);
    if (!v || !s)
        return sg_fail(e, SG_ENOMEM, "similar");
    int n = sg_akin_to(&x->occasion, kind, x->in->id, limit, v, e);
    for (int i = 0; i < n; i++)
        s[i] = (struct sg_scored_entity){v[i].id, (double)v[i].weight};
    if (n >= 0)
        x->out->entities = (struct sg_list){s, (size_t)n};
    return n < 0 ? n : 0;
}

static int answer_entities(struct sg_answerer *a, const struct sg_rpc_call *call,
                           const struct sg_recs_request *in, struct sg_recs_reply *out,
                           enum sg_akin_kind kind, struct sg_error *e)
{
    struct sg_answering x;
    int rc = sg_answering_begin(&x, a, call, in, out, e);
    if (!rc && x.model)
        rc = similar_entities(&x, kind, e);
    return sg_answering_end(&x, rc, e);
}

int sg_answer_similar(struct sg_answerer *a, const struct sg_rpc_call *call,
                      const struct sg_recs_request *in, struct sg_recs_reply *out,
                      struct sg_error *e)
{
    enum sg_seed_kind kind = in->type.n ? sg_seed_kind_of(in->type) : SG_SEED_SONG;
    if (!in->id || kind >= SG_SEED_GENRE)
        return sg_fail_field(e, "type", "similar to a song, artist, album or playlist, by id");
    if (kind == SG_SEED_ARTIST || kind == SG_SEED_ALBUM)
        return answer_entities(a, call, in, out,
                               kind == SG_SEED_ARTIST ? SG_AKIN_ARTISTS : SG_AKIN_ALBUMS, e);
    return answer(a, call, in, out, kind == SG_SEED_SONG ? similar_songs : goes_with_playlist, e);
}

int sg_answer_continue(struct sg_answerer *a, const struct sg_rpc_call *call,
                       const struct sg_recs_request *in, struct sg_recs_reply *out,
                       struct sg_error *e)
{
    return in->id ? answer(a, call, in, out, goes_with_playlist, e)
                  : sg_fail_field(e, "id", "id: of a playlist");
}

static bool is_known(const struct sg_person *p)
{
    return p->n_songs || p->n_plays || p->lists[SG_PERSON_LIKES].n ||
           p->lists[SG_PERSON_FOLLOWED].n;
}

/* Somebody unknown is taken by what she picked. */
static int recommend(struct sg_answering *x, struct sg_recommendation *v, struct sg_error *e)
{
    struct sg_seed seeds[SG_RADIO_SEEDS];
    struct sg_basis basis[SG_SEED_SONGS];
    struct sg_compose_options c = {.limit = (size_t)x->in->limit};
    size_t n_seeds, n = 0;
    int rc = read_seeds(x->in, seeds, &n_seeds, e);
    if (rc)
        return rc;
    if (!is_known(&x->person)) {
        n = resolve(x, seeds, n_seeds, basis);
        if (!n && !x->fallback)
            x->fallback = nobody;
    }
    return n ? with_songs(x, basis, n, &c, v, e) : sg_trial_for_person(x, &c, v, e);
}

int sg_answer_recommend(struct sg_answerer *a, const struct sg_rpc_call *call,
                        const struct sg_recs_request *in, struct sg_recs_reply *out,
                        struct sg_error *e)
{
    return answer(a, call, in, out, recommend, e);
}

static int new_releases(struct sg_answering *x, struct sg_recommendation *v, struct sg_error *e)
{
    struct sg_compose_options c = {.limit = (size_t)x->in->limit};
    return sg_compose_new(&x->occasion, &c, v, e);
}

int sg_answer_new_releases(struct sg_answerer *a, const struct sg_rpc_call *call,
                           const struct sg_recs_request *in, struct sg_recs_reply *out,
                           struct sg_error *e)
{
    return answer(a, call, in, out, new_releases, e);
}

static int begin_radio(const struct sg_answering *x, struct sg_radio_state *s, struct sg_error *e)
{
    if (x->in->cursor.n)
        return sg_cursor_read(x->in->cursor, s, e);
    *s = (struct sg_radio_state){.seed = (uint32_t)x->occasion.now_us};
    int rc = read_seeds(x->in, s->seeds, &s->n_seeds, e);
    if (!rc && !s->n_seeds)
        rc = sg_fail_field(e, "seeds", "seeds: what to begin with, or a cursor");
    return rc;
}

static int radio(struct sg_answering *x, struct sg_recommendation *v, struct sg_error *e)
{
    struct sg_basis basis[SG_SEED_SONGS];
    struct sg_radio_state *s = sg_arena_alloc(x->call->arena, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "radio");
    int rc = begin_radio(x, s, e);
    if (rc)
        return rc;
    size_t n = resolve(x, s->seeds, s->n_seeds, basis);
    if (!n && !x->fallback)
        x->fallback = "no song of these seeds is known: what is popular";
    int k = sg_radio_next(&x->occasion, s, basis, n, (size_t)x->in->limit, v, e);
    if (k >= 0) {
        x->out->cursor = sg_cursor_write(s, x->call->arena);
        if (!x->out->cursor.p)
            return sg_fail(e, SG_ENOMEM, "cursor");
    }
    return k;
}

int sg_answer_radio(struct sg_answerer *a, const struct sg_rpc_call *call,
                    const struct sg_recs_request *in, struct sg_recs_reply *out, struct sg_error *e)
{
    return answer(a, call, in, out, radio, e);
}

static int put_mixes(struct sg_answering *x, struct sg_error *e)
{
    struct sg_mix mixes[SG_MIXES_MAX];
    struct sg_scored_mix *v = sg_arena_array(x->call->arena, SG_MIXES_MAX, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "mixes");
    int n = sg_mixes_of(&x->occasion, (size_t)x->in->mixes, (size_t)x->in->limit, mixes, e);
    int rc = n < 0 ? n : 0;
    for (int i = 0; i < n && !rc; i++) {
        uint64_t *artists =
            sg_arena_array(x->call->arena, SG_MIX_ARTISTS, sizeof *mixes[i].artists);
        if (!artists)
            return sg_fail(e, SG_ENOMEM, "mixes");
        memcpy(artists, mixes[i].artists, sizeof mixes[i].artists);
        v[i] = (struct sg_scored_mix){mixes[i].genre_id, {artists, mixes[i].n_artists}, {0}};
        rc = sg_answering_songs(x, mixes[i].songs, (int)mixes[i].n, &v[i].songs, e);
    }
    x->out->mixes = (struct sg_list){v, rc ? 0 : (size_t)n};
    if (!n && !x->fallback)
        x->fallback = nobody;
    return rc;
}

int sg_answer_mixes(struct sg_answerer *a, const struct sg_rpc_call *call,
                    const struct sg_recs_request *in, struct sg_recs_reply *out, struct sg_error *e)
{
    struct sg_answering x;
    int rc = sg_answering_begin(&x, a, call, in, out, e);
    if (!rc && x.model)
        rc = put_mixes(&x, e);
    return sg_answering_end(&x, rc, e);
}
