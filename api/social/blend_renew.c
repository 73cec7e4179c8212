/* blend_renew.c - see blends.h. */
#include "api/social/blends.h"
#include "api/social/social.h"

/* The two of a blend that is to be made anew, and whether it has songs. */
static const struct sg_pg_statement due = {
    "blend_due",
    "SELECT user_id, other_user_id, made_on IS NOT NULL FROM blends b WHERE blend_id = $2::bigint "
    "AND accepted_at IS NOT NULL AND (b.user_id = $1::bigint OR b.other_user_id = $1::bigint) AND "
    "made_on IS DISTINCT FROM CURRENT_DATE",
    2};
/* Once a day, whoever comes first: the row's lock lets one through at a time. */
static const struct sg_pg_statement put = {
    "blend_put",
    "WITH mine AS (UPDATE blends SET made_on = CURRENT_DATE, is_fallback = $5::boolean WHERE "
    "blend_id = $1::bigint AND made_on IS DISTINCT FROM CURRENT_DATE RETURNING blend_id), "
    "gone AS (DELETE FROM blend_songs s USING mine WHERE s.blend_id = mine.blend_id AND s.position "
    "> cardinality($2::bigint[])) "
    "INSERT INTO blend_songs AS s SELECT mine.blend_id, t.n, t.song_id, t.first, t.second FROM "
    "mine, unnest($2::bigint[], $3::real[], $4::real[]) WITH ORDINALITY t (song_id, first, second, "
    "n) ON CONFLICT (blend_id, position) DO UPDATE SET song_id = excluded.song_id, first = "
    "excluded.first, second = excluded.second",
    5};

struct pair {
    uint64_t first, second; /* 0: nothing is due */
    bool has_songs;
};

static int find_due(struct sg_api *api, struct sg_http_request *q, uint64_t blend_id,
                    struct pair *out, struct sg_error *e)
{
    const char *params[] = {sg_caller_text(q), sg_id_text(q, blend_id)};
    PGresult *rows = NULL;
    int rc = sg_db_read(api->db, q, &due, params, &rows, e);
    *out = (struct pair){0};
    if (!rc && PQntuples(rows) == 1) {
        sg_str_to_u64(sg_str(PQgetvalue(rows, 0, 0)), &out->first);
        sg_str_to_u64(sg_str(PQgetvalue(rows, 0, 1)), &out->second);
        out->has_songs = *PQgetvalue(rows, 0, 2) == 't';
    }
    PQclear(rows);
    return rc;
}

static const char *array_of(struct sg_http_request *q, const struct sg_blend_reply *songs,
                            int column)
{
    const struct sg_blended *v = songs->songs.v;
    struct sg_buf b = {0};
    sg_buf_putc(&b, '{');
    for (size_t i = 0; i < songs->songs.n; i++) {
        if (i)
            sg_buf_putc(&b, ',');
        if (column == 0)
            sg_buf_u64(&b, v[i].song_id);
        else
            sg_buf_printf(&b, "%.4f", column == 1 ? v[i].first : v[i].second);
    }
    sg_buf_putc(&b, '}');
    const char *text = sg_buf_failed(&b) ? NULL : sg_arena_copy(q->arena, sg_buf_str(&b)).p;
    sg_buf_free(&b);
    return text;
}

static int keep(struct sg_api *api, struct sg_http_request *q, uint64_t blend_id,
                const struct sg_blend_reply *songs, struct sg_error *e)
{
    const char *params[] = {sg_id_text(q, blend_id), array_of(q, songs, 0), array_of(q, songs, 1),
                            array_of(q, songs, 2), songs->fallback.p ? "true" : "false"};
    if (!params[0] || !params[1] || !params[2] || !params[3])
        return sg_fail(e, SG_ENOMEM, "blend");
    return sg_db_write(api->db, q, &put, params, NULL, e);
}

int sg_blend_renew(struct sg_api *api, struct sg_http_request *q, uint64_t blend_id,
                   struct sg_error *e)
{
    struct pair pair;
    struct sg_blend_reply songs;
    int rc = find_due(api, q, blend_id, &pair, e);
    if (rc || !pair.first)
        return rc;
    struct sg_blend_request in = {pair.first, pair.second, SG_BLEND_SONGS};
    rc = sg_rpc_call(api->recsys, SG_METHOD_BLEND, &sg_blend_request_record, &in,
                     &sg_blend_reply_record, &songs, q->arena, q->deadline_us, q->traceparent, e);
    if (rc)
        return pair.has_songs ? 0 : rc;
    return keep(api, q, blend_id, &songs, e);
}
