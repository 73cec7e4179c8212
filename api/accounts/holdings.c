/* holdings.c - see holdings.h. */
#include "api/accounts/holdings.h"

/* clang-format off */
#define SAYS(name, table, where, order, secrets) \
    {"says_" name, "SELECT (to_jsonb(t) - '{" secrets "}'::text[])::text FROM " table " t WHERE " where \
     " ORDER BY " order " LIMIT $2::bigint OFFSET $3::bigint", 3}
#define OWN(name, order)   SAYS(name, name, "t.user_id = $1::bigint", order, "")
#define ERASE(name, sql)   {"erase_" name, sql, 1}
#define NOTHING            {NULL, NULL, 0}
#define ME                 "$1::bigint"
#define MINE               "user_id = " ME

const struct sg_holding sg_holdings[] = {
    /* The catalogue stays; whose it is does not. */
    {"artists", OWN("artists", "t.artist_id"),
     ERASE("artists", "UPDATE artists SET user_id = NULL WHERE " MINE)},
    {"artist_claims", OWN("artist_claims", "t.artist_id"), NOTHING},
    /* Their objects are no row's then: the workers' sweep deletes them. */
    {"uploads", SAYS("uploads", "uploads", "t.user_id = $1::bigint", "t.upload_id",
                     "content_key,object_key"),
     ERASE("uploads", "DELETE FROM uploads WHERE " MINE)},

    /* In others' playlists what was added stays, and by whom does not. Edits told so far name
     * people within: readers of them begin anew. */
    {"playlist_songs",
     SAYS("playlist_songs", "playlist_songs", "t.user_id = $1::bigint OR t.added_by = $1::bigint",
          "t.user_id, t.playlist_id, t.position", ""),
     ERASE("playlist_songs", "UPDATE playlist_songs SET added_by = NULL "
           "WHERE added_by = " ME " AND added_by <> user_id")},
    {"playlist_changes",
     SAYS("playlist_changes", "playlist_changes", "t.added_by = $1::bigint",
          "t.user_id, t.playlist_id, t.snapshot_id", ""),
     ERASE("playlist_changes", "DELETE FROM playlist_changes c USING (SELECT user_id, playlist_id, "
           "max(snapshot_id) AS last FROM playlist_changes WHERE added_by = " ME " GROUP BY 1, 2) x "
           "WHERE c.user_id = x.user_id AND c.playlist_id = x.playlist_id AND c.snapshot_id <= x.last")},
    {"playlist_collaborators",
     SAYS("playlist_collaborators", "playlist_collaborators",
          "t.user_id = $1::bigint OR t.collaborator_id = $1::bigint", "t.user_id, t.playlist_id", ""),
     ERASE("playlist_collaborators", "DELETE FROM playlist_collaborators WHERE collaborator_id = " ME)},
    {"playlists", OWN("playlists", "t.playlist_id"), NOTHING},
    {"playlist_state", OWN("playlist_state", "t.playlist_id"), NOTHING},
    {"playlist_removed", NOTHING, NOTHING},
    {"playlist_shares", SAYS("playlist_shares", "playlist_shares", "t.user_id = $1::bigint",
                             "t.share_id", "token_hash"), NOTHING},

    /* Those who follow her, and what they were told to have done by it. */
    {"activities", OWN("activities", "t.activity_id"),
     ERASE("activities", "UPDATE activities SET items = array_remove(items, " ME ") "
           "WHERE target_kind = 'user' AND user_id IN (SELECT user_id FROM follows "
           "WHERE target_kind = 'user' AND target_id = " ME ")")},
    {"follows", OWN("follows", "t.created_at, t.target_kind, t.target_id"),
     ERASE("follows", "DELETE FROM follows WHERE target_kind = 'user' AND target_id = " ME
           " OR target_kind = 'playlist' AND target_id IN "
           "(SELECT playlist_id FROM playlists WHERE " MINE ")")},
    {"follow_counts", NOTHING,
     ERASE("follow_counts", "DELETE FROM follow_counts WHERE target_kind = 'user' AND target_id = " ME
           " OR target_kind = 'playlist' AND target_id IN "
           "(SELECT playlist_id FROM playlists WHERE " MINE ")")},
    {"feed", OWN("feed", "t.at, t.activity_id"), NOTHING},
    {"blocks", OWN("blocks", "t.created_at, t.blocked_user_id"), NOTHING},
    {"saved_albums", OWN("saved_albums", "t.created_at, t.album_id"), NOTHING},
    {"shares", SAYS("shares", "shares", "t.user_id = $1::bigint OR t.to_user_id = $1::bigint",
                    "t.share_id", "token"), NOTHING},
    {"blends", SAYS("blends", "blends", "t.user_id = $1::bigint OR t.other_user_id = $1::bigint",
                    "t.blend_id", "token"), NOTHING},
    {"reports", OWN("reports", "t.report_id"),
     ERASE("reports", "DELETE FROM reports WHERE kind = 'user' AND target_id = " ME)},
    {"report_decisions",
     SAYS("report_decisions", "report_decisions", "t.decided_by = $1::bigint",
          "t.report_id, t.decided_at", ""), NOTHING},

    /* What she heard, said and looked for. */
    {"listening_history", OWN("listening_history", "t.played_at, t.history_id"),
     ERASE("listening_history", "DELETE FROM listening_history WHERE " MINE)},
    {"play_events", NOTHING, ERASE("play_events", "DELETE FROM play_events WHERE " MINE)},
    {"play_positions", OWN("play_positions", "t.song_id"), NOTHING},
    {"play_contexts", OWN("play_contexts", "t::text"), NOTHING},
    {"listens", OWN("listens", "t.listen_id"), NOTHING},
    {"feedback", OWN("feedback", "t.created_at, t.target_kind, t.target_id"), NOTHING},
    {"recent_searches", OWN("recent_searches", "t.searched_at, t.folded"),
     ERASE("recent_searches", "DELETE FROM recent_searches WHERE " MINE)},
    {"exposures", OWN("exposures", "t.exposed_at, t.exposure_id"),
     ERASE("exposures", "DELETE FROM exposures WHERE " MINE)},

    /* Where she plays, and what was licensed. */
    {"devices", OWN("devices", "t.created_at, t.device_id"), NOTHING},
    {"licences", OWN("licences", "t.given_at, t.licence_id, t.asset_id"), NOTHING},
    {"offline_kept", OWN("offline_kept", "t.device_id, t.kept_at, t.kind, t.target_id"), NOTHING},
    {"offline_songs", OWN("offline_songs", "t.device_id, t.song_id"), NOTHING},

    /* The account. */
    {"user_tokens", SAYS("user_tokens", "user_tokens", "t.user_id = $1::bigint", "t.token_id",
                         "token_hash"), NOTHING},
    {"idempotency_keys", SAYS("idempotency_keys", "idempotency_keys", "t.user_id = $1::bigint",
                              "t.started_at, t.key", "fingerprint,body"), NOTHING},
    {"sessions", SAYS("sessions", "sessions", "t.user_id = $1::bigint", "t.created_at",
                      "family_key,current_hash,previous_hash,salt"), NOTHING},
    {"claim_changes", OWN("claim_changes", "t.changed_at"), NOTHING},
    {"playback_sessions", OWN("playback_sessions", "t.started_at"), NOTHING},
    {"account_tokens", SAYS("account_tokens", "account_tokens", "t.user_id = $1::bigint",
                            "t.created_at", "token_hash,password_hash"),
     ERASE("account_tokens", "DELETE FROM account_tokens a USING users u "
           "WHERE u.user_id = " ME " AND a.email = lower(u.email)")},
    {"users", SAYS("users", "users", "t.user_id = $1::bigint", "t.user_id", "password_hash"),
     ERASE("users", "DELETE FROM users WHERE " MINE)},
    {NULL, NOTHING, NOTHING},
};
/* clang-format on */
