/* sql.h - the parts that the library's, the social and plays' statements are put together of, when
 * they are compiled. $1 is who asks; of lists $2, $3 are the place in them and $4 is the limit.
 */
#pragma once

#define SG_SQL_AT                                                                                  \
    "coalesce(timestamptz 'epoch' + $2::bigint * interval '1 microsecond', 'infinity')"
#define SG_SQL_NEWEST_FROM "(" SG_SQL_AT ", coalesce($3::bigint, 9223372036854775807))"
#define SG_SQL_OLDEST_FROM                                                                         \
    "(coalesce(timestamptz 'epoch' + $2::bigint * interval '1 microsecond', '-infinity'), "        \
    "coalesce($3::bigint, 0))"
/* Of a row with columns at and id: where the page after it begins. */
#define SG_SQL_PLACE "(extract(epoch FROM at) * 1000000)::bigint || '-' || id"

/* Neither has blocked the other. */
#define SG_SQL_UNBLOCKED(who)                                                                      \
    "NOT EXISTS (SELECT FROM blocks x WHERE x.user_id = $1::bigint AND x.blocked_user_id = " who   \
    ") AND NOT EXISTS (SELECT FROM blocks x WHERE x.user_id = " who                                \
    " AND x.blocked_user_id = $1::bigint)"

#define SG_SQL_URL(column)                                                                         \
    "CASE WHEN octet_length(" column ") BETWEEN 1 AND 2000 THEN " column " END"
/* A song that everybody may see; the same of its id. */
#define SG_SQL_SONG_IS_OUT(id)                                                                     \
    "EXISTS (SELECT FROM songs x LEFT JOIN albums y ON y.album_id = x.album_id WHERE x.song_id "   \
    "= " id " AND " SG_SQL_IS_OUT("x", "y") ")"
#define SG_SQL_IS_OUT(song, album)                                                                 \
    "coalesce(" song ".release_date, " album ".release_date, '-infinity') <= CURRENT_DATE"

/* Common table `things` (k, n, thing) of `wanted` (k, n, kind, id): the JSON of struct sg_thing
 * for what is there and may be seen by $1, the rest is left out. */
/* clang-format off */
#define SG_SQL_THINGS \
    "things AS (SELECT w.k, w.n, json_build_object('type', 'song', 'song_id', s.song_id, 'title', s.title, " \
    "'duration', s.duration_s, 'explicit', s.explicit::int, " \
    "'artist', json_build_object('artist_id', r.artist_id, 'name', r.name), " \
    "'album', CASE WHEN b.album_id IS NOT NULL THEN json_build_object('album_id', b.album_id, 'title', b.title, " \
    "'cover_art_url', " SG_SQL_URL("b.cover_art_url") ") END, " \
    "'cover_art_url', CASE WHEN coalesce(b.cover_art_url, '') = '' THEN " SG_SQL_URL("s.cover_art_url") " END) AS thing " \
    "FROM wanted w JOIN songs s ON s.song_id = w.id JOIN artists r ON r.artist_id = s.artist_id " \
    "LEFT JOIN albums b ON b.album_id = s.album_id WHERE w.kind = 'song' AND " SG_SQL_IS_OUT("s", "b") \
    " UNION ALL SELECT w.k, w.n, json_build_object('type', 'artist', 'artist_id', r.artist_id, 'name', r.name, " \
    "'image_url', " SG_SQL_URL("r.image_url") ") " \
    "FROM wanted w JOIN artists r ON r.artist_id = w.id WHERE w.kind = 'artist' " \
    "UNION ALL SELECT w.k, w.n, json_build_object('type', 'album', 'album_id', b.album_id, 'title', b.title, " \
    "'artist', json_build_object('artist_id', r.artist_id, 'name', r.name), " \
    "'cover_art_url', " SG_SQL_URL("b.cover_art_url") ") " \
    "FROM wanted w JOIN albums b ON b.album_id = w.id JOIN artists r ON r.artist_id = b.artist_id " \
    "WHERE w.kind = 'album' AND coalesce(b.release_date, '-infinity') <= CURRENT_DATE " \
    "UNION ALL SELECT w.k, w.n, json_build_object('type', 'playlist', 'playlist_id', p.playlist_id, 'name', p.name, " \
    "'user_id', p.user_id) FROM wanted w JOIN playlists p ON p.playlist_id = w.id " \
    "WHERE w.kind = 'playlist' AND (p.is_public OR p.user_id = $1::bigint) AND " SG_SQL_UNBLOCKED("p.user_id") \
    " UNION ALL SELECT w.k, w.n, json_build_object('type', 'user', 'user_id', u.user_id, 'name', u.display_name) " \
    "FROM wanted w JOIN users u ON u.user_id = w.id WHERE w.kind = 'user' AND " SG_SQL_UNBLOCKED("u.user_id") ")"
/* clang-format on */

/* A list of sg_saved out of `source` (id, at) of one kind. order DESC goes with "<" and
 * SG_SQL_NEWEST_FROM. more: further members of an item, of page p; total: of the list. */
#define SG_SQL_SAVED(source, kind, order, cmp, from, more, total)                                  \
    "WITH page AS MATERIALIZED (SELECT s.*, row_number() OVER (ORDER BY at " order ", id " order   \
    ") AS k FROM (SELECT * FROM (" source ") s WHERE (at, id) " cmp " " from " ORDER BY at " order \
    ", id " order " LIMIT $4::bigint + 1) s), wanted AS (SELECT k, 1 AS n, " kind                  \
    " AS kind, id FROM page WHERE k <= $4::bigint), " SG_SQL_THINGS                                \
    " SELECT json_build_object('items', coalesce((SELECT json_agg(json_build_object('added_at', "  \
    "segue_time_text(p.at), 'item', t.thing" more ") ORDER BY p.k) FROM page p JOIN things t "     \
    "USING (k)), '[]'), 'total', " total ", 'next_cursor', (SELECT " SG_SQL_PLACE                  \
    " FROM page WHERE k = $4::bigint AND EXISTS (SELECT FROM page WHERE k > $4::bigint)))"
#define SG_SQL_SAVED_NEWEST(source, kind, more, total)                                             \
    SG_SQL_SAVED(source, kind, "DESC", "<", SG_SQL_NEWEST_FROM, more, total)
#define SG_SQL_SAVED_OLDEST(source, kind, more, total)                                             \
    SG_SQL_SAVED(source, kind, "ASC", ">", SG_SQL_OLDEST_FROM, more, total)
