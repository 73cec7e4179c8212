/* plays.c - field tables of plays.h. */
#include "schemas/plays.h"

#define ABSENT     (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define SONG_S_MAX 86400
#define PLAYED_MAX (30 * SONG_S_MAX) /* a song may be repeated under one id */

#define L struct sg_listen
static const struct sg_field listen[] = {
    SG_FIELD_I64(L, at_us, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(L, artist, 1, 1000, SG_REQUIRED),
    SG_FIELD_STR(L, track, 1, 1000, SG_REQUIRED),
    SG_FIELD_STR(L, release, 1, 1000, SG_OPTIONAL),
    SG_FIELD_STR(L, recording_mbid, 1, 36, SG_OPTIONAL),
    SG_FIELD_STR(L, isrc, 1, 12, SG_OPTIONAL),
    SG_FIELD_STR(L, external_id, 1, 200, SG_OPTIONAL),
    SG_FIELD_STR(L, player, 1, 64, SG_OPTIONAL),
    SG_FIELD_U64(L, song_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_I64(L, duration_s, 0, SONG_S_MAX, ABSENT),
};
static const struct sg_record listen_record = SG_RECORD("Listen", L, listen);

#define E struct sg_play_event
static const struct sg_field event[] = {
    SG_FIELD_U64(E, what, 0, 255, SG_REQUIRED),
    SG_FIELD_U64(E, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(E, song_id, 0, INT64_MAX, ABSENT),
    SG_FIELD_(SG_T_BYTES, E, id, 16, 16, SG_OPTIONAL, 0, NULL),
    SG_FIELD_I64(E, at_us, 0, INT64_MAX, ABSENT),
    SG_FIELD_BOOL(E, begun, SG_OPTIONAL),
    SG_FIELD_I64(E, told_us, 0, INT64_MAX, ABSENT),
    SG_FIELD_(SG_T_I64, E, played_s, -1, PLAYED_MAX, ABSENT, -1, NULL),
    SG_FIELD_(SG_T_I64, E, position_s, -1, SONG_S_MAX, ABSENT, -1, NULL),
    SG_FIELD_U64(E, outcome, 0, SG_PLAY_SKIPPED, ABSENT),
    SG_FIELD_STR(E, region, 2, 2, SG_OPTIONAL),
    SG_FIELD_STR(E, source, 1, 32, SG_OPTIONAL),
    SG_FIELD_STR(E, context, 1, 120, SG_OPTIONAL),
    SG_FIELD_STR(E, device, 1, 64, SG_OPTIONAL),
    SG_FIELD_LIST(E, listens, SG_T_RECORD, &listen_record, 1000),
    SG_FIELD_U64(E, entry, 0, INT64_MAX, ABSENT),
    SG_FIELD_(SG_T_I64, E, since_us, -1, INT64_MAX, ABSENT, -1, NULL),
    SG_FIELD_(SG_T_I64, E, until_us, -1, INT64_MAX, ABSENT, -1, NULL),
};
const struct sg_record sg_play_event_record = SG_RECORD("PlayEvent", E, event);

#define W struct sg_play_word
static const struct sg_field word[] = {
    {.name = "event_id",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(W, event_id),
     .min = 36,
     .max = 36,
     .format = "uuid",
     .help = "A UUID that the player made for this play: what is sent again with it counts once. "
             "Absent: one is made and told."},
    {.name = "played_at",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(W, played_at),
     .min = 1,
     .max = 40,
     .format = "date-time",
     .help = "When it began: at most 14 days ago. Absent, or in the future: now."},
    {.name = "played_s",
     .type = SG_T_I64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(W, played_s),
     .min = -1,
     .max = PLAYED_MAX,
     .dflt = -1,
     .help = "Seconds heard so far. -1: not told. A play whose player never tells is taken as "
             "heard; one that tells counts from 30 s or half of the song on."},
    {.name = "position_s",
     .type = SG_T_I64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(W, position_s),
     .min = -1,
     .max = SONG_S_MAX,
     .dflt = -1,
     .help = "Where in the song the player is, for GET /api/v1/me/resume. -1: not told."},
    SG_FIELD_STR(W, device, 1, 64, SG_OPTIONAL),
    {.name = "source",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(W, source),
     .min = 1,
     .max = 32,
     .help = "What led to it, small letters, digits, - and _: app, search, library, radio, mix, "
             "autoplay, recommendation .. What was not chosen says less of a taste."},
    {.name = "context",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(W, context),
     .min = 1,
     .max = 120,
     .help = "What it was played from, as playlist:12, album:7, artist:3, radio:song:9."},
    {.name = "region",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(W, region),
     .min = 2,
     .max = 2,
     .help = "Two capitals (ISO 3166-1); absent: the user's country."},
};
const struct sg_record sg_play_word_record = SG_RECORD("PlayWord", W, word);

static const struct sg_field reply[] = {
    {.name = "event_id",
     .type = SG_T_STR,
     .since = 1,
     .offset = offsetof(struct sg_play_reply, event_id),
     .min = 36,
     .max = 36,
     .format = "uuid"},
    SG_FIELD_TIME(struct sg_play_reply, played_at, SG_REQUIRED),
};
const struct sg_record sg_play_reply_record = SG_RECORD("PlayReply", struct sg_play_reply, reply);

#define R struct sg_history_request
static const struct sg_field history_request[] = {
    SG_FIELD_(SG_T_I64, R, limit, 1, 200, SG_OPTIONAL, 50, NULL),
    SG_FIELD_STR(R, cursor, 1, 60, SG_OPTIONAL),
    SG_FIELD_TIME(R, before, SG_OPTIONAL),
    SG_FIELD_TIME(R, after, SG_OPTIONAL),
    SG_FIELD_STR(R, context, 1, 120, SG_OPTIONAL),
    SG_FIELD_U64(R, song_id, 1, INT64_MAX, ABSENT),
};
const struct sg_record sg_history_request_record = SG_RECORD("HistoryParams", R, history_request);

static const char *const outcomes[] = {"completed", "skipped", NULL};
#define H struct sg_history_entry
static const struct sg_field history_entry[] = {
    {.name = "history_id",
     .type = SG_T_U64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(H, history_id),
     .max = INT64_MAX,
     .help = "For DELETE. Absent: begun, and not known yet how it went."},
    SG_FIELD_U64(H, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(H, title, 1, 2000, SG_REQUIRED),
    SG_FIELD_STR(H, artist, 1, 2000, SG_REQUIRED),
    SG_FIELD_U64(H, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(H, duration_s, 0, SONG_S_MAX, ABSENT),
    SG_FIELD_TIME(H, played_at, SG_REQUIRED),
    SG_FIELD_(SG_T_I64, H, played_s, -1, INT32_MAX, ABSENT, -1, NULL),
    SG_FIELD_CHOICE(H, outcome, outcomes, SG_OPTIONAL),
    SG_FIELD_STR(H, source, 0, 200, SG_REQUIRED),
    SG_FIELD_STR(H, context, 1, 120, SG_OPTIONAL),
    SG_FIELD_STR(H, device, 1, 64, SG_OPTIONAL),
};
static const struct sg_record history_entry_record = SG_RECORD("HistoryEntry", H, history_entry);
static const struct sg_field history_reply[] = {
    SG_FIELD_LIST(struct sg_history_reply, entries, SG_T_RECORD, &history_entry_record, 200),
    SG_FIELD_STR(struct sg_history_reply, next_cursor, 1, 60, SG_OPTIONAL),
};
const struct sg_record sg_history_reply_record =
    SG_RECORD("History", struct sg_history_reply, history_reply);

#define S struct sg_resume_entry
static const struct sg_field resume_entry[] = {
    SG_FIELD_U64(S, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(S, title, 1, 2000, SG_REQUIRED),
    SG_FIELD_STR(S, artist, 1, 2000, SG_REQUIRED),
    SG_FIELD_U64(S, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(S, duration_s, 0, SONG_S_MAX, ABSENT),
    SG_FIELD_I64(S, position_s, 0, SONG_S_MAX, SG_REQUIRED),
    SG_FIELD_STR(S, device, 1, 64, SG_OPTIONAL),
    SG_FIELD_STR(S, context, 1, 120, SG_OPTIONAL),
    SG_FIELD_TIME(S, told_at, SG_REQUIRED),
};
static const struct sg_record resume_entry_record = SG_RECORD("ResumeEntry", S, resume_entry);
static const struct sg_field resume_reply[] = {
    SG_FIELD_LIST(struct sg_resume_reply, songs, SG_T_RECORD, &resume_entry_record, 100),
};
const struct sg_record sg_resume_reply_record =
    SG_RECORD("Resume", struct sg_resume_reply, resume_reply);

#define P struct sg_play_position
static const struct sg_field position[] = {
    SG_FIELD_I64(P, position_s, 0, SONG_S_MAX, SG_REQUIRED),
    SG_FIELD_STR(P, device, 1, 64, SG_OPTIONAL),
    SG_FIELD_STR(P, context, 1, 120, SG_OPTIONAL),
    SG_FIELD_TIME(P, told_at, SG_OPTIONAL),
};
const struct sg_record sg_play_position_record = SG_RECORD("PlayPosition", P, position);

static const struct sg_field context[] = {
    SG_FIELD_STR(struct sg_play_context, context, 1, 120, SG_REQUIRED),
    SG_FIELD_TIME(struct sg_play_context, played_at, SG_REQUIRED),
};
static const struct sg_record context_record =
    SG_RECORD("PlayContext", struct sg_play_context, context);
static const struct sg_field contexts_reply[] = {
    SG_FIELD_LIST(struct sg_contexts_reply, contexts, SG_T_RECORD, &context_record, 100),
};
const struct sg_record sg_contexts_reply_record =
    SG_RECORD("PlayContexts", struct sg_contexts_reply, contexts_reply);
static const struct sg_field limit_request[] = {
    SG_FIELD_(SG_T_I64, struct sg_limit_request, limit, 1, 100, SG_OPTIONAL, 20, NULL),
};
const struct sg_record sg_limit_request_record =
    SG_RECORD("LimitParams", struct sg_limit_request, limit_request);

static const struct sg_field token_wish[] = {
    SG_FIELD_STR(struct sg_user_token_wish, name, 1, 100, SG_REQUIRED),
};
const struct sg_record sg_user_token_wish_record =
    SG_RECORD("UserTokenWish", struct sg_user_token_wish, token_wish);
#define T struct sg_user_token
static const struct sg_field token[] = {
    SG_FIELD_U64(T, token_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(T, name, 1, 400, SG_REQUIRED),
    {.name = "token",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL | SG_SECRET,
     .since = 1,
     .offset = offsetof(T, token),
     .min = 36,
     .max = 36,
     .help = "Told when it is made, and never again."},
    SG_FIELD_TIME(T, created_at, SG_REQUIRED),
    SG_FIELD_TIME(T, last_used_at, SG_OPTIONAL),
};
const struct sg_record sg_user_token_record = SG_RECORD("UserToken", T, token);
static const struct sg_field tokens[] = {
    SG_FIELD_LIST(struct sg_user_tokens, tokens, SG_T_RECORD, &sg_user_token_record, 100),
};
const struct sg_record sg_user_tokens_record =
    SG_RECORD("UserTokens", struct sg_user_tokens, tokens);
