/* row.c - see row.h. */
#include "api/playback/row.h"
#include <stdio.h>

static const struct sg_pg_statement find = {
    "playback_find",
    "SELECT " PLAYBACK_COLUMNS "FROM playback_sessions WHERE playback_id = $1::bigint AND "
    "user_id = $2::bigint",
    2};

static uint64_t whole(const PGresult *r, int row, int column)
{
    uint64_t v = 0;
    sg_str_to_u64(sg_str(PQgetvalue(r, row, column)), &v);
    return v;
}

const char *playback_number(struct sg_http_request *q, uint64_t v)
{
    return sg_arena_printf(q->arena, "%llu", (unsigned long long)v).p;
}

struct playback_entry playback_row(const PGresult *r, int i)
{
    struct playback_entry x = {
        .playback_id = whole(r, i, 0),
        .user_id = whole(r, i, 1),
        .login_id = whole(r, i, 2),
        .song_id = whole(r, i, 3),
        .state = strcmp(PQgetvalue(r, i, 4), "paused") == 0 ? PLAYBACK_PAUSED : PLAYBACK_PLAYING,
        .position_ms = (int64_t)whole(r, i, 5),
        .started_us = (int64_t)whole(r, i, 8),
        .heard_us = (int64_t)whole(r, i, 9),
        .written_us = (int64_t)whole(r, i, 9),
        .told_us = (int64_t)whole(r, i, 12)};
    snprintf(x.device_id, sizeof x.device_id, "%s", PQgetvalue(r, i, 6));
    snprintf(x.device, sizeof x.device, "%s", PQgetvalue(r, i, 7));
    return x;
}

struct sg_str playback_row_queue(const PGresult *r, int row, struct sg_arena *a)
{
    return sg_arena_copy(a, sg_str(PQgetvalue(r, row, 10)));
}

int playback_row_read(struct sg_api *api, struct sg_http_request *q, uint64_t id,
                      struct playback_entry *out, bool *ended, struct sg_error *e)
{
    PGresult *r;
    const char *params[] = {playback_number(q, id), playback_number(q, q->caller.user_id)};
    int rc = sg_db_write(api->db, q, &find, params, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r)) {
        *out = playback_row(r, 0);
        *ended = *PQgetvalue(r, 0, 11) == 't';
    } else {
        rc = sg_fail(e, SG_ENOENT, "there is no such session");
    }
    PQclear(r);
    return rc;
}

int playback_change(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                    const char *const *params, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_db_write(api->db, q, s, params, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? 0 : sg_fail(e, SG_ENOENT, "there is no such session");
    PQclear(r);
    return rc;
}
