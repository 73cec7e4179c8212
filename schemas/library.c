/* library.c - field tables of library.h. */
#include "schemas/library.h"

#define ABSENT   (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define URL_MAX  2000
#define TOTAL(S) SG_FIELD_(SG_T_I64, S, total, -1, INT64_MAX, ABSENT, -1, NULL)

#define T struct sg_thing
static const struct sg_field thing[] = {
    SG_FIELD_STR(T, type, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(T, song_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(T, artist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(T, album_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(T, playlist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(T, user_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_STR(T, title, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_STR(T, name, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_REC(T, artist, &sg_artist_ref_record, SG_OPTIONAL),
    SG_FIELD_REC(T, album, &sg_album_ref_record, SG_OPTIONAL),
    SG_FIELD_I64(T, duration, 0, INT32_MAX, ABSENT),
    {.name = "explicit",
     .type = SG_T_I64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(T, is_explicit),
     .min = -1,
     .max = 1,
     .dflt = -1,
     .help = "1: explicit, 0: clean"},
    SG_FIELD_STR(T, cover_art_url, 1, URL_MAX, SG_OPTIONAL),
    SG_FIELD_STR(T, image_url, 1, URL_MAX, SG_OPTIONAL),
};
const struct sg_record sg_thing_record = SG_RECORD("Thing", T, thing);

static const char *const sorts[] = {"newest", "oldest", NULL};
static const char *const types[] = {"artist", "user", "playlist", NULL};
static const char *const states[] = {"open", "resolved", "dismissed", NULL};
#define P struct sg_page_request
static const struct sg_field page_request[] = {
    SG_FIELD_(SG_T_I64, P, limit, 1, SG_PAGE_MAX, SG_OPTIONAL, 50, NULL),
    SG_FIELD_STR(P, cursor, 1, SG_PAGE_CURSOR, SG_OPTIONAL),
    SG_FIELD_CHOICE(P, sort, sorts, SG_OPTIONAL),
    SG_FIELD_CHOICE(P, type, types, SG_OPTIONAL),
    SG_FIELD_CHOICE(P, state, states, SG_OPTIONAL),
};
const struct sg_record sg_page_request_record = SG_RECORD("PlaceParams", P, page_request);

/* Of another record, so that ids are asked for. */
static const struct sg_field contains_request[] = {
    {.name = "ids",
     .type = SG_T_U64,
     .flags = SG_LIST,
     .since = 1,
     .offset = offsetof(P, ids),
     .min = 1,
     .max = SG_CONTAINS_MAX},
    SG_FIELD_CHOICE(P, type, types, SG_OPTIONAL),
};
const struct sg_record sg_contains_request_record =
    SG_RECORD("ContainsParams", P, contains_request);

static const struct sg_field saved[] = {
    SG_FIELD_TIME(struct sg_saved, added_at, SG_REQUIRED),
    SG_FIELD_REC(struct sg_saved, item, &sg_thing_record, SG_REQUIRED),
    SG_FIELD_(SG_T_I64, struct sg_saved, followers, -1, INT64_MAX, ABSENT, -1, NULL),
    SG_FIELD_STR(struct sg_saved, state, 1, 16, SG_OPTIONAL),
};
const struct sg_record sg_saved_record = SG_RECORD("SavedItem", struct sg_saved, saved);

static const struct sg_field saved_list[] = {
    SG_FIELD_LIST(struct sg_saved_list, items, SG_T_RECORD, &sg_saved_record, SG_PAGE_MAX),
    TOTAL(struct sg_saved_list),
    SG_FIELD_STR(struct sg_saved_list, next_cursor, 1, SG_PAGE_CURSOR, SG_OPTIONAL),
};
const struct sg_record sg_saved_list_record =
    SG_RECORD("SavedList", struct sg_saved_list, saved_list);

static const struct sg_field contained[] = {
    SG_FIELD_U64(struct sg_contained, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_contained, saved, SG_REQUIRED),
};
static const struct sg_record contained_record =
    SG_RECORD("Contained", struct sg_contained, contained);
static const struct sg_field contains_reply[] = {
    SG_FIELD_LIST(struct sg_contains_reply, results, SG_T_RECORD, &contained_record,
                  SG_CONTAINS_MAX),
};
const struct sg_record sg_contains_reply_record =
    SG_RECORD("ContainsReply", struct sg_contains_reply, contains_reply);
