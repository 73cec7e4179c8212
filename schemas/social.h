/* social.h - what people do with each other: feed, follows, shares, blends, reports. */
#pragma once
#include "schemas/blend.h"
#include "schemas/library.h"

#define SG_FEED_MAX        1000 /* entries of a feed */
#define SG_FEED_ITEMS      5    /* shown of what an entry counts */
#define SG_SHARE_TEXT      4000 /* bytes: 1,000 characters */
#define SG_REPORT_TEXT     8000
#define SG_SHARE_TOKEN     22 /* characters: 128 bits, base64url */
#define SG_SHARE_AGE_MAX_S (366 * 86400)

struct sg_feed_entry {
    uint64_t activity_id;
    struct sg_str at, kind; /* followed, liked, playlist_made, playlist_updated, played, shared,
                               released */
    struct sg_thing *by;    /* a user; of released: an artist */
    struct sg_thing *about; /* the playlist, what was shared or released, the artist played */
    int64_t count;          /* of things that it is about: "liked 12 songs" */
    struct sg_list items;   /* sg_thing: the first of them */
    struct sg_str message;
};
struct sg_feed_reply {
    struct sg_list entries; /* sg_feed_entry, newest first */
    struct sg_str next_cursor;
};

struct sg_follow_state {
    struct sg_str state; /* following, requested */
};
struct sg_social_view { /* of one user, to who asks */
    uint64_t user_id;
    struct sg_str name;
    bool is_private;
    int64_t followers, following; /* -1: not to be seen */
    struct sg_str you_follow;     /* none, requested, following */
    bool follows_you;
    bool blocked; /* by who asks */
};

struct sg_listening { /* what a friend plays now */
    struct sg_thing *user, *song;
    struct sg_str since;
};
struct sg_listening_reply {
    struct sg_list friends; /* sg_listening */
};

struct sg_share_new {
    struct sg_str type; /* song, artist, album, playlist */
    uint64_t id;
    struct sg_str audience; /* user, link, followers */
    uint64_t to_user_id;    /* of user */
    struct sg_str message;
    int64_t expires_in_s; /* of a link; 0: never */
};
struct sg_share_change {
    struct sg_str message;
    int64_t expires_in_s; /* from now; -1: as it is; 0: never */
};
struct sg_share {
    uint64_t share_id;
    struct sg_str audience;
    struct sg_thing *item; /* NULL: gone */
    struct sg_thing *from; /* in the inbox */
    struct sg_thing *to;   /* of those made */
    struct sg_str message, created_at, expires_at, url;
    bool unread;
};
struct sg_share_list {
    struct sg_list shares; /* sg_share, newest first */
    int64_t unread;        /* of all; -1: not an inbox */
    struct sg_str next_cursor;
};
struct sg_shares_read {
    struct sg_list share_ids; /* uint64_t; empty: all */
};
struct sg_shared { /* what a link leads to */
    struct sg_thing *item;
    struct sg_str shared_by; /* a display name, no more */
    struct sg_str message, expires_at;
};

struct sg_blend_new {
    uint64_t user_id; /* 0: an invitation by link */
};
struct sg_blend_join {
    struct sg_str token;
};
struct sg_blend_song {
    struct sg_thing *song;
    struct sg_str suits; /* you, other, both */
    double you, other;   /* 0 to 1 */
};
struct sg_blend_view {
    uint64_t blend_id;
    struct sg_str state;   /* invited, active */
    bool mine;             /* who asks invited */
    struct sg_thing *with; /* NULL: nobody yet */
    struct sg_str token, created_at, made_on;
    struct sg_list songs; /* sg_blend_song */
    struct sg_str fallback;
};
struct sg_blend_list {
    struct sg_list blends; /* sg_blend_view, without songs */
};

struct sg_report_new {
    struct sg_str type; /* user, song, artist, album, playlist */
    uint64_t id;
    struct sg_str reason, text;
};
struct sg_report_decision {
    struct sg_str state, note, decided_at;
    uint64_t decided_by; /* 0: gone */
};
struct sg_report {
    uint64_t report_id, user_id, id;
    struct sg_str type, reason, text, state, created_at;
    struct sg_thing *item;
    struct sg_list decisions; /* sg_report_decision, oldest first */
};
struct sg_report_list {
    struct sg_list reports;
    struct sg_str next_cursor;
};

extern const struct sg_record sg_feed_reply_record, sg_follow_state_record, sg_social_view_record,
    sg_listening_reply_record, sg_share_new_record, sg_share_change_record, sg_share_record,
    sg_share_list_record, sg_shares_read_record, sg_shared_record, sg_blend_new_record,
    sg_blend_join_record, sg_blend_view_record, sg_blend_list_record, sg_report_new_record,
    sg_report_record, sg_report_list_record, sg_report_decide_record;
