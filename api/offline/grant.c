/* grant.c - licences of what a device keeps, and the end of what it keeps no more. */
#include "api/catalogue/rows.h"
#include "api/library/answers.h"
#include "api/offline/parts.h"
#include "api/offline/sql.h"

/* clang-format off */
static const struct sg_pg_statement grant = {
    "offline_grant",
    "WITH " SG_SQL_WANTED ", "
    "scope AS MATERIALIZED (SELECT m.song_id, m.asset_id FROM may m LEFT JOIN offline_songs o ON " SG_SQL_ON_DEVICE("o")
    " AND o.song_id = m.song_id WHERE CASE WHEN $3::text IS NULL THEN o.song_id IS NULL OR (o.revoked_at IS NULL AND "
    "(o.asset_id <> m.asset_id OR o.given_at < now() - interval '1 day' OR o.expires_at <= now())) "
    "ELSE m.song_id IN (SELECT song_id FROM wanted WHERE kind = $3 AND target_id = ANY ($4::bigint[])) END), "
    "numbered AS (SELECT asset_id, (row_number() OVER (ORDER BY min(song_id)) - 1) / 50 AS chunk FROM scope GROUP BY asset_id), "
    "ids AS MATERIALIZED (SELECT chunk, gen_random_uuid() AS licence_id, date_trunc('second', now()) AS given_at, "
    "date_trunc('second', now()) + make_interval(days => $5::integer) AS expires_at FROM numbered GROUP BY chunk), "
    "given AS (INSERT INTO licences (user_id, licence_id, asset_id, device_id, kind, given_at, expires_at) "
    "SELECT $1::bigint, licence_id, asset_id, $2::uuid, 'offline', given_at, expires_at FROM numbered JOIN ids USING (chunk)), "
    "put AS (INSERT INTO offline_songs AS o (user_id, device_id, song_id, asset_id, licence_id, given_at, expires_at) "
    "SELECT $1::bigint, $2::uuid, s.song_id, s.asset_id, i.licence_id, i.given_at, i.expires_at FROM scope s "
    "JOIN numbered n USING (asset_id) JOIN ids i USING (chunk) ON CONFLICT (user_id, device_id, song_id) DO UPDATE SET "
    "asset_id = excluded.asset_id, licence_id = excluded.licence_id, given_at = excluded.given_at, "
    "expires_at = excluded.expires_at, revoked_at = NULL) "
    "SELECT coalesce(array_agg(licence_id), '{}') FROM ids", 5};
static const struct sg_pg_statement count = {
    "offline_count",
    "SELECT count(*) > 10000 FROM (SELECT k.target_id FROM offline_kept k WHERE " SG_SQL_ON_DEVICE("k")
    " AND k.kind = 'song' UNION SELECT s.song_id FROM offline_kept k JOIN songs s ON s.album_id = k.target_id "
    "WHERE " SG_SQL_ON_DEVICE("k") " AND k.kind = 'album' UNION SELECT i.song_id FROM offline_kept k "
    "JOIN playlists p ON p.playlist_id = k.target_id JOIN playlist_songs i ON i.user_id = p.user_id AND "
    "i.playlist_id = p.playlist_id WHERE " SG_SQL_ON_DEVICE("k") " AND k.kind = 'playlist') x", 2};
/* IS TRUE, NOT IN: by a hash, whatever the planner takes the tables' sizes for. */
static const struct sg_pg_statement prune = {
    "offline_prune",
    "WITH " SG_SQL_WANTED ", "
    "gone AS (DELETE FROM offline_songs o WHERE " SG_SQL_ON_DEVICE("o") " AND o.song_id NOT IN "
    "(SELECT song_id FROM may) RETURNING licence_id, asset_id) "
    "UPDATE licences SET revoked_at = now() WHERE user_id = $1::bigint AND device_id = $2::uuid AND expires_at > now() "
    "AND revoked_at IS NULL AND ((licence_id, asset_id) IN (SELECT licence_id, asset_id FROM gone)) IS TRUE", 2};
static const struct sg_pg_statement leave = {
    "offline_leave",
    "UPDATE devices d SET offline = false WHERE " SG_SQL_ON_DEVICE("d") " AND d.offline AND NOT EXISTS "
    "(SELECT FROM offline_kept k WHERE " SG_SQL_ON_DEVICE("k") ")", 2};
/* clang-format on */

int offline_grant(struct sg_api *api, struct sg_http_request *q, struct sg_db_tx *tx,
                  const char *device, const char *kind, const char *targets, const char **ids,
                  struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), device, kind, targets,
                            sg_id_text(q, (uint64_t)api->config->playback.offline_days)};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, &grant, params, &rows, e);
    if (!rc) {
        *ids = sg_row_str(q->arena, rows, 0, 0).p;
        rc = *ids ? 0 : sg_fail(e, SG_ENOMEM, "licences");
    }
    PQclear(rows);
    return rc;
}

int offline_check_count(struct sg_http_request *q, struct sg_db_tx *tx, const char *device,
                        struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), device};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, &count, params, &rows, e);
    if (!rc && sg_row_bool(rows, 0, 0))
        rc = sg_fail_kind(e, SG_ECONFLICT, "offline-limit", "a device keeps at most %d songs",
                          SG_OFFLINE_SONGS_MAX);
    PQclear(rows);
    return rc;
}

int offline_prune(struct sg_http_request *q, struct sg_db_tx *tx, const char *device,
                  struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), device};
    int rc = sg_tx_run(tx, &prune, params, NULL, e);
    return rc ? rc : sg_tx_run(tx, &leave, params, NULL, e);
}
