/* world.c - the numbers of the demo world; see world.h. */
#include "data/generate/world.h"
#include "data/calendar.h"
#include "data/generate/genres.h"
#include <stdlib.h>

static const struct {
    const struct sg_lexicon *lexicon;
    double share; /* of artists whose genre names no language */
} languages[SG_DEMO_LANGUAGES] = {
    {&sg_lexicon_en, 55},  {&sg_lexicon_es, 8}, {&sg_lexicon_pt, 4},   {&sg_lexicon_fr, 5},
    {&sg_lexicon_it, 3},   {&sg_lexicon_de, 5}, {&sg_lexicon_sv, 2},   {&sg_lexicon_pl, 2},
    {&sg_lexicon_tr, 2},   {&sg_lexicon_ru, 5}, {&sg_lexicon_el, 1.5}, {&sg_lexicon_ar, 2},
    {&sg_lexicon_he, 1},   {&sg_lexicon_hi, 1}, {&sg_lexicon_ja, 2},   {&sg_lexicon_ko, 1},
    {&sg_lexicon_zh, 1.5},
};

static uint8_t language_of(const char *code)
{
    for (uint8_t i = 0; i < SG_DEMO_LANGUAGES; i++)
        if (!strncmp(languages[i].lexicon->code, code, 2))
            return i;
    return 0;
}

static uint8_t draw_language(const struct sg_demo_genre *g, struct sg_rng *r)
{
    if (g->languages) /* two letters and a blank each */
        return language_of(g->languages + 3 * sg_rng_below(r, (strlen(g->languages) + 1) / 3));
    double total = 0, sum = 0;
    for (int i = 0; i < SG_DEMO_LANGUAGES; i++)
        total += languages[i].share;
    double at = sg_rng_unit(r) * total;
    for (uint8_t i = 0; i < SG_DEMO_LANGUAGES; i++)
        if ((sum += languages[i].share) > at)
            return i;
    return 0;
}

static uint8_t draw_genre(struct sg_rng *r)
{
    double total = 0, sum = 0;
    for (int i = 0; i < SG_DEMO_GENRES; i++)
        total += sg_demo_genre_facts[i].share;
    double at = sg_rng_unit(r) * total;
    for (uint8_t i = 0; i < SG_DEMO_GENRES; i++)
        if ((sum += sg_demo_genre_facts[i].share) > at)
            return i;
    return 0;
}

/* An artist's facts that need no other artist. Songs per artist: Pareto with
 * exponent 1.45, famous artists recording more. */
static void draw_facts(const struct sg_world *w, uint64_t i, struct sg_world_artist *a)
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_ARTIST, i + w->o.first_artist, 0);
    double rank = sg_rng_unit(&r), size = sqrt(sqrt(rank)) * sg_rng_unit(&r);
    a->popularity = pow(rank, -0.85);
    double songs = 2.6 * pow(size, -0.68);
    a->n_songs = (uint16_t)(songs < SG_DEMO_SONGS_MAX ? songs : SG_DEMO_SONGS_MAX);
    a->genre = draw_genre(&r);
    const struct sg_demo_genre *g = &sg_demo_genre_facts[a->genre];
    a->language = draw_language(g, &r);
    a->scene = (uint16_t)(a->genre * 4 +
                          (a->language == 0 ? (int)sg_rng_below(&r, 2) : 2 + a->language % 2));
    int64_t from = sg_days_from_civil(g->from, 1, 1), span = w->o.until - 200 - from;
    a->start =
        (int32_t)(from + (int64_t)(pow(sg_rng_unit(&r), 0.6) * (double)(span > 0 ? span : 0)));
}

static size_t count_releases(const struct sg_world *w, uint64_t artist)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    return sg_world_releases(w, artist, releases);
}

static int draw_artists(struct sg_world *w, struct sg_error *e)
{
    uint64_t cap = w->o.songs / 8 + 64, songs = 0;
    w->artists = malloc(cap * sizeof *w->artists);
    if (!w->artists)
        return sg_fail(e, SG_ENOMEM, "artists");
    for (; songs < w->o.songs; w->n_artists++) {
        if (w->n_artists == cap) {
            cap *= 2;
            void *more = realloc(w->artists, cap * sizeof *w->artists);
            if (!more)
                return sg_fail(e, SG_ENOMEM, "artists");
            w->artists = more;
        }
        struct sg_world_artist *a = &w->artists[w->n_artists];
        draw_facts(w, w->n_artists, a);
        if (a->n_songs > w->o.songs - songs)
            a->n_songs = (uint16_t)(w->o.songs - songs);
        a->first_song = songs;
        a->first_album = w->n_albums;
        a->n_albums = (uint16_t)count_releases(w, w->n_artists);
        songs += a->n_songs;
        w->n_albums += a->n_albums;
    }
    return 0;
}

static int draw_weights(struct sg_world *w, struct sg_error *e)
{
    w->song_weights = malloc((w->o.songs + 1) * sizeof *w->song_weights);
    if (!w->song_weights)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (uint64_t i = 0; i < w->n_artists; i++) {
        const struct sg_world_artist *a = &w->artists[i];
        struct sg_rng r = sg_rng_at(w->o.seed, SG_S_WEIGHT, i + w->o.first_artist, 0);
        double sum = 0;
        for (size_t j = 0; j < a->n_songs; j++)
            w->song_weights[a->first_song + j] = (float)(sum += exp(1.3 * sg_rng_normal(&r)));
    }
    return 0;
}

static int index_scenes(struct sg_world *w, struct sg_error *e)
{
    w->scene_artists = malloc((w->n_artists + 1) * sizeof *w->scene_artists);
    w->scene_weights = malloc((w->n_artists + 1) * sizeof *w->scene_weights);
    if (!w->scene_artists || !w->scene_weights)
        return sg_fail(e, SG_ENOMEM, "scenes");
    uint64_t next[SG_DEMO_SCENES];
    for (uint64_t i = 0; i < w->n_artists; i++)
        w->scene_start[w->artists[i].scene + 1]++;
    for (size_t s = 0; s < SG_DEMO_SCENES; s++) {
        w->scene_start[s + 1] += w->scene_start[s];
        next[s] = w->scene_start[s];
    }
    for (uint64_t i = 0; i < w->n_artists; i++) {
        size_t s = w->artists[i].scene;
        uint64_t at = next[s]++;
        w->scene_artists[at] = (uint32_t)i;
        w->scene_weights[at] =
            (at > w->scene_start[s] ? w->scene_weights[at - 1] : 0) + w->artists[i].popularity;
    }
    double sum = 0;
    for (size_t s = 0; s < SG_DEMO_SCENES; s++) {
        uint64_t end = w->scene_start[s + 1];
        w->scene_taste[s] = sum += end > w->scene_start[s] ? sqrt(w->scene_weights[end - 1]) : 0;
    }
    return 0;
}

int sg_world_open(struct sg_world *w, const struct sg_world_options *o, struct sg_error *e)
{
    *w = (struct sg_world){.o = *o};
    uint64_t *firsts[] = {&w->o.first_song, &w->o.first_artist, &w->o.first_album, &w->o.first_user,
                          &w->o.first_playlist};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
        *firsts[i] += *firsts[i] == 0;
    w->n_playlists = o->songs && o->users ? o->users / 4 + 40 : 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < SG_DEMO_LANGUAGES; i++)
        rc = sg_vocabulary_open(&w->languages[i], languages[i].lexicon, e);
    if (!rc)
        rc = draw_artists(w, e);
    if (!rc)
        rc = draw_weights(w, e);
    if (!rc)
        rc = index_scenes(w, e);
    if (rc)
        sg_world_close(w);
    return rc;
}

void sg_world_close(struct sg_world *w)
{
    for (size_t i = 0; i < SG_DEMO_LANGUAGES; i++)
        sg_vocabulary_close(&w->languages[i]);
    free(w->artists);
    free(w->song_weights);
    free(w->scene_artists);
    free(w->scene_weights);
    *w = (struct sg_world){0};
}

/* First index in [lo, hi) whose cumulative weight exceeds at. */
static uint64_t search(const double *cumulative, uint64_t lo, uint64_t hi, double at)
{
    uint64_t last = hi - 1;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (cumulative[mid] > at)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo < last ? lo : last;
}

size_t sg_world_draw_scene(const struct sg_world *w, struct sg_rng *r)
{
    double at = sg_rng_unit(r) * w->scene_taste[SG_DEMO_SCENES - 1];
    return (size_t)search(w->scene_taste, 0, SG_DEMO_SCENES, at);
}

uint64_t sg_world_draw_artist(const struct sg_world *w, size_t scene, struct sg_rng *r)
{
    uint64_t lo = w->scene_start[scene], hi = w->scene_start[scene + 1];
    if (lo == hi)
        return sg_rng_below(r, w->n_artists);
    return w->scene_artists[search(w->scene_weights, lo, hi,
                                   sg_rng_unit(r) * w->scene_weights[hi - 1])];
}

uint64_t sg_world_draw_song(const struct sg_world *w, uint64_t artist, struct sg_rng *r)
{
    const struct sg_world_artist *a = &w->artists[artist];
    const float *c = w->song_weights + a->first_song;
    size_t lo = 0, hi = a->n_songs - 1u;
    double at = sg_rng_unit(r) * c[hi];
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c[mid] > at)
            hi = mid;
        else
            lo = mid + 1;
    }
    return a->first_song + lo;
}
