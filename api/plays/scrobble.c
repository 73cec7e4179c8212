/* scrobble.c - the API of ListenBrainz, as far as players use it to submit listens: see
 * https://listenbrainz.readthedocs.io/en/latest/users/api/core.html. A user's name there is
 * the user's number here. */
#include "schemas/scrobble.h"
#include "api/library/sql.h"
#include "api/plays/handlers.h"
#include "api/plays/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/instant.h"
#include <inttypes.h>

#define HEARD_IS_OUT SG_SQL_SONG_IS_OUT("h.song_id")

#define CHUNK_BYTES (512u << 10) /* of one record of the journal */

const struct sg_param sg_listens_params[] = {
    {"count", "count", NULL, "Listens at most.", NULL},
    {"max_ts", "max_ts", NULL, "Before this second since 1970.", NULL},
    {"min_ts", "min_ts", NULL, "After this second since 1970.", NULL},
    {"token", "token", NULL, "Instead of the Authorization header.", NULL},
    {0},
};

static int status_of(const struct sg_error *e)
{
    switch (e->code) {
    case SG_EAUTH:
        return 401;
    case SG_EPERM:
        return 403;
    case SG_ENOENT:
        return 404;
    case SG_EINVAL:
    case SG_ELIMIT:
        return 400;
    default:
        return 503;
    }
}

static void refuse(struct sg_http_response *r, const struct sg_error *e)
{
    struct sg_scrobble_error out = {status_of(e), sg_str(e->text)};
    if (out.code == 503) {
        out.error = SG_STR("Not available right now, try again.");
        sg_http_header(r, "Retry-After", SG_STR("1"));
    }
    r->status = (int)out.code;
    sg_buf_reset(&r->body);
    sg_api_answer(r, &sg_scrobble_error_record, &out);
}

static void say_yes(struct sg_http_response *r)
{
    struct sg_scrobble_status ok = {SG_STR("ok")};
    sg_api_answer(r, &sg_scrobble_status_record, &ok);
}

/* "Token <token>" of the header, in any case. */
static struct sg_str told_token(const struct sg_http_request *q)
{
    struct sg_str s = q->authorization;
    if (s.n < 7 || strncasecmp(s.p, "token ", 6) != 0)
        return SG_STR_NONE;
    s = (struct sg_str){s.p + 6, s.n - 6};
    while (s.n && *s.p == ' ')
        s = (struct sg_str){s.p + 1, s.n - 1};
    return s;
}

static int who(struct sg_api *api, struct sg_http_request *q, struct token_owner *out,
               struct sg_error *e)
{
    int rc = tokens_user(api, q, told_token(q), out, e);
    return !rc && out->expired ? sg_fail(e, SG_EPERM, "The subscription has expired.") : rc;
}

/* About as long as it becomes in the journal. */
static size_t bytes_of(const struct sg_listen *l)
{
    return 128 + l->artist.n + l->track.n + l->release.n + l->external_id.n + l->player.n;
}

/* In as few records as hold them, each safe before the next. */
static int keep(struct sg_plays *p, uint64_t user_id, const struct sg_listen *v, size_t n,
                struct sg_error *e)
{
    struct sg_play_event x;
    int rc = 0;
    for (size_t from = 0; from < n && !rc;) {
        size_t to = from, bytes = 0;
        while (to < n && (to == from || bytes + bytes_of(&v[to]) <= CHUNK_BYTES))
            bytes += bytes_of(&v[to++]);
        sg_record_init(&sg_play_event_record, &x);
        x.what = SG_PLAY_LISTENS;
        x.user_id = user_id;
        x.told_us = sg_wall_us();
        x.listens = (struct sg_list){(void *)(uintptr_t)(v + from), to - from};
        rc = plays_add(p, &x, NULL, NULL, e);
        from = to;
    }
    if (!rc)
        sg_metric_add(p->told, "listen", (double)n);
    return rc;
}

/* What plays now is shown when the player knows our id of the song; other songs it cannot name. */
static void show_now(struct sg_plays *p, uint64_t user_id, const struct sg_listen *l)
{
    if (l->song_id)
        sg_now_set(p->now, user_id, l->song_id, sg_wall_us(), l->duration_s);
}

void sg_plays_submit_listens(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct token_owner owner = {0};
    struct sg_list listens = {0};
    bool playing = false;
    int rc = who(api, q, &owner, &e);
    if (!rc)
        rc = listens_parse(q->body, sg_wall_us(), q->arena, &listens, &playing, &e);
    if (!rc && !owner.private_session && playing)
        show_now(api->plays, owner.user_id, listens.v);
    else if (!rc && !owner.private_session)
        rc = keep(api->plays, owner.user_id, listens.v, listens.n, &e);
    if (!rc && !playing)
        sg_pause_wake(&api->plays->keeper_pause);
    if (rc)
        refuse(r, &e);
    else
        say_yes(r);
}

void sg_plays_validate_token(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_scrobble_listens_request in;
    struct sg_scrobble_valid out = {.code = 200};
    struct token_owner owner;
    int rc = sg_params_read(q, sg_listens_params, &sg_scrobble_listens_request_record, &in, &e);
    struct sg_str token = told_token(q);
    if (!rc)
        rc = tokens_user(api, q, token.n ? token : in.token, &owner, &e);
    if (rc && (rc != SG_EAUTH || !(token.n || in.token.n))) {
        if (rc == SG_EAUTH)
            sg_fail(&e, SG_EINVAL, "You need to provide an Authorization token.");
        refuse(r, &e);
        return;
    }
    out.valid = !rc;
    out.message = rc ? SG_STR("Token invalid.") : SG_STR("Token valid.");
    if (!rc)
        out.user_name = sg_arena_printf(q->arena, "%" PRIu64, owner.user_id);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    sg_api_answer(r, &sg_scrobble_valid_record, &out);
}

/* One's own listens only: others' do not exist. */
static int own(struct sg_api *api, struct sg_http_request *q, uint64_t *user_id, struct sg_error *e)
{
    struct token_owner owner;
    uint64_t named = 0;
    int rc = who(api, q, &owner, e);
    if (rc)
        return rc;
    *user_id = owner.user_id;
    return sg_str_to_u64(sg_route_text(q, 0), &named) && named == owner.user_id
               ? 0
               : sg_fail(e, SG_ENOENT, "Cannot find user: %.*s", SG_FMT(sg_route_text(q, 0)));
}

/* Those that wait for their song too. */
static const struct sg_pg_statement select_listens = {
    "scrobble_listens",
    "SELECT at, artist, track, release, song_id FROM ("
    "(SELECT extract(epoch FROM h.played_at)::bigint AS at, a.name AS artist, s.title AS track, "
    "(SELECT b.title FROM albums b WHERE b.album_id = s.album_id) AS release, h.song_id "
    "FROM listening_history h JOIN songs s ON s.song_id = h.song_id "
    "JOIN artists a ON a.artist_id = s.artist_id "
    "WHERE h.user_id = $1::bigint AND h.played_at < to_timestamp($2::bigint) "
    "AND h.played_at >= to_timestamp($3::bigint + 1) AND coalesce(h.played_s, 30) >= 30 "
    "AND " HEARD_IS_OUT " ORDER BY h.played_at DESC LIMIT $4::int) UNION ALL "
    "(SELECT extract(epoch FROM l.listened_at)::bigint, l.artist, l.track, l.release, l.song_id "
    "FROM listens l WHERE l.user_id = $1::bigint AND l.listened_at < to_timestamp($2::bigint) "
    "AND l.listened_at >= to_timestamp($3::bigint + 1) "
    "ORDER BY l.listened_at DESC LIMIT $4::int)) x ORDER BY at DESC LIMIT $4::int",
    4};

static int find_listens(struct sg_api *api, struct sg_http_request *q, uint64_t user_id,
                        const struct sg_scrobble_listens_request *in, PGresult **rows,
                        struct sg_error *e)
{
    char user[24], before[24], after[24], count[24];
    const char *params[] = {user, before, after, count};
    snprintf(user, sizeof user, "%" PRIu64, user_id);
    snprintf(before, sizeof before, "%" PRId64, in->max_ts);
    snprintf(after, sizeof after, "%" PRId64, in->min_ts);
    snprintf(count, sizeof count, "%" PRId64, in->count);
    plays_drain(api->plays, q);
    return sg_db_write(api->db, q, &select_listens, params, rows, e);
}

static int show_listens(struct sg_http_request *q, const PGresult *rows,
                        struct sg_scrobble_payload *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    struct sg_scrobble_listen *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    struct sg_scrobble_track *tracks = sg_arena_array(q->arena, n + 1, sizeof *tracks);
    struct sg_scrobble_info *infos = sg_arena_array(q->arena, n + 1, sizeof *infos);
    if (!v || !tracks || !infos)
        return sg_fail(e, SG_ENOMEM, "listens");
    for (size_t i = 0; i < n; i++) {
        infos[i].song_id = (uint64_t)column_i64(rows, (int)i, 4, 0);
        tracks[i] = (struct sg_scrobble_track){column(q->arena, rows, (int)i, 1),
                                               column(q->arena, rows, (int)i, 2),
                                               column(q->arena, rows, (int)i, 3), &infos[i]};
        v[i] = (struct sg_scrobble_listen){column_i64(rows, (int)i, 0, 0), &tracks[i]};
    }
    out->listens = (struct sg_list){v, n};
    out->count = (int64_t)n;
    out->latest_listen_ts = n ? v[0].listened_at : 0;
    return 0;
}

void sg_plays_user_listens(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_scrobble_listens_request in;
    struct sg_scrobble_payload payload = {0};
    struct sg_scrobble_listens out = {&payload};
    uint64_t user_id = 0;
    PGresult *rows = NULL;
    int rc = own(api, q, &user_id, &e);
    if (!rc)
        rc = sg_params_read(q, sg_listens_params, &sg_scrobble_listens_request_record, &in, &e);
    if (!rc)
        rc = find_listens(api, q, user_id, &in, &rows, &e);
    payload.user_id = sg_arena_printf(q->arena, "%" PRIu64, user_id);
    if (!rc)
        rc = show_listens(q, rows, &payload, &e);
    PQclear(rows);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        refuse(r, &e);
    else
        sg_api_answer(r, &sg_scrobble_listens_record, &out);
}

void sg_plays_user_listen_count(struct sg_api *api, struct sg_http_request *q,
                                struct sg_http_response *r)
{
    static const struct sg_pg_statement tally = {
        "scrobble_count",
        "SELECT (SELECT count(*) FROM listening_history WHERE user_id = $1::bigint "
        "AND coalesce(played_s, 30) >= 30) + "
        "(SELECT count(*) FROM listens WHERE user_id = $1::bigint)",
        1};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_scrobble_count_payload payload = {0};
    struct sg_scrobble_count out = {&payload};
    uint64_t user_id = 0;
    char user[24];
    const char *params[] = {user};
    PGresult *rows = NULL;
    int rc = own(api, q, &user_id, &e);
    if (!rc) {
        plays_drain(api->plays, q);
        snprintf(user, sizeof user, "%" PRIu64, user_id);
        rc = sg_db_write(api->db, q, &tally, params, &rows, &e);
    }
    if (!rc)
        payload.count = column_i64(rows, 0, 0, 0);
    PQclear(rows);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        refuse(r, &e);
    else
        sg_api_answer(r, &sg_scrobble_count_record, &out);
}
