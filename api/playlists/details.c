/* details.c - a playlist made, read, renamed, shown or hidden, and deleted.
 *
 * Only what the records name can be set: owner, followers and the like come from nowhere but
 * here (mass assignment, as of CVE-2023-51442's kind, has nothing to hold on to). */
#include "api/playlists/handlers.h"
#include "api/playlists/parts.h"
#include "api/playlists/rules.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/title.h"
#include <stdio.h>

enum { NAME = 1, DESCRIPTION = 2, PUBLIC = 4, RULES = 8, WHOLE = 15 }; /* bits of the records */

static int check_rules(struct sg_http_request *q, const struct sg_playlist_rules *rules,
                       const char **json, struct sg_error *e)
{
    struct sg_rules_sql sql;
    struct sg_buf b = {0};
    *json = NULL;
    if (!rules)
        return 0;
    int rc = sg_rules_compile(rules, q->caller.user_id, q->arena, &sql, e);
    if (rc)
        return rc;
    sg_record_to_json(&sg_playlist_rules_record, rules, &b);
    *json = sg_arena_copy(q->arena, sg_buf_str(&b)).p;
    bool failed = sg_buf_failed(&b) || !*json;
    sg_buf_free(&b);
    return failed ? sg_fail(e, SG_ENOMEM, "rules") : 0;
}

/* Makes texts fit to be kept; what is not there stays absent. */
static int check(struct sg_http_request *q, struct sg_playlist_new *in, uint64_t seen,
                 const char **rules, struct sg_error *e)
{
    int rc = 0;
    if (seen & NAME)
        rc = sg_title(q->arena, "name", in->name.p ? in->name : SG_STR(""), SG_PLAYLIST_NAME_MAX,
                      &in->name, e);
    if (!rc && seen & DESCRIPTION && in->description.p)
        rc = sg_prose(q->arena, "description", in->description, SG_PLAYLIST_TEXT_MAX,
                      &in->description, e);
    return rc ? rc : check_rules(q, in->rules, rules, e);
}

struct details {
    struct sg_api *api;
    struct sg_http_request *q;
    struct sg_playlist_new in;
    const char *rules;
    uint64_t seen, id;
    struct playlist p;
    struct sg_buf told;
};

static int insert(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement make = {
        "playlist_make",
        "WITH made AS (INSERT INTO playlists (user_id, name, description, is_public) SELECT "
        "user_id, $2, $3, $4::boolean FROM users WHERE user_id = $1::bigint RETURNING user_id, "
        "playlist_id), state AS (INSERT INTO playlist_state (user_id, playlist_id, rules) SELECT "
        "user_id, playlist_id, $5::jsonb FROM made) SELECT playlist_id FROM made",
        5};
    struct details *d = ctx;
    struct playlist_caller who = playlist_caller(d->q);
    PGresult *rows = NULL;
    const char *params[] = {who.user_id, d->in.name.p,
                            d->in.description.p ? d->in.description.p : "",
                            d->in.is_public ? "t" : "f", d->rules};
    int rc = sg_tx_run(tx, &make, params, &rows, e);
    if (!rc && !PQntuples(rows))
        rc = sg_fail(e, SG_EAUTH, "the account is no more");
    if (!rc)
        d->id = playlist_number(rows, 0, 0);
    PQclear(rows);
    return rc;
}

static int add_first_songs(struct details *d, struct sg_error *e)
{
    struct sg_playlist_operation add = {
        .op = SG_STR("add"), .song_ids = d->in.song_ids, .index = -1};
    struct sg_playlist_changes changes = {.operations = {&add, 1}};
    struct sg_error why = SG_ERROR_INIT;
    if (!d->in.song_ids.n)
        return 0;
    int rc = playlist_change(d->api, d->q, d->id, &changes, &d->told, &why);
    if (rc && e)
        *e = why;
    return rc;
}

/* Nobody is left with an empty list that the answer denies. */
void playlist_take_back(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id)
{
    static const struct sg_pg_statement drop = {
        "playlist_take_back",
        "DELETE FROM playlists WHERE user_id = $1::bigint AND playlist_id = $2::bigint", 2};
    struct playlist_caller who = playlist_caller(q);
    char id[24];
    snprintf(id, sizeof id, "%llu", (unsigned long long)playlist_id);
    sg_db_write(api->db, q, &drop, (const char *[]){who.user_id, id}, NULL, NULL);
    playlist_forget(api, playlist_id);
}

int playlist_make(struct sg_api *api, struct sg_http_request *q, struct sg_playlist_new *in,
                  uint64_t *id, struct sg_error *e)
{
    struct details d = {.api = api, .q = q, .in = *in};
    int rc = check(q, &d.in, WHOLE, &d.rules, e);
    if (!rc && d.in.rules && d.in.song_ids.n)
        rc = sg_fail_field(e, "song_ids", "song_ids: a smart playlist has those of its rules");
    if (!rc)
        rc = sg_db_transact(api->db, q, insert, &d, e);
    if (!rc) {
        rc = add_first_songs(&d, e);
        if (rc)
            playlist_take_back(api, q, d.id);
    }
    sg_buf_free(&d.told);
    *id = rc ? 0 : d.id;
    return rc;
}

/* The playlist as the caller sees it; with its first songs, or without. */
static int show(struct sg_api *api, struct sg_http_request *q, uint64_t id,
                struct sg_http_response *r, struct sg_error *e)
{
    struct playlist p;
    int rc = playlist_find(api, q, id, &p, e);
    if (!rc)
        rc = playlist_mosaics(api, q, &p, 1, e);
    if (!rc)
        sg_api_answer(r, &sg_playlist_view_record, &p.view);
    return rc;
}

static void end(struct sg_http_request *q, struct sg_http_response *r, int rc,
                const struct sg_error *e)
{
    if (rc)
        sg_problem(q, r, e);
}

void sg_playlist_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_new in;
    uint64_t id;
    int rc = sg_record_from_json(&sg_playlist_new_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = playlist_make(api, q, &in, &id, &e);
    if (!rc)
        playlist_forget(api, id); /* that there was none */
    if (!rc)
        rc = show(api, q, id, r, &e);
    if (!rc)
        sg_http_header(r, "Location",
                       sg_arena_printf(q->arena, "/api/v1/playlists/%llu", (unsigned long long)id));
    end(q, r, rc, &e);
}

static int write_rules(struct sg_db_tx *tx, struct details *d, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "playlist_rules",
        "UPDATE playlist_state SET rules = $3::jsonb WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint",
        3};
    if (!(d->seen & RULES) || (!d->rules && !d->p.is_smart))
        return 0;
    if (!d->rules || !d->p.is_smart)
        return sg_fail_kind(e, SG_ECONFLICT, "smart-playlist",
                            d->rules ? "an ordinary playlist cannot become a smart one"
                                     : "a smart playlist needs its rules");
    return sg_tx_run(tx, &put, (const char *[]){d->p.owner, d->p.id, d->rules}, NULL, e);
}

static int update(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "playlist_update",
        "UPDATE playlists SET name = coalesce($3, name), description = coalesce($4, description), "
        "is_public = coalesce($5::boolean, is_public) WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint",
        5};
    struct details *d = ctx;
    struct sg_playlist_delta delta = {
        .playlist_id = d->id, .changed_by = d->q->caller.user_id, .details = true};
    sg_buf_reset(&d->told);
    int rc = playlist_lock(tx, d->q, d->id, PLAYLIST_OWNER, &d->p, e);
    const char *params[] = {d->p.owner, d->p.id, d->seen & NAME ? d->in.name.p : NULL,
                            !(d->seen & DESCRIPTION) ? NULL
                            : d->in.description.p    ? d->in.description.p
                                                     : "",
                            !(d->seen & PUBLIC) ? NULL
                            : d->in.is_public   ? "t"
                                                : "f"};
    delta.song_count = d->p.view.song_count > 0 ? d->p.view.song_count : 0;
    if (!rc)
        rc = sg_tx_run(tx, &put, params, NULL, e);
    if (!rc)
        rc = write_rules(tx, d, e);
    return rc ? rc : playlist_tell(tx, &d->p, &delta, &d->told, e);
}

static void change_details(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r, bool whole)
{
    struct sg_error e = SG_ERROR_INIT;
    struct details d = {.api = api, .q = q, .id = sg_route_id(q, 0), .seen = WHOLE};
    struct playlist p;
    int rc = playlist_of_path(api, q, PLAYLIST_OWNER, &p, &e);
    if (!rc)
        rc = whole ? sg_record_from_json(&sg_playlist_details_record, q->body, q->arena, &d.in, &e)
                   : sg_record_from_json_part(&sg_playlist_patch_record, q->body, q->arena, &d.in,
                                              &d.seen, &e);
    if (!rc)
        rc = check(q, &d.in, d.seen, &d.rules, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, update, &d, &e);
    playlist_forget(api, d.id);
    if (!rc)
        rc = show(api, q, d.id, r, &e);
    sg_buf_free(&d.told);
    end(q, r, rc, &e);
}

void sg_playlist_put(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change_details(api, q, r, true);
}

void sg_playlist_patch(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    change_details(api, q, r, false);
}

static int delete (struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    /* Its follows go by a trigger (0019_social.sql), with their count. */
    static const struct sg_pg_statement drop = {
        "playlist_drop",
        "WITH gone AS (DELETE FROM playlists WHERE user_id = $1::bigint AND "
        "playlist_id = $2::bigint) SELECT pg_notify('segue_playlists', $2::bigint || ':gone')",
        2};
    struct details *d = ctx;
    int rc = playlist_lock(tx, d->q, d->id, PLAYLIST_OWNER, &d->p, e);
    return rc ? rc : sg_tx_run(tx, &drop, (const char *[]){d->p.owner, d->p.id}, NULL, e);
}

void sg_playlist_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct details d = {.api = api, .q = q, .id = sg_route_id(q, 0)};
    int rc = sg_db_transact(api->db, q, delete, &d, &e);
    playlist_forget(api, d.id);
    end(q, r, rc, &e);
}
