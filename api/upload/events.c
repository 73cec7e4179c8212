/* events.c - how far an upload is, as it goes on, over server-sent events.
 *
 * The keeper's thread asks once a second for those uploads that somebody looks at, in one
 * question, and tells what has changed. A stream ends with its upload, or after a quarter of an
 * hour, as long as an access token lives: clients come back by themselves.
 */
#include "api/accounts/accounts.h"
#include "api/http/stream.h"
#include "api/problem.h"
#include "api/upload/handlers.h"
#include "api/upload/parts.h"
#include "api/upload/view.h"
#include "core/clock.h"
#include "core/log.h"
#include "schemas/upload.h"
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define STREAM_US 900000000
enum { OF_ONE = 20, ASKED = 256 };

struct upload_viewer {
    struct upload_viewer *next;
    struct sg_uploads *s;
    struct sg_http_stream *stream;
    uint64_t user_id, login_id;
    char id[SG_UPLOAD_ID_MAX + 1];
    uint64_t told;  /* hash of the last event */
    uint64_t round; /* of questions, in which it was asked about last */
    int64_t until_us;
    bool ended, found; /* found: in that round */
};

static void on_gone(void *ctx)
{
    struct upload_viewer *v = ctx;
    struct sg_uploads *s = v->s;
    pthread_mutex_lock(&s->lock);
    struct upload_viewer **at = &s->viewers;
    while (*at && *at != v)
        at = &(*at)->next;
    if (*at)
        *at = v->next;
    pthread_mutex_unlock(&s->lock);
    free(v);
}

static void end_viewer(struct upload_viewer *v)
{
    v->ended = true;
    sg_http_stream_close(v->stream);
}

static bool is_over(struct sg_str status)
{
    return !sg_str_eq(status, SG_STR("receiving")) && !sg_str_eq(status, SG_STR("processing"));
}

/* With the lock. */
static void tell(struct upload_viewer *v, const struct sg_upload *u, struct sg_str json)
{
    uint64_t hash = XXH3_64bits(json.p, json.n) | 1;
    if (v->ended || v->told == hash)
        return;
    v->told = hash;
    if (sg_http_stream_event(v->stream, "upload", 0, json))
        v->ended = true;
    else if (is_over(u->status))
        end_viewer(v);
}

/* Ids that are asked about next in this round, as an array of PostgreSQL; ids hold nothing that
 * would need quotes. */
static int gather(struct sg_uploads *s, uint64_t round, struct sg_buf *ids)
{
    int n = 0;
    int64_t now = sg_now_us();
    sg_buf_putc(ids, '{');
    pthread_mutex_lock(&s->lock);
    for (struct upload_viewer *v = s->viewers; v && n < ASKED; v = v->next) {
        if (!v->ended &&
            (v->until_us < now || sg_accounts_has_ended(s->api->accounts, v->login_id)))
            end_viewer(v);
        if (v->ended || v->round == round)
            continue;
        v->round = round;
        v->found = false;
        sg_buf_printf(ids, "%s%s", n++ ? "," : "", v->id);
    }
    pthread_mutex_unlock(&s->lock);
    sg_buf_puts(ids, "}");
    sg_buf_putc(ids, '\0');
    return n;
}

static const struct sg_pg_statement watched = {
    "uploads_watched",
    "SELECT u.upload_id, " UPLOAD_VIEW " FROM uploads u LEFT JOIN genres g USING (genre_id) "
    "WHERE u.upload_id = ANY ($1::text[])",
    1};

static void tell_row(struct sg_uploads *s, const PGresult *r, int row, struct sg_arena *a)
{
    struct sg_upload u;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf json = {0};
    struct sg_str text = {PQgetvalue(r, row, 1), (size_t)PQgetlength(r, row, 1)};
    if (sg_record_from_json(&sg_upload_record, text, a, &u, &e)) {
        sg_log(SG_LOG_ERROR, "an upload is not as it is described", "why=%s", e.text);
        return;
    }
    sg_record_to_json(&sg_upload_record, &u, &json);
    pthread_mutex_lock(&s->lock);
    for (struct upload_viewer *v = s->viewers; v; v = v->next)
        if (strcmp(v->id, PQgetvalue(r, row, 0)) == 0) {
            v->found = true;
            tell(v, &u, sg_buf_str(&json));
        }
    pthread_mutex_unlock(&s->lock);
    sg_buf_free(&json);
}

/* Uploads that have been forgotten. */
static void end_lost(struct sg_uploads *s, uint64_t round)
{
    pthread_mutex_lock(&s->lock);
    for (struct upload_viewer *v = s->viewers; v; v = v->next)
        if (v->round == round && !v->found && !v->ended)
            end_viewer(v);
    pthread_mutex_unlock(&s->lock);
}

void upload_tell_viewers(struct sg_uploads *s)
{
    uint64_t round = ++s->rounds;
    struct sg_buf ids = {0};
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    int rc = 0;
    while (!rc && gather(s, round, &ids)) {
        PGresult *r = NULL;
        const char *list = ids.p;
        rc = sg_buf_failed(&ids) ? SG_ENOMEM
                                 : sg_db_write(s->api->db, NULL, &watched, &list, &r, &e);
        for (int i = 0; !rc && i < PQntuples(r); i++)
            tell_row(s, r, i, &a);
        PQclear(r);
        sg_arena_reset(&a);
        sg_buf_reset(&ids);
    }
    if (!rc)
        end_lost(s, round);
    sg_arena_free(&a);
    sg_buf_free(&ids);
}

static int count_of(struct sg_uploads *s, uint64_t user_id)
{
    int n = 0;
    for (struct upload_viewer *v = s->viewers; v; v = v->next)
        n += v->user_id == user_id;
    return n;
}

static int add_viewer(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
                      const struct sg_upload *u, struct sg_error *e)
{
    struct sg_buf json = {0};
    struct upload_viewer *v = calloc(1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "events");
    *v = (struct upload_viewer){.s = s,
                                .user_id = q->caller.user_id,
                                .login_id = q->caller.session_id,
                                .until_us = sg_now_us() + STREAM_US};
    snprintf(v->id, sizeof v->id, "%.*s", SG_FMT(u->upload_id));
    sg_record_to_json(&sg_upload_record, u, &json);
    pthread_mutex_lock(&s->lock);
    int rc = count_of(s, v->user_id) >= OF_ONE
                 ? sg_fail(e, SG_ERATE, "at most %d streams are open for one user", OF_ONE)
                 : 0;
    if (!rc && !(v->stream = sg_http_stream_open(q, r, "text/event-stream", on_gone, v)))
        rc = sg_fail(e, SG_EBUSY, "too many streams are open");
    if (!rc) {
        v->next = s->viewers;
        s->viewers = v;
        tell(v, u, sg_buf_str(&json));
    }
    pthread_mutex_unlock(&s->lock);
    if (rc)
        free(v);
    sg_buf_free(&json);
    return rc;
}

void sg_upload_events(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_upload u;
    int rc = upload_view(api, q, &u, &e);
    if (!rc)
        rc = add_viewer(api->uploads, q, r, &u, &e);
    if (rc)
        sg_problem(q, r, &e);
}
