/* edit.c - see edit.h. */
#include "api/catalogue/edit.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/part.h"
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"
#include "api/params.h"
#include "api/problem.h"
#include "api/route.h"

bool sg_edit_has(const struct sg_edit *x, const char *field)
{
    return sg_part_has(x->kind->change, x->seen, field);
}

/* One row of the id, or SG_ENOENT. */
static int find(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_edit_kind *kind,
                const struct sg_pg_statement *s, uint64_t id, PGresult **rows, struct sg_error *e)
{
    int rc = sg_tx_run(tx, s, (const char *const[]){sg_sql_u64(a, id)}, rows, e);
    if (!rc && !PQntuples(*rows))
        rc = sg_fail(e, SG_ENOENT, "there is no %s %llu", sg_kind_names[kind->kind],
                     (unsigned long long)id);
    return rc;
}

int sg_edit_lock(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_edit_kind *kind,
                 uint64_t id, struct sg_edit_head *out, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = find(tx, a, kind, &kind->lock, id, &r, e);
    if (!rc)
        *out =
            (struct sg_edit_head){sg_row_u64(r, 0, 0), sg_row_u64(r, 0, 1), sg_row_bool(r, 0, 2)};
    PQclear(r);
    return rc;
}

int sg_edit_hold(struct sg_db_tx *tx, struct sg_http_request *q, const struct sg_edit_kind *kind,
                 uint64_t id, struct sg_error *e)
{
    struct sg_edit_head head;
    int rc = sg_edit_lock(tx, q->arena, kind, id, &head, e);
    if (!rc)
        rc = sg_catalogue_edit_check(q, head.owner, head.hidden, sg_kind_names[kind->kind], id, e);
    return rc ? rc : sg_etag_check(q, head.version, e);
}

int sg_edit_read(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_edit_kind *kind,
                 uint64_t id, void *out, uint64_t *version, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = find(tx, a, kind, &kind->read, id, &r, e);
    if (!rc)
        rc = sg_row_record(r, 0, 0, kind->thing, a, out, e);
    if (!rc)
        *version = sg_row_u64(r, 0, 1);
    PQclear(r);
    return rc;
}

int sg_edit_insert(struct sg_db_tx *tx, const struct sg_pg_statement *insert,
                   const char *const *params, uint64_t *id, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, insert, params, &r, e);
    if (!rc)
        *id = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

static int read_thing(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    return sg_edit_read(tx, x->q->arena, x->kind, x->id, x->thing, &x->version, e);
}

static int put_extras(struct sg_db_tx *tx, struct sg_edit *x, bool markets, bool aliases,
                      struct sg_error *e)
{
    struct sg_extras in = x->kind->extras(x->thing);
    struct sg_arena *a = x->q->arena;
    int rc =
        markets ? sg_markets_put(tx, a, x->kind->kind, x->id, &in, x->q->caller.user_id, e) : 0;
    return rc || !aliases ? rc : sg_aliases_put(tx, a, x->kind->kind, x->id, &in, e);
}

static int create(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct sg_edit *x = ctx;
    memcpy(x->thing, x->wanted, x->kind->thing->size);
    struct sg_extras in = x->kind->extras(x->thing);
    int rc = x->kind->insert(tx, x, e);
    if (!rc)
        rc = put_extras(tx, x, in.markets.n, in.aliases.n, e);
    return rc ? rc : read_thing(tx, x, e);
}

/* What the body changes is laid over what there is; nothing is written when that is all the same.
 */
static int update(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct sg_edit *x = ctx;
    int rc = sg_edit_hold(tx, x->q, x->kind, x->id, e);
    if (!rc)
        rc = read_thing(tx, x, e);
    if (!rc && x->kind->align)
        rc = x->kind->align(x, e);
    if (rc)
        return rc;
    memcpy(x->was, x->thing, x->kind->thing->size);
    if (sg_part_lay(x->kind->change, x->wanted, x->seen, x->thing)) {
        bool markets = sg_edit_has(x, "markets") || sg_edit_has(x, "markets_excluded");
        rc = x->kind->update(tx, x, e);
        if (!rc)
            rc = put_extras(tx, x, markets, sg_edit_has(x, "aliases"), e);
    }
    return rc ? rc : read_thing(tx, x, e);
}

static int remove_it(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct sg_edit *x = ctx;
    int rc = sg_edit_hold(tx, x->q, x->kind, x->id, e);
    return rc ? rc : x->kind->remove(tx, x, e);
}

static int begin(struct sg_edit *x, struct sg_error *e)
{
    size_t size = x->kind->thing->size;
    x->wanted = sg_arena_alloc(x->q->arena, size);
    x->was = sg_arena_alloc(x->q->arena, size);
    x->thing = sg_arena_alloc(x->q->arena, size);
    return x->wanted && x->was && x->thing ? 0 : sg_fail(e, SG_ENOMEM, "an edit");
}

static void answer(struct sg_edit *x, struct sg_http_response *r)
{
    sg_api_answer(r, x->kind->thing, x->thing);
    sg_etag_put(x->q, r, x->version);
}

void sg_edit_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    const struct sg_edit_kind *kind)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_edit x = {.kind = kind, .q = q};
    int rc = begin(&x, &e);
    if (!rc)
        rc = sg_record_from_json(kind->made, q->body, q->arena, x.wanted, &e);
    if (!rc)
        rc = kind->check(q->arena, x.wanted, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, create, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    kind->forget(api, x.id); /* somebody may have asked for the id before */
    answer(&x, r);
    sg_http_header(r, "Location",
                   sg_arena_printf(q->arena, "/api/v1/%ss/%llu", sg_kind_names[kind->kind],
                                   (unsigned long long)x.id));
}

/* A change that clears the name. */
static int check_name(const struct sg_edit *x, struct sg_error *e)
{
    const char *name = x->kind->name;
    const struct sg_field *f = sg_record_field(x->kind->change, name);
    const struct sg_str *text = (const void *)((const char *)x->wanted + f->offset);
    if (!sg_edit_has(x, name) || text->p)
        return 0;
    return sg_fail_field(e, name, "%s: cannot be cleared", name);
}

void sg_edit_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    const struct sg_edit_kind *kind)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_edit x = {.kind = kind, .q = q, .id = sg_route_id(q, 0)};
    int rc = begin(&x, &e);
    if (!rc)
        rc = sg_record_from_json_part(kind->change, q->body, q->arena, x.wanted, &x.seen, &e);
    if (!rc)
        rc = check_name(&x, &e);
    if (!rc)
        rc = kind->check(q->arena, x.wanted, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, update, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    kind->forget(api, x.id);
    answer(&x, r);
}

void sg_edit_remove(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    const struct sg_edit_kind *kind, bool keep_songs)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_edit x = {.kind = kind, .q = q, .id = sg_route_id(q, 0), .keep_songs = keep_songs};
    if (sg_db_transact(api->db, q, remove_it, &x, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    kind->forget(api, x.id);
    r->status = 204;
}
