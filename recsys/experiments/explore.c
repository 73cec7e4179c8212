/* explore.c - which new song is tried: Thompson sampling (Thompson, Biometrika 1933; Chapelle
 * and Li, NIPS 2011) over what is known of each. */
#include "recsys/experiments/draw.h"
#include "recsys/experiments/parts.h"
#include <stdlib.h>

#define DAYS     "30"
#define ARMS_MAX (1u << 21)

static struct arm *place(const struct arms *t, uint64_t song_id)
{
    size_t i = (size_t)(song_id * 0x9e3779b97f4a7c15u >> 20) & (t->cap - 1);
    while (t->v[i].song_id && t->v[i].song_id != song_id)
        i = (i + 1) & (t->cap - 1);
    return &t->v[i];
}

void arms_free(struct arms *t)
{
    free(t->v);
    *t = (struct arms){0};
}

static bool grow(struct arms *t)
{
    struct arms bigger = {.n = t->n, .cap = t->cap ? t->cap * 2 : 256};
    bigger.v = bigger.cap <= ARMS_MAX ? calloc(bigger.cap, sizeof *bigger.v) : NULL;
    if (!bigger.v)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->v[i].song_id)
            *place(&bigger, t->v[i].song_id) = t->v[i];
    free(t->v);
    *t = bigger;
    return true;
}

struct arm *arms_put(struct arms *t, uint64_t song_id)
{
    if (!song_id || (4 * (t->n + 1) > 3 * t->cap && !grow(t)))
        return NULL;
    struct arm *a = place(t, song_id);
    if (!a->song_id) {
        a->song_id = song_id;
        t->n++;
    }
    return a;
}

const struct arm *arms_find(const struct arms *t, uint64_t song_id)
{
    struct arm *a = t->cap ? place(t, song_id) : NULL;
    return a && a->song_id ? a : NULL;
}

int arms_read(struct arms *t, PGconn *c, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_pg_exec(c, "SELECT song_id, exposures, plays FROM segue_explored(" DAYS ")", 0,
                        NULL, &r, e);
    if (rc)
        return rc;
    for (int i = 0; i < PQntuples(r); i++) {
        uint64_t id = 0, exposures = 0, plays = 0;
        sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &id);
        sg_str_to_u64(sg_str(PQgetvalue(r, i, 1)), &exposures);
        sg_str_to_u64(sg_str(PQgetvalue(r, i, 2)), &plays);
        struct arm *a = arms_put(t, id);
        if (a)
            *a = (struct arm){id, (uint32_t)exposures, (uint32_t)plays};
    }
    PQclear(r);
    return 0;
}

size_t arms_pick(const struct arms *t, const uint64_t *candidates, size_t n, uint64_t seed)
{
    struct draw d = {seed};
    size_t best = SIZE_MAX;
    double best_draw = -1;
    for (size_t i = 0; i < n; i++) {
        const struct arm *a = arms_find(t, candidates[i]);
        double plays = a ? a->plays : 0, exposures = a ? a->exposures : 0;
        double missed = exposures > plays ? exposures - plays : 0;
        double x = draw_beta(&d, 1 + plays, 1 + missed);
        if (x > best_draw) {
            best_draw = x;
            best = i;
        }
    }
    return best;
}
