/* views.h - the API's own answers, put together from what the services say. */
#pragma once
#include "schemas/search.h"

struct sg_song_list {
    struct sg_list results; /* sg_hit, best first */
    int64_t limit;
    struct sg_str generation; /* of the model that chose; absent: none */
    struct sg_str fallback;   /* why something simpler answered; absent: it did not */
    struct sg_str cursor;     /* radio: for what plays next; absent: none */
};
struct sg_entity_list {     /* artists or albums */
    struct sg_list results; /* sg_hit, most alike first */
    int64_t limit;
    struct sg_str generation, fallback; /* as of songs */
};
struct sg_mix_view {
    struct sg_str title, genre; /* genre absent: of several */
    struct sg_list artists;     /* sg_artist_ref, most telling first */
    struct sg_list songs;       /* sg_hit */
};
struct sg_mix_list {
    struct sg_list mixes; /* sg_mix_view */
    struct sg_str generation, fallback;
};
struct sg_artist_page {
    uint64_t artist_id;
    struct sg_str name, image_url;
    int64_t song_count, album_count;
    struct sg_list top_songs, albums; /* sg_hit; albums newest first, at most 100 */
    struct sg_str bio;
    struct sg_list singles;    /* sg_hit: songs on no album, newest first */
    struct sg_list appears_on; /* sg_hit: songs of others that credit the artist */
};
struct sg_album_page {
    uint64_t album_id;
    struct sg_str title;
    struct sg_artist_ref *artist;
    int64_t year; /* 0: unknown */
    struct sg_str cover_art_url;
    struct sg_list songs; /* sg_hit, in track order, the first 100 */
    struct sg_str release_date, upc;
    int64_t song_count; /* of those that the caller sees */
    bool upcoming;
};
struct sg_health_check {
    struct sg_str name;
    bool healthy;
    struct sg_str detail, generation; /* may be absent */
    int64_t lag_bytes;                /* -1: does not apply */
};
struct sg_health_view {
    struct sg_str status; /* "healthy" or "unhealthy" */
    bool database, query, recsys, indexer;
    struct sg_list checks; /* sg_health_check */
};
struct sg_problem_view { /* RFC 9457; written by api/problem.c, described for OpenAPI */
    struct sg_str type, title;
    int64_t status;
    struct sg_str code, detail, instance, field;
};

extern const struct sg_record sg_song_list_record, sg_entity_list_record, sg_mix_list_record,
    sg_artist_page_record, sg_album_page_record, sg_health_check_record, sg_health_view_record,
    sg_problem_record;
