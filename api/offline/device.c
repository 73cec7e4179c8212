/* device.c - the device that keeps songs: whose it is, and the account's places. */
#include "api/catalogue/rows.h"
#include "api/library/answers.h"
#include "api/licences/licences.h"
#include "api/offline/parts.h"

/* clang-format off */
/* Before anything else, so that two requests of an account do not take the same place. */
static const struct sg_pg_statement lock = {
    "offline_lock", "SELECT FROM users WHERE user_id = $1::bigint FOR NO KEY UPDATE", 1};
static const struct sg_pg_statement find = {
    "offline_device",
    "SELECT d.offline, (SELECT count(*) FROM devices o WHERE o.user_id = $1::bigint AND o.offline), "
    "(SELECT count(*) FROM devices o WHERE o.user_id = $1::bigint AND o.device_id <> d.device_id AND "
    "o.offline_since > now() - interval '30 days') FROM devices d WHERE d.user_id = $1::bigint AND "
    "d.device_id = $2::uuid AND d.removed_at IS NULL", 2};
static const struct sg_pg_statement touch = {
    "offline_touch",
    "UPDATE devices SET seen_at = now(), session_id = $3::bigint, offline = offline OR $4::boolean, "
    "offline_since = CASE WHEN $4::boolean AND NOT offline THEN now() ELSE offline_since END "
    "WHERE user_id = $1::bigint AND device_id = $2::uuid", 4};
/* clang-format on */

/* The places are taken, or have changed too often within a month. */
static int check_places(const PGresult *rows, uint64_t places, struct sg_error *e)
{
    if (sg_row_bool(rows, 0, 0))
        return 0;
    if (sg_row_u64(rows, 0, 1) >= places)
        return sg_fail_kind(e, SG_ECONFLICT, "device-limit",
                            "%llu devices keep songs offline already: remove one",
                            (unsigned long long)places);
    if (sg_row_u64(rows, 0, 2) >= 2 * places)
        return sg_fail_kind(e, SG_ECONFLICT, "device-limit",
                            "devices that keep songs have changed too often within 30 days");
    return 0;
}

int offline_device(struct sg_api *api, struct sg_http_request *q, struct sg_db_tx *tx,
                   const char *device, bool place, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), device, sg_session_text(q), sg_sql_bool(place)};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, &lock, params, NULL, e);
    if (!rc)
        rc = sg_tx_run(tx, &find, params, &rows, e);
    if (!rc && !PQntuples(rows))
        rc = sg_device_unknown(e);
    if (!rc && place)
        rc = check_places(rows, (uint64_t)api->config->playback.devices, e);
    PQclear(rows);
    return rc ? rc : sg_tx_run(tx, &touch, params, NULL, e);
}
