/* search_log.c - field tables of search_log.h. */
#include "schemas/search_log.h"

#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)

#define E struct sg_search_event
static const struct sg_field event[] = {
    SG_FIELD_U64(E, what, 0, 255, SG_REQUIRED),
    SG_FIELD_(SG_T_BYTES, E, id, 16, 16, SG_OPTIONAL, 0, NULL),
    SG_FIELD_I64(E, at_us, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(E, q, 1, SG_QUERY_MAX, SG_OPTIONAL),
    SG_FIELD_I64(E, total, 0, INT64_MAX, ABSENT),
    SG_FIELD_I64(E, shown, 0, INT16_MAX, ABSENT),
    SG_FIELD_I64(E, first, 0, INT32_MAX, ABSENT),
    SG_FIELD_(SG_T_BYTES, E, person, 8, 8, SG_OPTIONAL, 0, NULL),
    SG_FIELD_I64(E, period, 0, INT32_MAX, ABSENT),
    SG_FIELD_U64(E, user_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_STR(E, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_STR(E, lang, 2, 3, SG_OPTIONAL),
    SG_FIELD_STR(E, action, 1, 16, SG_OPTIONAL),
    SG_FIELD_STR(E, type, 1, 16, SG_OPTIONAL),
    SG_FIELD_U64(E, entity, 0, INT64_MAX, ABSENT),
    SG_FIELD_I64(E, position, 0, INT32_MAX, ABSENT),
};
const struct sg_record sg_search_event_record = SG_RECORD("SearchEvent", E, event);

#define C struct sg_search_choice
static const struct sg_field choice[] = {
    SG_FIELD_STR(C, type, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(C, id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_I64(C, position, 0, 10000, SG_OPTIONAL),
};
const struct sg_record sg_search_choice_record = SG_RECORD("SearchChoice", C, choice);

#define R struct sg_recent_request
static const struct sg_field recent_request[] = {
    SG_FIELD_U64(R, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_I64, R, limit, 1, 50, SG_OPTIONAL, 20, NULL),
    SG_FIELD_STR(R, q, 1, SG_QUERY_MAX, SG_OPTIONAL),
};
const struct sg_record sg_recent_request_record = SG_RECORD("RecentParams", R, recent_request);

static const struct sg_field recent_search[] = {
    SG_FIELD_STR(struct sg_recent_search, q, 1, SG_QUERY_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_recent_search, searched_at, 1, 40, SG_REQUIRED),
};
static const struct sg_record recent_search_record =
    SG_RECORD("RecentSearch", struct sg_recent_search, recent_search);
static const struct sg_field recent_reply[] = {
    SG_FIELD_LIST(struct sg_recent_reply, searches, SG_T_RECORD, &recent_search_record, 50),
};
const struct sg_record sg_recent_reply_record =
    SG_RECORD("RecentSearches", struct sg_recent_reply, recent_reply);

#define P struct sg_popular_request
static const struct sg_field popular_request[] = {
    SG_FIELD_(SG_T_I64, P, limit, 1, 100, SG_OPTIONAL, 10, NULL),
    SG_FIELD_STR(P, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_STR(P, lang, 2, 3, SG_OPTIONAL),
};
const struct sg_record sg_popular_request_record = SG_RECORD("PopularRequest", P, popular_request);

static const struct sg_field popular_query[] = {
    SG_FIELD_STR(struct sg_popular_query, q, 1, 4 * SG_QUERY_MAX, SG_REQUIRED),
    SG_FIELD_F64(struct sg_popular_query, trend, SG_OPTIONAL),
    SG_FIELD_F64(struct sg_popular_query, weight, SG_OPTIONAL),
};
static const struct sg_record popular_query_record =
    SG_RECORD("PopularQuery", struct sg_popular_query, popular_query);
static const struct sg_field popular_reply[] = {
    SG_FIELD_LIST(struct sg_popular_reply, queries, SG_T_RECORD, &popular_query_record, 100),
};
const struct sg_record sg_popular_reply_record =
    SG_RECORD("PopularQueries", struct sg_popular_reply, popular_reply);
