/* social.c - field tables of social.h. */
#include "schemas/social.h"

#define ABSENT              (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define COUNT(S, m)         SG_FIELD_(SG_T_I64, S, m, -1, INT64_MAX, ABSENT, -1, NULL)
#define CURSOR(S)           SG_FIELD_STR(S, next_cursor, 1, SG_PAGE_CURSOR, SG_OPTIONAL)
#define THING(S, m, f)      SG_FIELD_REC(S, m, &sg_thing_record, f)
#define LIST_OF(S, m, r, n) SG_FIELD_LIST(S, m, SG_T_RECORD, &r, n)

static const char *const acts[] = {"followed", "liked",  "playlist_made", "playlist_updated",
                                   "played",   "shared", "released",      NULL};
static const char *const shareable[] = {"song", "artist", "album", "playlist", NULL};
static const char *const reportable[] = {"user", "song", "artist", "album", "playlist", NULL};
static const char *const reasons[] = {"spam",  "abuse", "copyright", "explicit",
                                      "wrong", "other", NULL};
static const char *const audiences[] = {"user", "link", "followers", NULL};
static const char *const report_states[] = {"open", "resolved", "dismissed", NULL};
static const char *const follow_states[] = {"none", "requested", "following", NULL};
static const char *const blend_states[] = {"invited", "active", NULL};
static const char *const suits[] = {"you", "other", "both", NULL};

#define E struct sg_feed_entry
static const struct sg_field feed_entry[] = {
    SG_FIELD_U64(E, activity_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_TIME(E, at, SG_REQUIRED),
    SG_FIELD_CHOICE(E, kind, acts, SG_REQUIRED),
    THING(E, by, SG_REQUIRED),
    THING(E, about, SG_OPTIONAL),
    SG_FIELD_(SG_T_I64, E, count, 0, INT32_MAX, ABSENT, 0, NULL),
    LIST_OF(E, items, sg_thing_record, SG_FEED_ITEMS),
    SG_FIELD_STR(E, message, 0, SG_SHARE_TEXT, SG_OPTIONAL),
};
static const struct sg_record feed_entry_record = SG_RECORD("FeedEntry", E, feed_entry);
static const struct sg_field feed_reply[] = {
    LIST_OF(struct sg_feed_reply, entries, feed_entry_record, SG_PAGE_MAX),
    CURSOR(struct sg_feed_reply),
};
const struct sg_record sg_feed_reply_record = SG_RECORD("Feed", struct sg_feed_reply, feed_reply);

static const struct sg_field follow_state[] = {
    SG_FIELD_CHOICE(struct sg_follow_state, state, follow_states, SG_REQUIRED),
};
const struct sg_record sg_follow_state_record =
    SG_RECORD("FollowState", struct sg_follow_state, follow_state);

#define V struct sg_social_view
static const struct sg_field social_view[] = {
    SG_FIELD_U64(V, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(V, name, 0, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_BOOL(V, is_private, SG_REQUIRED),
    COUNT(V, followers),
    COUNT(V, following),
    SG_FIELD_CHOICE(V, you_follow, follow_states, SG_REQUIRED),
    SG_FIELD_BOOL(V, follows_you, SG_REQUIRED),
    SG_FIELD_BOOL(V, blocked, SG_REQUIRED),
};
const struct sg_record sg_social_view_record = SG_RECORD("SocialView", V, social_view);

static const struct sg_field listening[] = {
    THING(struct sg_listening, user, SG_REQUIRED),
    THING(struct sg_listening, song, SG_REQUIRED),
    SG_FIELD_TIME(struct sg_listening, since, SG_REQUIRED),
};
static const struct sg_record listening_record =
    SG_RECORD("Listening", struct sg_listening, listening);
static const struct sg_field listening_reply[] = {
    LIST_OF(struct sg_listening_reply, friends, listening_record, SG_PAGE_MAX),
};
const struct sg_record sg_listening_reply_record =
    SG_RECORD("FriendsListening", struct sg_listening_reply, listening_reply);

#define N struct sg_share_new
static const struct sg_field share_new[] = {
    SG_FIELD_CHOICE(N, type, shareable, SG_REQUIRED),
    SG_FIELD_U64(N, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(N, audience, audiences, SG_REQUIRED),
    SG_FIELD_U64(N, to_user_id, 1, INT64_MAX, ABSENT),
    SG_FIELD_STR(N, message, 0, SG_SHARE_TEXT, SG_OPTIONAL),
    SG_FIELD_(SG_T_I64, N, expires_in_s, 0, SG_SHARE_AGE_MAX_S, ABSENT, 0, NULL),
};
const struct sg_record sg_share_new_record = SG_RECORD("ShareNew", N, share_new);

static const struct sg_field share_change[] = {
    SG_FIELD_STR(struct sg_share_change, message, 0, SG_SHARE_TEXT, SG_OPTIONAL),
    SG_FIELD_(SG_T_I64, struct sg_share_change, expires_in_s, -1, SG_SHARE_AGE_MAX_S, ABSENT, -1,
              NULL),
};
const struct sg_record sg_share_change_record =
    SG_RECORD("ShareChange", struct sg_share_change, share_change);

#define S struct sg_share
static const struct sg_field share[] = {
    SG_FIELD_U64(S, share_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(S, audience, audiences, SG_REQUIRED),
    THING(S, item, SG_OPTIONAL),
    THING(S, from, SG_OPTIONAL),
    THING(S, to, SG_OPTIONAL),
    SG_FIELD_STR(S, message, 0, SG_SHARE_TEXT, SG_OPTIONAL),
    SG_FIELD_TIME(S, created_at, SG_REQUIRED),
    SG_FIELD_TIME(S, expires_at, SG_OPTIONAL),
    SG_FIELD_STR(S, url, 1, 64, SG_OPTIONAL),
    SG_FIELD_BOOL(S, unread, ABSENT),
};
const struct sg_record sg_share_record = SG_RECORD("Share", S, share);
static const struct sg_field share_list[] = {
    LIST_OF(struct sg_share_list, shares, sg_share_record, SG_PAGE_MAX),
    COUNT(struct sg_share_list, unread),
    CURSOR(struct sg_share_list),
};
const struct sg_record sg_share_list_record =
    SG_RECORD("ShareList", struct sg_share_list, share_list);
static const struct sg_field shares_read[] = {
    SG_FIELD_LIST(struct sg_shares_read, share_ids, SG_T_U64, NULL, SG_PAGE_MAX),
};
const struct sg_record sg_shares_read_record =
    SG_RECORD("SharesRead", struct sg_shares_read, shares_read);
static const struct sg_field shared[] = {
    THING(struct sg_shared, item, SG_REQUIRED),
    SG_FIELD_STR(struct sg_shared, shared_by, 0, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_shared, message, 0, SG_SHARE_TEXT, SG_OPTIONAL),
    SG_FIELD_TIME(struct sg_shared, expires_at, SG_OPTIONAL),
};
const struct sg_record sg_shared_record = SG_RECORD("Shared", struct sg_shared, shared);

static const struct sg_field blend_new[] = {
    SG_FIELD_U64(struct sg_blend_new, user_id, 1, INT64_MAX, ABSENT),
};
const struct sg_record sg_blend_new_record = SG_RECORD("BlendNew", struct sg_blend_new, blend_new);
static const struct sg_field blend_join[] = {
    SG_FIELD_STR(struct sg_blend_join, token, 1, 64, SG_REQUIRED),
};
const struct sg_record sg_blend_join_record =
    SG_RECORD("BlendJoin", struct sg_blend_join, blend_join);
static const struct sg_field blend_song[] = {
    THING(struct sg_blend_song, song, SG_REQUIRED),
    SG_FIELD_CHOICE(struct sg_blend_song, suits, suits, SG_REQUIRED),
    SG_FIELD_F64(struct sg_blend_song, you, SG_REQUIRED),
    SG_FIELD_F64(struct sg_blend_song, other, SG_REQUIRED),
};
static const struct sg_record blend_song_record =
    SG_RECORD("BlendSong", struct sg_blend_song, blend_song);
#define B struct sg_blend_view
static const struct sg_field blend_view[] = {
    SG_FIELD_U64(B, blend_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(B, state, blend_states, SG_REQUIRED),
    SG_FIELD_BOOL(B, mine, SG_REQUIRED),
    THING(B, with, SG_OPTIONAL),
    SG_FIELD_STR(B, token, 1, 64, SG_OPTIONAL),
    SG_FIELD_TIME(B, created_at, SG_REQUIRED),
    SG_FIELD_STR(B, made_on, 10, 10, SG_OPTIONAL),
    LIST_OF(B, songs, blend_song_record, SG_BLEND_SONGS),
    SG_FIELD_STR(B, fallback, 1, 200, SG_OPTIONAL),
};
const struct sg_record sg_blend_view_record = SG_RECORD("Blend", B, blend_view);
static const struct sg_field blend_list[] = {
    LIST_OF(struct sg_blend_list, blends, sg_blend_view_record, SG_PAGE_MAX),
};
const struct sg_record sg_blend_list_record =
    SG_RECORD("BlendList", struct sg_blend_list, blend_list);

static const struct sg_field report_new[] = {
    SG_FIELD_CHOICE(struct sg_report_new, type, reportable, SG_REQUIRED),
    SG_FIELD_U64(struct sg_report_new, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(struct sg_report_new, reason, reasons, SG_REQUIRED),
    SG_FIELD_STR(struct sg_report_new, text, 0, SG_REPORT_TEXT, SG_OPTIONAL),
};
const struct sg_record sg_report_new_record =
    SG_RECORD("ReportNew", struct sg_report_new, report_new);
#define D struct sg_report_decision
static const struct sg_field report_decide[] = {
    SG_FIELD_CHOICE(D, state, report_states, SG_REQUIRED),
    SG_FIELD_STR(D, note, 0, SG_REPORT_TEXT, SG_OPTIONAL),
};
const struct sg_record sg_report_decide_record = SG_RECORD("ReportDecide", D, report_decide);
static const struct sg_field report_decision[] = {
    SG_FIELD_CHOICE(D, state, report_states, SG_REQUIRED),
    SG_FIELD_STR(D, note, 0, SG_REPORT_TEXT, SG_OPTIONAL),
    SG_FIELD_TIME(D, decided_at, SG_REQUIRED),
    SG_FIELD_U64(D, decided_by, 0, INT64_MAX, ABSENT),
};
static const struct sg_record report_decision_record =
    SG_RECORD("ReportDecision", D, report_decision);
#define R struct sg_report
static const struct sg_field report[] = {
    SG_FIELD_U64(R, report_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(R, user_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_CHOICE(R, type, reportable, SG_REQUIRED),
    SG_FIELD_U64(R, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_CHOICE(R, reason, reasons, SG_REQUIRED),
    SG_FIELD_STR(R, text, 0, SG_REPORT_TEXT, SG_OPTIONAL),
    SG_FIELD_CHOICE(R, state, report_states, SG_REQUIRED),
    SG_FIELD_TIME(R, created_at, SG_REQUIRED),
    THING(R, item, SG_OPTIONAL),
    LIST_OF(R, decisions, report_decision_record, 1000),
};
const struct sg_record sg_report_record = SG_RECORD("Report", R, report);
static const struct sg_field report_list[] = {
    LIST_OF(struct sg_report_list, reports, sg_report_record, SG_PAGE_MAX),
    CURSOR(struct sg_report_list),
};
const struct sg_record sg_report_list_record =
    SG_RECORD("ReportList", struct sg_report_list, report_list);
