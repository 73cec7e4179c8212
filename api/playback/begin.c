/* begin.c - a stream begins, if the account may have another one: see parts.h. */
#include "api/playback/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include <stdio.h>
#include <sys/random.h>

static const struct sg_pg_statement begin = {
    "playback_begin",
    "SELECT outcome, session, name FROM segue_playback_begin($1::bigint, $2::bigint, $3::bigint, "
    "$4, $5, $6::bigint, $7::bigint[], $8::int, $9::int, $10::boolean)",
    10};

static int new_id(uint64_t *id, struct sg_error *e)
{
    if (getrandom(id, sizeof *id, 0) != sizeof *id)
        return sg_fail_errno(e, "random bytes");
    *id = (*id & ((UINT64_C(1) << 53) - 1)) | 1; /* exact in JSON's numbers */
    return 0;
}

static const char *array_of(struct sg_arena *a, const struct playback_wish *w)
{
    struct sg_buf b = {0};
    if (!w->queue)
        return NULL;
    sg_buf_putc(&b, '{');
    for (size_t i = 0; i < w->n_queue; i++)
        sg_buf_printf(&b, "%s%llu", i ? "," : "", (unsigned long long)w->queue[i]);
    sg_buf_putc(&b, '}');
    struct sg_str text = sg_arena_copy(a, sg_buf_str(&b));
    sg_buf_free(&b);
    return text.p;
}

static const char *number(struct sg_arena *a, uint64_t v)
{
    return sg_arena_printf(a, "%llu", (unsigned long long)v).p;
}

static int busy(const PGresult *r, struct sg_error *e)
{
    char names[300] = "";
    size_t n = 0;
    int many = PQntuples(r);
    for (int i = 0; i < many && n < sizeof names - 120; i++) {
        const char *name = PQgetvalue(r, i, 2);
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "",
                              *name ? name : "another player");
    }
    return sg_fail_kind(e, SG_ECONFLICT, "too-many-streams",
                        "playing on %s; take_over=true ends the oldest", names);
}

/* Ended ones are refused here at once; other processes hear of them. */
static int read_outcome(struct sg_api *api, const PGresult *r, struct playback_entry *out,
                        struct sg_error *e)
{
    for (int i = 0; i < PQntuples(r); i++) {
        uint64_t id = 0;
        sg_str_to_u64(sg_str(PQgetvalue(r, i, 1)), &id);
        switch (*PQgetvalue(r, i, 0)) {
        case 'b':
            if (PQgetvalue(r, i, 0)[1] == 'u')
                return busy(r, e);
            out->playback_id = id;
            break;
        default:
            playback_live_end(api->playback, id);
        }
    }
    return 0;
}

static int ask(struct sg_api *api, struct sg_http_request *q, const struct playback_wish *w,
               struct playback_entry *out, struct sg_error *e)
{
    const struct sg_config *c = api->config;
    struct sg_arena *a = q->arena;
    int64_t most = q->caller.subscription == SG_PREMIUM ? c->playback.streams_premium
                                                        : c->playback.streams_free;
    PGresult *r;
    const char *params[] = {number(a, out->playback_id),
                            number(a, out->user_id),
                            number(a, out->login_id),
                            sg_arena_copy(a, sg_str(out->device_id)).p,
                            sg_arena_copy(a, sg_str(out->device)).p,
                            number(a, w->song_id),
                            array_of(a, w),
                            number(a, (uint64_t)most),
                            number(a, (uint64_t)(3 * c->playback.heartbeat_s)),
                            w->take_over ? "true" : "false"};
    int rc = sg_db_write(api->db, q, &begin, params, &r, e);
    if (rc)
        return rc;
    rc = read_outcome(api, r, out, e);
    PQclear(r);
    return rc;
}

int playback_device_check(struct sg_str device_id, struct sg_str device, struct sg_error *e)
{
    if (device_id.n && memchr(device_id.p, 0, device_id.n))
        return sg_fail_field(e, "device_id", "device_id: holds a NUL");
    if (device.n && memchr(device.p, 0, device.n))
        return sg_fail_field(e, "device", "device: holds a NUL");
    return 0;
}

int playback_begin(struct sg_api *api, struct sg_http_request *q, const struct playback_wish *w,
                   struct playback_entry *out, struct sg_error *e)
{
    int64_t now = sg_wall_us();
    *out = (struct playback_entry){.user_id = q->caller.user_id,
                                   .login_id = q->caller.session_id,
                                   .song_id = w->song_id,
                                   .started_us = now,
                                   .heard_us = now,
                                   .written_us = now,
                                   .told_us = now};
    snprintf(out->device, sizeof out->device, "%.*s", SG_FMT(w->device));
    if (w->device_id.n)
        snprintf(out->device_id, sizeof out->device_id, "%.*s", SG_FMT(w->device_id));
    else
        snprintf(out->device_id, sizeof out->device_id, "login-%llu",
                 (unsigned long long)out->login_id);
    int rc = playback_device_check(w->device_id, w->device, e);
    if (!rc)
        rc = new_id(&out->playback_id, e);
    if (!rc)
        rc = ask(api, q, w, out, e);
    if (rc == SG_EUNAVAIL || rc == SG_ETIMEOUT || rc == SG_EBUSY) {
        out->fresh = true; /* in doubt: let play; it is written when the database is back */
        rc = 0;
    }
    if (!rc)
        playback_live_put(api->playback, out);
    return rc;
}
