/* follow.c - the thread between this process's streams and the database: writes what was heard,
 * once a second, and hears what others say. */
#include "api/playback/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WRITE_MS = 1000, BATCH = 5000, TIDY_EVERY = 60, RETRY_US = 500000 };

/* One letter a column, of what put_entry writes. Another process may have written a later word.
 * Streams are taken in the order of their ids, as by all who change several. */
/* clang-format off */
static const struct sg_pg_statement write_news = {
    "playback_news",
    "WITH news AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS x (i bigint, u bigint, l bigint, d text, "
    "n text, s bigint, t text, p bigint, b bigint, h bigint, w bigint, c boolean)), "
    "held AS MATERIALIZED (SELECT FROM playback_sessions WHERE playback_id IN (SELECT i FROM news) "
    "ORDER BY playback_id FOR NO KEY UPDATE), "
    "x AS MATERIALIZED (SELECT news.* FROM news, (SELECT count(*) FROM held) h ORDER BY i), "
    "bare AS (UPDATE playback_sessions p SET heard_at = greatest(p.heard_at, to_timestamp(x.h / 1e6)) "
    "FROM x WHERE x.u = 0 AND p.playback_id = x.i), "
    "whole AS (INSERT INTO playback_sessions AS p (playback_id, user_id, login_id, device_id, device, song_id, "
    "state, position_ms, started_at, heard_at, told_at) SELECT x.i, x.u, x.l, x.d, x.n, x.s, x.t, x.p, "
    "to_timestamp(x.b / 1e6), to_timestamp(x.h / 1e6), to_timestamp(x.w / 1e6) FROM x "
    "WHERE EXISTS (SELECT FROM users u WHERE u.user_id = x.u) "
    "ON CONFLICT (playback_id) DO UPDATE SET heard_at = greatest(p.heard_at, excluded.heard_at), "
    "told_at = greatest(p.told_at, excluded.told_at), "
    "song_id = CASE WHEN excluded.told_at >= p.told_at THEN excluded.song_id ELSE p.song_id END, "
    "state = CASE WHEN excluded.told_at >= p.told_at THEN excluded.state ELSE p.state END, "
    "position_ms = CASE WHEN excluded.told_at >= p.told_at THEN excluded.position_ms ELSE p.position_ms END "
    "WHERE p.ended_at IS NULL) "
    "SELECT segue_playback_tell(u, 'now', jsonb_build_object('session_id', i, 'device_id', d, 'device', n, "
    "'song_id', s, 'state', t, 'position_ms', p)) FROM x WHERE c AND u > 0", 1};
/* clang-format on */

static void put_entry(struct sg_buf *b, const struct playback_entry *x)
{
    sg_buf_printf(b,
                  "%s{\"i\":%llu,\"u\":%llu,\"l\":%llu,\"s\":%llu,\"p\":%lld,\"b\":%lld,\"h\":%lld,"
                  "\"w\":%lld",
                  b->n > 1 ? "," : "", (unsigned long long)x->playback_id,
                  (unsigned long long)x->user_id, (unsigned long long)x->login_id,
                  (unsigned long long)x->song_id, (long long)x->position_ms,
                  (long long)x->started_us, (long long)x->heard_us, (long long)x->told_us);
    sg_buf_printf(b, ",\"c\":%s,\"t\":\"%s\",\"d\":", x->changed ? "true" : "false",
                  x->state == PLAYBACK_PAUSED ? "paused" : "playing");
    sg_buf_json_str(b, sg_str(x->device_id));
    sg_buf_puts(b, ",\"n\":");
    sg_buf_json_str(b, sg_str(x->device));
    sg_buf_putc(b, '}');
}

static int write_batch(PGconn *c, const struct playback_entry *v, size_t n, struct sg_error *e)
{
    struct sg_pg_limit limit = {.deadline_us = sg_now_us() + 5000000};
    struct sg_buf b = {0};
    PGresult *r = NULL;
    sg_buf_putc(&b, '[');
    for (size_t i = 0; i < n; i++)
        put_entry(&b, &v[i]);
    sg_buf_puts(&b, "]");
    sg_buf_putc(&b, '\0');
    const char *params[] = {b.p};
    int rc = sg_buf_failed(&b) ? sg_fail(e, SG_ENOMEM, "heartbeats")
                               : sg_pg_run_within(c, &write_news, params, &limit, &r, e);
    PQclear(r);
    sg_buf_free(&b);
    return rc;
}

/* All news there are; what cannot be written is news again. */
static int write_all(struct sg_playback *p, PGconn *c, struct sg_error *e)
{
    struct playback_entry *v = malloc(BATCH * sizeof *v);
    size_t n = BATCH;
    int rc = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "heartbeats");
    while (!rc && n == BATCH && (n = playback_live_take(p, v, BATCH))) {
        rc = write_batch(c, v, n, e);
        if (rc)
            playback_live_give_back(p, v, n);
    }
    free(v);
    return rc;
}

static uint64_t number_in(struct sg_str json, const char *name)
{
    uint64_t v = 0;
    const char *at = memmem(json.p, json.n, name, strlen(name));
    for (at = at ? at + strlen(name) : NULL; at && at < json.p + json.n; at++)
        if (*at >= '0' && *at <= '9')
            v = v * 10 + (uint64_t)(*at - '0');
        else if (v || (*at != ' ' && *at != ':' && *at != '"'))
            break;
    return v;
}

/* "42 now {...}" */
static void take_notice(struct sg_playback *p, const char *text)
{
    const char *first = strchr(text, ' '), *second = first ? strchr(first + 1, ' ') : NULL;
    uint64_t user_id = 0;
    if (!second || !sg_str_to_u64((struct sg_str){text, (size_t)(first - text)}, &user_id))
        return;
    struct sg_str event = {first + 1, (size_t)(second - first - 1)}, data = sg_str(second + 1);
    if (sg_str_eq(event, SG_STR("revoked"))) { /* of a device: no player's news */
        playback_live_end(p, number_in(data, "\"session_id\""));
        return;
    }
    if (sg_str_eq(event, SG_STR("ended")))
        playback_live_end(p, number_in(data, "\"session_id\""));
    if (sg_str_eq(event, SG_STR("transfer")))
        playback_live_moved(p, number_in(data, "\"session_id\""), data);
    playback_publish(p, user_id, event, data);
}

static int take_notices(struct sg_playback *p, PGconn *c, struct sg_error *e)
{
    PGnotify *notice;
    if (!PQconsumeInput(c))
        return sg_fail(e, SG_EUNAVAIL, "%s", PQerrorMessage(c));
    while ((notice = PQnotifies(c))) {
        take_notice(p, notice->extra);
        PQfreemem(notice);
    }
    return 0;
}

static int read_ended(struct sg_playback *p, PGconn *c, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_pg_exec(c, "SELECT playback_id FROM playback_sessions WHERE ended_at IS NOT NULL",
                        0, NULL, &r, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        uint64_t id = 0;
        if (sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &id))
            playback_live_end(p, id);
    }
    if (!rc)
        PQclear(r);
    return rc;
}

/* $1: as long as an address lives. */
static int tidy(struct sg_playback *p, PGconn *c, struct sg_error *e)
{
    char s[24];
    snprintf(s, sizeof s, "%lld", (long long)p->api->config->playback.url_s + 60);
    const char *params[] = {s};
    return sg_pg_exec(c,
                      "DELETE FROM playback_sessions WHERE playback_id IN (SELECT playback_id "
                      "FROM playback_sessions WHERE greatest(heard_at, ended_at) < now() - "
                      "make_interval(secs => $1::double precision + 3600) LIMIT 50000)",
                      1, params, NULL, e);
}

static int wait_for_notices(struct sg_playback *p, PGconn *c, struct sg_error *e)
{
    struct pollfd f[] = {{.fd = PQsocket(c), .events = POLLIN}, {.fd = p->wake, .events = POLLIN}};
    int64_t until = sg_now_us() + WRITE_MS * 1000, now;
    int rc = 0;
    while (!rc && !p->stop && (now = sg_now_us()) < until) {
        if (poll(f, 2, (int)((until - now) / 1000) + 1) < 0 && errno != EINTR)
            return sg_fail_errno(e, "poll");
        rc = take_notices(p, c, e);
    }
    return rc;
}

static void look_after(struct sg_playback *p)
{
    sg_metric_set(p->active, "", (double)playback_live_tidy(p));
    playback_end_viewers(p);
}

static int follow_once(struct sg_playback *p, struct sg_error *e)
{
    PGconn *c = NULL;
    int rc = sg_pg_guard_connect(sg_db_guard(p->api->db), &c, p->api->config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_exec(c, "LISTEN segue_playback", 0, NULL, NULL, e);
    if (!rc)
        rc = read_ended(p, c, e);
    for (unsigned round = 0; !rc && !p->stop; round++) {
        rc = wait_for_notices(p, c, e);
        if (!rc)
            rc = write_all(p, c, e);
        if (!rc && round % TIDY_EVERY == TIDY_EVERY - 1)
            rc = tidy(p, c, e);
        look_after(p);
    }
    if (c && !rc)
        write_all(p, c, e); /* the last second's */
    sg_pg_guard_finish(sg_db_guard(p->api->db), c);
    return rc;
}

void *playback_follow(void *playback)
{
    struct sg_playback *p = playback;
    bool said = false;
    while (!p->stop) {
        struct sg_error e = SG_ERROR_INIT;
        if (!follow_once(p, &e))
            break;
        if (!said)
            sg_log(SG_LOG_WARN, "streams are not counted: the database is away", "error=%s",
                   e.text);
        said = true;
        look_after(p);
        sg_sleep_us(RETRY_US);
    }
    return NULL;
}
