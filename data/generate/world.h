/* world.h - the demo world: who exists, how popular they are, who listens to
 * what. Nothing of it is stored but numbers (about 45 bytes an artist and 4 a
 * song); every name, date and credit is drawn again from its own random stream
 * when it is asked for, so a world of any size streams in bounded memory and
 * the same options give the same bytes.
 *
 * Artists belong to scenes (a genre and a corner of it). Songs of an artist
 * follow a long-tailed popularity, artists too. Listeners mix one to three
 * scenes, a few favourite artists and a little of what everybody hears: the
 * latent tastes that collaborative filtering looks for.
 *
 * Thread-compatible. Ids of a world start at the given first ids; streams are
 * keyed by id, so a world appended later differs from the first.
 */
#pragma once
#include "data/generate/vocabulary.h"

#define SG_DEMO_GENRES    28
#define SG_DEMO_SCENES    (SG_DEMO_GENRES * 4)
#define SG_DEMO_LANGUAGES 17
#define SG_DEMO_CREDITS   6
#define SG_DEMO_SONGS_MAX 400 /* of one artist */
#define SG_DEMO_PLAYS_MAX 2000
#define SG_DEMO_LIST_MAX  80 /* songs of a playlist, targets a user follows */

struct sg_world_options {
    uint64_t songs, users, seed;
    int64_t until;         /* histories end at this midnight: days since 1970 */
    int history_days;      /* length of histories */
    double plays_per_user; /* mean */
    double lyrics;         /* share of songs that have some */
    uint64_t first_song, first_artist, first_album, first_user, first_playlist; /* 0 means 1 */
};

struct sg_world_artist {
    uint64_t first_song, first_album; /* indexes from 0 */
    double popularity;
    uint16_t n_songs, n_albums, scene;
    uint8_t genre, language;
    int32_t start; /* days since 1970 */
};

struct sg_world {
    struct sg_world_options o;
    struct sg_vocabulary languages[SG_DEMO_LANGUAGES];
    struct sg_world_artist *artists;
    uint64_t n_artists, n_albums, n_playlists;
    float *song_weights; /* cumulative within an artist */
    uint64_t scene_start[SG_DEMO_SCENES + 1];
    uint32_t *scene_artists;
    double *scene_weights;              /* cumulative within a scene */
    double scene_taste[SG_DEMO_SCENES]; /* cumulative over scenes */
};

int sg_world_open(struct sg_world *w, const struct sg_world_options *o, struct sg_error *e);
void sg_world_close(struct sg_world *w);

extern const char *const sg_demo_genres[SG_DEMO_GENRES];

void sg_world_artist_name(const struct sg_world *w, uint64_t artist, struct sg_buf *out);
/* Another name of some artists: 0 none, 1 initials or a former name, 2 a misspelling
 * (a hint). out is reset and written. */
int sg_world_artist_alias(const struct sg_world *w, uint64_t artist, struct sg_buf *out);

struct sg_release {
    uint16_t first, n; /* songs of the artist: indexes and count */
    int32_t date;      /* days since 1970 */
    bool single;
};
/* Writes the artist's releases, oldest first; returns how many (= n_albums). */
size_t sg_world_releases(const struct sg_world *w, uint64_t artist,
                         struct sg_release out[SG_DEMO_SONGS_MAX]);
void sg_world_album_title(const struct sg_world *w, uint64_t artist, size_t album,
                          const struct sg_release *release, struct sg_buf *out);

struct sg_demo_song {
    struct sg_str title;               /* in the buffer given */
    uint64_t artists[SG_DEMO_CREDITS]; /* indexes; the lead first */
    size_t n_artists;
    bool remix; /* the last artist is the remixer */
    int duration_s;
    bool is_explicit;
    uint64_t play_count;
};
/* Song number song of an artist. title is reset and written when not NULL. */
void sg_world_song(const struct sg_world *w, uint64_t artist, size_t song, int32_t date,
                   struct sg_buf *title, struct sg_demo_song *out);
int sg_world_duration(const struct sg_world *w, uint64_t artist, size_t song);

bool sg_world_has_lyrics(const struct sg_world *w, uint64_t artist, size_t song);
/* The column lyrics.lines into json, which is reset; text: room. Returns the language's code. */
const char *sg_world_lyrics(const struct sg_world *w, uint64_t artist, size_t song,
                            struct sg_buf *text, struct sg_buf *json);

struct sg_demo_user {
    char country[3];
    bool premium;
    size_t n_scenes, n_favourites;
    uint16_t scenes[3];
    double mix[3];           /* cumulative */
    uint64_t favourites[12]; /* artist indexes, dearest first */
};
void sg_world_user(const struct sg_world *w, uint64_t user, struct sg_demo_user *out,
                   struct sg_buf *display_name);
struct sg_demo_play {
    int64_t at; /* seconds since 1970 */
    uint64_t song;
    int played_s;
    char region[3];
};
/* The user's plays in order of time. */
size_t sg_world_plays(const struct sg_world *w, uint64_t user, const struct sg_demo_user *u,
                      struct sg_demo_play out[SG_DEMO_PLAYS_MAX]);
struct sg_demo_follow {
    int kind;        /* 0 artist, 1 playlist, 2 user */
    uint64_t target; /* index */
};
/* Distinct, sorted by kind and target. */
size_t sg_world_follows(const struct sg_world *w, uint64_t user, const struct sg_demo_user *u,
                        struct sg_demo_follow out[SG_DEMO_LIST_MAX]);

enum sg_demo_verdict { SG_DEMO_LIKE, SG_DEMO_DISLIKE, SG_DEMO_NOT_INTERESTED, SG_DEMO_HIDE };
struct sg_demo_feedback {
    enum sg_demo_verdict verdict;
    uint64_t target; /* index: of an artist when hidden, else of a song */
};
/* One verdict a thing: likes within the user's tastes, the others mostly outside. */
size_t sg_world_feedback(const struct sg_world *w, uint64_t user, const struct sg_demo_user *u,
                         struct sg_demo_feedback out[SG_DEMO_LIST_MAX]);

struct sg_demo_playlist {
    uint64_t owner; /* user index */
    uint64_t followers;
    size_t n_songs;
    uint64_t songs[SG_DEMO_LIST_MAX]; /* distinct indexes, in order */
};
void sg_world_playlist(const struct sg_world *w, uint64_t playlist, struct sg_demo_playlist *out,
                       struct sg_buf *name);

/* Draws an artist of a scene, and a song of an artist, by popularity. */
uint64_t sg_world_draw_artist(const struct sg_world *w, size_t scene, struct sg_rng *r);
uint64_t sg_world_draw_song(const struct sg_world *w, uint64_t artist, struct sg_rng *r);
size_t sg_world_draw_scene(const struct sg_world *w, struct sg_rng *r);

/* Purposes of the random streams. */
enum {
    SG_S_ARTIST = 16,
    SG_S_NAME,
    SG_S_RELEASES,
    SG_S_ALBUM,
    SG_S_WEIGHT,
    SG_S_TITLE,
    SG_S_VERSION,
    SG_S_CREDITS,
    SG_S_DURATION,
    SG_S_USER,
    SG_S_PLAYS,
    SG_S_FOLLOWS,
    SG_S_PLAYLIST,
    SG_S_ALIAS,
    SG_S_FEEDBACK,
    SG_S_LYRICS,
};
