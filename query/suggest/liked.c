/* liked.c - songs and artists of the searcher's taste that start with a text: see parts.h. */
#include "query/suggest/parts.h"

#define LIKED_MORE 4.0f /* e^4 = 55 times the plays */

static bool starts(struct sg_str name, const struct typed *t)
{
    char folded[SG_TEXT_MAX];
    struct sg_str all = {folded, sg_text_fold(folded, sizeof folded, name)};
    return sg_str_starts(all, (struct sg_str){t->text, t->n}) &&
           (!t->ended || all.n == t->n || all.p[t->n] == ' ');
}

static const struct candidate *find(const struct candidates *c, enum sg_kind kind, uint64_t id)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].kind == kind && c->v[i].id == id)
            return &c->v[i];
    return NULL;
}

/* Up among the best by how much it is liked, or further if it is as well known. */
static void lift(struct candidates *c, enum sg_kind kind, const struct sg_affinity *liked,
                 float best)
{
    float weight = (float)liked->weight, worth = best - LIKED_MORE * (1 - weight);
    const struct candidate *own = find(c, kind, liked->id);
    if (own && own->worth + LIKED_MORE * weight > worth)
        worth = own->worth + LIKED_MORE * weight;
    candidates_add(c, kind, liked->id, worth);
}

void add_liked(struct sg_searcher *s, const struct sg_taste *taste, const struct typed *t,
               struct sg_arena *a, struct candidates *out)
{
    const struct sg_affinity *artists = taste->artists.v, *songs = taste->songs.v;
    float best = 0;
    for (size_t i = 0; i < out->n; i++)
        best = out->v[i].worth > best ? out->v[i].worth : best;
    for (size_t i = 0; i < taste->artists.n; i++) {
        struct sg_artist artist;
        if (sg_searcher_may_show(s, SG_ARTIST, artists[i].id) &&
            !sg_searcher_record(s, SG_ARTIST, artists[i].id, a, &artist, NULL) &&
            starts(artist.name, t))
            lift(out, SG_ARTIST, &artists[i], best);
    }
    for (size_t i = 0; i < taste->songs.n; i++) {
        struct sg_song song;
        if (sg_searcher_may_show(s, SG_SONG, songs[i].id) &&
            !sg_searcher_record(s, SG_SONG, songs[i].id, a, &song, NULL) && starts(song.title, t))
            lift(out, SG_SONG, &songs[i], best);
    }
}
