/* edits.c - field tables of edits.h. */
#include "schemas/edits.h"

#define NAME_BYTES  2000
#define BIO_BYTES   20000
#define URL_BYTES   2000
#define MARKETS_MAX 250
#define ABSENT      (SG_OPTIONAL | SG_OMIT_DEFAULT)

static const char *const roles[] = {"main", "featured", "remixer", "composer", "producer", NULL};

#define DATE(S, flags_)                                                                            \
    {                                                                                              \
        .name = "release_date", .type = SG_T_STR, .flags = flags_, .since = 1,                     \
        .offset = offsetof(S, release_date), .min = 10, .max = 10, .format = "date"                \
    }
#define EXPLICIT(S)                                                                                \
    {                                                                                              \
        .name = "explicit", .type = SG_T_BOOL, .flags = SG_OPTIONAL, .since = 1,                   \
        .offset = offsetof(S, is_explicit), .max = 1                                               \
    }
#define MARKETS(S)                                                                                 \
    SG_FIELD_LIST(S, markets, SG_T_STR, NULL, MARKETS_MAX),                                        \
        SG_FIELD_BOOL(S, markets_excluded, SG_OPTIONAL)
#define ALIASES(S) SG_FIELD_LIST(S, aliases, SG_T_STR, NULL, 100)

static const struct sg_field credit[] = {
    SG_FIELD_U64(struct sg_credit_edit, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_credit_edit, name, 0, NAME_BYTES, SG_OPTIONAL),
    SG_FIELD_CHOICE(struct sg_credit_edit, role, roles, SG_OPTIONAL),
};
static const struct sg_record credit_record =
    SG_RECORD("CreditEdit", struct sg_credit_edit, credit);

#define SONG struct sg_song_edit
#define SONG_BODY                                                                                  \
    SG_FIELD_LIST(SONG, credits, SG_T_RECORD, &credit_record, SG_CREDITS_MAX),                     \
        SG_FIELD_U64(SONG, album_id, 0, INT64_MAX, ABSENT),                                        \
        SG_FIELD_STR(SONG, genre, 1, NAME_BYTES, SG_OPTIONAL),                                     \
        SG_FIELD_I64(SONG, duration, 0, 86400, ABSENT),                                            \
        SG_FIELD_I64(SONG, track_no, 0, INT32_MAX, ABSENT),                                        \
        SG_FIELD_I64(SONG, disc_no, 0, 1000, ABSENT), DATE(SONG, SG_OPTIONAL), EXPLICIT(SONG),     \
        SG_FIELD_STR(SONG, isrc, 1, 20, SG_OPTIONAL), MARKETS(SONG), ALIASES(SONG)

static const struct sg_field song[] = {
    SG_FIELD_U64(SONG, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(SONG, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(SONG, title, 1, NAME_BYTES, SG_REQUIRED),
    SONG_BODY,
    SG_FIELD_BOOL(SONG, upcoming, SG_OPTIONAL),
    SG_FIELD_I64(SONG, play_count, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_TIME(SONG, created_at, SG_REQUIRED),
    SG_FIELD_TIME(SONG, updated_at, SG_REQUIRED),
};
const struct sg_record sg_song_edit_record = SG_RECORD("EditedSong", SONG, song);
static const struct sg_field new_song[] = {
    SG_FIELD_U64(SONG, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(SONG, title, 1, NAME_BYTES, SG_REQUIRED),
    SONG_BODY,
};
const struct sg_record sg_new_song_record = SG_RECORD("NewSong", SONG, new_song);
static const struct sg_field song_change[] = {
    SG_FIELD_STR(SONG, title, 1, NAME_BYTES, SG_OPTIONAL),
    SONG_BODY,
};
const struct sg_record sg_song_change_record = SG_RECORD("SongChange", SONG, song_change);

#define ALBUM struct sg_album_edit
#define ALBUM_BODY                                                                                 \
    DATE(ALBUM, SG_OPTIONAL), SG_FIELD_STR(ALBUM, upc, 1, 20, SG_OPTIONAL), MARKETS(ALBUM),        \
        ALIASES(ALBUM)

static const struct sg_field album[] = {
    SG_FIELD_U64(ALBUM, album_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(ALBUM, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(ALBUM, title, 1, NAME_BYTES, SG_REQUIRED),
    ALBUM_BODY,
    SG_FIELD_STR(ALBUM, cover_art_url, 0, URL_BYTES, SG_OPTIONAL),
    SG_FIELD_BOOL(ALBUM, upcoming, SG_OPTIONAL),
    SG_FIELD_I64(ALBUM, song_count, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_TIME(ALBUM, created_at, SG_REQUIRED),
    SG_FIELD_TIME(ALBUM, updated_at, SG_REQUIRED),
};
const struct sg_record sg_album_edit_record = SG_RECORD("EditedAlbum", ALBUM, album);
static const struct sg_field new_album[] = {
    SG_FIELD_U64(ALBUM, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(ALBUM, title, 1, NAME_BYTES, SG_REQUIRED),
    ALBUM_BODY,
};
const struct sg_record sg_new_album_record = SG_RECORD("NewAlbum", ALBUM, new_album);
static const struct sg_field album_change[] = {
    SG_FIELD_STR(ALBUM, title, 1, NAME_BYTES, SG_OPTIONAL),
    ALBUM_BODY,
};
const struct sg_record sg_album_change_record = SG_RECORD("AlbumChange", ALBUM, album_change);

#define ARTIST      struct sg_artist_edit
#define ARTIST_BODY SG_FIELD_STR(ARTIST, bio, 0, BIO_BYTES, SG_OPTIONAL), ALIASES(ARTIST)

static const struct sg_field artist[] = {
    SG_FIELD_U64(ARTIST, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(ARTIST, name, 1, NAME_BYTES, SG_REQUIRED),
    ARTIST_BODY,
    SG_FIELD_STR(ARTIST, image_url, 0, URL_BYTES, SG_OPTIONAL),
    SG_FIELD_U64(ARTIST, user_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_TIME(ARTIST, created_at, SG_REQUIRED),
    SG_FIELD_TIME(ARTIST, updated_at, SG_REQUIRED),
};
const struct sg_record sg_artist_edit_record = SG_RECORD("EditedArtist", ARTIST, artist);
static const struct sg_field new_artist[] = {
    SG_FIELD_STR(ARTIST, name, 1, NAME_BYTES, SG_REQUIRED),
    ARTIST_BODY,
};
const struct sg_record sg_new_artist_record = SG_RECORD("NewArtist", ARTIST, new_artist);
static const struct sg_field artist_change[] = {
    SG_FIELD_STR(ARTIST, name, 1, NAME_BYTES, SG_OPTIONAL),
    ARTIST_BODY,
};
const struct sg_record sg_artist_change_record = SG_RECORD("ArtistChange", ARTIST, artist_change);

static const struct sg_field genre[] = {
    SG_FIELD_U64(struct sg_genre_edit, genre_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_genre_edit, name, 1, NAME_BYTES, SG_REQUIRED),
};
const struct sg_record sg_genre_edit_record = SG_RECORD("EditedGenre", struct sg_genre_edit, genre);
static const struct sg_field new_genre[] = {
    SG_FIELD_STR(struct sg_genre_edit, name, 1, NAME_BYTES, SG_REQUIRED),
};
const struct sg_record sg_new_genre_record = SG_RECORD("NewGenre", struct sg_genre_edit, new_genre);

static const struct sg_field owner[] = {
    SG_FIELD_U64(struct sg_artist_owner, user_id, 1, INT64_MAX, SG_REQUIRED),
};
const struct sg_record sg_artist_owner_record =
    SG_RECORD("ArtistOwner", struct sg_artist_owner, owner);

static const struct sg_field claim[] = {
    SG_FIELD_U64(struct sg_claim, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct sg_claim, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_claim, artist_name, 0, NAME_BYTES, SG_REQUIRED),
    SG_FIELD_STR(struct sg_claim, display_name, 0, NAME_BYTES, SG_REQUIRED),
    SG_FIELD_STR(struct sg_claim, message, 0, 4000, SG_OPTIONAL),
    SG_FIELD_TIME(struct sg_claim, claimed_at, SG_REQUIRED),
};
const struct sg_record sg_claim_record = SG_RECORD("ArtistClaim", struct sg_claim, claim);
static const struct sg_field new_claim[] = {
    SG_FIELD_STR(struct sg_claim, message, 0, 4000, SG_OPTIONAL),
};
const struct sg_record sg_new_claim_record =
    SG_RECORD("NewArtistClaim", struct sg_claim, new_claim);
static const struct sg_field claim_list[] = {
    SG_FIELD_LIST(struct sg_claim_list, claims, SG_T_RECORD, &sg_claim_record, 100),
    SG_FIELD_STR(struct sg_claim_list, next_cursor, 1, 2700, SG_OPTIONAL),
};
const struct sg_record sg_claim_list_record =
    SG_RECORD("ArtistClaimList", struct sg_claim_list, claim_list);

static const struct sg_field rendition[] = {
    SG_FIELD_STR(struct sg_rendition, url, 1, URL_BYTES, SG_REQUIRED),
    SG_FIELD_STR(struct sg_rendition, type, 1, 64, SG_REQUIRED),
    SG_FIELD_I64(struct sg_rendition, size, 1, 100000, SG_REQUIRED),
};
static const struct sg_record rendition_record =
    SG_RECORD("Rendition", struct sg_rendition, rendition);
static const struct sg_field picture[] = {
    SG_FIELD_STR(struct sg_picture, url, 1, URL_BYTES, SG_REQUIRED),
    SG_FIELD_STR(struct sg_picture, type, 1, 16, SG_REQUIRED),
    SG_FIELD_I64(struct sg_picture, width, 1, 100000, SG_REQUIRED),
    SG_FIELD_I64(struct sg_picture, height, 1, 100000, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_picture, renditions, SG_T_RECORD, &rendition_record, 16),
};
const struct sg_record sg_picture_record = SG_RECORD("Picture", struct sg_picture, picture);
