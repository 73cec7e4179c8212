/* reports.c - what listeners report, and what admins decide of it; every decision is kept with
 * who took it. */
#include "api/params.h"
#include "api/social/social.h"

#define SONG_IS_OUT SG_SQL_SONG_IS_OUT("$3::bigint")

static const struct sg_pg_statement make = {
    "report_make",
    "WITH target AS (SELECT 1 WHERE CASE $2 "
    "WHEN 'user' THEN EXISTS (SELECT FROM users WHERE user_id = $3::bigint) "
    "WHEN 'song' THEN " SONG_IS_OUT " "
    "WHEN 'artist' THEN EXISTS (SELECT FROM artists WHERE artist_id = $3::bigint) "
    "WHEN 'album' THEN EXISTS (SELECT FROM albums WHERE album_id = $3::bigint AND "
    "coalesce(release_date, '-infinity') <= CURRENT_DATE) "
    "WHEN 'playlist' THEN EXISTS (SELECT FROM playlists p WHERE playlist_id = $3::bigint AND "
    "(is_public OR user_id = $1::bigint OR EXISTS (SELECT FROM playlist_collaborators c WHERE "
    "c.playlist_id = p.playlist_id AND c.collaborator_id = $1::bigint))) END), "
    "made AS (INSERT INTO reports (user_id, kind, target_id, reason, text) SELECT $1::bigint, $2, "
    "$3::bigint, $4, $5 FROM target ON CONFLICT (user_id, kind, target_id) WHERE state = 'open' DO "
    "UPDATE SET reason = excluded.reason, text = excluded.text RETURNING *) "
    "SELECT json_build_object('report_id', report_id, 'user_id', user_id, 'type', kind, 'id', "
    "target_id, 'reason', reason, 'text', text, 'state', state, 'created_at', "
    "segue_time_text(created_at)) FROM made",
    5};

/* Of reports s. */
#define SEEN                                                                                       \
    "json_build_object('report_id', s.report_id, 'user_id', s.user_id, 'type', s.kind, 'id', "     \
    "s.target_id, 'reason', s.reason, 'text', s.text, 'state', s.state, 'created_at', "            \
    "segue_time_text(s.created_at), 'item', (SELECT thing FROM things t WHERE t.k = "              \
    "s.report_id), 'decisions', (SELECT json_agg(json_build_object('state', d.state, 'note', "     \
    "d.note, 'decided_at', segue_time_text(d.decided_at), 'decided_by', d.decided_by) ORDER BY "   \
    "d.decided_at) FROM report_decisions d WHERE d.report_id = s.report_id))"
#define WANTED "wanted AS (SELECT report_id AS k, 1 AS n, kind, target_id AS id FROM page), "

static const struct sg_pg_statement list = {
    "reports",
    "WITH more AS MATERIALIZED (SELECT * FROM reports WHERE state = coalesce($5, 'open') AND "
    "report_id < coalesce($3::bigint, 9223372036854775807) AND ($1::bigint > 0 OR $2::bigint > 0) "
    "ORDER BY report_id DESC LIMIT $4::bigint + 1), page AS MATERIALIZED (SELECT * FROM more ORDER "
    "BY report_id DESC LIMIT $4::bigint), " WANTED SG_SQL_THINGS
    " SELECT json_build_object('reports', coalesce((SELECT json_agg(" SEEN
    " ORDER BY s.report_id DESC) FROM page s), '[]'), 'next_cursor', (SELECT '0-' || "
    "min(report_id) FROM page WHERE (SELECT count(*) FROM more) > $4::bigint))",
    5};
static const struct sg_pg_statement one = {
    "report",
    "WITH page AS MATERIALIZED (SELECT * FROM reports WHERE report_id = $2::bigint), " WANTED
        SG_SQL_THINGS " SELECT " SEEN " FROM page s",
    2};
static const struct sg_pg_statement decide = {
    "report_decide",
    "WITH another AS (SELECT FROM reports r JOIN reports o USING (user_id, kind, target_id) WHERE "
    "r.report_id = $2::bigint AND o.report_id <> r.report_id AND o.state = 'open' AND $3 = "
    "'open'), put AS (UPDATE reports SET state = $3 WHERE report_id = $2::bigint AND NOT EXISTS "
    "(SELECT FROM another) RETURNING report_id), "
    "kept AS (INSERT INTO report_decisions (report_id, decided_by, state, note) SELECT report_id, "
    "$1::bigint, $3, $4 FROM put) "
    "SELECT CASE WHEN EXISTS (SELECT FROM put) THEN '200' WHEN EXISTS (SELECT FROM another) THEN "
    "'409 another report of it by the same user is open' ELSE '404 there is no such report' END",
    4};

void sg_social_report(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_report_new in;
    struct sg_report out;
    int rc = sg_record_from_json(&sg_report_new_record, q->body, q->arena, &in, &e);
    if (!rc) {
        const char *params[] = {sg_caller_text(q), sg_param_text(q, in.type), sg_id_text(q, in.id),
                                sg_param_text(q, in.reason),
                                in.text.p ? sg_param_text(q, in.text) : ""};
        rc = sg_answers_write(api, q, &make, params, &sg_report_record, "thing", &out, &e);
    }
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_api_answer(r, &sg_report_record, &out);
    r->status = 201;
}

void sg_social_reports(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_reports_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit,
                            sg_param_text(q, page.in.state)};
    sg_answers_give(api, q, r, &list, params, &sg_report_list_record, "list", rc, &e);
}

void sg_social_report_get(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_give(api, q, r, &one, params, &sg_report_record, "report", 0, &e);
}

void sg_social_report_decide(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_report_decision in;
    int rc = sg_record_from_json(&sg_report_decide_record, q->body, q->arena, &in, &e);
    if (!rc) {
        const char *params[] = {sg_caller_text(q), sg_id_text(q, sg_route_id(q, 0)),
                                sg_param_text(q, in.state),
                                in.note.p ? sg_param_text(q, in.note) : ""};
        rc = sg_answers_done(api, q, &decide, params, &e);
    }
    if (rc)
        sg_answers_end(q, r, rc, &e);
    else
        sg_social_report_get(api, q, r);
}
