/* bench_als.c - one sweep of the factorisation over generated plays in the shape of
 * Last.fm-360K: 358,868 users of about 48 artists each, 292,385 artists by Zipf's law (the
 * first one heard by a fifth of the users), plays by a log-normal.
 *
 *   bench_als [--users N] [--items N] [--factors D] [--threads N] [--sweeps N]
 *
 * Time by the wall and by the processor (user and system, all threads), the speed in
 * GFLOP/s of processor time beside what the machine's BLAS reaches in a square matrix
 * product in the same run. Counted are the multiplications and additions that the method
 * asks for, not what a processor does beyond.
 */
#include "core/str.h"
#include "recsys/als.h"
#include "recsys/als_kernel.h"
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SWEEPS_MAX = 64, PLAYS_MEAN = 50, PLAYS_MAX = 96 };

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t state = 42;
static double uniform(void) /* 0 < u < 1; xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return ((double)((state * 0x2545f4914f6cdd1du) >> 11) + 0.5) * 0x1p-53;
}

/* P(item < k) of p(k) ~ 1 / (k + 25), by the integral; inverted. */
static uint32_t zipf(size_t items)
{
    double q = 25, k = (q * pow(((double)items + q) / q, uniform())) - q;
    return k < (double)items ? (uint32_t)k : (uint32_t)items - 1;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void side_new(struct sg_side *s, size_t rows, size_t pairs)
{
    s->n = rows;
    s->id = malloc(rows * sizeof *s->id);
    s->start = calloc(rows + 2, sizeof *s->start);
    s->other = malloc(pairs * sizeof *s->other);
    s->weight = malloc(pairs * sizeof *s->weight);
    if (!s->id || !s->start || !s->other || !s->weight)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < rows; i++)
        s->id[i] = i;
}

static void listen(struct sg_interactions *x, size_t user)
{
    uint32_t heard[PLAYS_MAX];
    size_t n = (size_t)(PLAYS_MEAN * (0.8 + 0.4 * uniform())), kept = 0;
    for (size_t i = 0; i < n; i++)
        heard[i] = zipf(x->items.n);
    qsort(heard, n, sizeof *heard, ascending);
    for (size_t i = 0; i < n; i++)
        if (!i || heard[i] != heard[i - 1])
            heard[kept++] = heard[i];
    for (size_t i = 0; i < kept; i++) {
        double normal = sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
        x->users.other[x->n] = heard[i];
        x->users.weight[x->n++] = floorf(1 + (float)exp(4 + 1.3 * normal));
    }
    x->users.start[user + 1] = x->n;
}

static void transpose(struct sg_interactions *x)
{
    size_t *at = x->items.start + 1;
    for (size_t i = 0; i < x->n; i++)
        at[x->users.other[i] + 1]++;
    for (size_t k = 1; k <= x->items.n; k++)
        at[k] += at[k - 1];
    for (size_t user = 0; user < x->users.n; user++)
        for (size_t i = x->users.start[user]; i < x->users.start[user + 1]; i++) {
            size_t to = at[x->users.other[i]]++;
            x->items.other[to] = (uint32_t)user;
            x->items.weight[to] = x->users.weight[i];
        }
}

static void generate(struct sg_interactions *x, size_t users, size_t items)
{
    side_new(&x->users, users, users * PLAYS_MAX);
    side_new(&x->items, items, users * PLAYS_MAX);
    for (size_t user = 0; user < users; user++)
        listen(x, user);
    transpose(x);
}

/* GFLOP/s of one thread in a product of square matrices; the best of five. */
static double blas_speed(void)
{
    enum { N = 1536 };
    float *a = malloc(N * N * sizeof *a), *b = malloc(N * N * sizeof *b),
          *c = calloc(N * N, sizeof *c);
    double best = 0;
    for (int i = 0; a && b && i < N * N; i++)
        a[i] = b[i] = (float)uniform();
    openblas_set_num_threads(1);
    for (int i = 0; i < 5; i++) {
        double from = seconds(CLOCK_PROCESS_CPUTIME_ID);
        cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b, N, 0, c, N);
        double speed = 2.0 * N * N * N / (seconds(CLOCK_PROCESS_CPUTIME_ID) - from) / 1e9;
        best = speed > best ? speed : best;
    }
    free(a);
    free(b);
    free(c);
    return best;
}

static double work(const struct sg_interactions *x, const struct sg_als_options *o)
{
    double d = (double)o->factors, n = (double)x->n, rows = (double)(x->users.n + x->items.n);
    double gram = rows * d * d;
    if (o->solver == SG_ALS_CHOLESKY)
        return gram + 2 * n * d * (d + 2) + rows * (d * d * d / 3 + 2 * d * d);
    return gram + (o->steps + 1) * (2 * n * 4 * d + rows * 2 * d * d);
}

struct clock_marks {
    int n;
    double wall[SWEEPS_MAX + 1], cpu[SWEEPS_MAX + 1];
};

static void mark(void *ctx, int sweep, int sweeps)
{
    struct clock_marks *m = ctx;
    (void)sweep;
    (void)sweeps;
    m->wall[m->n] = seconds(CLOCK_MONOTONIC);
    m->cpu[m->n++] = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_step(const double *v, int n)
{
    double step[SWEEPS_MAX];
    for (int i = 1; i < n; i++)
        step[i - 1] = v[i] - v[i - 1];
    qsort(step, (size_t)n - 1, sizeof *step, smaller);
    return step[(n - 1) / 2];
}

static int measure(const char *name, const struct sg_interactions *x, struct sg_als_options o,
                   double blas)
{
    struct clock_marks m = {0};
    struct sg_factors f;
    struct sg_error e = SG_ERROR_INIT;
    o.progress = mark;
    o.ctx = &m;
    mark(&m, 0, 0);
    if (sg_als_train(x, &o, &f, &e)) {
        fprintf(stderr, "bench_als: %s\n", e.text);
        return 1;
    }
    m.wall[0] = m.wall[1]; /* the first sweep has the making of the factors in it */
    double wall = median_step(m.wall + 1, m.n - 1), cpu = median_step(m.cpu + 1, m.n - 1);
    double speed = work(x, &o) / cpu / 1e9;
    printf("als %-22s %6.2f s a sweep   %6.2f s of processor   %6.1f GFLOP/s a core   (BLAS %.1f: "
           "%.0f %%)\n",
           name, wall, cpu, speed, blas, 100 * speed / blas);
    sg_factors_free(&f);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t users = 358868, items = 292385, factors = 64, threads = 2, sweeps = 6;
    struct {
        const char *name;
        int64_t *v;
    } option[] = {{"--users", &users},
                  {"--items", &items},
                  {"--factors", &factors},
                  {"--threads", &threads},
                  {"--sweeps", &sweeps}};
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < sizeof option / sizeof *option; k++)
            if (strcmp(argv[i], option[k].name) == 0 &&
                (!sg_str_to_i64(sg_str(argv[i + 1]), option[k].v) || *option[k].v < 1))
                return 2;
    if (sweeps < 3 || sweeps > SWEEPS_MAX)
        sweeps = 3;
    struct sg_interactions x = {.items = {.n = (size_t)items}};
    struct sg_als_options o = SG_ALS_DEFAULTS;
    o.factors = (size_t)factors;
    o.threads = (int)threads;
    o.sweeps = (int)sweeps;
    generate(&x, (size_t)users, (size_t)items);
    printf("als: %zu users x %zu items, %zu plays, %zu factors, %d threads, vectors: %s\n",
           x.users.n, x.items.n, x.n, o.factors, o.threads, sg_als_kernel(0)->name);
    double blas = blas_speed();
    int failed = measure("conjugate gradients, 3", &x, o, blas);
    o.solver = SG_ALS_CHOLESKY;
    failed |= measure("Cholesky", &x, o, blas);
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    printf("als memory %.0f MB, the plays included\n", (double)r.ru_maxrss / 1024);
    sg_interactions_free(&x);
    return failed;
}
