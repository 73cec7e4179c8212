/* pages.h - lists of the catalogue, page by page. */
#pragma once
#include "core/record.h"

struct sg_song_page {
    struct sg_list songs; /* sg_song_view */
    struct sg_str next_cursor;
};
struct sg_hit_page {
    struct sg_list results; /* sg_hit */
    struct sg_str next_cursor;
};
struct sg_genre_page {
    struct sg_list genres; /* sg_genre */
    struct sg_str next_cursor;
};
extern const struct sg_record sg_song_page_record, sg_hit_page_record, sg_genre_page_record;
