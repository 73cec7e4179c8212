/* params.h - query parameters of the catalogue. */
#pragma once
#include "api/params.h"

struct sg_album_removal {
    struct sg_str songs; /* "keep"; absent: an album with songs stays */
};
struct sg_list_params {
    struct sg_list ids;           /* uint64_t */
    uint64_t artist_id, album_id; /* 0: any */
    struct sg_str genre;
    int64_t year_from, year_to; /* 0: open */
    struct sg_str state;        /* "released", "upcoming"; absent: both, as far as seen */
    struct sg_str sort;
    struct sg_str market;
    int64_t limit;
    struct sg_str cursor;
};
extern const struct sg_record sg_album_removal_record, sg_song_list_params_record,
    sg_album_list_params_record, sg_artist_list_params_record, sg_genre_list_params_record,
    sg_page_params_record;
extern const struct sg_param sg_album_removal_params[], sg_song_list_params[],
    sg_album_list_params[], sg_artist_list_params[], sg_genre_list_params[], sg_page_params[];

/* Absent or two capitals: SG_EINVAL. */
int sg_market_check(struct sg_str market, struct sg_error *e);
