/* read_many.c - up to a hundred songs at once: see read.h. */
#include "api/catalogue/read_inside.h"
#include "api/join.h"
#include "api/problem.h"
#include "schemas/catalogue.h"

/* One song of the list. */
struct one {
    uint64_t song_id;
    struct sg_str value; /* none: not there (yet) */
    bool stale, known;
};
struct many {
    struct sg_arena *arena;
    struct one *v;
    size_t n;
    uint64_t lsn; /* what the caller needs */
};

static void found(void *ctx, uint64_t song_id, struct sg_str value)
{
    struct many *m = ctx;
    struct sg_str copy = SG_STR_NONE;
    for (size_t i = 0; i < m->n; i++)
        if (m->v[i].song_id == song_id && (!m->v[i].known || m->v[i].stale)) {
            copy = copy.p ? copy : sg_arena_copy(m->arena, value);
            m->v[i] = (struct one){song_id, copy, false, true};
        }
}

static int look(struct sg_api *api, struct many *m, uint64_t *missing, size_t *n_missing,
                struct sg_error *e)
{
    struct sg_buf b = {0};
    struct song_value v;
    for (size_t i = 0; i < m->n; i++) {
        struct one *o = &m->v[i];
        sg_buf_reset(&b);
        enum sg_cache_found got = song_get(api, o->song_id, &b, &v);
        if (m->lsn > sg_cache_position(api->cache))
            got = got == SG_CACHE_FRESH || got == SG_CACHE_STALE ? SG_CACHE_STALE : SG_CACHE_MISS;
        o->known = got != SG_CACHE_MISS;
        o->stale = got == SG_CACHE_STALE;
        if (got == SG_CACHE_FRESH || o->stale)
            o->value = sg_arena_copy(m->arena, sg_buf_str(&b));
        if (!o->known || o->stale)
            missing[(*n_missing)++] = o->song_id;
    }
    bool failed = sg_buf_failed(&b);
    sg_buf_free(&b);
    return failed ? sg_fail(e, SG_ENOMEM, "songs") : 0;
}

/* What neither the cache nor the database could tell. */
static bool lacks(const struct many *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (!m->v[i].known)
            return true;
    return false;
}

/* all: what of it is told must come from the index. */
static int gather(struct sg_api *api, struct sg_http_request *q, const uint64_t *ids,
                  struct many *m, bool *all, struct sg_error *e)
{
    size_t n_missing = 0;
    *all = !song_database_has_all(api);
    if (*all)
        return 0;
    uint64_t *missing = sg_arena_array(q->arena, m->n + 1, sizeof *missing);
    m->arena = q->arena;
    m->v = sg_arena_array(q->arena, m->n + 1, sizeof *m->v);
    if (!m->v || !missing)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (size_t i = 0; i < m->n; i++)
        m->v[i].song_id = ids[i];
    m->lsn = sg_db_needs(api->db, q);
    int rc = look(api, m, missing, &n_missing, e);
    struct song_wanted w = {missing, n_missing, m->lsn, q->deadline_us};
    if (!rc && n_missing)
        rc = song_load(api, &w, q->arena, found, m, e);
    if (rc && song_may_be_old(rc)) {
        *all = lacks(m);
        rc = 0;
    }
    return rc;
}

/* Value i when it is for q. */
static bool pick(const struct sg_http_request *q, const struct many *m, size_t i,
                 struct sg_str market, struct song_value *v)
{
    return m->v[i].value.p && song_value_read(m->v[i].value, v) && song_is_for(q, v, market);
}

int sg_songs_read(struct sg_api *api, struct sg_http_request *q, const uint64_t *ids, size_t n,
                  struct sg_list *hits, struct sg_error *e)
{
    bool from_index = false;
    struct many m = {.n = n};
    struct song_value v;
    size_t k = 0;
    struct sg_str market = song_market_of(q);
    *hits = (struct sg_list){0};
    int rc = n ? gather(api, q, ids, &m, &from_index, e) : 0;
    if (rc || !n)
        return rc;
    if (from_index)
        return sg_api_lookup(api, q, SG_SONG, (uint64_t *)(uintptr_t)ids, n, hits, e);
    struct sg_hit *out = sg_arena_array(q->arena, n, sizeof *out);
    if (!out)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (size_t i = 0; i < n && !rc; i++)
        if (pick(q, &m, i, market, &v))
            rc = song_to_hit(&v, q->arena, &out[k++], e);
    if (!rc)
        *hits = (struct sg_list){out, k};
    return rc;
}

static void write_values(struct sg_http_request *q, struct sg_http_response *r,
                         const struct many *m)
{
    struct song_value v;
    bool first = true;
    struct sg_str market = song_market_of(q);
    sg_buf_puts(&r->body, "{\"songs\":[");
    for (size_t i = 0; i < m->n; i++)
        if (pick(q, m, i, market, &v)) {
            sg_buf_puts(&r->body, first ? "" : ",");
            sg_buf_str_put(&r->body, v.json);
            first = false;
        }
    sg_buf_puts(&r->body, "]}");
    r->content_type = "application/json";
}

static int write_hits(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                      const uint64_t *ids, size_t n, struct sg_error *e)
{
    struct sg_list hits;
    int rc = sg_api_lookup(api, q, SG_SONG, (uint64_t *)(uintptr_t)ids, n, &hits, e);
    if (rc)
        return rc;
    const struct sg_hit *h = hits.v;
    struct sg_song_view *v = sg_arena_array(q->arena, hits.n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (size_t i = 0; i < hits.n; i++)
        song_from_hit(&h[i], &v[i]);
    struct sg_song_views all = {{v, hits.n}};
    sg_api_answer(r, &sg_song_views_record, &all);
    return 0;
}

void sg_api_songs_by_id(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                        const uint64_t *ids, size_t n)
{
    struct sg_error e = SG_ERROR_INIT;
    bool from_index = false;
    struct many m = {.n = n};
    int rc = gather(api, q, ids, &m, &from_index, &e);
    if (!rc && from_index)
        rc = write_hits(api, q, r, ids, n, &e);
    else if (!rc)
        write_values(q, r, &m);
    if (rc)
        sg_problem(q, r, &e);
}
