/* names.c - names, releases and songs of the demo world; see world.h. */
#include "core/text.h"
#include "data/calendar.h"
#include "data/generate/genres.h"
#include "data/generate/world.h"
#include <stdio.h>

static const struct sg_vocabulary *language(const struct sg_world *w, uint64_t artist)
{
    return &w->languages[w->artists[artist].language];
}

void sg_world_artist_name(const struct sg_world *w, uint64_t artist, struct sg_buf *out)
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_NAME, artist + w->o.first_artist, 0);
    const struct sg_vocabulary *v = language(w, artist);
    if (sg_rng_chance(&r, 0.5))
        sg_vocabulary_person(v, &r, out);
    else
        sg_vocabulary_expand(v, SG_L_BANDS, &r, out);
}

/* The first characters of three words or more; false when it has fewer. */
static bool put_initials(struct sg_str name, struct sg_buf *out)
{
    size_t words = 0, before = out->n;
    for (size_t at = 0; at < name.n; words++) {
        struct sg_str rest = {name.p + at, name.n - at};
        const char *space = memchr(rest.p, ' ', rest.n);
        sg_buf_put(out, rest.p, sg_utf8_prefix(rest, 1));
        at += space ? (size_t)(space - rest.p) + 1 : rest.n;
    }
    if (words < 3)
        out->n = before;
    return words >= 3;
}

/* Two neighbouring small letters swapped; false when there are none. */
static bool put_misspelt(struct sg_str name, struct sg_rng *r, struct sg_buf *out)
{
    size_t from = name.n ? sg_rng_below(r, name.n) : 0, i = from;
    while (i + 1 < name.n && !(name.p[i] >= 'a' && name.p[i] <= 'z' && name.p[i + 1] >= 'a' &&
                               name.p[i + 1] <= 'z' && name.p[i] != name.p[i + 1]))
        i++;
    if (i + 1 >= name.n)
        return false;
    sg_buf_put(out, name.p, i);
    sg_buf_putc(out, name.p[i + 1]);
    sg_buf_putc(out, name.p[i]);
    sg_buf_put(out, name.p + i + 2, name.n - i - 2);
    return true;
}

int sg_world_artist_alias(const struct sg_world *w, uint64_t artist, struct sg_buf *out)
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_ALIAS, artist + w->o.first_artist, 0);
    struct sg_buf name = {0};
    double kind = sg_rng_unit(&r);
    int is = 0;
    sg_buf_reset(out);
    if (kind >= 0.06)
        return 0;
    sg_world_artist_name(w, artist, &name);
    if (kind < 0.02)
        is = put_misspelt(sg_buf_str(&name), &r, out) ? 2 : 0;
    else if (put_initials(sg_buf_str(&name), out))
        is = 1;
    if (!is) {
        sg_vocabulary_expand(language(w, artist), SG_L_BANDS, &r, out);
        is = 1;
    }
    sg_buf_free(&name);
    return is;
}

static size_t release_size(struct sg_rng *r)
{
    double kind = sg_rng_unit(r);
    if (kind < 0.22)
        return 1;
    if (kind < 0.32)
        return 3 + sg_rng_below(r, 4);
    return 8 + sg_rng_below(r, 5);
}

size_t sg_world_releases(const struct sg_world *w, uint64_t artist,
                         struct sg_release out[SG_DEMO_SONGS_MAX])
{
    const struct sg_world_artist *a = &w->artists[artist];
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_RELEASES, artist + w->o.first_artist, 0);
    size_t n = 0;
    for (size_t first = 0; first < a->n_songs; n++) {
        size_t size = release_size(&r);
        if (size > a->n_songs - first)
            size = a->n_songs - first;
        out[n] = (struct sg_release){(uint16_t)first, (uint16_t)size, 0, size == 1};
        first += size;
    }
    double span = (double)n * (250 + 500 * sg_rng_unit(&r)), most = (double)(w->o.until - a->start);
    if (span > most)
        span = most > 1 ? most : 1;
    for (size_t i = 0; i < n; i++)
        out[i].date = a->start + (int32_t)(span * ((double)i + sg_rng_unit(&r)) / (double)n);
    return n;
}

static void put_work(struct sg_rng *r, struct sg_buf *out)
{
    static const char *const forms[] = {"Symphony",        "Piano Sonata",   "String Quartet",
                                        "Violin Concerto", "Piano Concerto", "Cello Suite",
                                        "Prelude",         "Nocturne",       "Étude",
                                        "Mazurka",         "Fugue",          "Missa Brevis"};
    static const char *const keys[] = {"C", "D",      "E",      "F",      "G",       "A",
                                       "B", "E-flat", "B-flat", "A-flat", "F-sharp", "C-sharp"};
    static const char *const movements[] = {
        "I. Allegro", "II. Andante con moto", "III. Menuetto",        "IV. Presto",
        "II. Adagio", "I. Allegro moderato",  "III. Scherzo: Vivace", "IV. Finale: Allegro assai"};
    sg_buf_printf(out, "%s No. %d in %s %s, Op. %d", forms[sg_rng_zipf(r, 12, 6)],
                  1 + (int)sg_rng_zipf(r, 32, 5), keys[sg_rng_below(r, 12)],
                  sg_rng_chance(r, 0.55) ? "Major" : "Minor", 1 + (int)sg_rng_below(r, 130));
    if (sg_rng_chance(r, 0.8))
        sg_buf_printf(out, ": %s", movements[sg_rng_below(r, 8)]);
}

/* The song's own name, without what its version adds. */
static void base_title(const struct sg_world *w, uint64_t artist, size_t song, struct sg_buf *out)
{
    const struct sg_world_artist *a = &w->artists[artist];
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_TITLE, a->first_song + song + w->o.first_song, 0);
    if (a->genre == SG_DEMO_CLASSICAL && sg_rng_chance(&r, 0.75)) {
        put_work(&r, out);
        return;
    }
    size_t lang = a->language;
    if (lang && sg_rng_chance(&r, 0.12))
        lang = 0;
    sg_vocabulary_expand(&w->languages[lang], SG_L_TITLES, &r, out);
}

static void draw_credits(const struct sg_world *w, uint64_t artist, struct sg_rng *r,
                         struct sg_demo_song *s)
{
    s->artists[0] = artist;
    s->n_artists = 1;
    if (!sg_rng_chance(r, 0.13))
        return;
    size_t guests = 1 + (sg_rng_chance(r, 0.2) ? 1 + sg_rng_below(r, 3) : 0);
    size_t scene = w->artists[artist].scene;
    for (size_t i = 0; i < guests; i++) {
        uint64_t guest = sg_world_draw_artist(w, scene, r);
        size_t seen = 0;
        while (seen < s->n_artists && s->artists[seen] != guest)
            seen++;
        if (seen == s->n_artists)
            s->artists[s->n_artists++] = guest;
    }
}

static void put_guests(const struct sg_world *w, const struct sg_demo_song *s, struct sg_rng *r,
                       struct sg_buf *out)
{
    sg_buf_puts(out, sg_rng_chance(r, 0.8) ? " (feat. " : " (with ");
    for (size_t i = 1; i < s->n_artists; i++) {
        if (i > 1)
            sg_buf_puts(out, i + 1 == s->n_artists ? " & " : ", ");
        sg_world_artist_name(w, s->artists[i], out);
    }
    sg_buf_putc(out, ')');
}

static void put_remix(const struct sg_world *w, struct sg_demo_song *s, struct sg_rng *r,
                      struct sg_buf *out)
{
    uint64_t by = sg_world_draw_artist(w, 4 * (4 + sg_rng_below(r, 3)), r);
    bool dash = sg_rng_chance(r, 0.5);
    sg_buf_puts(out, dash ? " - " : " (");
    sg_world_artist_name(w, by, out);
    sg_buf_puts(out, dash ? " Remix" : " Remix)");
    for (size_t i = 0; i < s->n_artists; i++)
        if (s->artists[i] == by)
            return;
    s->artists[s->n_artists++] = by;
    s->remix = true;
}

static void put_live(const struct sg_world *w, uint64_t artist, struct sg_rng *r,
                     struct sg_buf *out)
{
    if (sg_rng_chance(r, 0.6)) {
        sg_buf_puts(out, sg_rng_chance(r, 0.5) ? " (Live)" : " - Live");
        return;
    }
    sg_buf_puts(out, " - Live in ");
    sg_vocabulary_place(language(w, artist), r, out);
}

static void put_version(const struct sg_world *w, double kind, int year, struct sg_demo_song *s,
                        struct sg_rng *r, struct sg_buf *out)
{
    static const char *const others[] = {
        " - Acoustic",     " (Instrumental)",     " - Radio Edit",   " (Demo)",
        " - Extended Mix", " (Acoustic Version)", " - Instrumental", " (Reprise)",
        ", Pt. 2",         " - Single Version",   " (Interlude)"};
    if (kind < 0.03)
        put_live(w, s->artists[0], r, out);
    else if (kind < 0.055)
        put_remix(w, s, r, out);
    else if (kind < 0.075)
        sg_buf_puts(out, others[sg_rng_zipf(r, sizeof others / sizeof *others, 6)]);
    else if (kind < 0.2 && year < 1998)
        sg_buf_printf(out, sg_rng_chance(r, 0.5) ? " - Remastered %d" : " (%d Remaster)",
                      2000 + (int)sg_rng_below(r, 25));
}

static void put_title(const struct sg_world *w, uint64_t artist, size_t song, int year,
                      struct sg_demo_song *s, struct sg_buf *out)
{
    const struct sg_world_artist *a = &w->artists[artist];
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_VERSION, a->first_song + song + w->o.first_song, 0);
    double kind = sg_rng_unit(&r);
    if (kind > 0.985) { /* a cover */
        uint64_t of = sg_world_draw_artist(w, a->scene, &r);
        base_title(w, of, sg_world_draw_song(w, of, &r) - w->artists[of].first_song, out);
        return;
    }
    size_t of = song && kind < 0.075 && sg_rng_chance(&r, 0.7) ? sg_rng_below(&r, song) : song;
    base_title(w, artist, of, out);
    if (s->n_artists > 1 && sg_rng_chance(&r, 0.7))
        put_guests(w, s, &r, out);
    put_version(w, kind, year, s, &r, out);
}

int sg_world_duration(const struct sg_world *w, uint64_t artist, size_t song)
{
    const struct sg_world_artist *a = &w->artists[artist];
    const struct sg_demo_genre *g = &sg_demo_genre_facts[a->genre];
    struct sg_rng r =
        sg_rng_at(w->o.seed, SG_S_DURATION, a->first_song + song + w->o.first_song, 0);
    double s = g->duration_s * exp(g->spread * sg_rng_normal(&r));
    return s < 20 ? 20 : s > 5400 ? 5400 : (int)s;
}

static uint64_t plays_of(const struct sg_world *w, const struct sg_world_artist *a, size_t song)
{
    const float *c = w->song_weights + a->first_song;
    double weight = c[song] - (song ? c[song - 1] : 0);
    return (uint64_t)(400 * a->popularity * (weight > 0 ? weight : 0) / c[a->n_songs - 1] *
                      sqrt(a->n_songs));
}

void sg_world_song(const struct sg_world *w, uint64_t artist, size_t song, int32_t date,
                   struct sg_buf *title, struct sg_demo_song *out)
{
    const struct sg_world_artist *a = &w->artists[artist];
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_CREDITS, a->first_song + song + w->o.first_song, 0);
    int64_t year;
    int month, day;
    sg_civil_from_days(date, &year, &month, &day);
    *out = (struct sg_demo_song){.duration_s = sg_world_duration(w, artist, song)};
    draw_credits(w, artist, &r, out);
    out->is_explicit = sg_rng_chance(&r, sg_demo_genre_facts[a->genre].is_explicit);
    out->play_count = plays_of(w, a, song);
    if (title) {
        sg_buf_reset(title);
        put_title(w, artist, song, (int)year, out, title);
        out->title = sg_buf_str(title);
    }
}

void sg_world_album_title(const struct sg_world *w, uint64_t artist, size_t album,
                          const struct sg_release *release, struct sg_buf *out)
{
    const struct sg_world_artist *a = &w->artists[artist];
    struct sg_rng r =
        sg_rng_at(w->o.seed, SG_S_ALBUM, a->first_album + album + w->o.first_album, 0);
    double kind = sg_rng_unit(&r);
    if (release->single || kind < 0.25)
        base_title(w, artist, release->first, out);
    else if (kind < 0.32)
        sg_world_artist_name(w, artist, out);
    else if (kind < 0.36)
        sg_buf_puts(out, sg_rng_chance(&r, 0.6) ? "Greatest Hits" : "The Collection");
    else if (kind < 0.40) {
        sg_buf_puts(out, "Live in ");
        sg_vocabulary_place(language(w, artist), &r, out);
    } else
        sg_vocabulary_expand(language(w, artist), SG_L_TITLES, &r, out);
    if (!release->single && release->n < 7)
        sg_buf_puts(out, " - EP");
}
