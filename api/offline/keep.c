/* keep.c - songs, an album or a playlist are to be kept on a device from now on. */
#include "api/catalogue/rows.h"
#include "api/library/answers.h"
#include "api/licences/licences.h"
#include "api/offline/parts.h"
#include "api/offline/sql.h"
#include "api/playlists/visible.h"
#include "api/problem.h"

/* clang-format off */
/* Of each: how many there are to keep, which of those asked for are not to be had, and whether
 * it is a list whose songs are its rules'. $3 ids, $4 quality. */
#define KEEP(kind, smart, from) \
    "WITH put AS (INSERT INTO offline_kept AS k (user_id, device_id, kind, target_id, quality) " \
    "SELECT DISTINCT $1::bigint, $2::uuid, '" kind "', w.id, $4::smallint FROM unnest($3::bigint[]) w (id) " from \
    " ON CONFLICT (user_id, device_id, kind, target_id) DO UPDATE SET quality = excluded.quality RETURNING target_id) " \
    "SELECT (SELECT count(*) FROM put), x.id, " smart " FROM (SELECT 1) one LEFT JOIN (SELECT DISTINCT w.id " \
    "FROM unnest($3::bigint[]) w (id) WHERE NOT EXISTS (SELECT FROM put WHERE target_id = w.id)) x ON true ORDER BY x.id"
static const struct sg_pg_statement keep_songs = {
    "offline_keep_songs",
    KEEP("song", "false", "JOIN songs s ON s.song_id = w.id JOIN song_audio x ON x.song_id = w.id "
         "LEFT JOIN albums b ON b.album_id = s.album_id WHERE " SG_SQL_IS_OUT("s", "b")), 4};
static const struct sg_pg_statement keep_album = {
    "offline_keep_album",
    KEEP("album", "false", "JOIN albums b ON b.album_id = w.id WHERE coalesce(b.release_date, '-infinity') <= CURRENT_DATE"), 4};
static const struct sg_pg_statement keep_playlist = {
    "offline_keep_playlist",
    KEEP("playlist", "EXISTS (SELECT FROM playlist_state t WHERE t.playlist_id = ($3::bigint[])[1] AND t.rules IS NOT NULL)",
         "JOIN playlists p ON p.playlist_id = w.id AND " SG_SQL_PLAYLIST_SEEN), 4};
/* clang-format on */

struct keep {
    struct sg_api *api;
    struct sg_http_request *q;
    const char *device, *kind, *targets, *quality;
    const struct sg_pg_statement *put;
    struct sg_list unavailable;
    const char *licences;
};

static int choose_quality(struct sg_str name, const char **out, struct sg_error *e)
{
    static const struct {
        const char *name, *rank;
    } known[] = {{"low", "1"}, {"normal", "2"}, {"high", "3"}, {"lossless", "4"}};
    *out = name.p ? NULL : "3";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sg_str_eq(name, sg_str(known[i].name)))
            *out = known[i].rank;
    return *out ? 0 : sg_fail_field(e, "quality", "quality: it is not one of those described");
}

/* One of the three. */
static int choose_target(struct keep *k, const struct sg_offline_request *in, struct sg_error *e)
{
    uint64_t one = in->album_id ? in->album_id : in->playlist_id;
    struct sg_list ids = one ? (struct sg_list){&one, 1} : in->song_ids;
    if ((in->song_ids.n > 0) + (in->album_id > 0) + (in->playlist_id > 0) != 1)
        return sg_fail_field(e, "song_ids", "tell one of song_ids, album_id and playlist_id");
    const uint64_t *v = ids.v;
    for (size_t i = 0; i < ids.n; i++)
        if (!v[i] || v[i] > INT64_MAX)
            return sg_fail_field(e, "song_ids", "song_ids: expected whole numbers from 1");
    k->kind = in->album_id ? "album" : in->playlist_id ? "playlist" : "song";
    k->put = in->album_id ? &keep_album : in->playlist_id ? &keep_playlist : &keep_songs;
    k->targets = sg_ids_text(k->q, &ids);
    return k->targets ? 0 : sg_fail(e, SG_ENOMEM, "songs to keep");
}

static int read_request(struct keep *k, struct sg_error *e)
{
    struct sg_offline_request in;
    int rc = sg_premium_needed(k->q, e);
    if (!rc)
        rc = sg_record_from_json(&sg_offline_request_record, k->q->body, k->q->arena, &in, e);
    if (!rc)
        rc = sg_device_id_read(k->q, in.device_id, &k->device, e);
    if (!rc)
        rc = choose_quality(in.quality, &k->quality, e);
    if (!rc)
        rc = choose_target(k, &in, e);
    if (!rc && in.playlist_id)
        rc = sg_playlist_visible(k->api, k->q, in.playlist_id, e);
    return rc;
}

static int put(struct keep *k, struct sg_db_tx *tx, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(k->q), k->device, k->targets, k->quality};
    PGresult *rows = NULL;
    int rc = sg_tx_run(tx, k->put, params, &rows, e);
    if (!rc && sg_row_bool(rows, 0, 2))
        rc = sg_fail_kind(e, SG_ECONFLICT, "smart-playlist",
                          "the songs of a smart playlist cannot be followed offline");
    if (!rc && !sg_row_u64(rows, 0, 0))
        rc = sg_fail(e, SG_ENOENT, "there is no such %s to be kept", k->kind);
    if (!rc && !PQgetisnull(rows, 0, 1))
        rc = sg_row_ids(rows, 1, k->q->arena, &k->unavailable, e);
    PQclear(rows);
    return rc;
}

static int within(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct keep *k = ctx;
    int rc = offline_device(k->api, k->q, tx, k->device, true, e);
    if (!rc)
        rc = put(k, tx, e);
    if (!rc)
        rc = offline_check_count(k->q, tx, k->device, e);
    return rc ? rc
              : offline_grant(k->api, k->q, tx, k->device, k->kind, k->targets, &k->licences, e);
}

void sg_offline_keep(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct keep k = {.api = api, .q = q};
    struct sg_offline_reply out;
    int rc = read_request(&k, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, within, &k, &e);
    struct offline_page page = {
        .device = k.device, .limit = sg_id_text(q, SG_OFFLINE_PAGE_MAX), .licences = k.licences};
    if (!rc)
        rc = offline_view(api, q, &page, &out, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    out.unavailable = sg_str_eq(sg_str(k.kind), SG_STR("song")) ? k.unavailable : out.unavailable;
    sg_api_answer(r, &sg_offline_reply_record, &out);
}
