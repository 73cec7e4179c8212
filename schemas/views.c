/* views.c - see views.h. */
#include "schemas/views.h"

#define TEXT 4096

static const struct sg_field song_list_fields[] = {
    SG_FIELD_LIST(struct sg_song_list, results, SG_T_RECORD, &sg_hit_record, 100),
    SG_FIELD_I64(struct sg_song_list, limit, 0, 1000, SG_REQUIRED),
    SG_FIELD_STR(struct sg_song_list, generation, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_song_list, fallback, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_song_list, cursor, 0, TEXT, SG_OPTIONAL),
};
const struct sg_record sg_song_list_record =
    SG_RECORD("SongList", struct sg_song_list, song_list_fields);

static const struct sg_field entity_list_fields[] = {
    SG_FIELD_LIST(struct sg_entity_list, results, SG_T_RECORD, &sg_hit_record, 100),
    SG_FIELD_I64(struct sg_entity_list, limit, 0, 1000, SG_REQUIRED),
    SG_FIELD_STR(struct sg_entity_list, generation, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_entity_list, fallback, 0, TEXT, SG_OPTIONAL),
};
const struct sg_record sg_entity_list_record =
    SG_RECORD("EntityList", struct sg_entity_list, entity_list_fields);

static const struct sg_field mix_fields[] = {
    SG_FIELD_STR(struct sg_mix_view, title, 1, TEXT, SG_REQUIRED),
    SG_FIELD_STR(struct sg_mix_view, genre, 1, TEXT, SG_OPTIONAL),
    SG_FIELD_LIST(struct sg_mix_view, artists, SG_T_RECORD, &sg_artist_ref_record, 10),
    SG_FIELD_LIST(struct sg_mix_view, songs, SG_T_RECORD, &sg_hit_record, 100),
};
static const struct sg_record mix_record = SG_RECORD("Mix", struct sg_mix_view, mix_fields);

static const struct sg_field mix_list_fields[] = {
    SG_FIELD_LIST(struct sg_mix_list, mixes, SG_T_RECORD, &mix_record, 6),
    SG_FIELD_STR(struct sg_mix_list, generation, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_mix_list, fallback, 0, TEXT, SG_OPTIONAL),
};
const struct sg_record sg_mix_list_record =
    SG_RECORD("MixList", struct sg_mix_list, mix_list_fields);

static const struct sg_field artist_page_fields[] = {
    SG_FIELD_U64(struct sg_artist_page, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_artist_page, name, 1, TEXT, SG_REQUIRED),
    SG_FIELD_STR(struct sg_artist_page, image_url, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_artist_page, song_count, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct sg_artist_page, album_count, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_artist_page, top_songs, SG_T_RECORD, &sg_hit_record, 100),
    SG_FIELD_LIST(struct sg_artist_page, albums, SG_T_RECORD, &sg_hit_record, 100),
    SG_FIELD_STR(struct sg_artist_page, bio, 0, 20000, SG_OPTIONAL),
    SG_FIELD_LIST(struct sg_artist_page, singles, SG_T_RECORD, &sg_hit_record, 100),
    SG_FIELD_LIST(struct sg_artist_page, appears_on, SG_T_RECORD, &sg_hit_record, 100),
};
const struct sg_record sg_artist_page_record =
    SG_RECORD("ArtistPage", struct sg_artist_page, artist_page_fields);

static const struct sg_field album_page_fields[] = {
    SG_FIELD_U64(struct sg_album_page, album_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_album_page, title, 1, TEXT, SG_REQUIRED),
    SG_FIELD_REC(struct sg_album_page, artist, &sg_artist_ref_record, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_album_page, year, 0, 9999, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct sg_album_page, cover_art_url, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_LIST(struct sg_album_page, songs, SG_T_RECORD, &sg_hit_record, 100),
    {.name = "release_date",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(struct sg_album_page, release_date),
     .min = 10,
     .max = 10,
     .format = "date"},
    SG_FIELD_STR(struct sg_album_page, upc, 1, 20, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_album_page, song_count, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_album_page, upcoming, SG_OPTIONAL | SG_OMIT_DEFAULT),
};
const struct sg_record sg_album_page_record =
    SG_RECORD("AlbumPage", struct sg_album_page, album_page_fields);

static const struct sg_field health_check_fields[] = {
    SG_FIELD_STR(struct sg_health_check, name, 1, 64, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_health_check, healthy, SG_REQUIRED),
    SG_FIELD_STR(struct sg_health_check, detail, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_health_check, generation, 0, 256, SG_OPTIONAL),
    SG_FIELD_(SG_T_I64, struct sg_health_check, lag_bytes, -1, INT64_MAX,
              SG_OPTIONAL | SG_OMIT_DEFAULT, -1, NULL),
};
const struct sg_record sg_health_check_record =
    SG_RECORD("HealthCheck", struct sg_health_check, health_check_fields);

static const struct sg_field health_view_fields[] = {
    SG_FIELD_STR(struct sg_health_view, status, 1, 16, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_health_view, database, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_health_view, query, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_health_view, recsys, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_health_view, indexer, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_health_view, checks, SG_T_RECORD, &sg_health_check_record, 16),
};
const struct sg_record sg_health_view_record =
    SG_RECORD("Health", struct sg_health_view, health_view_fields);

static const struct sg_field problem_fields[] = {
    SG_FIELD_STR(struct sg_problem_view, type, 1, 256, SG_REQUIRED),
    SG_FIELD_STR(struct sg_problem_view, title, 1, 256, SG_REQUIRED),
    SG_FIELD_I64(struct sg_problem_view, status, 400, 599, SG_REQUIRED),
    SG_FIELD_STR(struct sg_problem_view, code, 1, 64, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_problem_view, detail, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_problem_view, instance, 0, TEXT, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_problem_view, field, 0, 64, SG_OPTIONAL),
};
const struct sg_record sg_problem_record =
    SG_RECORD("Problem", struct sg_problem_view, problem_fields);
