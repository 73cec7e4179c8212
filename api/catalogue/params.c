/* params.c - see params.h. */
#include "api/catalogue/params.h"
#include "api/catalogue/cursor.h"

#define P      struct sg_list_params
#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)

static const char *const keep[] = {"keep", NULL};
static const char *const states[] = {"released", "upcoming", NULL};
static const char *const song_sorts[] = {"newest", "popular", "title", "disc", NULL};
static const char *const album_sorts[] = {"newest", "title", NULL};

#define LIMIT(most, usual) SG_FIELD_(SG_T_I64, P, limit, 1, most, SG_OPTIONAL, usual, NULL)
#define CURSOR             SG_FIELD_STR(P, cursor, 1, SG_CURSOR_TEXT, SG_OPTIONAL)
#define YEARS              SG_FIELD_I64(P, year_from, 0, 9999, ABSENT), SG_FIELD_I64(P, year_to, 0, 9999, ABSENT)
#define MARKET             SG_FIELD_STR(P, market, 2, 2, SG_OPTIONAL)

static const struct sg_field removal[] = {
    SG_FIELD_CHOICE(struct sg_album_removal, songs, keep, SG_OPTIONAL),
};
const struct sg_record sg_album_removal_record =
    SG_RECORD("AlbumRemoval", struct sg_album_removal, removal);
const struct sg_param sg_album_removal_params[] = {
    {"songs", "songs", NULL, "keep: its songs become singles; without it they are in the way.",
     NULL},
    {0},
};

static const struct sg_field songs[] = {
    SG_FIELD_LIST(P, ids, SG_T_U64, NULL, 100),
    SG_FIELD_U64(P, artist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(P, album_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_STR(P, genre, 1, 400, SG_OPTIONAL),
    YEARS,
    SG_FIELD_CHOICE(P, state, states, SG_OPTIONAL),
    SG_FIELD_CHOICE(P, sort, song_sorts, SG_OPTIONAL),
    MARKET,
    LIMIT(100, 20),
    CURSOR,
};
const struct sg_record sg_song_list_params_record = SG_RECORD("SongListParams", P, songs);

#define LIST_PARAMS                                                                                \
    {"limit", "limit", NULL, "How many at most.", NULL},                                           \
    {                                                                                              \
        "cursor", "cursor", NULL, "next_cursor of the page before; filters and order as there.",   \
            NULL                                                                                   \
    }
#define MARKET_PARAM                                                                               \
    {                                                                                              \
        "market", "market", NULL, "Only what is to be had there: ISO 3166-1, two capitals.", NULL  \
    }
#define YEAR_PARAMS                                                                                \
    {"year_from", "year_from", NULL, "Released in this year or later.", NULL},                     \
    {                                                                                              \
        "year_to", "year_to", NULL, "Released in this year or earlier.", NULL                      \
    }
#define STATE_PARAM                                                                                \
    {                                                                                              \
        "state", "state", NULL,                                                                    \
            "released or upcoming; what is not out yet is seen by its artist and admins only.",    \
            NULL                                                                                   \
    }

const struct sg_param sg_song_list_params[] = {
    {"ids", "ids", NULL, "Up to 100 songs by id, in this order; nothing else counts then.", NULL},
    {"artist_id", "artist_id", NULL, "Only of this lead artist.", NULL},
    {"album_id", "album_id", NULL, "Only of this album.", NULL},
    {"genre", "genre", NULL, "Only of this genre, by name.", NULL},
    YEAR_PARAMS,
    STATE_PARAM,
    {"sort", "sort", NULL,
     "newest (added last), popular, title (needs artist_id or album_id) or disc: discs and tracks "
     "in order (needs album_id, and is usual with it; else newest).",
     NULL},
    MARKET_PARAM,
    LIST_PARAMS,
    {0},
};

static const struct sg_field albums[] = {
    SG_FIELD_U64(P, artist_id, 0, INT64_MAX, ABSENT),
    YEARS,
    SG_FIELD_CHOICE(P, state, states, SG_OPTIONAL),
    SG_FIELD_CHOICE(P, sort, album_sorts, SG_OPTIONAL),
    MARKET,
    LIMIT(100, 20),
    CURSOR,
};
const struct sg_record sg_album_list_params_record = SG_RECORD("AlbumListParams", P, albums);
const struct sg_param sg_album_list_params[] = {
    {"artist_id", "artist_id", NULL, "Only of this artist.", NULL},
    YEAR_PARAMS,
    STATE_PARAM,
    {"sort", "sort", NULL, "newest (added last; the default), or title, which needs artist_id.",
     NULL},
    MARKET_PARAM,
    LIST_PARAMS,
    {0},
};

static const struct sg_field artists[] = {
    LIMIT(100, 20),
    CURSOR,
};
const struct sg_record sg_artist_list_params_record = SG_RECORD("ArtistListParams", P, artists);
const struct sg_param sg_artist_list_params[] = {LIST_PARAMS, {0}};

static const struct sg_field genres[] = {
    LIMIT(1000, 1000),
    CURSOR,
};
const struct sg_record sg_genre_list_params_record = SG_RECORD("GenreListParams", P, genres);
const struct sg_param sg_genre_list_params[] = {LIST_PARAMS, {0}};

static const struct sg_field page[] = {
    MARKET,
};
const struct sg_record sg_page_params_record = SG_RECORD("PageParams", P, page);
const struct sg_param sg_page_params[] = {MARKET_PARAM, {0}};

int sg_market_check(struct sg_str m, struct sg_error *e)
{
    if (!m.p || (m.n == 2 && m.p[0] >= 'A' && m.p[0] <= 'Z' && m.p[1] >= 'A' && m.p[1] <= 'Z'))
        return 0;
    return sg_fail_field(e, "market", "market: expected two capitals of ISO 3166-1");
}
