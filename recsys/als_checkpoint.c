/* als_checkpoint.c - see als_checkpoint.h. */
#include "recsys/als_checkpoint.h"
#include "core/log.h"
#include "core/map.h"
#include "index/segment.h"
#include <unistd.h>
#include <xxhash.h>

static const char magic[] = "SGALSCK1";
enum { V_FINGERPRINT, V_DONE, V_USERS, V_ITEMS, V_STRIDE, V_SUM };
enum { SWEEPS_MAX = 100000, STRIDE_MAX = 512 };

static uint64_t side_sum(const struct sg_side *s, size_t n, uint64_t seed)
{
    seed = XXH3_64bits_withSeed(s->id, s->n * sizeof *s->id, seed);
    seed = XXH3_64bits_withSeed(s->start, s->n * sizeof *s->start, seed);
    seed = XXH3_64bits_withSeed(s->other, n * sizeof *s->other, seed);
    return XXH3_64bits_withSeed(s->weight, n * sizeof *s->weight, seed);
}

uint64_t sg_als_fingerprint(const struct sg_interactions *x, const struct sg_als_options *o)
{
    const float loss[] = {o->loss.unobserved, o->loss.regularisation, o->loss.power};
    const uint64_t whole[] = {o->factors,        o->seed,    o->solver, (uint64_t)o->steps,
                              o->loss.weighting, x->users.n, x->items.n};
    uint64_t sum = XXH3_64bits(loss, sizeof loss);
    sum = XXH3_64bits_withSeed(whole, sizeof whole, sum);
    sum = side_sum(&x->users, x->n, sum);
    return XXH3_64bits_withSeed(x->items.id, x->items.n * sizeof *x->items.id, sum);
}

static uint64_t rows_sum(const void *users, size_t users_bytes, const void *items,
                         size_t items_bytes)
{
    return XXH3_64bits_withSeed(items, items_bytes, XXH3_64bits(users, users_bytes));
}

int sg_als_checkpoint_write(const char *path, const struct sg_interactions *x,
                            const struct sg_als_options *o, const struct sg_factors *f, int done,
                            struct sg_error *e)
{
    struct sg_segment_writer w;
    size_t users = x->users.n * f->stride * sizeof(float);
    size_t items = x->items.n * f->stride * sizeof(float);
    int rc = sg_segment_create(&w, path, magic, e);
    if (rc)
        return rc;
    const uint64_t value[] = {sg_als_fingerprint(x, o),
                              (uint64_t)done,
                              x->users.n,
                              x->items.n,
                              f->stride,
                              rows_sum(f->users, users, f->items, items)};
    memcpy(w.header.value, value, sizeof value);
    sg_segment_begin(&w, 0);
    sg_segment_put(&w, f->users, users);
    sg_segment_begin(&w, 1);
    sg_segment_put(&w, f->items, items);
    return sg_segment_commit(&w, e);
}

int sg_als_checkpoint_parse(struct sg_als_checkpoint *out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, magic, e);
    if (rc)
        return rc;
    if (g.value[V_DONE] < 1 || g.value[V_DONE] > SWEEPS_MAX || g.value[V_USERS] > INT32_MAX ||
        g.value[V_ITEMS] > INT32_MAX || g.value[V_STRIDE] < 1 || g.value[V_STRIDE] > STRIDE_MAX)
        return sg_fail(e, SG_ECORRUPT, "a number in the header is out of its bounds");
    if (g.section[0].n != g.value[V_USERS] * g.value[V_STRIDE] * sizeof(float) ||
        g.section[1].n != g.value[V_ITEMS] * g.value[V_STRIDE] * sizeof(float))
        return sg_fail(e, SG_ECORRUPT, "rows of another size than told");
    if (rows_sum(g.section[0].p, g.section[0].n, g.section[1].p, g.section[1].n) != g.value[V_SUM])
        return sg_fail(e, SG_ECORRUPT, "checksum of the rows differs");
    *out = (struct sg_als_checkpoint){
        g.value[V_FINGERPRINT], (int)g.value[V_DONE], g.value[V_USERS], g.value[V_ITEMS],
        g.value[V_STRIDE],      g.section[0],         g.section[1]};
    return 0;
}

static int take_up(const struct sg_map *m, const struct sg_interactions *x,
                   const struct sg_als_options *o, struct sg_factors *f, int *done,
                   struct sg_error *e)
{
    struct sg_als_checkpoint c;
    int rc = sg_als_checkpoint_parse(&c, (struct sg_str){(const char *)m->p, m->n}, e);
    if (rc)
        return rc;
    if (c.fingerprint != sg_als_fingerprint(x, o) || c.users != x->users.n ||
        c.items != x->items.n || c.stride != f->stride)
        return sg_fail(e, SG_EINVAL, "it is of other plays or options");
    memcpy(f->users, c.user_rows.p, c.user_rows.n);
    memcpy(f->items, c.item_rows.p, c.item_rows.n);
    *done = c.done;
    return 0;
}

int sg_als_checkpoint_read(const char *path, const struct sg_interactions *x,
                           const struct sg_als_options *o, struct sg_factors *f)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_map m;
    int done = 0;
    int rc = sg_map_open(&m, path, sizeof(struct sg_segment_header), &e);
    if (!rc) {
        rc = take_up(&m, x, o, f, &done, &e);
        sg_map_close(&m);
    }
    if (rc && rc != SG_ENOENT)
        sg_log(SG_LOG_WARN, "the checkpoint is not used, training begins anew", "path=%s error=%s",
               path, e.text);
    return done;
}

void sg_als_checkpoint_remove(const char *path)
{
    (void)unlink(path);
}
