/* library.h - what somebody has liked, saved and follows; and things as lists show them. */
#pragma once
#include "core/record.h"
#include "schemas/catalogue.h"
#include "schemas/search.h"

#define SG_PAGE_MAX      100   /* entries of one answer */
#define SG_PAGE_CURSOR   64    /* bytes */
#define SG_CONTAINS_MAX  100   /* ids asked about at once */
#define SG_FOLLOWING_MAX 10000 /* users, artists, that one user may follow */

/* A song, artist, album, playlist or user in short: which fields are there depends on type, under
 * the same names as in search. */
struct sg_thing {
    struct sg_str type;
    uint64_t song_id, artist_id, album_id, playlist_id, user_id; /* 0: absent */
    struct sg_str title, name;
    struct sg_artist_ref *artist;
    struct sg_album_ref *album;
    int64_t duration;    /* seconds; 0: unknown */
    int64_t is_explicit; /* -1: absent */
    struct sg_str cover_art_url, image_url;
};

/* Query parameters of lists. */
struct sg_page_request {
    int64_t limit;
    struct sg_str cursor; /* next_cursor of the page before; absent: the first */
    struct sg_str sort;   /* newest (default), oldest; where the list has it */
    struct sg_str type;   /* where the list is of several */
    struct sg_str state;  /* of reports */
    struct sg_list ids;   /* uint64_t: contains */
};

struct sg_saved {
    struct sg_str added_at;
    struct sg_thing *item;
    int64_t followers;   /* of an artist or user; -1: absent */
    struct sg_str state; /* of a followed user: following, requested */
};
struct sg_saved_list {
    struct sg_list items;      /* sg_saved */
    int64_t total;             /* of all pages; -1: not counted */
    struct sg_str next_cursor; /* absent: no more */
};
struct sg_contained {
    uint64_t id;
    bool saved;
};
struct sg_contains_reply {
    struct sg_list results; /* sg_contained, in the order asked */
};

extern const struct sg_record sg_thing_record, sg_page_request_record, sg_contains_request_record,
    sg_saved_record, sg_saved_list_record, sg_contains_reply_record;
