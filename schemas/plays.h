/* plays.h - what players tell of plays, and what comes back of it. */
#pragma once
#include "core/record.h"
#include "core/uuid.h"

enum sg_play_event_kind { SG_PLAY_WORD, SG_PLAY_LISTENS, SG_PLAY_FORGET };
enum sg_play_outcome { SG_PLAY_UNTOLD, SG_PLAY_COMPLETED, SG_PLAY_SKIPPED };

/* A listen that another player submitted, by names. */
struct sg_listen {
    int64_t at_us;
    struct sg_str artist, track, release, recording_mbid, isrc, external_id, player;
    uint64_t song_id; /* as the player says; 0: it does not */
    int64_t duration_s;
};

/* One record of the API's journal of plays; may only grow at its end, by optional fields. */
struct sg_play_event {
    uint64_t what; /* enum sg_play_event_kind */
    uint64_t user_id;
    uint64_t song_id;   /* forget: of this one; 0: of all */
    struct sg_str id;   /* 16 bytes: of the play */
    int64_t at_us;      /* when it was played, as told or reckoned */
    bool begun;         /* at_us is when it began, as told */
    int64_t told_us;    /* when this was told */
    int64_t played_s;   /* heard so far; -1: not told */
    int64_t position_s; /* -1: not told */
    uint64_t outcome;   /* enum sg_play_outcome */
    struct sg_str region, source, context, device;
    struct sg_list listens;     /* sg_listen */
    uint64_t entry;             /* forget: this one alone */
    int64_t since_us, until_us; /* forget: of this time; -1: unbounded */
};

/* POST /songs/{song_id}/play, progress, skip, completed */
struct sg_play_word {
    struct sg_str event_id, played_at;
    int64_t played_s, position_s;
    struct sg_str device, source, context, region;
};
struct sg_play_reply {
    struct sg_str event_id, played_at;
};

/* GET, DELETE /me/history */
struct sg_history_request {
    int64_t limit;
    struct sg_str cursor, before, after, context;
    uint64_t song_id;
};
struct sg_history_entry {
    uint64_t history_id; /* 0: still playing */
    uint64_t song_id;
    struct sg_str title, artist;
    uint64_t artist_id;
    int64_t duration_s;
    struct sg_str played_at;
    int64_t played_s; /* -1: not told */
    struct sg_str outcome, source, context, device;
};
struct sg_history_reply {
    struct sg_list entries; /* sg_history_entry, newest first */
    struct sg_str next_cursor;
};

/* GET /me/resume */
struct sg_resume_entry {
    uint64_t song_id;
    struct sg_str title, artist;
    uint64_t artist_id;
    int64_t duration_s, position_s;
    struct sg_str device, context, told_at;
};
struct sg_resume_reply {
    struct sg_list songs; /* sg_resume_entry, newest first */
};
/* GET, PUT /me/songs/{song_id}/position */
struct sg_play_position {
    int64_t position_s;
    struct sg_str device, context, told_at; /* told_at: of answers */
};

/* GET /me/contexts */
struct sg_play_context {
    struct sg_str context, played_at;
};
struct sg_contexts_reply {
    struct sg_list contexts; /* sg_play_context, newest first */
};
struct sg_limit_request {
    int64_t limit;
};

/* /me/tokens */
struct sg_user_token_wish {
    struct sg_str name;
};
struct sg_user_token {
    uint64_t token_id;
    struct sg_str name, token; /* token: when it is made, and never again */
    struct sg_str created_at, last_used_at;
};
struct sg_user_tokens {
    struct sg_list tokens; /* sg_user_token */
};

extern const struct sg_record sg_play_event_record, sg_play_word_record, sg_play_reply_record,
    sg_history_request_record, sg_history_reply_record, sg_resume_reply_record,
    sg_play_position_record, sg_contexts_reply_record, sg_limit_request_record,
    sg_user_token_wish_record, sg_user_token_record, sg_user_tokens_record;
