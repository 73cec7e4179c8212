/* feedback.c - what people say of songs and artists: in the database before the answer, and the
 * recommender told, so that their next request shows it. */
#include "schemas/feedback.h"
#include "api/api.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/log.h"
#include <stdio.h>

#define TELL_US 250000 /* the change tail brings it too */

struct target {
    const char *kind;
    char user[24], id[24];
};

static int wrong_kind(struct sg_error *e)
{
    return sg_fail_field(e, "kind",
                         "kind: expected like, dislike, not_interested, hide_artist or undo");
}

/* Whether the kind is said of songs, or of artists; neither for undo. */
static bool kind_known(struct sg_str kind, bool *of_song, bool *of_artist)
{
    static const char *const songs[] = {"like", "dislike", "not_interested"};
    *of_song = false;
    for (size_t i = 0; i < sizeof songs / sizeof *songs; i++)
        *of_song = *of_song || sg_str_eq(kind, sg_str(songs[i]));
    *of_artist = sg_str_eq(kind, SG_STR("hide_artist"));
    return *of_song || *of_artist || sg_str_eq(kind, SG_STR("undo"));
}

static int set_target(struct target *t, uint64_t user_id, uint64_t song_id, uint64_t artist_id,
                      struct sg_error *e)
{
    if (song_id && artist_id)
        return sg_fail_field(e, "artist_id", "artist_id: expected it or song_id, not both");
    t->kind = artist_id ? "artist" : "song";
    snprintf(t->user, sizeof t->user, "%llu", (unsigned long long)user_id);
    snprintf(t->id, sizeof t->id, "%llu", (unsigned long long)(artist_id ? artist_id : song_id));
    return 0;
}

static int check(const struct sg_feedback *f, struct sg_error *e)
{
    bool of_song, of_artist;
    if (!kind_known(f->kind, &of_song, &of_artist))
        return wrong_kind(e);
    if (of_artist && f->song_id)
        return sg_fail_field(e, "song_id", "song_id: %.*s is said of an artist", SG_FMT(f->kind));
    if (of_song && f->artist_id)
        return sg_fail_field(e, "artist_id", "artist_id: %.*s is said of a song", SG_FMT(f->kind));
    if (!f->song_id && !f->artist_id)
        return sg_fail_field(e, of_artist ? "artist_id" : "song_id",
                             "%s: expected a whole number from 1",
                             of_artist ? "artist_id" : "song_id");
    return 0;
}

/* The tail would bring it within milliseconds; asked directly, the recommender cannot answer
 * the next request before it knows. */
static void tell(struct sg_api *api, const struct sg_http_request *q, uint64_t user_id)
{
    struct sg_person_changed in = {user_id};
    struct sg_error e = SG_ERROR_INIT;
    int64_t until = sg_now_us() + TELL_US;
    if (sg_rpc_call(api->recsys, SG_METHOD_PERSON_CHANGED, &sg_person_changed_record, &in, NULL,
                    NULL, q->arena, until < q->deadline_us ? until : q->deadline_us, q->traceparent,
                    &e))
        sg_log(SG_LOG_DEBUG, "the recommender was not told of feedback", "error=%s", e.text);
}

static int put(struct sg_api *api, struct sg_http_request *q, const struct target *t,
               struct sg_str verdict, struct sg_error *e)
{
    static const struct sg_pg_statement give = {
        "feedback_give",
        "WITH person AS (SELECT FROM users WHERE user_id = $1::bigint), "
        "target AS (SELECT FROM songs WHERE $2 = 'song' AND song_id = $3::bigint UNION ALL "
        "SELECT FROM artists WHERE $2 = 'artist' AND artist_id = $3::bigint), "
        "put AS (INSERT INTO feedback AS f (user_id, target_kind, target_id, verdict) "
        "SELECT $1::bigint, $2, $3::bigint, $4 FROM person, target "
        "ON CONFLICT (user_id, target_kind, target_id) DO UPDATE SET verdict = excluded.verdict, "
        "created_at = excluded.created_at WHERE f.verdict <> excluded.verdict) "
        "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM target)",
        4};
    struct sg_str z = sg_arena_copy(q->arena, verdict);
    const char *params[] = {t->user, t->kind, t->id, z.p};
    PGresult *r = NULL;
    int rc =
        z.p ? sg_db_write(api->db, q, &give, params, &r, e) : sg_fail(e, SG_ENOMEM, "feedback");
    if (!rc && *PQgetvalue(r, 0, 0) == '0')
        rc = sg_fail_field(e, "user_id", "user_id: there is no such user");
    else if (!rc && *PQgetvalue(r, 0, 1) == '0')
        rc = sg_fail(e, SG_ENOENT, "there is no %s %s", t->kind, t->id);
    PQclear(r);
    return rc;
}

static int take_back(struct sg_api *api, struct sg_http_request *q, const struct target *t,
                     bool all, struct sg_error *e)
{
    static const struct sg_pg_statement take = {
        "feedback_take_back",
        "DELETE FROM feedback WHERE user_id = $1::bigint AND ($2::text IS NULL OR "
        "(target_kind = $2 AND target_id = $3::bigint))",
        3};
    const char *params[] = {t->user, all ? NULL : t->kind, t->id};
    return sg_db_write(api->db, q, &take, params, NULL, e);
}

static void done(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r, int rc,
                 uint64_t user_id, const struct sg_error *e)
{
    if (rc) {
        sg_problem(q, r, e);
        return;
    }
    tell(api, q, user_id);
    r->status = 204;
}

void sg_api_feedback_give(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_feedback f;
    struct target t;
    int rc = sg_record_from_json(&sg_feedback_record, q->body, q->arena, &f, &e);
    if (!rc)
        rc = sg_caller_user(api, q, f.user_id, &f.user_id, &e);
    if (!rc)
        rc = check(&f, &e);
    if (!rc)
        rc = set_target(&t, f.user_id, f.song_id, f.artist_id, &e);
    if (!rc)
        rc = sg_str_eq(f.kind, SG_STR("undo")) ? take_back(api, q, &t, false, &e)
                                               : put(api, q, &t, f.kind, &e);
    done(api, q, r, rc, f.user_id, &e);
}

void sg_api_feedback_take_back(struct sg_api *api, struct sg_http_request *q,
                               struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_feedback_request in;
    struct target t;
    int rc = sg_params_read(q, sg_feedback_removal_params, &sg_feedback_request_record, &in, &e);
    if (!rc)
        rc = set_target(&t, in.user_id, in.song_id, in.artist_id, &e);
    if (!rc)
        rc = take_back(api, q, &t, !in.song_id && !in.artist_id, &e);
    done(api, q, r, rc, in.user_id, &e);
}

static int read_rows(PGresult *rows, struct sg_arena *a, struct sg_list *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    struct sg_feedback_given *v = sg_arena_array(a, n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "feedback");
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        bool artist = *PQgetvalue(rows, row, 0) == 'a';
        sg_str_to_u64(sg_str(PQgetvalue(rows, row, 1)), artist ? &v[i].artist_id : &v[i].song_id);
        v[i].kind = sg_arena_copy(a, sg_str(PQgetvalue(rows, row, 2)));
        v[i].given_at = sg_arena_copy(a, sg_str(PQgetvalue(rows, row, 3)));
        if (!v[i].kind.p || !v[i].given_at.p)
            return sg_fail(e, SG_ENOMEM, "feedback");
    }
    *out = (struct sg_list){v, n};
    return 0;
}

static int find(struct sg_api *api, const struct sg_http_request *q,
                const struct sg_feedback_request *in, struct sg_feedback_reply *out,
                struct sg_error *e)
{
    static const struct sg_pg_statement list = {
        "feedback_list",
        "SELECT target_kind, target_id, verdict, to_char(created_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM feedback WHERE user_id = $1::bigint AND "
        "($2::text IS NULL OR verdict = $2) ORDER BY created_at DESC, target_kind, "
        "target_id LIMIT $3::bigint OFFSET $4::bigint",
        4};
    char user[24], limit[24], offset[24];
    bool of_song, of_artist;
    struct sg_str kind = in->kind.p ? sg_arena_copy(q->arena, in->kind) : SG_STR_NONE;
    const char *params[] = {user, kind.p, limit, offset};
    PGresult *rows = NULL;
    if (in->kind.p && (!kind_known(in->kind, &of_song, &of_artist) || (!of_song && !of_artist)))
        return sg_fail_field(e, "kind",
                             "kind: expected like, dislike, not_interested or hide_artist");
    snprintf(user, sizeof user, "%llu", (unsigned long long)in->user_id);
    snprintf(limit, sizeof limit, "%lld", (long long)in->limit);
    snprintf(offset, sizeof offset, "%lld", (long long)in->offset);
    *out = (struct sg_feedback_reply){.limit = in->limit, .offset = in->offset};
    int rc = sg_db_read(api->db, q, &list, params, &rows, e);
    if (!rc)
        rc = read_rows(rows, q->arena, &out->feedback, e);
    PQclear(rows);
    return rc;
}

void sg_api_feedback(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_feedback_request in;
    struct sg_feedback_reply out;
    int rc = sg_params_read(q, sg_feedback_params, &sg_feedback_request_record, &in, &e);
    if (!rc)
        rc = find(api, q, &in, &out, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_feedback_reply_record, &out);
}

const struct sg_param sg_feedback_params[] = {
    {"user_id", "user_id", NULL, "Whose.", NULL},
    {"kind", "kind", NULL, "Only these: like, dislike, not_interested or hide_artist.", NULL},
    {"limit", "limit", NULL, "Entries wanted.", NULL},
    {"offset", "offset", NULL, "Entries to pass over.", NULL},
    {0},
};
const struct sg_param sg_feedback_removal_params[] = {
    {"user_id", "user_id", NULL, "Whose.", NULL},
    {"song_id", "song_id", NULL, "Only what was said of this song.", NULL},
    {"artist_id", "artist_id", NULL, "Only what was said of this artist.", NULL},
    {0},
};
