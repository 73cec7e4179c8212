/* pages.c - field tables of pages.h. */
#include "schemas/pages.h"
#include "schemas/catalogue.h"
#include "schemas/search.h"
#include "schemas/song_view.h"

#define CURSOR(S) SG_FIELD_STR(S, next_cursor, 1, 2700, SG_OPTIONAL)

static const struct sg_field song_page[] = {
    SG_FIELD_LIST(struct sg_song_page, songs, SG_T_RECORD, &sg_song_view_record, 100),
    CURSOR(struct sg_song_page),
};
const struct sg_record sg_song_page_record = SG_RECORD("SongPage", struct sg_song_page, song_page);

static const struct sg_field hit_page[] = {
    SG_FIELD_LIST(struct sg_hit_page, results, SG_T_RECORD, &sg_hit_record, 100),
    CURSOR(struct sg_hit_page),
};
const struct sg_record sg_hit_page_record = SG_RECORD("EntityPage", struct sg_hit_page, hit_page);

static const struct sg_field genre_page[] = {
    SG_FIELD_LIST(struct sg_genre_page, genres, SG_T_RECORD, &sg_genre_record, 100000),
    CURSOR(struct sg_genre_page),
};
const struct sg_record sg_genre_page_record =
    SG_RECORD("GenrePage", struct sg_genre_page, genre_page);
