/* view.c - what is to be on a device, a page at a time. */
#include "api/accounts/jws.h"
#include "api/catalogue/rows.h"
#include "api/library/answers.h"
#include "api/licences/asked.h"
#include "api/licences/licences.h"
#include "api/offline/parts.h"
#include "api/offline/sql.h"
#include "core/uuid.h"

/* clang-format off */
/* The best file that is not above the quality asked for. */
#define RENDITION \
    "LATERAL (SELECT f.* FROM asset_files f JOIN (VALUES ('f/aac64.mp4', 1), ('f/aac128.mp4', 2), " \
    "('p/aac320.mp4', 3), ('p/flac.mp4', 4)) v (path, rank) USING (path) WHERE f.asset_id = g.asset_id " \
    "AND v.rank <= g.quality ORDER BY v.rank DESC LIMIT 1) f"
#define FILE_OF_ASSET(path) \
    "(SELECT z.path FROM asset_files z WHERE z.asset_id = g.asset_id AND z.path = '" path "')"
#define DECIBELS(value) "CASE WHEN " value " BETWEEN -200 AND 200 THEN " value " END"
/* Of FLAC, or of the downmix that lossy renditions of more than two channels are. */
#define OF_RENDITION(column) \
    DECIBELS("(CASE WHEN f.codec = 'flac' OR a.true_peak_stereo IS NULL THEN a." column " ELSE a." column "_stereo END)")

/* $3: the song before, $4 limit, $5 whether the subscription is paid, $6 licences or NULL. */
static const struct sg_pg_statement view = {
    "offline_view",
    "WITH " SG_SQL_WANTED ", "
    "states AS MATERIALIZED (SELECT coalesce(m.song_id, o.song_id) AS song_id, m.asset_id, m.quality, o.licence_id, "
    "o.expires_at, CASE WHEN m.song_id IS NULL THEN 'removed' WHEN NOT $5::boolean OR o.revoked_at IS NOT NULL THEN 'revoked' "
    "WHEN o.song_id IS NULL OR o.asset_id <> m.asset_id THEN 'added' WHEN o.expires_at <= now() THEN 'expired' "
    "ELSE 'kept' END AS state FROM may m FULL JOIN (SELECT * FROM offline_songs o WHERE " SG_SQL_ON_DEVICE("o") ") o "
    "ON o.song_id = m.song_id WHERE $6::uuid[] IS NULL OR o.licence_id = ANY ($6::uuid[])), "
    "page AS MATERIALIZED (SELECT * FROM states WHERE song_id > coalesce($3::bigint, 0) ORDER BY song_id LIMIT $4::bigint + 1), "
    "shown AS MATERIALIZED (SELECT * FROM page ORDER BY song_id LIMIT $4::bigint), "
    "good AS (SELECT * FROM shown WHERE state IN ('kept', 'added', 'expired')), "
    "songs_shown AS (SELECT g.song_id, json_build_object('song_id', g.song_id, 'state', 'removed') AS song FROM shown g "
    "WHERE g.state = 'removed' UNION ALL SELECT g.song_id, json_build_object('song_id', g.song_id, 'state', 'revoked') "
    "FROM shown g WHERE g.state = 'revoked' UNION ALL "
    "SELECT g.song_id, json_build_object('song_id', g.song_id, 'state', g.state, 'title', s.title, 'artist', r.name, "
    "'album', b.title, 'duration_ms', a.duration_ms, 'asset_id', a.asset_id, "
    "'rendition', regexp_replace(f.path, '^./|[.].*$', '', 'g'), 'codec', f.codec, 'content_type', f.content_type, "
    "'bitrate', f.bitrate, 'bytes', f.bytes, 'protected', coalesce(f.path LIKE 'p/%' AND NOT f.sealed AND "
    "a.content_key IS NOT NULL, false), 'url', f.path, 'manifest_url', " FILE_OF_ASSET("manifest.mpd") ", "
    "'waveform_url', " FILE_OF_ASSET("f/waveform.json") ", 'lyrics_url', CASE WHEN EXISTS (SELECT FROM lyrics y WHERE "
    "y.song_id = g.song_id) THEN '/api/v1/songs/' || g.song_id || '/lyrics' END, "
    "'cover_art_url', " SG_SQL_URL("coalesce(nullif(b.cover_art_url, ''), s.cover_art_url)") ", 'loudness', " OF_RENDITION("loudness") ", "
    "'true_peak', " OF_RENDITION("true_peak") ", 'licence_id', CASE g.state WHEN 'kept' THEN g.licence_id END, "
    "'expires_at', CASE g.state WHEN 'kept' THEN segue_time_text(g.expires_at) END) "
    "FROM good g JOIN songs s ON s.song_id = g.song_id JOIN artists r ON r.artist_id = s.artist_id "
    "JOIN assets a ON a.asset_id = g.asset_id LEFT JOIN albums b ON b.album_id = s.album_id LEFT JOIN " RENDITION " ON true), "
    "licences_shown AS (SELECT l.licence_id, min(l.given_at) AS given_at, min(l.expires_at) AS expires_at, "
    "array_agg(l.asset_id ORDER BY l.asset_id) AS assets FROM licences l WHERE l.user_id = $1::bigint AND l.revoked_at IS NULL "
    "AND l.licence_id IN (SELECT licence_id FROM shown WHERE state = 'kept') GROUP BY l.licence_id) "
    "SELECT json_build_object('device_id', d.device_id, "
    "'songs', coalesce((SELECT json_agg(song ORDER BY song_id) FROM songs_shown), '[]'), "
    "'licences', coalesce((SELECT json_agg(json_build_object('licence_id', licence_id, 'given_at', segue_time_text(given_at), "
    "'expires_at', segue_time_text(expires_at), 'assets', assets) ORDER BY licence_id) FROM licences_shown), '[]'), "
    "'kept', (SELECT json_agg(json_build_object('type', k.kind, 'id', k.target_id, 'quality', "
    "(ARRAY['low', 'normal', 'high', 'lossless'])[k.quality], 'kept_at', segue_time_text(k.kept_at), 'name', CASE k.kind "
    "WHEN 'album' THEN (SELECT b.title FROM albums b WHERE b.album_id = k.target_id) ELSE (SELECT p.name FROM playlists p "
    "WHERE p.playlist_id = k.target_id AND " SG_SQL_PLAYLIST_SEEN ") END) ORDER BY k.kept_at, k.kind, k.target_id) "
    "FROM offline_kept k WHERE $3::bigint IS NULL AND " SG_SQL_ON_DEVICE("k") " AND k.kind <> 'song'), "
    "'total', (SELECT count(*) FROM states), 'next_cursor', CASE WHEN (SELECT count(*) FROM page) > $4::bigint "
    "THEN (SELECT max(song_id)::text FROM shown) END) "
    "FROM devices d WHERE " SG_SQL_ON_DEVICE("d") " AND d.removed_at IS NULL", 6};
/* clang-format on */

static int complete_song(struct sg_api *api, struct sg_http_request *q, const char *device,
                         struct sg_offline_song *s, struct sg_error *e)
{
    unsigned char asset[16];
    char kid[SG_KID_CHARS + 1];
    if (!s->asset_id.p)
        return 0;
    if (s->is_protected && sg_uuid_parse(s->asset_id, asset)) {
        sg_kid_text(asset, kid);
        s->kid = sg_arena_copy(q->arena, sg_str(kid));
    }
    return offline_urls(api, q, device, s, e);
}

int offline_view(struct sg_api *api, struct sg_http_request *q, const struct offline_page *page,
                 struct sg_offline_reply *out, struct sg_error *e)
{
    bool paid = q->caller.subscription == SG_PREMIUM;
    const char *params[] = {sg_caller_text(q), page->device,      page->after,
                            page->limit,       sg_sql_bool(paid), page->licences};
    int rc = sg_answers_read(api, q, &view, params, &sg_offline_reply_record, "device", out, e);
    if (rc)
        return rc == SG_ENOENT ? sg_device_unknown(e) : rc;
    struct sg_offline_song *songs = out->songs.v;
    for (size_t i = 0; !rc && i < out->songs.n; i++)
        rc = complete_song(api, q, page->device, &songs[i], e);
    struct sg_offline_licence *licences = out->licences.v;
    for (size_t i = 0; !rc && i < out->licences.n; i++)
        rc = offline_token(api, q, page->device, &licences[i], e);
    return rc;
}
