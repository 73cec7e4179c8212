/* bench_fold_in.c - a listener's exact vector from her plays: time by how many she has,
 * beside conjugate gradients of as many steps as factors.
 *
 *   bench_fold_in [--items N]      default 100000, of 64 factors
 *
 * Rows are taken all over the catalogue, as plays are. Times are of the processor.
 */
#include "core/str.h"
#include "recsys/als_kernel.h"
#include "recsys/fold_in.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { D = 64, TIMES = 400, PLAYS_MAX = 5000 };

static uint64_t state = 99;
static float *items;
static size_t n_items = 100000;

static double uniform(void) /* 0 < u < 1; xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return ((double)((state * 0x2545f4914f6cdd1du) >> 11) + 0.5) * 0x1p-53;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell(const char *name, size_t plays, double t[TIMES])
{
    double sum = 0;
    for (int i = 0; i < TIMES; i++)
        sum += t[i];
    qsort(t, TIMES, sizeof *t, smaller);
    printf("%-22s %5zu plays   p50 %7.1f us   p99 %7.1f us   %8.0f/s a core\n", name, plays,
           t[TIMES / 2] * 1e6, t[TIMES * 99 / 100] * 1e6, TIMES / sum);
}

static void measure(const struct sg_fold_in *f, struct sg_fold_in_scratch *s, size_t plays)
{
    static const float *row[PLAYS_MAX];
    static float weight[PLAYS_MAX], out[D];
    double t[TIMES];
    for (int i = 0; i < TIMES; i++) {
        for (size_t k = 0; k < plays; k++) {
            row[k] = items + (size_t)(uniform() * (double)n_items) * D;
            weight[k] = 1 + (float)(int)(uniform() * 20);
        }
        double from = seconds();
        if (sg_fold_in_user(f, s, row, weight, plays, out, NULL))
            exit(EXIT_FAILURE);
        t[i] = seconds() - from;
    }
    tell("fold-in, exact", plays, t);
}

static void measure_gradients(size_t plays, const float *gram)
{
    static uint32_t other[PLAYS_MAX];
    static float c[PLAYS_MAX], x[D], work[3 * D];
    double t[TIMES];
    for (int i = 0; i < TIMES; i++) {
        for (size_t k = 0; k < plays; k++) {
            other[k] = (uint32_t)(uniform() * (double)n_items);
            c[k] = 1 + (float)(int)(uniform() * 20);
        }
        memset(x, 0, sizeof x);
        struct sg_als_row r = {.d = D,
                               .gram = gram,
                               .ridge = 1,
                               .fixed = items,
                               .other = other,
                               .c = c,
                               .plays = plays,
                               .x = x,
                               .work = work};
        double from = seconds();
        sg_als_kernel(0)->solve(&r, D);
        t[i] = seconds() - from;
    }
    tell("gradients, 64 steps", plays, t);
}

int main(int argc, char **argv)
{
    static float gram[D * D];
    char path[] = "/tmp/segue-bench-fold-XXXXXX";
    struct sg_error e = SG_ERROR_INIT;
    struct sg_fold_in *f;
    struct sg_fold_in_scratch *s;
    uint64_t n = n_items;
    if (argc == 3 && strcmp(argv[1], "--items") == 0 && sg_str_to_u64(sg_str(argv[2]), &n) && n)
        n_items = (size_t)n;
    items = malloc(n_items * D * sizeof *items);
    if (!items)
        return EXIT_FAILURE;
    for (size_t i = 0; i < n_items * D; i++)
        items[i] = (float)uniform() - 0.5f;
    for (size_t i = 0; i < D; i++)
        gram[i * (D + 1)] = 10;
    close(mkstemp(path));
    struct sg_fold_in_source source = {SG_ALS_LOSS_DEFAULTS, D, items, items, 1, n_items};
    if (sg_fold_in_write(path, &source, &e) || sg_fold_in_open(&f, path, &e) ||
        sg_fold_in_scratch_new(&s, f, &e)) {
        fprintf(stderr, "bench_fold_in: %s\n", e.text);
        return EXIT_FAILURE;
    }
    unlink(path);
    const size_t plays[] = {10, 100, 1000, PLAYS_MAX};
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++) {
        measure(f, s, plays[i]);
        measure_gradients(plays[i], gram);
    }
    sg_fold_in_scratch_free(s);
    sg_fold_in_close(f);
    free(items);
    return 0;
}
