/* handlers.c - clicks, plays and recent searches over HTTP. */
#include "api/api.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/search_log/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include <stdio.h>

#define CLOCKS_DIFFER_MS 300000

struct choice {
    struct sg_http_request *q;
    struct sg_http_response *r;
};

static void end(struct sg_http_request *q, struct sg_http_response *r, const struct sg_error *e)
{
    if (e)
        sg_problem(q, r, e);
    else
        r->status = 204;
    sg_route_end(q, r);
}

static void kept(void *ctx, int rc, const struct sg_error *e)
{
    struct choice *c = ctx;
    struct sg_error why = SG_ERROR_INIT;
    if (rc) {
        sg_log(SG_LOG_DEBUG, "not kept", "why=%s", e->text);
        sg_fail(&why, SG_EUNAVAIL, "it could not be kept right now");
    }
    end(c->q, c->r, rc ? &why : NULL);
}

static int read_id(const struct sg_search_log *l, struct sg_str text, unsigned char id[16],
                   struct sg_error *e)
{
    int64_t age_ms;
    if (!search_id_parse(text, id))
        return sg_fail_field(e, "search_id", "search_id: expected one that a search gave");
    age_ms = sg_wall_us() / 1000 - sg_uuid_ms(id);
    if (age_ms < -CLOCKS_DIFFER_MS || age_ms > l->config->searchlog.retention_days * 86400000)
        return sg_fail_field(e, "search_id", "search_id: of a search that is too old");
    return 0;
}

static int read_choice(const struct sg_http_request *q, struct sg_search_choice *c,
                       struct sg_error *e)
{
    static const char *const types[] = {"song", "artist", "album", "playlist", "query"};
    int rc = sg_record_from_json(&sg_search_choice_record, q->body, q->arena, c, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sg_str_eq(c->type, sg_str(types[i])))
            return c->id || i == 4 ? 0
                                   : sg_fail_field(e, "id", "id: expected a whole number from 1");
    return sg_fail_field(e, "type", "type: expected song, artist, album, playlist or query");
}

/* Starts to keep it; `kept` answers. */
static int keep(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                const char *action, struct sg_error *e)
{
    struct sg_search_choice in;
    unsigned char id[16];
    int rc = read_id(api->log, sg_route_text(q, 0), id, e);
    if (!rc)
        rc = read_choice(q, &in, e);
    struct choice *c = rc ? NULL : sg_arena_alloc(q->arena, sizeof *c);
    if (!c)
        return rc ? rc : sg_fail(e, SG_ENOMEM, "%s", action);
    *c = (struct choice){q, r};
    struct sg_search_event event = {.what = SG_EVENT_CHOICE,
                                    .id = {(const char *)id, 16},
                                    .at_us = sg_wall_us(),
                                    .action = sg_str(action),
                                    .type = in.type,
                                    .entity = in.id,
                                    .position = in.position};
    rc = search_log_add(api->log, &event, kept, c, e);
    return rc;
}

static void choose(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   const char *action)
{
    struct sg_error e = SG_ERROR_INIT;
    if (!api->log)
        sg_fail(&e, SG_ENOENT, "searches are not logged here");
    else if (search_log_is_off(q)) {
        end(q, r, NULL);
        return;
    } else if (!keep(api, q, r, action, &e))
        return;
    end(q, r, &e);
}

void sg_api_search_click(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    choose(api, q, r, "click");
}

void sg_api_search_play(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    choose(api, q, r, "play");
}

static int load(struct sg_api *api, struct sg_http_request *q, uint64_t user_id, struct sg_error *e)
{
    char id[24];
    const char *params[] = {id};
    PGresult *rows = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)user_id);
    int rc = sg_db_read(api->db, q, &recent_statement, params, &rows, e);
    if (!rc)
        recent_take(api->log->recent, user_id, rows);
    PQclear(rows);
    return rc;
}

static int find_recent(struct sg_api *api, struct sg_http_request *q, struct sg_recent_request *in,
                       struct sg_recent_reply *out, struct sg_error *e)
{
    struct sg_recent_search *v = sg_arena_array(q->arena, RECENT_KEPT, sizeof *v);
    size_t n = 0;
    int rc = v ? 0 : sg_fail(e, SG_ENOMEM, "recent searches");
    for (int i = 0; !rc && i < 2; i++) {
        if (recent_find(api->log->recent, in->user_id, SG_STR(""), v, (size_t)in->limit, &n,
                        q->arena))
            break;
        rc = i == 0 ? load(api, q, in->user_id, e) : 0;
    }
    *out = (struct sg_recent_reply){{v, n}};
    return rc;
}

static int need_log(const struct sg_api *api, struct sg_error *e)
{
    return api->log ? 0 : sg_fail(e, SG_ENOENT, "searches are not logged here");
}

void sg_api_search_recent(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_recent_request in;
    struct sg_recent_reply out;
    int rc = sg_params_read(q, sg_recent_params, &sg_recent_request_record, &in, &e);
    if (!rc)
        rc = need_log(api, &e);
    if (!rc)
        rc = find_recent(api, q, &in, &out, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_recent_reply_record, &out);
}

/* Kept like a click: whatever was logged before it is forgotten when it is moved. */
static int forget(struct sg_search_log *l, uint64_t user_id, struct sg_str text, struct sg_error *e)
{
    char bytes[SG_QUERY_MAX + 256];
    struct sg_buf b = {bytes, 0, sizeof bytes, false};
    unsigned char person[8];
    struct sg_search_event event = {.what = SG_EVENT_FORGET,
                                    .at_us = sg_wall_us(),
                                    .q = text,
                                    .user_id = user_id,
                                    .person = {(const char *)person, 8}};
    search_log_person(l, 'u', user_id, person, &event.period);
    sg_record_freeze(&sg_search_event_record, &event, &b);
    int rc = sg_journal_add_wait(l->journal, sg_buf_str(&b), e);
    if (!rc)
        recent_forget(l->recent, user_id, text);
    return rc;
}

int sg_search_log_forget(struct sg_search_log *l, uint64_t user_id, struct sg_error *e)
{
    return l ? forget(l, user_id, SG_STR_NONE, e) : 0;
}

void sg_api_search_forget(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_recent_request in;
    int rc = sg_params_read(q, sg_forget_params, &sg_recent_request_record, &in, &e);
    if (!rc)
        rc = need_log(api, &e);
    if (!rc)
        rc = in.q.p ? load(api, q, in.user_id, &e) : 0;
    if (!rc)
        rc = forget(api->log, in.user_id, in.q, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        r->status = 204;
}
