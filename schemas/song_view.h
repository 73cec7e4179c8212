/* song_view.h - one song as GET /api/v1/songs/{song_id} tells it: what a hit of the search tells
 * (schemas/search.h), and what only the database knows. */
#pragma once
#include "schemas/search.h"

#define SG_MARKETS_MAX 250

struct sg_credit {
    uint64_t artist_id;
    struct sg_str name;
    struct sg_str role; /* main, featured, remixer, composer, producer */
};
struct sg_song_view {
    struct sg_str type; /* "song" */
    uint64_t song_id;
    struct sg_str title;
    struct sg_artist_ref *artist; /* the lead artist */
    struct sg_list artists;       /* sg_artist_ref, all credited, each once, in order */
    struct sg_list credits;       /* sg_credit, in order */
    struct sg_album_ref *album;   /* NULL: none */
    int64_t duration;             /* seconds; 0: unknown */
    int64_t play_count;           /* -1: absent */
    struct sg_str genre;
    int64_t year;               /* 0: unknown */
    struct sg_str release_date; /* its album's when it has none; absent: unknown */
    int64_t is_explicit;        /* 0 or 1; -1: absent; field "explicit" */
    int64_t track_no, disc_no;  /* 0: unknown */
    struct sg_str isrc;
    struct sg_list markets;      /* sg_str: where it is to be had; absent: everywhere */
    bool is_excluded;            /* field "markets_excluded": everywhere but there */
    struct sg_str cover_art_url; /* its album's, else its own */
};
struct sg_song_views {
    struct sg_list songs; /* sg_song_view */
};

extern const struct sg_record sg_credit_record, sg_song_view_record, sg_song_views_record;
