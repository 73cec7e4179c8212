/* recent.c - see parts.h. A table of places; whoever comes later to a taken one has it. */
#include "api/search_log/parts.h"
#include "core/clock.h"
#include <stdlib.h>
#include <time.h>

#define PLACES   16384
#define BYTES    (32u << 20) /* of all texts: beyond, places are emptied in turn */
#define FRESH_US 60000000    /* another API may have added or forgotten since */
#define TYPING   15000000    /* a search that goes on within this replaces its beginning */

struct entry {
    int64_t at_us;
    uint16_t q_n, folded_n;
    char text[]; /* q, folded */
};
struct place {
    uint64_t user_id;
    int64_t loaded_us; /* 0: not yet */
    size_t n;
    struct entry *v[RECENT_KEPT]; /* newest first */
};
struct recent_cache {
    pthread_mutex_t lock;
    size_t bytes, hand; /* the place emptied next */
    struct place *v[PLACES];
};

struct recent_cache *recent_open(void)
{
    struct recent_cache *c = calloc(1, sizeof *c);
    if (c)
        pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void drop(struct recent_cache *c, struct entry *x)
{
    c->bytes -= sizeof *x + x->q_n + x->folded_n;
    free(x);
}

static void empty(struct recent_cache *c, struct place *p)
{
    while (p->n)
        drop(c, p->v[--p->n]);
}

/* Whoever asks for a place that was emptied has it read again. */
static void make_room(struct recent_cache *c)
{
    while (c->bytes > BYTES) {
        struct place *p = c->v[c->hand++ % PLACES];
        if (!p)
            continue;
        empty(c, p);
        p->loaded_us = 0;
    }
}

void recent_close(struct recent_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < PLACES; i++)
        if (c->v[i]) {
            empty(c, c->v[i]);
            free(c->v[i]);
        }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* The user's place; NULL: somebody else's or nobody's, unless take. */
static struct place *place_of(struct recent_cache *c, uint64_t user_id, bool take)
{
    struct place **at = &c->v[(user_id * 0x9e3779b97f4a7c15u >> 40) % PLACES];
    if (!*at && take)
        *at = calloc(1, sizeof **at);
    struct place *p = *at;
    if (!p || p->user_id == user_id)
        return p;
    if (!take)
        return NULL;
    empty(c, p);
    p->user_id = user_id;
    p->loaded_us = 0;
    return p;
}

static struct sg_str q_of(const struct entry *x)
{
    return (struct sg_str){x->text, x->q_n};
}

static struct sg_str folded_of(const struct entry *x)
{
    return (struct sg_str){x->text + x->q_n, x->folded_n};
}

static void take_out(struct recent_cache *c, struct place *p, size_t i)
{
    drop(c, p->v[i]);
    memmove(&p->v[i], &p->v[i + 1], (p->n - i - 1) * sizeof *p->v);
    p->n--;
}

static void take_out_folded(struct recent_cache *c, struct place *p, struct sg_str folded)
{
    for (size_t i = p->n; i-- > 0;)
        if (sg_str_eq(folded_of(p->v[i]), folded))
            take_out(c, p, i);
}

/* In its order of time, unless a newer one says the same. */
static void put(struct recent_cache *c, struct place *p, struct sg_str q, struct sg_str folded,
                int64_t at_us)
{
    size_t i = 0;
    for (size_t k = 0; k < p->n; k++)
        if (sg_str_eq(folded_of(p->v[k]), folded) && p->v[k]->at_us >= at_us)
            return;
    take_out_folded(c, p, folded);
    while (i < p->n && p->v[i]->at_us > at_us)
        i++;
    struct entry *x = i < RECENT_KEPT ? malloc(sizeof *x + q.n + folded.n) : NULL;
    if (!x)
        return;
    *x = (struct entry){at_us, (uint16_t)q.n, (uint16_t)folded.n};
    memcpy(x->text, q.p, q.n);
    memcpy(x->text + q.n, folded.p, folded.n);
    if (p->n == RECENT_KEPT)
        drop(c, p->v[--p->n]);
    memmove(&p->v[i + 1], &p->v[i], (p->n - i) * sizeof *p->v);
    p->v[i] = x;
    p->n++;
    c->bytes += sizeof *x + q.n + folded.n;
}

static struct sg_str fold(char out[SG_TEXT_MAX], struct sg_str q)
{
    return (struct sg_str){out, sg_text_fold(out, SG_TEXT_MAX, q)};
}

void recent_add(struct recent_cache *c, uint64_t user_id, struct sg_str q, int64_t at_us)
{
    char text[SG_TEXT_MAX];
    struct sg_str folded = fold(text, q);
    if (!folded.n)
        return;
    pthread_mutex_lock(&c->lock);
    struct place *p = place_of(c, user_id, true);
    while (p && p->n && at_us - p->v[0]->at_us < TYPING &&
           sg_str_starts(folded, folded_of(p->v[0])))
        take_out(c, p, 0);
    if (p)
        put(c, p, q, folded, at_us);
    make_room(c);
    pthread_mutex_unlock(&c->lock);
}

static struct sg_str date(int64_t at_us, struct sg_arena *a)
{
    char text[32];
    time_t s = at_us / 1000000;
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return sg_arena_copy(a, sg_str(text));
}

bool recent_find(struct recent_cache *c, uint64_t user_id, struct sg_str folded,
                 struct sg_recent_search *out, size_t cap, size_t *n, struct sg_arena *a)
{
    *n = 0;
    pthread_mutex_lock(&c->lock);
    struct place *p = place_of(c, user_id, false);
    bool fresh = p && p->loaded_us && sg_now_us() - p->loaded_us < FRESH_US;
    for (size_t i = 0; p && i < p->n && *n < cap; i++) {
        if (!sg_str_starts(folded_of(p->v[i]), folded))
            continue;
        struct sg_recent_search x = {sg_arena_copy(a, q_of(p->v[i])), date(p->v[i]->at_us, a)};
        if (x.q.p && x.searched_at.p)
            out[(*n)++] = x;
    }
    pthread_mutex_unlock(&c->lock);
    return fresh;
}

const struct sg_pg_statement recent_statement = {
    "recent_searches",
    "SELECT query, folded, (extract(epoch FROM searched_at) * 1e6)::bigint "
    "FROM recent_searches WHERE user_id = $1::bigint ORDER BY searched_at DESC LIMIT 50",
    1};

void recent_take(struct recent_cache *c, uint64_t user_id, const PGresult *r)
{
    pthread_mutex_lock(&c->lock);
    struct place *p = place_of(c, user_id, true);
    for (int i = 0; p && i < PQntuples(r); i++) {
        int64_t at_us = 0;
        sg_str_to_i64(sg_str(PQgetvalue(r, i, 2)), &at_us);
        put(c, p, sg_str(PQgetvalue(r, i, 0)), sg_str(PQgetvalue(r, i, 1)), at_us);
    }
    if (p)
        p->loaded_us = sg_now_us();
    make_room(c);
    pthread_mutex_unlock(&c->lock);
}

int recent_load(struct recent_cache *c, uint64_t user_id, PGconn *pg, struct sg_error *e)
{
    char id[24];
    const char *params[] = {id};
    PGresult *r = NULL;
    snprintf(id, sizeof id, "%llu", (unsigned long long)user_id);
    int rc = sg_pg_run(pg, &recent_statement, params, &r, e);
    if (!rc)
        recent_take(c, user_id, r);
    PQclear(r);
    return rc;
}

void recent_forget(struct recent_cache *c, uint64_t user_id, struct sg_str q)
{
    char text[SG_TEXT_MAX];
    struct sg_str folded = fold(text, q);
    pthread_mutex_lock(&c->lock);
    struct place *p = place_of(c, user_id, true);
    if (p && q.p)
        take_out_folded(c, p, folded);
    else if (p) {
        empty(c, p);
        p->loaded_us = sg_now_us();
    }
    pthread_mutex_unlock(&c->lock);
}
