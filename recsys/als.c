/* als.c - see als.h. */
#include "recsys/als.h"
#include "core/clock.h"
#include "core/service.h"
#include "recsys/als_checkpoint.h"
#include "recsys/als_kernel.h"
#include "recsys/als_sweep.h"
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* splitmix64 (Steele, Lea, Flood 2014): a number per (seed, i), so that no thread order matters. */
static uint64_t scramble(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Normal by the Box-Muller transform, standard deviation 1 / sqrt(factors). */
static void fill_normal(float *v, size_t rows, const struct sg_factors *f, uint64_t seed)
{
    double scale = 1 / sqrt((double)f->factors);
    for (size_t i = 0; i < rows * f->factors; i++) {
        double a = ((double)(scramble(seed ^ (2 * i)) >> 11) + 1) * 0x1p-53;
        double b = (double)(scramble(seed ^ (2 * i + 1)) >> 11) * 0x1p-53;
        v[i / f->factors * f->stride + i % f->factors] =
            (float)(scale * sqrt(-2 * log(a)) * cos(2 * M_PI * b));
    }
}

/* Zeros, in large pages where there are any: rows are read in no order at all. */
static float *rows_new(size_t rows, size_t stride)
{
    enum { HUGE_PAGE = 2 << 20 };
    size_t bytes = rows * stride * sizeof(float);
    if (bytes < HUGE_PAGE)
        return calloc(rows * stride + 1, sizeof(float));
    float *v = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    if (v) {
        (void)madvise(v, bytes, MADV_HUGEPAGE);
        memset(v, 0, bytes);
    }
    return v;
}

static void compact(float *rows, size_t n, const struct sg_factors *f)
{
    for (size_t i = 1; f->stride != f->factors && i < n; i++)
        memmove(rows + i * f->factors, rows + i * f->stride, f->factors * sizeof *rows);
}

static int sweep(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_factors *f, struct sg_error *e)
{
    struct sg_half_sweep items = {o, &x->items, f->users, x->users.n, f->stride, f->items};
    struct sg_half_sweep users = {o, &x->users, f->items, x->items.n, f->stride, f->users};
    int rc = sg_half_sweep(&items, e);
    return rc ? rc : sg_half_sweep(&users, e);
}

static int sweep_all(const struct sg_interactions *x, const struct sg_als_options *o,
                     struct sg_factors *f, int done, struct sg_error *e)
{
    int64_t kept_us = sg_now_us();
    int rc = 0;
    for (int i = done; i < o->sweeps && !rc; i++) {
        rc = sweep(x, o, f, e);
        bool stop = sg_stopping();
        if (!rc && o->checkpoint && (stop || sg_now_us() - kept_us >= o->checkpoint_every_us)) {
            rc = sg_als_checkpoint_write(o->checkpoint, x, o, f, i + 1, e);
            kept_us = sg_now_us();
        }
        if (!rc && stop)
            return sg_fail(e, SG_ECANCELED, "training was stopped");
        if (!rc && o->progress)
            o->progress(o->ctx, i + 1, o->sweeps);
        if (!rc && o->enough && o->enough(o->ctx, f, i + 1))
            break;
    }
    return rc;
}

static int check(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_error *e)
{
    if (o->factors < 1 || o->factors > 512 || x->items.n > INT32_MAX || x->users.n > INT32_MAX)
        return sg_fail(e, SG_EINVAL, "factors %zu: expected 1 to 512", o->factors);
    if (o->solver == SG_ALS_CONJUGATE && o->steps < 1)
        return sg_fail(e, SG_EINVAL, "steps %d: expected 1 or more", o->steps);
    return 0;
}

int sg_als_train(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_factors *out, struct sg_error *e)
{
    int rc = check(x, o, e), done = 0;
    if (rc)
        return rc;
    struct sg_factors f = {.factors = o->factors};
    f.stride = (o->factors + SG_ALS_PAD - 1) / SG_ALS_PAD * SG_ALS_PAD;
    f.users = rows_new(x->users.n, f.stride);
    f.items = rows_new(x->items.n, f.stride);
    if (!f.users || !f.items) {
        rc = sg_fail(e, SG_ENOMEM, "factors");
        goto done;
    }
    openblas_set_num_threads(1); /* the rows are what is shared out */
    if (o->checkpoint)
        done = sg_als_checkpoint_read(o->checkpoint, x, o, &f);
    if (!done)
        fill_normal(f.users, x->users.n, &f, scramble(o->seed));
    rc = x->n ? sweep_all(x, o, &f, done, e) : 0;
done:
    if (rc) {
        sg_factors_free(&f);
        return rc;
    }
    if (o->checkpoint)
        sg_als_checkpoint_remove(o->checkpoint);
    compact(f.users, x->users.n, &f);
    compact(f.items, x->items.n, &f);
    f.stride = f.factors;
    *out = f;
    return 0;
}

void sg_factors_free(struct sg_factors *f)
{
    free(f->users);
    free(f->items);
    *f = (struct sg_factors){0};
}
