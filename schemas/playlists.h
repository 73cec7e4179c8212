/* playlists.h - playlists over HTTP: what is asked, answered and told live. */
#pragma once
#include "schemas/search.h"

#define SG_PLAYLIST_NAME_MAX    500  /* characters */
#define SG_PLAYLIST_TEXT_MAX    5000 /* bytes of a description */
#define SG_PLAYLIST_PAGE_MAX    100  /* songs or playlists of one answer */
#define SG_PLAYLIST_CHANGES_MAX 1000 /* songs and items named in one request */
#define SG_PLAYLIST_SMART_MAX   500  /* songs of a smart playlist */

/* A song's place in a list. A list is its items ordered by the bytes of their positions. */
struct sg_playlist_item {
    uint64_t item_id, song_id;
    struct sg_str position;
    struct sg_str added_at; /* RFC 3339 */
    uint64_t added_by;      /* 0: not told */
    struct sg_hit *song;    /* NULL: not to be had now */
};

struct sg_playlist_operation {
    struct sg_str op;                       /* add, move, remove */
    struct sg_list song_ids, item_ids;      /* uint64_t */
    uint64_t before_item_id, after_item_id; /* 0: absent */
    int64_t index;                          /* -1: absent */
};
struct sg_playlist_changes {    /* POST /playlists/{playlist_id}/changes */
    struct sg_str operation_id; /* absent: none */
    uint64_t snapshot_id;       /* 0: absent */
    struct sg_str on_duplicate; /* add, skip, refuse; absent: add */
    struct sg_list operations;  /* sg_playlist_operation */
};
struct sg_playlist_addition { /* POST /playlists/{playlist_id}/songs */
    uint64_t song_id;         /* 0: absent */
    struct sg_list song_ids;
    uint64_t before_item_id, after_item_id;
    int64_t index;
    struct sg_str operation_id;
    uint64_t snapshot_id;
    struct sg_str on_duplicate;
};

/* What one edit did: its answer, and what is told live. */
struct sg_playlist_delta {
    uint64_t playlist_id, snapshot_id;
    uint64_t from_snapshot_id; /* to which it applies; the same: nothing changed */
    int64_t song_count;
    uint64_t changed_by;
    struct sg_str operation_id;
    struct sg_list items;   /* sg_playlist_item: added, or at another position now */
    struct sg_list removed; /* uint64_t item ids */
    struct sg_list missing; /* uint64_t item ids that were gone already */
    struct sg_list skipped; /* uint64_t song ids that were there already */
    bool details;           /* name, description or the like changed */
};

struct sg_playlist_rule {
    struct sg_list all, any; /* sg_playlist_rule; one of them or a condition */
    struct sg_str field, op;
    struct sg_str text;
    int64_t number;
};
struct sg_playlist_rules {
    struct sg_list all, any; /* sg_playlist_rule; one of them */
    struct sg_str sort;      /* absent: popular */
    int64_t limit;
};

struct sg_playlist_new {
    struct sg_str name, description;
    bool is_public;
    struct sg_playlist_rules *rules; /* NULL: not a smart one */
    struct sg_list song_ids;
};

struct sg_playlist_owner {
    uint64_t user_id;
    struct sg_str display_name;
};
struct sg_playlist_view {
    uint64_t playlist_id, user_id;
    struct sg_playlist_owner *owner;
    struct sg_str name, description;
    bool is_public, is_smart, is_following;
    int64_t followers, song_count;
    struct sg_str role; /* the caller's: owner, editor, viewer; absent: none */
    uint64_t snapshot_id;
    struct sg_str created_at, updated_at;
    struct sg_list mosaic;           /* sg_str, up to four covers */
    struct sg_str cover_url;         /* of the picture of them; absent: there is none */
    struct sg_playlist_rules *rules; /* to owner and collaborators */
    struct sg_list songs;            /* sg_playlist_item: the first page */
    struct sg_str next_cursor;       /* of songs */
};
struct sg_playlist_list {
    struct sg_list playlists; /* sg_playlist_view, without songs */
    struct sg_str next_cursor;
};
struct sg_playlist_songs {
    struct sg_list songs; /* sg_playlist_item */
    uint64_t snapshot_id;
    int64_t song_count;
    struct sg_str next_cursor;
};

struct sg_playlist_collaborator {
    uint64_t collaborator_id;
    struct sg_str display_name, role, added_at;
};
struct sg_playlist_collaborators {
    struct sg_list collaborators;
};
struct sg_playlist_role {
    struct sg_str role; /* viewer, editor */
};

struct sg_playlist_share_new {
    struct sg_str role;
    int64_t expires_in, max_uses; /* seconds; 0: without end, without bound */
};
struct sg_playlist_share {
    uint64_t share_id, playlist_id;
    struct sg_str role, token; /* token: only when it is made */
    int64_t uses, max_uses;
    struct sg_str created_at, expires_at; /* expires_at absent: never */
};
struct sg_playlist_shares {
    struct sg_list shares;
};

struct sg_playlist_duplicate {
    uint64_t song_id;
    struct sg_list item_ids;
};
struct sg_playlist_duplicates {
    struct sg_list duplicates;
    uint64_t snapshot_id;
};

struct sg_playlist_match {
    int64_t entry; /* from 1 */
    uint64_t song_id;
    struct sg_str how;
    double confidence;
};
struct sg_playlist_unmatched {
    int64_t entry;
    struct sg_str title, artist, reason;
};
struct sg_playlist_import {
    uint64_t playlist_id;
    struct sg_str name;
    int64_t entries, imported;
    struct sg_list uncertain; /* sg_playlist_match: taken with a confidence below 1 */
    struct sg_list unmatched;
};

/* Of URLs. */
struct sg_playlist_query {
    int64_t limit;
    struct sg_str cursor, of;
    uint64_t item_id, snapshot_id;
    struct sg_str operation_id;
    bool is_public;
    struct sg_str name;
};

struct sg_playlist_cover_query {
    struct sg_str size, format; /* absent: 640, jpg */
};

extern const struct sg_record sg_playlist_operation_record, sg_playlist_changes_record,
    sg_playlist_addition_record, sg_playlist_delta_record, sg_playlist_new_record,
    sg_playlist_details_record, sg_playlist_patch_record, sg_playlist_rules_record,
    sg_playlist_view_record, sg_playlist_page_record, sg_playlist_list_record,
    sg_playlist_songs_record, sg_playlist_collaborator_record, sg_playlist_collaborators_record,
    sg_playlist_role_record, sg_playlist_share_new_record, sg_playlist_share_record,
    sg_playlist_shares_record, sg_playlist_duplicates_record, sg_playlist_import_record,
    sg_playlist_query_record, sg_playlist_cover_query_record;
