/* history.c - what somebody played, newest first; and forgetting it.
 *
 * What was told and is not in the database yet is moved there first: a play shows in one's
 * history as soon as it was answered, as long as the database keeps up. Forgetting goes the
 * way of the plays, through the journal and in its order.
 */
#include "api/library/sql.h"
#include "api/plays/handlers.h"
#include "api/plays/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/instant.h"
#include <inttypes.h>

#define HEARD_IS_OUT SG_SQL_SONG_IS_OUT("listening_history.song_id")
#define OPEN_IS_OUT  SG_SQL_SONG_IS_OUT("play_events.song_id")

const struct sg_param sg_history_params[] = {
    {"limit", "limit", NULL, "Entries at most.", NULL},
    {"cursor", "cursor", NULL, "next_cursor of the page before.", NULL},
    {"before", "before", NULL, "Begun before this time.", NULL},
    {"after", "after", NULL, "Begun at this time or later.", NULL},
    {"context", "context", NULL, "Played from this only, as playlist:12.", NULL},
    {"song_id", "song_id", NULL, "Of this song only.", NULL},
    {0},
};
const struct sg_param sg_forget_history_params[] = {
    {"before", "before", NULL, "What began before this time.", NULL},
    {"after", "after", NULL, "What began at this time or later.", NULL},
    {"song_id", "song_id", NULL, "Of this song only.", NULL},
    {0},
};
const struct sg_param sg_limit_params[] = {{"limit", "limit", NULL, "At most so many.", NULL}, {0}};

struct page {
    struct sg_history_request in;
    int64_t before_us, after_us; /* -1: open */
    int64_t at_us, id;           /* the last entry of the page before; -1: none */
};

static int read_bound(const char *name, struct sg_str text, int64_t *us, struct sg_error *e)
{
    *us = -1;
    if (text.p && !sg_instant_parse(text, us))
        return sg_fail_field(e, name, "%s: expected a time as 2026-01-31T12:00:00Z", name);
    return 0;
}

static int read_cursor(struct page *p, struct sg_error *e)
{
    struct sg_str s = p->in.cursor;
    const char *dot = s.p ? memchr(s.p, '.', s.n) : NULL;
    p->at_us = p->id = -1;
    if (!s.p)
        return 0;
    if (!dot || !sg_str_to_i64((struct sg_str){s.p, (size_t)(dot - s.p)}, &p->at_us) ||
        !sg_str_to_i64((struct sg_str){dot + 1, (size_t)(s.p + s.n - dot - 1)}, &p->id) ||
        p->at_us < 0 || p->id < 0 || p->at_us > INT64_MAX / 4)
        return sg_fail_field(e, "cursor", "cursor: not one that was given");
    return 0;
}

static int read_page(const struct sg_http_request *q, const struct sg_param *params, struct page *p,
                     struct sg_error *e)
{
    int rc = sg_params_read(q, params, &sg_history_request_record, &p->in, e);
    if (!rc)
        rc = read_bound("before", p->in.before, &p->before_us, e);
    if (!rc)
        rc = read_bound("after", p->in.after, &p->after_us, e);
    return rc ? rc : read_cursor(p, e);
}

/* Open plays, whose entry has no id yet, come with those that have. What is not out yet stays
 * hidden, though anybody may say that she played it. */
static const struct sg_pg_statement select_page = {
    "history_page",
    "SELECT h.history_id, h.song_id, s.title, a.name, s.artist_id, coalesce(s.duration_s, 0), "
    "(extract(epoch FROM h.played_at) * 1e6)::bigint, coalesce(h.played_s, -1), h.outcome, "
    "h.source, h.context, h.device FROM ("
    "(SELECT history_id, song_id, played_at, played_s, outcome, source, context, device "
    "FROM listening_history WHERE user_id = $1::bigint AND played_at < $2::timestamptz "
    "AND played_at >= $3::timestamptz AND (played_at, history_id) < ($4::timestamptz, $5::bigint) "
    "AND ($6::text IS NULL OR context = $6) AND ($7::bigint IS NULL OR song_id = $7) "
    "AND " HEARD_IS_OUT " "
    "ORDER BY played_at DESC, history_id DESC LIMIT $8::int) UNION ALL "
    "(SELECT 0, song_id, played_at, played_s, outcome, source, context, device "
    "FROM play_events WHERE user_id = $1::bigint AND played_at < $2::timestamptz "
    "AND history_id IS NULL AND NOT forgotten AND " OPEN_IS_OUT " "
    "AND played_at >= $3::timestamptz AND (played_at, 0) < ($4::timestamptz, $5::bigint) "
    "AND ($6::text IS NULL OR context = $6) AND ($7::bigint IS NULL OR song_id = $7) "
    "ORDER BY played_at DESC LIMIT $8::int)) h "
    "JOIN songs s ON s.song_id = h.song_id JOIN artists a ON a.artist_id = s.artist_id "
    "ORDER BY h.played_at DESC, h.history_id DESC LIMIT $8::int",
    8};

static const char *time_or(struct sg_arena *a, int64_t us, const char *otherwise)
{
    struct sg_str s = us >= 0 ? sg_instant_str(a, us) : SG_STR_NONE;
    return s.p ? s.p : otherwise;
}

static int ask(struct sg_api *api, struct sg_http_request *q, const struct page *p, PGresult **r,
               struct sg_error *e)
{
    char user[24], id[24], song[24], limit[24];
    struct sg_str context = sg_arena_copy(q->arena, p->in.context);
    const char *params[] = {user,
                            time_or(q->arena, p->before_us, "infinity"),
                            time_or(q->arena, p->after_us, "-infinity"),
                            time_or(q->arena, p->at_us, "infinity"),
                            id,
                            p->in.context.p ? context.p : NULL,
                            p->in.song_id ? song : NULL,
                            limit};
    snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
    snprintf(id, sizeof id, "%" PRId64, p->id < 0 ? 0 : p->id);
    snprintf(song, sizeof song, "%" PRIu64, p->in.song_id);
    snprintf(limit, sizeof limit, "%" PRId64, p->in.limit + 1);
    return sg_db_write(api->db, q, &select_page, params, r, e);
}

static int show(struct sg_http_request *q, const PGresult *r, const struct page *p,
                struct sg_history_reply *out, struct sg_error *e)
{
    int n = PQntuples(r), shown = n > p->in.limit ? (int)p->in.limit : n;
    struct sg_arena *a = q->arena;
    struct sg_history_entry *v = sg_arena_array(a, (size_t)shown + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "history");
    for (int i = 0; i < shown; i++)
        v[i] = (struct sg_history_entry){.history_id = (uint64_t)column_i64(r, i, 0, 0),
                                         .song_id = (uint64_t)column_i64(r, i, 1, 0),
                                         .title = column(a, r, i, 2),
                                         .artist = column(a, r, i, 3),
                                         .artist_id = (uint64_t)column_i64(r, i, 4, 0),
                                         .duration_s = column_i64(r, i, 5, 0),
                                         .played_at = sg_instant_str(a, column_i64(r, i, 6, 0)),
                                         .played_s = column_i64(r, i, 7, -1),
                                         .outcome = column(a, r, i, 8),
                                         .source = column(a, r, i, 9),
                                         .context = column(a, r, i, 10),
                                         .device = column(a, r, i, 11)};
    *out = (struct sg_history_reply){.entries = {v, (size_t)shown}};
    if (n > shown)
        out->next_cursor =
            sg_arena_printf(a, "%" PRId64 ".%" PRId64, column_i64(r, shown - 1, 6, 0),
                            column_i64(r, shown - 1, 0, 0));
    return 0;
}

void sg_plays_history(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_history_reply out;
    struct page p;
    PGresult *rows = NULL;
    int rc = read_page(q, sg_history_params, &p, &e);
    if (!rc) {
        plays_drain(api->plays, q);
        rc = ask(api, q, &p, &rows, &e);
    }
    if (!rc)
        rc = show(q, rows, &p, &out, &e);
    PQclear(rows);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_history_reply_record, &out);
}

static void forget(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   struct sg_play_event *x)
{
    struct sg_error e = SG_ERROR_INIT;
    x->what = SG_PLAY_FORGET;
    x->user_id = q->caller.user_id;
    if (plays_add(api->plays, x, NULL, NULL, &e)) {
        if (e.code != SG_EUNAVAIL)
            sg_fail(&e, SG_EUNAVAIL, "it could not be kept that this is to be forgotten");
        sg_problem(q, r, &e);
        return;
    }
    plays_drain(api->plays, q);
    r->status = 204;
}

void sg_plays_forget(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_play_event x;
    struct page p;
    if (read_page(q, sg_forget_history_params, &p, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    sg_record_init(&sg_play_event_record, &x);
    x.song_id = p.in.song_id;
    x.since_us = p.after_us;
    x.until_us = p.before_us;
    forget(api, q, r, &x);
}

void sg_plays_forget_entry(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    struct sg_play_event x;
    sg_record_init(&sg_play_event_record, &x);
    x.entry = sg_route_id(q, 0);
    forget(api, q, r, &x);
}

void sg_plays_contexts(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement recent = {
        "play_contexts",
        "SELECT context, (extract(epoch FROM played_at) * 1e6)::bigint FROM play_contexts "
        "WHERE user_id = $1::bigint ORDER BY played_at DESC LIMIT $2::int",
        2};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_limit_request in;
    char user[24], limit[24];
    const char *params[] = {user, limit};
    PGresult *rows = NULL;
    int rc = sg_params_read(q, sg_limit_params, &sg_limit_request_record, &in, &e);
    if (!rc) {
        plays_drain(api->plays, q);
        snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
        snprintf(limit, sizeof limit, "%" PRId64, in.limit);
        rc = sg_db_write(api->db, q, &recent, params, &rows, &e);
    }
    size_t n = rc ? 0 : (size_t)PQntuples(rows);
    struct sg_play_context *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    if (!rc && !v)
        rc = sg_fail(&e, SG_ENOMEM, "contexts");
    for (size_t i = 0; !rc && i < n; i++)
        v[i] = (struct sg_play_context){column(q->arena, rows, (int)i, 0),
                                        sg_instant_str(q->arena, column_i64(rows, (int)i, 1, 0))};
    PQclear(rows);
    struct sg_contexts_reply out = {{v, n}};
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_contexts_reply_record, &out);
}
