/* feedback.c - field tables of feedback.h. */
#include "schemas/feedback.h"

#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)

#define F struct sg_feedback
static const struct sg_field feedback[] = {
    SG_FIELD_U64(F, user_id, 1, INT64_MAX, SG_OPTIONAL),
    {.name = "kind",
     .type = SG_T_STR,
     .since = 1,
     .offset = offsetof(F, kind),
     .min = 1,
     .max = 16,
     .help = "`like`, `dislike` or `not_interested` of a song, `hide_artist` of an artist, `undo` "
             "of either."},
    SG_FIELD_U64(F, song_id, 1, INT64_MAX, ABSENT),
    SG_FIELD_U64(F, artist_id, 1, INT64_MAX, ABSENT),
};
const struct sg_record sg_feedback_record = SG_RECORD("Feedback", F, feedback);

#define R struct sg_feedback_request
static const struct sg_field feedback_request[] = {
    SG_FIELD_U64(R, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(R, kind, 1, 16, SG_OPTIONAL),
    SG_FIELD_U64(R, song_id, 1, INT64_MAX, ABSENT),
    SG_FIELD_U64(R, artist_id, 1, INT64_MAX, ABSENT),
    SG_FIELD_(SG_T_I64, R, limit, 1, SG_FEEDBACK_MAX, SG_OPTIONAL, 50, NULL),
    SG_FIELD_(SG_T_I64, R, offset, 0, 100000, SG_OPTIONAL, 0, NULL),
};
const struct sg_record sg_feedback_request_record =
    SG_RECORD("FeedbackParams", R, feedback_request);

#define G struct sg_feedback_given
static const struct sg_field given[] = {
    SG_FIELD_STR(G, kind, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(G, song_id, 1, INT64_MAX, ABSENT),
    SG_FIELD_U64(G, artist_id, 1, INT64_MAX, ABSENT),
    SG_FIELD_STR(G, given_at, 1, 40, SG_REQUIRED),
};
static const struct sg_record given_record = SG_RECORD("GivenFeedback", G, given);
static const struct sg_field feedback_reply[] = {
    SG_FIELD_LIST(struct sg_feedback_reply, feedback, SG_T_RECORD, &given_record, SG_FEEDBACK_MAX),
    SG_FIELD_I64(struct sg_feedback_reply, limit, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(struct sg_feedback_reply, offset, 0, INT64_MAX, SG_REQUIRED),
};
const struct sg_record sg_feedback_reply_record =
    SG_RECORD("FeedbackList", struct sg_feedback_reply, feedback_reply);

static const struct sg_field person_changed[] = {
    SG_FIELD_U64(struct sg_person_changed, user_id, 1, INT64_MAX, SG_REQUIRED),
};
const struct sg_record sg_person_changed_record =
    SG_RECORD("PersonChanged", struct sg_person_changed, person_changed);
