/* answers.c - see answers.h. */
#include "api/library/answers.h"
#include "api/library/library.h"
#include "api/params.h"
#include "api/problem.h"
#include "core/clock.h"
#include "core/log.h"
#include "schemas/feedback.h"
#include <stdlib.h>

#define SEEN_MAX 1000000 /* entries that a cursor counts */
#define TELL_US  250000  /* the change tail brings it too */

const char *sg_id_text(struct sg_http_request *q, uint64_t id)
{
    return sg_arena_printf(q->arena, "%llu", (unsigned long long)id).p;
}

const char *sg_caller_text(struct sg_http_request *q)
{
    return sg_id_text(q, q->caller.user_id);
}

const char *sg_param_text(struct sg_http_request *q, struct sg_str s)
{
    return s.p && !memchr(s.p, 0, s.n) ? sg_arena_copy(q->arena, s).p : NULL;
}

const char *sg_ids_text(struct sg_http_request *q, const struct sg_list *ids)
{
    const uint64_t *v = ids->v;
    struct sg_buf b = {0};
    sg_buf_putc(&b, '{');
    for (size_t i = 0; i < ids->n; i++)
        sg_buf_printf(&b, "%s%llu", i ? "," : "", (unsigned long long)v[i]);
    sg_buf_putc(&b, '}');
    const char *text = sg_buf_failed(&b) ? NULL : sg_arena_copy(q->arena, sg_buf_str(&b)).p;
    sg_buf_free(&b);
    return text;
}

/* "<microseconds>-<id>[-<seen>]" */
static int read_cursor(struct sg_http_request *q, struct sg_str c, struct sg_page *out,
                       struct sg_error *e)
{
    int64_t n[3] = {0};
    size_t k = 0;
    bool good = true;
    for (; k < 3 && c.n && good; k++) {
        const char *dash = memchr(c.p, '-', c.n);
        struct sg_str part = {c.p, dash ? (size_t)(dash - c.p) : c.n};
        good = sg_str_to_i64(part, &n[k]) && n[k] >= 0 && (!dash || part.n + 1 < c.n);
        c.p += part.n + (dash != NULL);
        c.n -= part.n + (dash != NULL);
    }
    if (!good || k < 2 || c.n || n[0] > (int64_t)9e15 || n[2] > SEEN_MAX)
        return sg_fail_field(e, "cursor", "cursor: expected next_cursor of the page before");
    out->at = sg_id_text(q, (uint64_t)n[0]);
    out->id = sg_id_text(q, (uint64_t)n[1]);
    out->seen = n[2];
    return out->at && out->id ? 0 : sg_fail(e, SG_ENOMEM, "cursor");
}

static int check_choice(struct sg_str v, const char *name, struct sg_error *e)
{
    const struct sg_field *f = sg_record_field(&sg_page_request_record, name);
    for (const char *const *c = f->choices; c && *c && v.p; c++)
        if (sg_str_eq(v, sg_str(*c)))
            return 0;
    return v.p ? sg_fail_field(e, name, "%s: it is not one of those described", name) : 0;
}

int sg_page_read(struct sg_http_request *q, const struct sg_param *params, struct sg_page *out,
                 struct sg_error *e)
{
    *out = (struct sg_page){0};
    int rc = sg_params_read(q, params, &sg_page_request_record, &out->in, e);
    if (!rc)
        rc = check_choice(out->in.sort, "sort", e);
    if (!rc)
        rc = check_choice(out->in.state, "state", e);
    if (!rc && out->in.cursor.p)
        rc = read_cursor(q, out->in.cursor, out, e);
    if (!rc)
        out->limit = sg_id_text(q, (uint64_t)out->in.limit);
    return rc;
}

int sg_contains_read(struct sg_http_request *q, struct sg_page_request *out, struct sg_error *e)
{
    *out = (struct sg_page_request){0};
    int rc = sg_params_read(q, sg_contains_params, &sg_contains_request_record, out, e);
    return !rc && !out->ids.n ? sg_fail_field(e, "ids", "ids: is required") : rc;
}

static int take_value(struct sg_http_request *q, PGresult *rows, const struct sg_record *record,
                      const char *what, void *out, struct sg_error *e)
{
    if (PQntuples(rows) != 1 || PQgetisnull(rows, 0, 0))
        return sg_fail(e, SG_ENOENT, "there is no such %s", what);
    struct sg_str json = {PQgetvalue(rows, 0, 0), (size_t)PQgetlength(rows, 0, 0)};
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_record_from_json(record, json, q->arena, out, &why);
    return rc ? sg_fail(e, SG_EINTERNAL, "the database's %s is not one: %s", what, why.text) : 0;
}

int sg_answers_read(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                    const char *const *params, const struct sg_record *record, const char *what,
                    void *out, struct sg_error *e)
{
    PGresult *rows = NULL;
    int rc = sg_db_read(api->db, q, s, params, &rows, e);
    if (!rc)
        rc = take_value(q, rows, record, what, out, e);
    PQclear(rows);
    return rc;
}

int sg_answers_write(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                     const char *const *params, const struct sg_record *record, const char *what,
                     void *out, struct sg_error *e)
{
    PGresult *rows = NULL;
    int rc = sg_db_write(api->db, q, s, params, &rows, e);
    if (!rc)
        rc = take_value(q, rows, record, what, out, e);
    PQclear(rows);
    return rc;
}

static int judge(const char *said, struct sg_error *e)
{
    static const struct {
        int status, code;
    } codes[] = {{400, SG_EINVAL}, {403, SG_EPERM}, {404, SG_ENOENT}, {409, SG_ECONFLICT}};
    char *why;
    long status = strtol(said, &why, 10);
    while (*why == ' ')
        why++;
    const char *colon = strchr(why, ':');
    if (status == 400 && colon) {
        char field[64] = "";
        size_t n = (size_t)(colon - why);
        memcpy(field, why, n < sizeof field ? n : sizeof field - 1);
        return sg_fail_field(e, field, "%s", why);
    }
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == status)
            return sg_fail(e, codes[i].code, "%s", why);
    return status == 200 ? 0 : sg_fail(e, SG_EINTERNAL, "the database said '%s'", said);
}

int sg_answers_done(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                    const char *const *params, struct sg_error *e)
{
    PGresult *rows = NULL;
    int rc = sg_db_write(api->db, q, s, params, &rows, e);
    if (!rc)
        rc = judge(PQntuples(rows) == 1 ? PQgetvalue(rows, 0, 0) : "404 there is no such thing", e);
    PQclear(rows);
    return rc;
}

void sg_answers_give(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                     const struct sg_pg_statement *s, const char *const *params,
                     const struct sg_record *record, const char *what, int rc, struct sg_error *e)
{
    void *out = sg_arena_alloc(q->arena, record->size);
    if (!rc && !out)
        rc = sg_fail(e, SG_ENOMEM, "answer");
    if (!rc)
        rc = sg_answers_read(api, q, s, params, record, what, out, e);
    if (rc)
        sg_problem(q, r, e);
    else
        sg_api_answer(r, record, out);
}

void sg_answers_end(struct sg_http_request *q, struct sg_http_response *r, int rc,
                    const struct sg_error *e)
{
    if (rc)
        sg_problem(q, r, e);
    else
        r->status = 204;
}

void sg_answers_tell(struct sg_api *api, struct sg_http_request *q)
{
    struct sg_person_changed in = {q->caller.user_id};
    struct sg_error e = SG_ERROR_INIT;
    int64_t until = sg_now_us() + TELL_US;
    if (sg_rpc_call(api->recsys, SG_METHOD_PERSON_CHANGED, &sg_person_changed_record, &in, NULL,
                    NULL, q->arena, until < q->deadline_us ? until : q->deadline_us, q->traceparent,
                    &e))
        sg_log(SG_LOG_DEBUG, "the recommender was not told of a change", "error=%s", e.text);
}
