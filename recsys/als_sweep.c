/* als_sweep.c - see als_sweep.h. Threads take parts of about equal work; every row and
 * every block of the Gram matrix is computed alike whoever takes it. */
#include "recsys/als_sweep.h"
#include "recsys/als_exact.h"
#include "recsys/als_kernel.h"
#include <cblas.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS_MAX = 64,
    PART_WORK = 1 << 14, /* plays of a part, a row counting for some of its own */
    ROW_WORK = 16,
    GRAM_BLOCKS = 32,
    FETCH_ROWS = 12,  /* plays ahead, when solving exactly */
    FETCH_AHEAD = 64, /* rows of the next solution fetched during this one */
    TABLE = 256,      /* confidences of small whole weights */
};

struct team {
    const struct sg_half_sweep *h;
    const struct sg_als_kernel *kernel;
    size_t parts, longest; /* plays of the longest row */
    float *gram;           /* a Y'Y, whole */
    float *blocks;         /* GRAM_BLOCKS partial ones */
    float table[TABLE];
    atomic_size_t next;
    atomic_int failed; /* an sg_err */
};

static void *sum_gram_blocks(void *ctx)
{
    struct team *t = ctx;
    const struct sg_half_sweep *h = t->h;
    size_t d = h->stride;
    for (size_t k; (k = atomic_fetch_add(&t->next, 1)) < GRAM_BLOCKS;) {
        size_t from = h->n_fixed * k / GRAM_BLOCKS, to = h->n_fixed * (k + 1) / GRAM_BLOCKS;
        if (to > from)
            cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)d, (int)(to - from),
                        h->o->loss.unobserved, h->fixed + from * d, (int)d, 0,
                        t->blocks + k * d * d, (int)d);
    }
    return NULL;
}

static void add_gram_blocks(struct team *t)
{
    size_t d = t->h->stride;
    for (size_t i = 0; i < d; i++)
        for (size_t j = i; j < d; j++) {
            float sum = 0;
            for (size_t k = 0; k < GRAM_BLOCKS; k++)
                sum += t->blocks[k * d * d + i * d + j];
            t->gram[i * d + j] = t->gram[j * d + i] = sum;
        }
}

struct worker {
    struct sg_exact exact;
    float *c, *work; /* confidences of a row; 3 stride floats */
};

static bool worker_init(struct worker *w, const struct team *t)
{
    *w = (struct worker){0};
    w->c = malloc((t->longest + 1) * sizeof *w->c);
    w->work = aligned_alloc(64, 3 * t->h->stride * sizeof *w->work);
    return w->c && w->work && sg_exact_init(&w->exact, t->h->stride);
}

static void worker_fini(struct worker *w)
{
    sg_exact_fini(&w->exact);
    free(w->c);
    free(w->work);
}

static float confidence(const struct team *t, float weight)
{
    if (weight >= 0 && weight < TABLE && weight == (float)(int)weight)
        return t->table[(int)weight];
    return sg_als_confidence(&t->h->o->loss, weight);
}

static void fetch(const float *row, size_t floats)
{
    for (size_t i = 0; i < floats; i += 16)
        __builtin_prefetch(row + i);
}

static bool solve_exactly(const struct team *t, struct worker *w, size_t row)
{
    const struct sg_half_sweep *h = t->h;
    const struct sg_side *s = h->side;
    size_t from = s->start[row], to = s->start[row + 1];
    sg_exact_begin(&w->exact, t->gram);
    for (size_t i = from; i < to; i++) {
        if (i + FETCH_ROWS < to)
            fetch(h->fixed + h->stride * s->other[i + FETCH_ROWS], h->stride);
        sg_exact_add(&w->exact, h->fixed + h->stride * s->other[i], confidence(t, s->weight[i]),
                     s->weight[i] > 0);
    }
    return sg_exact_solve(&w->exact, sg_als_ridge(&h->o->loss, to - from, h->n_fixed),
                          h->solved + h->stride * row);
}

static size_t fetched_ahead(const struct sg_side *s, size_t row)
{
    size_t n = s->start[row + 1] - s->start[row];
    return n < FETCH_AHEAD ? n : FETCH_AHEAD;
}

/* last: nothing follows in this part. first: nothing came before. */
static void solve_nearly(const struct team *t, struct worker *w, size_t row, bool first, bool last)
{
    const struct sg_half_sweep *h = t->h;
    const struct sg_side *s = h->side;
    size_t from = s->start[row], to = s->start[row + 1];
    for (size_t i = from; i < to; i++) {
        float c = confidence(t, s->weight[i]);
        w->c[i - from] = s->weight[i] > 0 ? c : -c;
    }
    struct sg_als_row r = {
        .d = h->stride,
        .gram = t->gram,
        .ridge = sg_als_ridge(&h->o->loss, to - from, h->n_fixed),
        .fixed = h->fixed,
        .other = s->other + from,
        .c = w->c,
        .plays = to - from,
        .fetched = first ? 0 : fetched_ahead(s, row),
        .next = s->other + to,
        .n_next = last ? 0 : fetched_ahead(s, row + 1),
        .x = h->solved + h->stride * row,
        .work = w->work,
    };
    t->kernel->solve(&r, h->o->steps);
}

static size_t work_before(const struct sg_side *s, size_t row)
{
    return s->start[row] + row * ROW_WORK;
}

/* The first row of a part. */
static size_t part_start(const struct team *t, size_t part)
{
    const struct sg_side *s = t->h->side;
    size_t lo = 0, hi = s->n, want = part * PART_WORK;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (work_before(s, mid) < want)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void *solve_rows(void *ctx)
{
    struct team *t = ctx;
    struct worker w;
    bool exact = t->h->o->solver == SG_ALS_CHOLESKY;
    if (!worker_init(&w, t))
        t->failed = SG_ENOMEM;
    for (size_t part; !t->failed && (part = atomic_fetch_add(&t->next, 1)) < t->parts;) {
        size_t from = part_start(t, part), to = part_start(t, part + 1);
        for (size_t row = from; row < to; row++)
            if (!exact)
                solve_nearly(t, &w, row, row == from, row + 1 == to);
            else if (!solve_exactly(t, &w, row))
                t->failed = SG_EINVAL;
    }
    worker_fini(&w);
    return NULL;
}

static void run(struct team *t, void *(*job)(void *))
{
    pthread_t helpers[THREADS_MAX];
    int n = 0;
    t->next = 0;
    for (; n < t->h->o->threads - 1 && n < THREADS_MAX; n++)
        if (pthread_create(&helpers[n], NULL, job, t))
            break;
    job(t);
    for (int i = 0; i < n; i++)
        pthread_join(helpers[i], NULL);
}

static void prepare(struct team *t)
{
    const struct sg_side *s = t->h->side;
    for (size_t row = 0; row < s->n; row++)
        if (s->start[row + 1] - s->start[row] > t->longest)
            t->longest = s->start[row + 1] - s->start[row];
    for (int w = 0; w < TABLE; w++)
        t->table[w] = sg_als_confidence(&t->h->o->loss, (float)w);
    t->parts = work_before(s, s->n) / PART_WORK + 1;
    t->kernel = sg_als_kernel(0);
}

int sg_half_sweep(const struct sg_half_sweep *h, struct sg_error *e)
{
    size_t cells = h->stride * h->stride;
    struct team t = {.h = h};
    t.gram = malloc(cells * sizeof *t.gram);
    t.blocks = calloc(GRAM_BLOCKS * cells, sizeof *t.blocks);
    if (!t.gram || !t.blocks) {
        t.failed = SG_ENOMEM;
    } else {
        prepare(&t);
        run(&t, sum_gram_blocks);
        add_gram_blocks(&t);
        run(&t, solve_rows);
    }
    free(t.gram);
    free(t.blocks);
    if (t.failed == SG_ENOMEM)
        return sg_fail(e, SG_ENOMEM, "a sweep of the factorisation");
    return t.failed
               ? sg_fail(e, SG_EINVAL, "factorisation: a row's matrix is not positive definite")
               : 0;
}
