/* search.c - field tables of search.h. */
#include "schemas/search.h"
#include "schemas/catalogue.h"
#include "schemas/lyrics.h"

#define NAME_MAX_BYTES   SG_TITLE_MAX
#define TYPE_MAX         16 /* bytes of "song", "playlist" ... */
#define URL_MAX          2000
#define RESULTS_MAX      (SG_KINDS * SG_LIMIT_MAX)
#define HIGHLIGHTS_MAX   256
#define FEATURES_MAX     64
#define FACET_VALUES_MAX 10
#define GENRES_MAX       100000
#define ABSENT           (SG_OPTIONAL | SG_OMIT_DEFAULT)

/* A number with its default. */
#define I64_OR(S, m, lo, hi, d) SG_FIELD_(SG_T_I64, S, m, lo, hi, SG_OPTIONAL, d, NULL)
/* A list that is left out when empty. */
#define SOME(S, m, T, r, hi)                                                                       \
    SG_FIELD_(T, S, m, 0, hi, SG_OPTIONAL | SG_LIST | SG_OMIT_DEFAULT, 0, r)

static const struct sg_field search_request[] = {
    SG_FIELD_STR(struct sg_search_request, q, 1, SG_QUERY_MAX, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_search_request, types, SG_T_STR, NULL, SG_KINDS),
    I64_OR(struct sg_search_request, limit, 1, SG_LIMIT_MAX, 20),
    I64_OR(struct sg_search_request, offset, 0, SG_OFFSET_MAX, 0),
    SG_FIELD_U64(struct sg_search_request, artist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_STR(struct sg_search_request, genre, 1, NAME_MAX_BYTES, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_search_request, year_from, 0, 9999, ABSENT),
    SG_FIELD_I64(struct sg_search_request, year_to, 0, 9999, ABSENT),
    {.name = "explicit",
     .type = SG_T_I64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(struct sg_search_request, is_explicit),
     .min = -1,
     .max = 1,
     .dflt = -1,
     .help = "-1: any, 0: clean only, 1: explicit only"},
    SG_FIELD_BOOL(struct sg_search_request, explain, ABSENT),
    SG_FIELD_(SG_T_BOOL, struct sg_search_request, prefix, 0, 1, ABSENT, 1, NULL),
    SG_FIELD_(SG_T_BOOL, struct sg_search_request, group, 0, 1, ABSENT, 1, NULL),
    SG_FIELD_STR(struct sg_search_request, sort, 1, TYPE_MAX, SG_OPTIONAL),
    SOME(struct sg_search_request, facets, SG_T_STR, NULL, 3),
    SG_FIELD_STR(struct sg_search_request, cursor, 1, SG_CURSOR_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_request, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_search_request, clean, ABSENT),
    SG_FIELD_I64(struct sg_search_request, kinds, 0, (1 << SG_KINDS) - 1, ABSENT),
    SG_FIELD_REC(struct sg_search_request, taste, &sg_taste_record, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_request, in, 1, TYPE_MAX, SG_OPTIONAL),
};
const struct sg_record sg_search_request_record =
    SG_RECORD("SearchRequest", struct sg_search_request, search_request);

static const struct sg_field artist_ref[] = {
    SG_FIELD_U64(struct sg_artist_ref, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_artist_ref, name, 0, NAME_MAX_BYTES, SG_REQUIRED),
};
const struct sg_record sg_artist_ref_record =
    SG_RECORD("ArtistRef", struct sg_artist_ref, artist_ref);

static const struct sg_field album_ref[] = {
    SG_FIELD_U64(struct sg_album_ref, album_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_album_ref, title, 0, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_album_ref, cover_art_url, 1, URL_MAX, SG_OPTIONAL),
};
const struct sg_record sg_album_ref_record = SG_RECORD("AlbumRef", struct sg_album_ref, album_ref);

static const struct sg_field highlight[] = {
    SG_FIELD_STR(struct sg_highlight, field, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct sg_highlight, from, 0, INT32_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct sg_highlight, to, 0, INT32_MAX, SG_REQUIRED),
};
static const struct sg_record highlight_record =
    SG_RECORD("Highlight", struct sg_highlight, highlight);

static const struct sg_field feature[] = {
    SG_FIELD_STR(struct sg_feature, name, 1, 64, SG_REQUIRED),
    SG_FIELD_F64(struct sg_feature, value, SG_REQUIRED),
    SG_FIELD_F64(struct sg_feature, weight, SG_REQUIRED),
    SG_FIELD_F64(struct sg_feature, contribution, SG_REQUIRED),
};
static const struct sg_record feature_record = SG_RECORD("Feature", struct sg_feature, feature);

static const struct sg_field reason[] = {
    SG_FIELD_STR(struct sg_reason, text, 1, NAME_MAX_BYTES + 100, SG_REQUIRED),
    SG_FIELD_STR(struct sg_reason, code, 1, 64, SG_REQUIRED),
    SG_FIELD_U64(struct sg_reason, song_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(struct sg_reason, artist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_STR(struct sg_reason, name, 1, NAME_MAX_BYTES, SG_OPTIONAL),
};
const struct sg_record sg_reason_record = SG_RECORD("Reason", struct sg_reason, reason);

static const struct sg_field hit_lyric[] = {
    SG_FIELD_STR(struct sg_hit_lyric, text, 1, SG_LYRIC_TEXT_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_F64, struct sg_hit_lyric, start_time, 0, 86400, ABSENT, -1, NULL),
    SG_FIELD_STR(struct sg_hit_lyric, language, 1, SG_LANGUAGE_MAX, SG_OPTIONAL),
};
static const struct sg_record hit_lyric_record =
    SG_RECORD("HitLyric", struct sg_hit_lyric, hit_lyric);

static const struct sg_field hit[] = {
    SG_FIELD_STR(struct sg_hit, type, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct sg_hit, song_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(struct sg_hit, artist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(struct sg_hit, album_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_U64(struct sg_hit, playlist_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_STR(struct sg_hit, title, 0, SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_hit, name, 0, NAME_MAX_BYTES, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_hit, description, 0, 4 * SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_REC(struct sg_hit, artist, &sg_artist_ref_record, SG_OPTIONAL),
    SOME(struct sg_hit, artists, SG_T_RECORD, &sg_artist_ref_record, SG_ARTISTS_MAX),
    SG_FIELD_REC(struct sg_hit, album, &sg_album_ref_record, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_hit, duration, 0, INT32_MAX, ABSENT),
    SG_FIELD_(SG_T_I64, struct sg_hit, play_count, -1, INT64_MAX, ABSENT, -1, NULL),
    SG_FIELD_U64(struct sg_hit, user_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_(SG_T_I64, struct sg_hit, followers, -1, INT64_MAX, ABSENT, -1, NULL),
    SG_FIELD_STR(struct sg_hit, genre, 1, NAME_MAX_BYTES, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_hit, year, 0, 9999, ABSENT),
    {.name = "explicit",
     .type = SG_T_I64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(struct sg_hit, is_explicit),
     .min = -1,
     .max = 1,
     .dflt = -1,
     .help = "1: explicit, 0: clean"},
    SG_FIELD_STR(struct sg_hit, image_url, 1, URL_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_hit, cover_art_url, 1, URL_MAX, SG_OPTIONAL),
    SG_FIELD_F64(struct sg_hit, score, SG_OPTIONAL),
    SOME(struct sg_hit, highlights, SG_T_RECORD, &highlight_record, HIGHLIGHTS_MAX),
    SOME(struct sg_hit, features, SG_T_RECORD, &feature_record, FEATURES_MAX),
    SG_FIELD_I64(struct sg_hit, versions, 0, INT32_MAX, ABSENT),
    SG_FIELD_STR(struct sg_hit, alias, 1, NAME_MAX_BYTES, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_hit, rule, 1, 2200, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_hit, matched, 1, 16, SG_OPTIONAL),
    SG_FIELD_REC(struct sg_hit, reason, &sg_reason_record, SG_OPTIONAL),
    SG_FIELD_REC(struct sg_hit, lyric, &hit_lyric_record, SG_OPTIONAL),
};
const struct sg_record sg_hit_record = SG_RECORD("Hit", struct sg_hit, hit);

static const struct sg_field type_total[] = {
    SG_FIELD_STR(struct sg_type_total, type, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct sg_type_total, total, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_type_total, exact, SG_REQUIRED),
};
static const struct sg_record type_total_record =
    SG_RECORD("TypeTotal", struct sg_type_total, type_total);

static const struct sg_field facet_value[] = {
    SG_FIELD_STR(struct sg_facet_value, value, 1, NAME_MAX_BYTES, SG_REQUIRED),
    SG_FIELD_I64(struct sg_facet_value, count, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct sg_facet_value, artist_id, 0, INT64_MAX, ABSENT),
};
static const struct sg_record facet_value_record =
    SG_RECORD("FacetValue", struct sg_facet_value, facet_value);

static const struct sg_field facet[] = {
    SG_FIELD_STR(struct sg_facet, facet, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_facet, values, SG_T_RECORD, &facet_value_record, FACET_VALUES_MAX),
    SG_FIELD_BOOL(struct sg_facet, exact, SG_REQUIRED),
};
static const struct sg_record facet_record = SG_RECORD("Facet", struct sg_facet, facet);

static const struct sg_field search_reply[] = {
    SG_FIELD_LIST(struct sg_search_reply, results, SG_T_RECORD, &sg_hit_record, RESULTS_MAX),
    SG_FIELD_I64(struct sg_search_reply, total, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_search_reply, total_exact, SG_OPTIONAL),
    SG_FIELD_LIST(struct sg_search_reply, totals, SG_T_RECORD, &type_total_record, SG_KINDS),
    SG_FIELD_I64(struct sg_search_reply, limit, 0, SG_LIMIT_MAX, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_search_reply, offset, 0, SG_OFFSET_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, relaxed, 1, 200, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, corrected, 1, 4 * SG_QUERY_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, understood, 1, 4 * SG_QUERY_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, did_you_mean, 1, 4 * SG_QUERY_MAX, SG_OPTIONAL),
    SG_FIELD_REC(struct sg_search_reply, top, &sg_hit_record, SG_OPTIONAL),
    SOME(struct sg_search_reply, facets, SG_T_RECORD, &facet_record, 3),
    SG_FIELD_STR(struct sg_search_reply, next_cursor, 1, SG_CURSOR_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, generation, 1, 200, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_search_reply, took_us, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, search_id, 36, 36, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_search_reply, replaced, 1, 800, SG_OPTIONAL),
    SOME(struct sg_search_reply, rules, SG_T_STR, NULL, 64),
};
const struct sg_record sg_search_reply_record =
    SG_RECORD("SearchReply", struct sg_search_reply, search_reply);

static const struct sg_field suggest_request[] = {
    SG_FIELD_STR(struct sg_suggest_request, q, 1, SG_QUERY_MAX, SG_REQUIRED),
    I64_OR(struct sg_suggest_request, limit, 1, 20, 8),
    SOME(struct sg_suggest_request, recent, SG_T_STR, NULL, SG_RECENT_MAX),
    SG_FIELD_STR(struct sg_suggest_request, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_suggest_request, clean, ABSENT),
    SG_FIELD_I64(struct sg_suggest_request, kinds, 0, (1 << SG_KINDS) - 1, ABSENT),
    SG_FIELD_REC(struct sg_suggest_request, taste, &sg_taste_record, SG_OPTIONAL),
};
const struct sg_record sg_suggest_request_record =
    SG_RECORD("SuggestRequest", struct sg_suggest_request, suggest_request);

static const struct sg_field suggestion[] = {
    SG_FIELD_STR(struct sg_suggestion, text, 1, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_suggestion, type, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct sg_suggestion, id, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_suggestion, detail, 1, NAME_MAX_BYTES, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_suggestion, from, 0, INT32_MAX, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_suggestion, to, 0, INT32_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_suggestion, image_url, 1, URL_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_suggestion, recent, ABSENT),
};
static const struct sg_record suggestion_record =
    SG_RECORD("Suggestion", struct sg_suggestion, suggestion);

static const struct sg_field suggest_reply[] = {
    SG_FIELD_LIST(struct sg_suggest_reply, suggestions, SG_T_RECORD, &suggestion_record, 20),
    SG_FIELD_I64(struct sg_suggest_reply, took_us, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_suggest_reply, generation, 1, 200, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_suggest_reply, search_id, 36, 36, SG_OPTIONAL),
};
const struct sg_record sg_suggest_reply_record =
    SG_RECORD("SuggestReply", struct sg_suggest_reply, suggest_reply);

static const struct sg_field lookup_request[] = {
    SG_FIELD_STR(struct sg_lookup_request, type, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_U64, struct sg_lookup_request, ids, 1, SG_LIMIT_MAX, SG_REQUIRED | SG_LIST, 0,
              NULL),
    SG_FIELD_STR(struct sg_lookup_request, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_lookup_request, clean, ABSENT),
    SG_FIELD_I64(struct sg_lookup_request, kinds, 0, (1 << SG_KINDS) - 1, ABSENT),
};
const struct sg_record sg_lookup_request_record =
    SG_RECORD("LookupRequest", struct sg_lookup_request, lookup_request);

static const struct sg_field lookup_reply[] = {
    SG_FIELD_LIST(struct sg_lookup_reply, results, SG_T_RECORD, &sg_hit_record, SG_LIMIT_MAX),
};
const struct sg_record sg_lookup_reply_record =
    SG_RECORD("LookupReply", struct sg_lookup_reply, lookup_reply);

static const struct sg_field children_request[] = {
    SG_FIELD_STR(struct sg_children_request, type, 1, TYPE_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct sg_children_request, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_children_request, of, 1, TYPE_MAX, SG_REQUIRED),
    I64_OR(struct sg_children_request, limit, 1, SG_LIMIT_MAX, 20),
    I64_OR(struct sg_children_request, offset, 0, INT32_MAX, 0),
    SG_FIELD_STR(struct sg_children_request, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_children_request, clean, ABSENT),
    SG_FIELD_I64(struct sg_children_request, kinds, 0, (1 << SG_KINDS) - 1, ABSENT),
};
const struct sg_record sg_children_request_record =
    SG_RECORD("ChildrenRequest", struct sg_children_request, children_request);

static const struct sg_field children_reply[] = {
    SG_FIELD_LIST(struct sg_children_reply, results, SG_T_RECORD, &sg_hit_record, SG_LIMIT_MAX),
    SG_FIELD_I64(struct sg_children_reply, total, 0, INT64_MAX, SG_OPTIONAL),
};
const struct sg_record sg_children_reply_record =
    SG_RECORD("ChildrenReply", struct sg_children_reply, children_reply);

static const struct sg_field genres_reply[] = {
    SG_FIELD_LIST(struct sg_genres_reply, genres, SG_T_RECORD, &sg_genre_record, GENRES_MAX),
};
const struct sg_record sg_genres_reply_record =
    SG_RECORD("GenresReply", struct sg_genres_reply, genres_reply);
