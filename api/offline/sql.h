/* sql.h - the parts of the statements about songs kept offline; private to api/offline. $1 is the
 * listener, $2 her device.
 */
#pragma once
#include "api/library/sql.h"

/* clang-format off */
#define SG_SQL_ON_DEVICE(t) t ".user_id = $1::bigint AND " t ".device_id = $2::uuid"
#define SG_SQL_PLAYLIST_SEEN \
    "(p.is_public OR p.user_id = $1::bigint OR EXISTS (SELECT FROM playlist_collaborators c WHERE " \
    "c.user_id = p.user_id AND c.playlist_id = p.playlist_id AND c.collaborator_id = $1::bigint)) " \
    "AND NOT segue_blocked($1::bigint, p.user_id)"

/* wanted (kind, target_id, song_id, quality): what she asked to keep, as it is now;
 * may (song_id, asset_id, quality): those of them that may be heard, once each, at most 10,000. */
#define SG_SQL_WANTED \
    "wanted AS MATERIALIZED (" \
    "SELECT k.kind, k.target_id, k.target_id AS song_id, k.quality FROM offline_kept k " \
    "WHERE " SG_SQL_ON_DEVICE("k") " AND k.kind = 'song' " \
    "UNION ALL SELECT k.kind, k.target_id, s.song_id, k.quality FROM offline_kept k " \
    "JOIN songs s ON s.album_id = k.target_id WHERE " SG_SQL_ON_DEVICE("k") " AND k.kind = 'album' " \
    "UNION ALL SELECT k.kind, k.target_id, i.song_id, k.quality FROM offline_kept k " \
    "JOIN playlists p ON p.playlist_id = k.target_id AND " SG_SQL_PLAYLIST_SEEN \
    " JOIN playlist_songs i ON i.user_id = p.user_id AND i.playlist_id = p.playlist_id " \
    "WHERE " SG_SQL_ON_DEVICE("k") " AND k.kind = 'playlist'), " \
    "may AS MATERIALIZED (SELECT w.song_id, x.asset_id, max(w.quality) AS quality FROM wanted w " \
    "JOIN songs s ON s.song_id = w.song_id LEFT JOIN albums b ON b.album_id = s.album_id " \
    "JOIN song_audio x ON x.song_id = w.song_id WHERE " SG_SQL_IS_OUT("s", "b") \
    " GROUP BY w.song_id, x.asset_id ORDER BY min(CASE w.kind WHEN 'song' THEN 0 ELSE 1 END), w.song_id " \
    "LIMIT 10000)"
/* clang-format on */
