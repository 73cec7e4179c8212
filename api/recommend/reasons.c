/* reasons.c - names for songs, and for what they are recommended because of. */
#include "api/join.h"
#include "api/recommend/recommend.h"
#include <strings.h>

_Static_assert(sizeof(struct sg_feature) == sizeof(struct sg_rank_part), "the same fields");

struct named {
    uint64_t *ids;
    size_t n;
    struct sg_hit *hits; /* found, in any order */
    size_t n_hits;
};

static void want(struct named *x, uint64_t id)
{
    for (size_t i = 0; i < x->n && id; i++)
        if (x->ids[i] == id)
            return;
    if (id && x->n < SG_LIMIT_MAX)
        x->ids[x->n++] = id;
}

static const struct sg_hit *found(const struct named *x, enum sg_kind kind, uint64_t id)
{
    for (size_t i = 0; i < x->n_hits; i++)
        if (id == (kind == SG_SONG ? x->hits[i].song_id : x->hits[i].artist_id))
            return &x->hits[i];
    return NULL;
}

static int look_up(struct sg_api *api, struct sg_http_request *q, enum sg_kind kind,
                   struct named *x, struct sg_error *e)
{
    struct sg_list hits;
    int rc = sg_api_lookup(api, q, kind, x->ids, x->n, &hits, e);
    if (!rc) {
        x->hits = hits.v;
        x->n_hits = hits.n;
    }
    return rc;
}

struct because {
    struct named songs, artists;
    struct sg_list genres; /* sg_genre */
};

static int read_because(struct sg_api *api, struct sg_http_request *q, const struct sg_list *scored,
                        struct because *b, struct sg_error *e)
{
    const struct sg_scored *s = scored->v;
    bool genres = false;
    *b = (struct because){.songs.ids = sg_arena_array(q->arena, SG_LIMIT_MAX, sizeof(uint64_t)),
                          .artists.ids = sg_arena_array(q->arena, SG_LIMIT_MAX, sizeof(uint64_t))};
    if (!b->songs.ids || !b->artists.ids)
        return sg_fail(e, SG_ENOMEM, "reasons");
    for (size_t i = 0; i < scored->n; i++) {
        want(&b->songs, s[i].because_song);
        want(&b->artists, s[i].because_artist);
        genres = genres || s[i].because_genre;
    }
    int rc = look_up(api, q, SG_SONG, &b->songs, e);
    if (!rc)
        rc = look_up(api, q, SG_ARTIST, &b->artists, e);
    struct sg_genres_reply reply;
    if (!rc && genres)
        rc = sg_rpc_call(api->query, SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &reply,
                         q->arena, q->deadline_us, q->traceparent, e);
    if (!rc && genres)
        b->genres = reply.genres;
    return rc;
}

static struct sg_str genre_in(const struct sg_list *genres, uint64_t id)
{
    const struct sg_genre *g = genres->v;
    for (size_t i = 0; i < genres->n; i++)
        if (g[i].genre_id == id)
            return g[i].name;
    return SG_STR_NONE;
}

/* A reason that cannot be named any more says less: "for you". */
static int tell(struct sg_http_request *q, const struct because *b, const struct sg_scored *s,
                struct sg_hit *hit, struct sg_error *e)
{
    const struct sg_hit *song = found(&b->songs, SG_SONG, s->because_song);
    const struct sg_hit *artist = found(&b->artists, SG_ARTIST, s->because_artist);
    struct sg_str name = song     ? song->title
                         : artist ? artist->name
                                  : genre_in(&b->genres, s->because_genre);
    bool needs = s->because_song || s->because_artist || s->because_genre;
    struct sg_reason *r = sg_arena_alloc(q->arena, sizeof *r);
    if (!r || !s->reason.n)
        return r ? 0 : sg_fail(e, SG_ENOMEM, "reasons");
    r->code = needs && !name.n ? SG_STR("for you") : s->reason;
    r->text =
        sg_arena_printf(q->arena, "%.*s%s%.*s", SG_FMT(r->code), name.n ? " " : "", SG_FMT(name));
    if (!r->text.p)
        return sg_fail(e, SG_ENOMEM, "reasons");
    if (r->text.p[0] >= 'a' && r->text.p[0] <= 'z')
        ((char *)r->text.p)[0] = (char)(r->text.p[0] - 32);
    r->song_id = song ? s->because_song : 0;
    r->artist_id = artist ? s->because_artist : 0;
    r->name = name.n ? name : SG_STR_NONE;
    hit->reason = r;
    hit->features = s->features; /* the same fields */
    return 0;
}

int sg_recommend_join(struct sg_api *api, struct sg_http_request *q, const struct sg_list *scored,
                      struct sg_list *hits, struct sg_error *e)
{
    struct because b;
    struct sg_list named;
    const struct sg_scored *s = scored->v;
    struct sg_hit *out = sg_arena_array(q->arena, scored->n + 1, sizeof *out);
    size_t k = 0;
    int rc = out ? 0 : sg_fail(e, SG_ENOMEM, "songs");
    for (size_t from = 0; from < scored->n && !rc; from += SG_LIMIT_MAX) {
        size_t n = scored->n - from < SG_LIMIT_MAX ? scored->n - from : SG_LIMIT_MAX;
        struct sg_list part = {(struct sg_scored *)scored->v + from, n};
        rc = sg_api_join_songs(api, q, &part, &named, e);
        if (!rc && named.n) {
            memcpy(out + k, named.v, named.n * sizeof *out);
            k += named.n;
        }
    }
    if (!rc)
        rc = read_because(api, q, scored, &b, e);
    for (size_t i = 0, h = 0; i < scored->n && h < k && !rc; i++)
        if (out[h].song_id == s[i].song_id)
            rc = tell(q, &b, &s[i], &out[h++], e);
    *hits = (struct sg_list){out, rc ? 0 : k};
    return rc;
}

int sg_genre_by_name(struct sg_api *api, struct sg_http_request *q, struct sg_str name,
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

struct sg_str sg_genre_name(struct sg_api *api, struct sg_http_request *q, uint64_t genre_id)
{
    struct sg_genres_reply genres;
    if (!genre_id || sg_rpc_call(api->query, SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record,
                                 &genres, q->arena, q->deadline_us, q->traceparent, NULL))
        return SG_STR_NONE;
    return genre_in(&genres.genres, genre_id);
}
