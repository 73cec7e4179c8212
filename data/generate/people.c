/* people.c - listeners, their plays, follows and playlists; see world.h. */
#include "data/generate/world.h"
#include <stdio.h>
#include <stdlib.h>

static const struct {
    char country[3];
    uint8_t language;
    double share;
} countries[] = {
    {"US", 0, 28}, {"GB", 0, 9},  {"BR", 2, 8},  {"MX", 1, 7},  {"DE", 5, 6},  {"FR", 3, 6},
    {"ES", 1, 4},  {"IT", 4, 3},  {"JP", 14, 4}, {"KR", 15, 3}, {"IN", 13, 6}, {"CA", 0, 3},
    {"AU", 0, 3},  {"SE", 6, 2},  {"PL", 7, 2},  {"TR", 8, 2},  {"AR", 1, 2},  {"GR", 10, 1},
    {"IL", 12, 1}, {"EG", 11, 1}, {"UA", 9, 1},  {"TW", 16, 1},
};
#define COUNTRIES (sizeof countries / sizeof *countries)

static size_t draw_country(struct sg_rng *r)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < COUNTRIES; i++)
        total += countries[i].share;
    double at = sg_rng_unit(r) * total;
    for (size_t i = 0; i < COUNTRIES; i++)
        if ((sum += countries[i].share) > at)
            return i;
    return 0;
}

static void draw_taste(const struct sg_world *w, struct sg_demo_user *u, struct sg_rng *r)
{
    double sum = 0;
    u->n_scenes = 1 + sg_rng_below(r, 3);
    for (size_t i = 0; i < u->n_scenes; i++) {
        u->scenes[i] = (uint16_t)sg_world_draw_scene(w, r);
        u->mix[i] = sum += 0.2 + sg_rng_unit(r);
    }
    u->n_favourites = 3 + sg_rng_below(r, 10);
    for (size_t i = 0; i < u->n_favourites; i++)
        u->favourites[i] = sg_world_draw_artist(w, u->scenes[sg_rng_below(r, u->n_scenes)], r);
}

void sg_world_user(const struct sg_world *w, uint64_t user, struct sg_demo_user *u,
                   struct sg_buf *display_name)
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_USER, user + w->o.first_user, 0);
    *u = (struct sg_demo_user){0};
    size_t country = draw_country(&r);
    memcpy(u->country, countries[country].country, 3);
    u->premium = sg_rng_chance(&r, 0.4);
    draw_taste(w, u, &r);
    if (display_name) {
        sg_buf_reset(display_name);
        sg_vocabulary_person(&w->languages[countries[country].language], &r, display_name);
    }
}

/* One listening: what is heard, and how long by how much it is liked. */
static void draw_play(const struct sg_world *w, const struct sg_demo_user *u, struct sg_rng *r,
                      struct sg_demo_play *out)
{
    uint64_t artist;
    double skip, kind = sg_rng_unit(r);
    if (kind < 0.1) {
        artist = sg_world_draw_artist(w, sg_world_draw_scene(w, r), r);
        skip = 0.35;
    } else if (kind < 0.55) {
        artist = u->favourites[sg_rng_zipf(r, u->n_favourites, 3)];
        skip = 0.08;
    } else {
        double at = sg_rng_unit(r) * u->mix[u->n_scenes - 1];
        size_t s = 0;
        while (s + 1 < u->n_scenes && u->mix[s] <= at)
            s++;
        artist = sg_world_draw_artist(w, u->scenes[s], r);
        skip = 0.18;
    }
    out->song = sg_world_draw_song(w, artist, r);
    int duration = sg_world_duration(w, artist, out->song - w->artists[artist].first_song);
    double cut = sg_rng_unit(r);
    if (cut < skip)
        out->played_s = 1 + (int)sg_rng_below(r, duration < 30 ? (uint64_t)duration : 29);
    else if (cut < skip + 0.1)
        out->played_s = (int)((0.3 + 0.6 * sg_rng_unit(r)) * duration);
    else
        out->played_s = duration;
    out->played_s += out->played_s == 0;
}

static int by_time(const void *a, const void *b)
{
    const struct sg_demo_play *x = a, *y = b;
    if (x->at != y->at)
        return (x->at > y->at) - (x->at < y->at);
    return (x->song > y->song) - (x->song < y->song);
}

/* Start of a session: any day of the period, mostly in the evening. */
static int64_t session_start(const struct sg_world *w, struct sg_rng *r)
{
    int64_t day = w->o.until - 1 - (int64_t)sg_rng_below(r, (uint64_t)w->o.history_days);
    double hour = fmod(17.5 + 4.5 * sg_rng_normal(r) + 48, 24);
    return day * 86400 + (int64_t)(hour * 3600);
}

static size_t draw_session(const struct sg_world *w, const struct sg_demo_user *u, size_t left,
                           struct sg_rng *r, struct sg_demo_play *out)
{
    size_t n = 1 + sg_rng_below(r, 14), made = 0;
    int64_t at = session_start(w, r), end = w->o.until * 86400;
    bool abroad = sg_rng_chance(r, 0.04);
    const char *region = abroad ? countries[draw_country(r)].country : u->country;
    for (; made < n && made < left && at < end; made++) {
        draw_play(w, u, r, &out[made]);
        out[made].at = at;
        memcpy(out[made].region, region, 3);
        at += out[made].played_s + 1 + (int64_t)sg_rng_below(r, 9);
    }
    return made;
}

size_t sg_world_plays(const struct sg_world *w, uint64_t user, const struct sg_demo_user *u,
                      struct sg_demo_play out[SG_DEMO_PLAYS_MAX])
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_PLAYS, user + w->o.first_user, 0);
    /* Log-normal with sigma 0.8: its mean is exp(0.32) times its median. */
    double want = w->o.plays_per_user * exp(0.8 * sg_rng_normal(&r) - 0.32);
    size_t n = 0, most = want < SG_DEMO_PLAYS_MAX ? (size_t)want : SG_DEMO_PLAYS_MAX;
    while (n < most)
        n += draw_session(w, u, most - n, &r, out + n);
    qsort(out, n, sizeof *out, by_time);
    return n;
}

static int by_target(const void *a, const void *b)
{
    const struct sg_demo_follow *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind - y->kind;
    return (x->target > y->target) - (x->target < y->target);
}

size_t sg_world_follows(const struct sg_world *w, uint64_t user, const struct sg_demo_user *u,
                        struct sg_demo_follow out[SG_DEMO_LIST_MAX])
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_FOLLOWS, user + w->o.first_user, 0);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < u->n_favourites; i++)
        if (sg_rng_chance(&r, 0.6))
            out[n++] = (struct sg_demo_follow){0, u->favourites[i]};
    size_t lists = sg_rng_below(&r, 4), friends = sg_rng_below(&r, 6);
    for (size_t i = 0; i < lists; i++)
        out[n++] = (struct sg_demo_follow){1, sg_rng_zipf(&r, w->n_playlists, 5)};
    for (size_t i = 0; i < friends; i++) {
        uint64_t other = sg_rng_below(&r, w->o.users);
        if (other != user)
            out[n++] = (struct sg_demo_follow){2, other};
    }
    qsort(out, n, sizeof *out, by_target);
    for (size_t i = 0; i < n; i++)
        if (!kept || by_target(&out[i], &out[kept - 1]))
            out[kept++] = out[i];
    return kept;
}

static int by_thing(const void *a, const void *b)
{
    const struct sg_demo_feedback *x = a, *y = b;
    bool x_artist = x->verdict == SG_DEMO_HIDE, y_artist = y->verdict == SG_DEMO_HIDE;
    if (x_artist != y_artist)
        return x_artist - y_artist;
    return (x->target > y->target) - (x->target < y->target);
}

static bool is_favourite(const struct sg_demo_user *u, uint64_t artist)
{
    for (size_t i = 0; i < u->n_favourites; i++)
        if (u->favourites[i] == artist)
            return true;
    return false;
}

/* Every fourth like is of any artist of a scene the user listens to. */
static uint64_t draw_liked(const struct sg_world *w, const struct sg_demo_user *u, struct sg_rng *r)
{
    uint64_t artist = sg_rng_chance(r, 0.25)
                          ? sg_world_draw_artist(w, u->scenes[sg_rng_below(r, u->n_scenes)], r)
                          : u->favourites[sg_rng_zipf(r, u->n_favourites, 3)];
    return sg_world_draw_song(w, artist, r);
}

size_t sg_world_feedback(const struct sg_world *w, uint64_t user, const struct sg_demo_user *u,
                         struct sg_demo_feedback out[SG_DEMO_LIST_MAX])
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_FEEDBACK, user + w->o.first_user, 0);
    size_t likes = sg_rng_below(&r, 30), others = sg_rng_below(&r, 5), n = 0, kept = 0;
    for (size_t i = 0; i < likes; i++)
        out[n++] = (struct sg_demo_feedback){SG_DEMO_LIKE, draw_liked(w, u, &r)};
    for (size_t i = 0; i < others; i++) {
        uint64_t artist = sg_world_draw_artist(w, sg_world_draw_scene(w, &r), &r);
        enum sg_demo_verdict verdict = sg_rng_below(&r, 10) < 6   ? SG_DEMO_DISLIKE
                                       : sg_rng_below(&r, 10) < 8 ? SG_DEMO_NOT_INTERESTED
                                                                  : SG_DEMO_HIDE;
        if (!is_favourite(u, artist))
            out[n++] = (struct sg_demo_feedback){
                verdict, verdict == SG_DEMO_HIDE ? artist : sg_world_draw_song(w, artist, &r)};
    }
    qsort(out, n, sizeof *out, by_thing);
    for (size_t i = 0; i < n; i++)
        if (!kept || by_thing(&out[i], &out[kept - 1]))
            out[kept++] = out[i];
    return kept;
}

static void name_playlist(const struct sg_world *w, size_t scene, struct sg_rng *r,
                          struct sg_buf *out)
{
    static const char *const moods[] = {
        "Road Trip",      "Rainy Day",     "Workout",      "Late Night",   "Sunday Morning",
        "Deep Focus",     "Summer",        "Party",        "Dinner",       "Chill",
        "Throwback",      "Heartbreak",    "Coffee House", "Running",      "Sleep",
        "Study",          "Feel Good",     "Weekend",      "Campfire",     "Commute",
        "Winter Evening", "Kitchen Dance", "Golden Hour",  "Slow Morning", "After Hours",
    };
    const char *genre = sg_demo_genres[scene / 4];
    const char *mood = moods[sg_rng_zipf(r, sizeof moods / sizeof *moods, 12)];
    int decade = 50 + 10 * (int)sg_rng_below(r, 7);
    sg_buf_reset(out);
    switch (sg_rng_below(r, 8)) {
    case 0:
        sg_buf_printf(out, "%02ds %s", decade % 100, mood);
        break;
    case 1:
        sg_buf_printf(out, "%s %s", mood, genre);
        break;
    case 2:
        sg_buf_printf(out, "%02ds %s Classics", decade % 100, genre);
        break;
    case 3:
        sg_buf_printf(out, "Best of %s %d", genre, 2010 + (int)sg_rng_below(r, 17));
        break;
    case 4:
        sg_buf_printf(out, "This Is ");
        sg_world_artist_name(w, sg_world_draw_artist(w, scene, r), out);
        break;
    case 5:
        sg_buf_printf(out, "%s Essentials", genre);
        break;
    case 6:
        sg_vocabulary_expand(&w->languages[0], SG_L_TITLES, r, out);
        sg_buf_printf(out, " %s", mood);
        break;
    default:
        sg_buf_printf(out, "%s in ", mood);
        sg_vocabulary_place(&w->languages[0], r, out);
    }
}

void sg_world_playlist(const struct sg_world *w, uint64_t playlist, struct sg_demo_playlist *out,
                       struct sg_buf *name)
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_PLAYLIST, playlist + w->o.first_playlist, 0);
    size_t scene = sg_world_draw_scene(w, &r), want = 12 + sg_rng_below(&r, 60);
    out->owner = sg_rng_below(&r, w->o.users);
    out->followers = (uint64_t)(3 * pow(sg_rng_unit(&r), -1.1)) % 50000000;
    name_playlist(w, scene, &r, name);
    out->n_songs = 0;
    for (size_t i = 0; i < want; i++) {
        uint64_t song = sg_world_draw_song(w, sg_world_draw_artist(w, scene, &r), &r);
        size_t seen = 0;
        while (seen < out->n_songs && out->songs[seen] != song)
            seen++;
        if (seen == out->n_songs)
            out->songs[out->n_songs++] = song;
    }
}
