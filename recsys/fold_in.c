/* fold_in.c - see fold_in.h. */
#include "recsys/fold_in.h"
#include "core/map.h"
#include "index/segment.h"
#include "recsys/als_exact.h"
#include <cblas.h>
#include <stdlib.h>
#include <xxhash.h>

static const char magic[] = "SGFOLD01";
enum { FACTORS_MAX = 512, AHEAD = 12 };
enum { V_FACTORS, V_USERS, V_ITEMS, V_WEIGHTING, V_UNOBSERVED, V_REGULARISATION, V_POWER };

struct side { /* the fixed one */
    size_t rows;
    float *gram; /* a Y'Y, lower triangle by columns */
};
struct sg_fold_in {
    struct sg_als_loss loss;
    size_t d;
    struct side users, items;
};
struct sg_fold_in_scratch {
    struct sg_exact exact;
};

static uint64_t bits_of(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static float float_of(uint64_t value)
{
    uint32_t bits = (uint32_t)value;
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static void gram_of(float *gram, const float *rows, size_t n, size_t d, float a)
{
    memset(gram, 0, d * d * sizeof *gram);
    if (n)
        cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)d, (int)n, a, rows, (int)d, 0,
                    gram, (int)d);
}

int sg_fold_in_write(const char *path, const struct sg_fold_in_source *s, struct sg_error *e)
{
    struct sg_segment_writer w;
    size_t cells = s->factors * s->factors;
    if (s->factors < 1 || s->factors > FACTORS_MAX || s->n_users > INT32_MAX ||
        s->n_items > INT32_MAX)
        return sg_fail(e, SG_EINVAL, "fold-in: %zu factors, expected 1 to %d", s->factors,
                       FACTORS_MAX);
    float *grams = malloc(2 * cells * sizeof *grams);
    if (!grams)
        return sg_fail(e, SG_ENOMEM, "%s", path);
    gram_of(grams, s->items, s->n_items, s->factors, s->loss.unobserved);
    gram_of(grams + cells, s->users, s->n_users, s->factors, s->loss.unobserved);
    uint64_t sum = XXH3_64bits(grams, 2 * cells * sizeof *grams);
    int rc = sg_segment_create(&w, path, magic, e);
    if (!rc) {
        const uint64_t value[] = {s->factors,
                                  s->n_users,
                                  s->n_items,
                                  s->loss.weighting,
                                  bits_of(s->loss.unobserved),
                                  bits_of(s->loss.regularisation),
                                  bits_of(s->loss.power)};
        memcpy(w.header.value, value, sizeof value);
        sg_segment_begin(&w, 0);
        sg_segment_put(&w, grams, cells * sizeof *grams);
        sg_segment_begin(&w, 1);
        sg_segment_put(&w, grams + cells, cells * sizeof *grams);
        sg_segment_begin(&w, 2);
        sg_segment_put(&w, &sum, sizeof sum);
        rc = sg_segment_commit(&w, e);
    }
    free(grams);
    return rc;
}

static bool good_loss(const struct sg_als_loss *l)
{
    return (unsigned)l->weighting < SG_WEIGHTINGS && isfinite(l->unobserved) &&
           l->unobserved >= 0 && isfinite(l->regularisation) && l->regularisation >= 0 &&
           isfinite(l->power);
}

static int read_values(struct sg_fold_in *f, const struct sg_segment *g, struct sg_error *e)
{
    if (g->value[V_FACTORS] < 1 || g->value[V_FACTORS] > FACTORS_MAX ||
        g->value[V_USERS] > INT32_MAX || g->value[V_ITEMS] > INT32_MAX ||
        g->value[V_WEIGHTING] >= SG_WEIGHTINGS)
        return sg_fail(e, SG_ECORRUPT, "a number in the header is out of its bounds");
    f->d = g->value[V_FACTORS];
    f->users.rows = g->value[V_USERS];
    f->items.rows = g->value[V_ITEMS];
    f->loss = (struct sg_als_loss){.weighting = (enum sg_als_weighting)g->value[V_WEIGHTING],
                                   .unobserved = float_of(g->value[V_UNOBSERVED]),
                                   .regularisation = float_of(g->value[V_REGULARISATION]),
                                   .power = float_of(g->value[V_POWER])};
    size_t bytes = f->d * f->d * sizeof(float);
    if (g->section[0].n != bytes || g->section[1].n != bytes || g->section[2].n != sizeof(uint64_t))
        return sg_fail(e, SG_ECORRUPT, "sections do not fit together");
    return good_loss(&f->loss) ? 0 : sg_fail(e, SG_ECORRUPT, "a parameter is out of its bounds");
}

static int read_grams(struct sg_fold_in *f, const struct sg_segment *g, struct sg_error *e)
{
    size_t cells = f->d * f->d, bytes = cells * sizeof(float);
    float *grams = malloc(2 * bytes);
    if (!grams)
        return sg_fail(e, SG_ENOMEM, "fold-in");
    f->items.gram = grams;
    f->users.gram = grams + cells;
    memcpy(f->items.gram, g->section[0].p, bytes);
    memcpy(f->users.gram, g->section[1].p, bytes);
    if (XXH3_64bits(grams, 2 * bytes) != sg_load64(g->section[2].p))
        return sg_fail(e, SG_ECORRUPT, "checksum differs");
    return 0;
}

int sg_fold_in_parse(struct sg_fold_in **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment segment;
    struct sg_fold_in *f = calloc(1, sizeof *f);
    if (!f)
        return sg_fail(e, SG_ENOMEM, "fold-in");
    int rc = sg_segment_parse(&segment, bytes, magic, e);
    if (!rc)
        rc = read_values(f, &segment, e);
    if (!rc)
        rc = read_grams(f, &segment, e);
    if (rc) {
        sg_fold_in_close(f);
        return rc;
    }
    openblas_set_num_threads(1); /* one row is one thread's work */
    *out = f;
    return 0;
}

int sg_fold_in_open(struct sg_fold_in **out, const char *path, struct sg_error *e)
{
    struct sg_map m;
    int rc = sg_map_open(&m, path, sizeof(struct sg_segment_header), e);
    if (rc)
        return rc;
    rc = sg_fold_in_parse(out, (struct sg_str){(const char *)m.p, m.n}, e);
    sg_map_close(&m);
    if (rc)
        (void)sg_wrap(e, "%s", path);
    return rc;
}

void sg_fold_in_close(struct sg_fold_in *f)
{
    if (f)
        free(f->items.gram); /* both */
    free(f);
}

size_t sg_fold_in_factors(const struct sg_fold_in *f)
{
    return f->d;
}

int sg_fold_in_scratch_new(struct sg_fold_in_scratch **out, const struct sg_fold_in *f,
                           struct sg_error *e)
{
    struct sg_fold_in_scratch *s = calloc(1, sizeof *s);
    if (!s || !sg_exact_init(&s->exact, f->d)) {
        sg_fold_in_scratch_free(s);
        return sg_fail(e, SG_ENOMEM, "fold-in");
    }
    *out = s;
    return 0;
}

void sg_fold_in_scratch_free(struct sg_fold_in_scratch *s)
{
    if (s)
        sg_exact_fini(&s->exact);
    free(s);
}

static bool all_finite(const float *v, size_t n)
{
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good &= isfinite(v[i]) != 0;
    return good;
}

/* Rows lie anywhere in a large file: asked for some plays ahead. */
static void fetch(const float *row, size_t d)
{
    for (size_t i = 0; row && i < d; i += 16)
        __builtin_prefetch(row + i);
}

static int solve(const struct sg_fold_in *f, const struct side *fixed, struct sg_exact *s,
                 const float *const *rows, const float *weight, size_t n, float *out,
                 struct sg_error *e)
{
    size_t known = 0;
    sg_exact_begin(s, fixed->gram);
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            fetch(rows[i + AHEAD], f->d);
        if (!rows[i])
            continue;
        if (!isfinite(weight[i]))
            return sg_fail(e, SG_EINVAL, "fold-in: weight %zu is no finite number", i + 1);
        sg_exact_add(s, rows[i], sg_als_confidence(&f->loss, weight[i]), weight[i] > 0);
        known++;
    }
    memset(out, 0, f->d * sizeof *out);
    if (!known)
        return 0;
    if (!sg_exact_solve(s, sg_als_ridge(&f->loss, known, fixed->rows), out) ||
        !all_finite(out, f->d)) {
        memset(out, 0, f->d * sizeof *out);
        return sg_fail(e, SG_EINVAL, "fold-in: the factors have no solution");
    }
    return 0;
}

int sg_fold_in_user(const struct sg_fold_in *f, struct sg_fold_in_scratch *s,
                    const float *const *items, const float *weight, size_t n, float *out,
                    struct sg_error *e)
{
    return solve(f, &f->items, &s->exact, items, weight, n, out, e);
}

int sg_fold_in_item(const struct sg_fold_in *f, struct sg_fold_in_scratch *s,
                    const float *const *users, const float *weight, size_t n, float *out,
                    struct sg_error *e)
{
    return solve(f, &f->users, &s->exact, users, weight, n, out, e);
}
