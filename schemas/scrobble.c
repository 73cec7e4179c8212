/* scrobble.c - field tables of scrobble.h. */
#include "schemas/scrobble.h"

#define ABSENT     (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define FAR_S      253402300799 /* 9999-12-31 */
#define NAME_MAX_N 4000

static const struct sg_field status[] = {
    SG_FIELD_STR(struct sg_scrobble_status, status, 1, 20, SG_REQUIRED),
};
const struct sg_record sg_scrobble_status_record =
    SG_RECORD("ScrobbleStatus", struct sg_scrobble_status, status);

static const struct sg_field error[] = {
    SG_FIELD_I64(struct sg_scrobble_error, code, 100, 599, SG_REQUIRED),
    SG_FIELD_STR(struct sg_scrobble_error, error, 0, 1000, SG_REQUIRED),
};
const struct sg_record sg_scrobble_error_record =
    SG_RECORD("ScrobbleError", struct sg_scrobble_error, error);

static const struct sg_field valid[] = {
    SG_FIELD_I64(struct sg_scrobble_valid, code, 100, 599, SG_REQUIRED),
    SG_FIELD_STR(struct sg_scrobble_valid, message, 1, 100, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_scrobble_valid, valid, SG_REQUIRED),
    SG_FIELD_STR(struct sg_scrobble_valid, user_name, 1, 24, SG_OPTIONAL),
};
const struct sg_record sg_scrobble_valid_record =
    SG_RECORD("ScrobbleTokenCheck", struct sg_scrobble_valid, valid);

#define R struct sg_scrobble_listens_request
static const struct sg_field request[] = {
    SG_FIELD_(SG_T_I64, R, count, 1, 1000, SG_OPTIONAL, 25, NULL),
    SG_FIELD_(SG_T_I64, R, max_ts, 0, FAR_S, SG_OPTIONAL, FAR_S, NULL),
    SG_FIELD_(SG_T_I64, R, min_ts, 0, FAR_S, SG_OPTIONAL, 0, NULL),
    SG_FIELD_STR(R, token, 1, 200, SG_OPTIONAL),
};
const struct sg_record sg_scrobble_listens_request_record =
    SG_RECORD("ScrobbleListensParams", R, request);

static const struct sg_field info[] = {
    SG_FIELD_U64(struct sg_scrobble_info, song_id, 0, INT64_MAX, ABSENT),
};
static const struct sg_record info_record =
    SG_RECORD("ScrobbleInfo", struct sg_scrobble_info, info);
#define T struct sg_scrobble_track
static const struct sg_field track[] = {
    SG_FIELD_STR(T, artist_name, 1, NAME_MAX_N, SG_REQUIRED),
    SG_FIELD_STR(T, track_name, 1, NAME_MAX_N, SG_REQUIRED),
    SG_FIELD_STR(T, release_name, 1, NAME_MAX_N, SG_OPTIONAL),
    SG_FIELD_REC(T, additional_info, &info_record, SG_OPTIONAL),
};
static const struct sg_record track_record = SG_RECORD("ScrobbleTrack", T, track);
static const struct sg_field listen[] = {
    SG_FIELD_I64(struct sg_scrobble_listen, listened_at, 0, FAR_S, SG_REQUIRED),
    SG_FIELD_REC(struct sg_scrobble_listen, track_metadata, &track_record, SG_REQUIRED),
};
static const struct sg_record listen_record =
    SG_RECORD("ScrobbleListen", struct sg_scrobble_listen, listen);

static const char *const listen_types[] = {"single", "playing_now", "import", NULL};
static const struct sg_field told_listen[] = {
    SG_FIELD_I64(struct sg_scrobble_listen, listened_at, 0, FAR_S, ABSENT),
    SG_FIELD_REC(struct sg_scrobble_listen, track_metadata, &track_record, SG_REQUIRED),
};
static const struct sg_record told_listen_record =
    SG_RECORD("ScrobbleTold", struct sg_scrobble_listen, told_listen);
#define S struct sg_scrobble_submission
static const struct sg_field submission[] = {
    SG_FIELD_CHOICE(S, listen_type, listen_types, SG_REQUIRED),
    {.name = "payload",
     .type = SG_T_RECORD,
     .flags = SG_LIST,
     .since = 1,
     .offset = offsetof(S, payload),
     .min = 1,
     .max = 1000,
     .record = &told_listen_record},
};
const struct sg_record sg_scrobble_submission_record =
    SG_RECORD("ScrobbleSubmission", S, submission);

#define P struct sg_scrobble_payload
static const struct sg_field payload[] = {
    SG_FIELD_I64(P, count, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(P, user_id, 1, 24, SG_REQUIRED),
    SG_FIELD_I64(P, latest_listen_ts, 0, FAR_S, SG_OPTIONAL),
    SG_FIELD_LIST(P, listens, SG_T_RECORD, &listen_record, 1000),
};
static const struct sg_record payload_record = SG_RECORD("ScrobblePayload", P, payload);
static const struct sg_field listens[] = {
    SG_FIELD_REC(struct sg_scrobble_listens, payload, &payload_record, SG_REQUIRED),
};
const struct sg_record sg_scrobble_listens_record =
    SG_RECORD("ScrobbleListens", struct sg_scrobble_listens, listens);

static const struct sg_field count_payload[] = {
    SG_FIELD_I64(struct sg_scrobble_count_payload, count, 0, INT64_MAX, SG_REQUIRED),
};
static const struct sg_record count_payload_record =
    SG_RECORD("ScrobbleCountPayload", struct sg_scrobble_count_payload, count_payload);
static const struct sg_field count[] = {
    SG_FIELD_REC(struct sg_scrobble_count, payload, &count_payload_record, SG_REQUIRED),
};
const struct sg_record sg_scrobble_count_record =
    SG_RECORD("ScrobbleCount", struct sg_scrobble_count, count);
