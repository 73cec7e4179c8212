/* edits.h - songs, albums, artists and genres as those whose they are write and read them.
 *
 * One struct of each serves three records: all of it (what a write answers), a new one, and a
 * change of a part. The last two have only fields that a body may set: whose a thing is, its
 * plays and where it was imported from are not among them.
 */
#pragma once
#include "core/record.h"

#define SG_CREDITS_MAX  50
#define SG_NAME_LONGEST 200  /* characters of a title: source document, section 10 */
#define SG_DURATION_MAX 3600 /* seconds: the same */
#define SG_BIO_LONGEST  5000 /* characters */

struct sg_credit_edit {
    uint64_t artist_id;
    struct sg_str name; /* told, not asked for */
    struct sg_str role; /* "main", "featured", "remixer", "composer", "producer" */
};
struct sg_song_edit {
    uint64_t song_id, artist_id; /* the lead artist */
    struct sg_str title;
    struct sg_list credits; /* sg_credit_edit, in order; the lead artist first */
    uint64_t album_id;      /* 0: none */
    struct sg_str genre;    /* its name; absent: none */
    int64_t duration;       /* seconds; 0: unknown */
    int64_t track_no, disc_no;
    struct sg_str release_date; /* "YYYY-MM-DD"; absent: unknown */
    bool is_explicit;
    struct sg_str isrc;
    struct sg_list markets; /* sg_str, two capitals; empty: everywhere */
    bool markets_excluded;  /* everywhere but there */
    struct sg_list aliases; /* sg_str */
    bool upcoming;          /* hidden from others until its release */
    int64_t play_count;
    struct sg_str created_at, updated_at;
};
struct sg_album_edit {
    uint64_t album_id, artist_id;
    struct sg_str title;
    struct sg_str release_date;
    struct sg_str upc;
    struct sg_str cover_art_url;
    struct sg_list markets; /* as of a song */
    bool markets_excluded;
    struct sg_list aliases;
    bool upcoming;
    int64_t song_count;
    struct sg_str created_at, updated_at;
};
struct sg_artist_edit {
    uint64_t artist_id;
    struct sg_str name, bio, image_url;
    struct sg_list aliases;
    uint64_t user_id; /* who manages it; 0: nobody */
    struct sg_str created_at, updated_at;
};
struct sg_genre_edit {
    uint64_t genre_id;
    struct sg_str name;
};

struct sg_artist_owner {
    uint64_t user_id;
};
struct sg_claim {
    uint64_t artist_id, user_id;
    struct sg_str artist_name, display_name, message, claimed_at;
};
struct sg_claim_list {
    struct sg_list claims; /* sg_claim, oldest first */
    struct sg_str next_cursor;
};
struct sg_picture {
    struct sg_str url;         /* of 640 pixels, JPEG */
    struct sg_str type;        /* of what was sent: "jpeg", "png", "webp" */
    int64_t width, height;     /* of what was sent */
    struct sg_list renditions; /* sg_rendition */
};
struct sg_rendition {
    struct sg_str url, type; /* "image/webp" */
    int64_t size;            /* pixels of the square that it fits in */
};

extern const struct sg_record sg_song_edit_record, sg_new_song_record, sg_song_change_record,
    sg_album_edit_record, sg_new_album_record, sg_album_change_record, sg_artist_edit_record,
    sg_new_artist_record, sg_artist_change_record, sg_genre_edit_record, sg_new_genre_record,
    sg_artist_owner_record, sg_new_claim_record, sg_claim_record, sg_claim_list_record,
    sg_picture_record;
