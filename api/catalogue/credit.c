/* credit.c - an artist's name is taken off a song: by whoever manages the song, or the artist, who
 * need not be named on songs of others. */
#include "api/catalogue/edit.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/read.h"
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"
#include "api/problem.h"
#include "api/route.h"

struct removal {
    struct sg_http_request *q;
    uint64_t song_id, artist_id;
};

static int missing(const struct removal *x, struct sg_error *e)
{
    return sg_fail(e, SG_ENOENT, "song %llu does not credit artist %llu",
                   (unsigned long long)x->song_id, (unsigned long long)x->artist_id);
}

/* The credit is there and may go: SG_ENOENT, SG_EPERM, SG_ECONFLICT. */
static int allowed(struct sg_db_tx *tx, const struct removal *x, const struct sg_edit_head *song,
                   struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "credit_find",
        "SELECT coalesce(a.user_id, 0), c.artist_id = c.credited_artist_id FROM song_artists c "
        "JOIN artists a ON a.artist_id = c.credited_artist_id "
        "WHERE c.song_id = $1::bigint AND c.credited_artist_id = $2::bigint LIMIT 1",
        2};
    struct sg_arena *a = x->q->arena;
    const char *params[] = {sg_sql_u64(a, x->song_id), sg_sql_u64(a, x->artist_id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &find, params, &r, e);
    bool there = !rc && PQntuples(r);
    bool own = there && sg_catalogue_may_edit(x->q, sg_row_u64(r, 0, 0));
    if (!rc && !own)
        rc = sg_catalogue_edit_check(x->q, song->owner, song->hidden, "song", x->song_id, e);
    if (!rc && !there)
        rc = missing(x, e);
    if (!rc && sg_row_bool(r, 0, 1))
        rc = sg_fail(e, SG_ECONFLICT, "artist %llu is the song's lead artist",
                     (unsigned long long)x->artist_id);
    PQclear(r);
    return rc;
}

static int take_off(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {
        "credit_drop",
        "WITH gone AS (DELETE FROM song_artists WHERE song_id = $1::bigint "
        "AND credited_artist_id = $2::bigint) "
        "UPDATE songs SET version = version + 1, updated_at = now() WHERE song_id = $1::bigint",
        2};
    const struct removal *x = ctx;
    struct sg_arena *a = x->q->arena;
    const char *params[] = {sg_sql_u64(a, x->song_id), sg_sql_u64(a, x->artist_id)};
    struct sg_edit_head song;
    int rc = sg_edit_lock(tx, a, &sg_song_kind, x->song_id, &song, e);
    if (!rc)
        rc = allowed(tx, x, &song, e);
    if (!rc)
        rc = sg_etag_check(x->q, song.version, e);
    return rc ? rc : sg_tx_run(tx, &drop, params, NULL, e);
}

void sg_api_credit_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct removal x = {q, sg_route_id(q, 0), sg_route_id(q, 1)};
    if (sg_db_transact(api->db, q, take_off, &x, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    sg_song_forget(api, x.song_id);
    r->status = 204;
}
