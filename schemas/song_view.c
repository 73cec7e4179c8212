/* song_view.c - field tables of song_view.h. */
#include "schemas/song_view.h"
#include "schemas/catalogue.h"

#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)

static const char *const roles[] = {"main", "featured", "remixer", "composer", "producer", NULL};
static const struct sg_field credit[] = {
    SG_FIELD_U64(struct sg_credit, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_credit, name, 0, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(struct sg_credit, role, roles, SG_REQUIRED),
};
const struct sg_record sg_credit_record = SG_RECORD("Credit", struct sg_credit, credit);

static const struct sg_field song_view[] = {
    SG_FIELD_STR(struct sg_song_view, type, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(struct sg_song_view, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_song_view, title, 0, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_REC(struct sg_song_view, artist, &sg_artist_ref_record, SG_OPTIONAL),
    SG_FIELD_LIST(struct sg_song_view, artists, SG_T_RECORD, &sg_artist_ref_record, SG_ARTISTS_MAX),
    SG_FIELD_LIST(struct sg_song_view, credits, SG_T_RECORD, &sg_credit_record, SG_ARTISTS_MAX),
    SG_FIELD_REC(struct sg_song_view, album, &sg_album_ref_record, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_song_view, duration, 0, INT32_MAX, ABSENT),
    SG_FIELD_(SG_T_I64, struct sg_song_view, play_count, -1, INT64_MAX, ABSENT, -1, NULL),
    SG_FIELD_STR(struct sg_song_view, genre, 1, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_song_view, year, 0, 9999, ABSENT),
    {.name = "release_date",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL | SG_DATE,
     .since = 1,
     .offset = offsetof(struct sg_song_view, release_date),
     .min = 10,
     .max = 13,
     .help = "YYYY-MM-DD; its album's when it has none of its own"},
    {.name = "explicit",
     .type = SG_T_I64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(struct sg_song_view, is_explicit),
     .min = -1,
     .max = 1,
     .dflt = -1,
     .help = "1: explicit, 0: clean"},
    SG_FIELD_I64(struct sg_song_view, track_no, 0, INT32_MAX, ABSENT),
    SG_FIELD_I64(struct sg_song_view, disc_no, 0, INT32_MAX, ABSENT),
    SG_FIELD_STR(struct sg_song_view, isrc, 1, 12, SG_OPTIONAL),
    {.name = "markets",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL | SG_LIST | SG_OMIT_DEFAULT,
     .since = 1,
     .offset = offsetof(struct sg_song_view, markets),
     .min = 0,
     .max = SG_MARKETS_MAX,
     .help = "Where it is to be had, ISO 3166-1; absent: everywhere"},
    {.name = "markets_excluded",
     .type = SG_T_BOOL,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(struct sg_song_view, is_excluded),
     .min = 0,
     .max = 1,
     .help = "The markets are where it is not to be had"},
    SG_FIELD_STR(struct sg_song_view, cover_art_url, 1, 2000, SG_OPTIONAL),
};
const struct sg_record sg_song_view_record =
    SG_RECORD("SongDetails", struct sg_song_view, song_view);

static const struct sg_field song_views[] = {
    SG_FIELD_LIST(struct sg_song_views, songs, SG_T_RECORD, &sg_song_view_record, SG_LIMIT_MAX),
};
const struct sg_record sg_song_views_record =
    SG_RECORD("SongDetailsList", struct sg_song_views, song_views);
