/* graph.c - a low-pass filter on the graph of users and items: who played what I played, and
 * what else they played, plus the lowest frequencies of that graph, which reach further.
 *
 *   score(r) = r D^-s X' U^-u X D^-t / f  +  l  r D^-c V diag(sigma^p) V' D^c / g
 *
 * U, D: the users' and items' degrees (sums of weights); V, sigma: of U^-1/2 X D^-1/2
 * (spectrum.h); f, g: what brings both terms to unit deviation over users of the training.
 * With s = t = c = 1/2, u = 1, p = 0 it is GF-CF (Shen et al., "How Powerful is Graph
 * Convolution for Recommendation?", CIKM 2021); exponents of their own, as in Peng et al.,
 * "How Powerful is Graph Filtering for Recommendation" (KDD 2024), are what helps most.
 *
 * Memory: 4 bytes x items x factors, three times that (and of users) while fitting.
 */
#include "recsys/models/spectrum.h"
#include "recsys/parallel.h"
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USER, SOURCE, TARGET, FACTORS, SPECTRAL, POWER };
static const struct sg_param params[] = {
    {"user", 0.6, 0, 2, "exponent of the users' degrees (u)"},
    {"source", 0.7, 0, 2, "of the degrees of items played (s)"},
    {"target", 0.3, -1, 2, "of the degrees of items scored (t)"},
    {"factors", 512, 0, 4096, "lowest frequencies; 0: none"},
    {"spectral", 0.25, 0, 100, "their weight (l)"},
    {"power", 0, -4, 4, "exponent of their singular values (p)"},
    {0},
};
enum { SAMPLE = 256 };

struct graph {
    const struct sg_interactions *x;
    float *user, *source, *target; /* two hops: D^-s, U^-u, D^-t */
    float *inner;                  /* D^-2c: what turns the kept vectors into the incoming ones */
    struct sg_spectrum spectrum;   /* vectors: D^c V */
    float *gain;                   /* l sigma^p / g */
};

static float *degrees_to(const struct sg_side *side, double exponent)
{
    float *d = malloc((side->n + 1) * sizeof *d);
    for (size_t r = 0; d && r < side->n; r++) {
        double sum = 0;
        for (size_t k = side->start[r]; k < side->start[r + 1]; k++)
            sum += (double)side->weight[k];
        d[r] = sum > 0 ? (float)pow(sum, exponent) : 0;
    }
    return d;
}

/* o: zeroed, one row. b: of the users. */
static void two_hops(const struct graph *g, const struct sg_row *row, struct sg_bench *b, float *o)
{
    const struct sg_side *users = &g->x->users, *items = &g->x->items;
    size_t touched = 0;
    for (size_t i = 0; i < row->n; i++) {
        float w = row->weight[i] * g->source[row->item[i]];
        for (size_t k = items->start[row->item[i]]; k < items->start[row->item[i] + 1]; k++) {
            uint32_t user = items->other[k];
            touched = sg_bench_add(b, touched, user, w * items->weight[k]);
        }
    }
    for (size_t t = 0; t < touched; t++) {
        uint32_t user = b->touched[t];
        float w = b->sum[user] * g->user[user];
        b->sum[user] = 0;
        for (size_t k = users->start[user]; k < users->start[user + 1]; k++)
            o[users->other[k]] += w * users->weight[k];
    }
    for (size_t i = 0; i < items->n; i++)
        o[i] *= g->target[i];
}

static int add_spectral(const struct graph *g, const struct sg_row *rows, size_t n, float *out)
{
    size_t k = g->spectrum.k, items = g->x->items.n;
    float *c = calloc(n * k + 1, sizeof *c);
    if (!c)
        return SG_ENOMEM;
    for (size_t r = 0; r < n; r++) {
        float *row = c + r * k;
        for (size_t i = 0; i < rows[r].n; i++) {
            size_t item = rows[r].item[i];
            cblas_saxpy((int)k, rows[r].weight[i] * g->inner[item], g->spectrum.vector + item * k,
                        1, row, 1);
        }
        for (size_t f = 0; f < k; f++)
            row[f] *= g->gain[f];
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)items, (int)k, 1, c, (int)k,
                g->spectrum.vector, (int)k, 1, out, (int)items);
    free(c);
    return 0;
}

static int score(const void *state, const struct sg_row *rows, size_t n, float *out,
                 struct sg_error *e)
{
    const struct graph *g = state;
    struct sg_bench b;
    if (sg_bench_open(&b, g->x->users.n))
        return sg_fail(e, SG_ENOMEM, "graph");
    memset(out, 0, n * g->x->items.n * sizeof *out);
    for (size_t r = 0; r < n; r++)
        two_hops(g, &rows[r], &b, out + r * g->x->items.n);
    sg_bench_close(&b);
    return g->spectrum.k && add_spectral(g, rows, n, out) ? sg_fail(e, SG_ENOMEM, "graph") : 0;
}

static double deviation(const float *v, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)v[i];
        squares += (double)v[i] * (double)v[i];
    }
    double mean = sum / (double)n;
    return sqrt(fmax(squares / (double)n - mean * mean, 0));
}

/* Brings both terms to unit deviation on a sample of the training's users. */
static int balance(struct graph *g)
{
    size_t users = g->x->users.n, items = g->x->items.n, n = users < SAMPLE ? users : SAMPLE;
    double hops = 0, spectral = 0;
    struct sg_bench b;
    float *o = malloc((items + 1) * sizeof *o);
    if (!o || sg_bench_open(&b, users)) {
        free(o);
        return SG_ENOMEM;
    }
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        struct sg_row row = sg_row_of_user(g->x, i * users / n);
        memset(o, 0, items * sizeof *o);
        two_hops(g, &row, &b, o);
        hops += deviation(o, items) / (double)n;
        memset(o, 0, items * sizeof *o);
        rc = add_spectral(g, &row, 1, o);
        spectral += deviation(o, items) / (double)n;
    }
    for (size_t i = 0; i < items && hops > 0; i++)
        g->target[i] /= (float)hops;
    for (size_t k = 0; k < g->spectrum.k && spectral > 0; k++)
        g->gain[k] /= (float)spectral;
    sg_bench_close(&b);
    free(o);
    return rc;
}

static int fit_spectrum(struct graph *g, const struct sg_fit *f, const double *p,
                        struct sg_error *e)
{
    float *user = degrees_to(&f->x->users, -0.5), *item = degrees_to(&f->x->items, -0.5);
    int rc = user && item ? sg_spectrum_find(&g->spectrum, f, user, item, (size_t)p[FACTORS], e)
                          : sg_fail(e, SG_ENOMEM, "graph");
    size_t k = g->spectrum.k;
    for (size_t i = 0; !rc && i < f->x->items.n; i++)
        cblas_sscal((int)k, item[i] > 0 ? 1 / item[i] : 0, g->spectrum.vector + i * k, 1);
    g->gain = malloc((k + 1) * sizeof *g->gain);
    if (!rc && !g->gain)
        rc = sg_fail(e, SG_ENOMEM, "graph");
    for (size_t i = 0; !rc && i < k; i++)
        g->gain[i] = powf(g->spectrum.sigma[i], (float)p[POWER]);
    free(user);
    free(item);
    return rc;
}

static void free_state(void *state)
{
    struct graph *g = state;
    free(g->user);
    free(g->source);
    free(g->target);
    free(g->inner);
    free(g->gain);
    sg_spectrum_free(&g->spectrum);
    free(g);
}

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    (void)parts;
    struct graph *g = calloc(1, sizeof *g);
    if (!g)
        return sg_fail(e, SG_ENOMEM, "graph");
    g->x = f->x;
    g->user = degrees_to(&f->x->users, -p[USER]);
    g->source = degrees_to(&f->x->items, -p[SOURCE]);
    g->target = degrees_to(&f->x->items, -p[TARGET]);
    g->inner = degrees_to(&f->x->items, -1);
    int rc = g->user && g->source && g->target && g->inner ? 0 : sg_fail(e, SG_ENOMEM, "graph");
    if (!rc && p[FACTORS] >= 1 && p[SPECTRAL] > 0)
        rc = fit_spectrum(g, f, p, e);
    if (!rc && g->spectrum.k && balance(g))
        rc = sg_fail(e, SG_ENOMEM, "graph");
    for (size_t k = 0; !rc && k < g->spectrum.k; k++)
        g->gain[k] *= (float)p[SPECTRAL];
    if (rc)
        free_state(g);
    else
        *state = g;
    return rc;
}

const struct sg_model_kind sg_model_graph = {
    .name = "graph",
    .summary = "two hops through the users, and the lowest graph frequencies",
    .params = params,
    .fit = fit,
    .score = score,
    .free = free_state,
};
