/* resume.c - where in songs somebody stopped. */
#include "api/library/sql.h"
#include "api/plays/handlers.h"
#include "api/plays/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/instant.h"
#include <inttypes.h>

#define KEPT_IS_OUT  SG_SQL_SONG_IS_OUT("p.song_id")
#define ASKED_IS_OUT SG_SQL_SONG_IS_OUT("$2::bigint")

static int show(struct sg_http_request *q, const PGresult *r, struct sg_resume_reply *out,
                struct sg_error *e)
{
    struct sg_arena *a = q->arena;
    int n = PQntuples(r);
    struct sg_resume_entry *v = sg_arena_array(a, (size_t)n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "resume");
    for (int i = 0; i < n; i++)
        v[i] = (struct sg_resume_entry){.song_id = (uint64_t)column_i64(r, i, 0, 0),
                                        .title = column(a, r, i, 1),
                                        .artist = column(a, r, i, 2),
                                        .artist_id = (uint64_t)column_i64(r, i, 3, 0),
                                        .duration_s = column_i64(r, i, 4, 0),
                                        .position_s = column_i64(r, i, 5, 0),
                                        .device = column(a, r, i, 6),
                                        .context = column(a, r, i, 7),
                                        .told_at = sg_instant_str(a, column_i64(r, i, 8, 0))};
    *out = (struct sg_resume_reply){{v, (size_t)n}};
    return 0;
}

void sg_plays_resume(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement unfinished = {
        "resume",
        "SELECT p.song_id, s.title, a.name, s.artist_id, coalesce(s.duration_s, 0), p.position_s, "
        "p.device, p.context, (extract(epoch FROM p.told_at) * 1e6)::bigint "
        "FROM play_positions p JOIN songs s ON s.song_id = p.song_id "
        "JOIN artists a ON a.artist_id = s.artist_id "
        "WHERE p.user_id = $1::bigint AND p.position_s > 0 AND " KEPT_IS_OUT
        " ORDER BY p.told_at DESC LIMIT $2::int",
        2};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_limit_request in;
    struct sg_resume_reply out;
    char user[24], limit[24];
    const char *params[] = {user, limit};
    PGresult *rows = NULL;
    int rc = sg_params_read(q, sg_limit_params, &sg_limit_request_record, &in, &e);
    if (!rc) {
        plays_drain(api->plays, q);
        snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
        snprintf(limit, sizeof limit, "%" PRId64, in.limit);
        rc = sg_db_write(api->db, q, &unfinished, params, &rows, &e);
    }
    if (!rc)
        rc = show(q, rows, &out, &e);
    PQclear(rows);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_resume_reply_record, &out);
}

static void answer(struct sg_http_request *q, struct sg_http_response *r, int rc, PGresult *rows,
                   struct sg_error *e)
{
    struct sg_play_position out = {0};
    if (!rc && !PQntuples(rows))
        rc = sg_fail(e, SG_ENOENT, "no position is known of song %llu, or there is none",
                     (unsigned long long)sg_route_id(q, 0));
    if (!rc)
        out = (struct sg_play_position){column_i64(rows, 0, 0, 0), column(q->arena, rows, 0, 1),
                                        column(q->arena, rows, 0, 2),
                                        sg_instant_str(q->arena, column_i64(rows, 0, 3, 0))};
    PQclear(rows);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, e);
    else
        sg_api_answer(r, &sg_play_position_record, &out);
}

void sg_plays_position(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement find = {
        "play_position",
        "SELECT position_s, device, context, (extract(epoch FROM told_at) * 1e6)::bigint "
        "FROM play_positions WHERE user_id = $1::bigint AND song_id = $2::bigint AND " ASKED_IS_OUT,
        2};
    struct sg_error e = SG_ERROR_INIT;
    char user[24], song[24];
    const char *params[] = {user, song};
    PGresult *rows = NULL;
    plays_drain(api->plays, q);
    snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
    snprintf(song, sizeof song, "%" PRIu64, sg_route_id(q, 0));
    int rc = sg_db_write(api->db, q, &find, params, &rows, &e);
    answer(q, r, rc, rows, &e);
}

void sg_plays_set_position(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    static const struct sg_pg_statement set = {
        "set_play_position",
        "INSERT INTO play_positions AS p (user_id, song_id, position_s, device, context, told_at) "
        "SELECT u.user_id, s.song_id, $3::int, $4, $5, now() FROM users u, songs s "
        "WHERE u.user_id = $1::bigint AND s.song_id = $2::bigint AND " ASKED_IS_OUT " "
        "ON CONFLICT (user_id, song_id) DO UPDATE SET position_s = excluded.position_s, "
        "device = excluded.device, context = excluded.context, told_at = excluded.told_at "
        "RETURNING position_s, device, context, (extract(epoch FROM told_at) * 1e6)::bigint",
        5};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_play_position in;
    char user[24], song[24], at[24];
    PGresult *rows = NULL;
    int rc = sg_record_from_json(&sg_play_position_record, q->body, q->arena, &in, &e);
    const char *params[] = {user, song, at, in.device.p, in.context.p};
    snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
    snprintf(song, sizeof song, "%" PRIu64, sg_route_id(q, 0));
    if (!rc) {
        snprintf(at, sizeof at, "%" PRId64, in.position_s);
        plays_drain(api->plays, q);
        rc = sg_db_write(api->db, q, &set, params, &rows, &e);
    }
    answer(q, r, rc, rows, &e);
}
