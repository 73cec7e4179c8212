/* blend.c - a weighted sum of other models' scores, each divided by its deviation over the
 * items of that row. Weights are fitted on a held-out part of the training plays only:
 * models learn from the rest, coordinate ascent on NDCG@20 starts from the best single one
 * and takes only what gains; then the models learn from everything. */
#include "recsys/evaluate/metrics.h"
#include "recsys/input/split.h"
#include "recsys/models/kind.h"
#include "recsys/parallel.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_OUT, USERS };
static const struct sg_param params[] = {
    {"held-out", 0.1, 0.01, 0.9, "of the plays, for the weights"},
    {"users", 4000, 10, 1e6, "asked at most for the weights"},
    {0},
};
enum { PARTS_MAX = 8, TOP = 200, K = 20, AT_ONCE = 16, ROUNDS = 3, THREADS_MAX = 64 };

struct blend {
    size_t n, items;
    struct sg_scorer *part[PARTS_MAX];
    char *name[PARTS_MAX];
    float weight[PARTS_MAX];
    double single[PARTS_MAX], fitted; /* NDCG on the held-out part */
};

/* Scores of one question's candidates, the best TOP of every model: rows of n parts. */
struct sheet {
    size_t candidates;
    uint32_t *item;
    float *score;
};
struct fitting {
    const struct blend *b;
    const struct sg_split *split;
    size_t asked;
    struct sheet *sheets;
    float *scores[THREADS_MAX]; /* parts x AT_ONCE x items */
};

static float scale_of(const float *v, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)v[i];
        squares += (double)v[i] * (double)v[i];
    }
    double mean = sum / (double)n, variance = squares / (double)n - mean * mean;
    return variance > 0 ? (float)(1 / sqrt(variance)) : 0;
}

static const struct sg_question *question(const struct fitting *f, size_t i)
{
    return &f->split->questions[i * f->split->n / f->asked];
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* scores[p]: of part p for this question. */
static int fill_sheet(struct sheet *s, const struct sg_question *q, float **scores, size_t parts,
                      size_t items)
{
    struct sg_scored top[TOP];
    size_t n = 0;
    float scale[PARTS_MAX];
    s->item = malloc(parts * TOP * sizeof *s->item);
    if (!s->item)
        return SG_ENOMEM;
    for (size_t p = 0; p < parts; p++) {
        scale[p] = scale_of(scores[p], items);
        for (size_t i = 0; i < q->given.n; i++)
            scores[p][q->given.item[i]] = -INFINITY;
        size_t found = sg_scored_top(scores[p], items, TOP, top);
        for (size_t i = 0; i < found; i++)
            s->item[n++] = top[i].item;
    }
    qsort(s->item, n, sizeof *s->item, by_number);
    for (size_t i = 0; i < n; i++)
        if (!i || s->item[i] != s->item[i - 1])
            s->item[s->candidates++] = s->item[i];
    s->score = malloc((s->candidates * parts + 1) * sizeof *s->score);
    for (size_t i = 0; s->score && i < s->candidates; i++)
        for (size_t p = 0; p < parts; p++)
            s->score[i * parts + p] = scale[p] * scores[p][s->item[i]];
    return s->score ? 0 : SG_ENOMEM;
}

static int fill_sheets(void *ctx, size_t from, size_t to, int worker)
{
    struct fitting *f = ctx;
    size_t items = f->split->train.items.n, block = AT_ONCE * items;
    struct sg_row rows[AT_ONCE] = {{0}};
    int rc = 0;
    for (size_t i = from; i < to; i++)
        rows[i - from] = question(f, i)->given;
    for (size_t p = 0; p < f->b->n && !rc; p++)
        rc = sg_scorer_score(f->b->part[p], rows, to - from, f->scores[worker] + p * block, NULL);
    for (size_t i = from; i < to && !rc; i++) {
        float *scores[PARTS_MAX];
        for (size_t p = 0; p < f->b->n; p++)
            scores[p] = f->scores[worker] + p * block + (i - from) * items;
        rc = fill_sheet(&f->sheets[i], question(f, i), scores, f->b->n, items);
    }
    return rc;
}

struct trial {
    const struct fitting *f;
    const float *weight;
    float *ndcg; /* of each question */
};

static int judge_sheets(void *ctx, size_t from, size_t to, int worker)
{
    struct trial *t = ctx;
    struct sg_scored list[K];
    float measures[SG_MEASURES];
    size_t parts = t->f->b->n;
    (void)worker;
    for (size_t i = from; i < to; i++) {
        const struct sheet *s = &t->f->sheets[i];
        const struct sg_question *q = question(t->f, i);
        size_t listed = 0;
        for (size_t c = 0; c < s->candidates; c++) {
            float sum = 0;
            for (size_t p = 0; p < parts; p++)
                sum += t->weight[p] * s->score[c * parts + p];
            sg_scored_offer(list, &listed, K, (struct sg_scored){(uint32_t)c, sum});
        }
        struct sg_scored sorted[K];
        float scores[K];
        for (size_t c = 0; c < listed; c++)
            scores[c] = list[c].score;
        listed = sg_scored_top(scores, listed, K, sorted);
        for (size_t c = 0; c < listed; c++)
            sorted[c].item = s->item[list[sorted[c].item].item];
        sg_metrics_hits(sorted, listed, K, q->items, q->n, q->relevant, measures);
        t->ndcg[i] = measures[SG_NDCG];
    }
    return 0;
}

static double ndcg(const struct fitting *f, int threads, const float *weight, float *room)
{
    struct trial t = {f, weight, room};
    double sum = 0;
    if (sg_parallel(threads, f->asked, 64, judge_sheets, &t))
        return -1;
    for (size_t i = 0; i < f->asked; i++)
        sum += (double)room[i];
    return sum / (double)f->asked;
}

/* Tries other weights for one part; true when one gained. */
static bool better_weight(struct blend *b, const struct fitting *f, int threads, size_t p,
                          float *room)
{
    static const float steps[] = {0,     0.03f, 0.06f, 0.1f, 0.15f, 0.2f, 0.3f,
                                  0.45f, 0.65f, 0.9f,  1.3f, 1.8f,  2.5f};
    float kept = b->weight[p];
    bool gained = false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        b->weight[p] = steps[i];
        double now = ndcg(f, threads, b->weight, room);
        if (now > b->fitted * (1 + 1e-4)) {
            b->fitted = now;
            kept = steps[i];
            gained = true;
        }
    }
    b->weight[p] = kept;
    return gained;
}

static int fit_weights(struct blend *b, const struct fitting *f, int threads, struct sg_error *e)
{
    float *room = malloc((f->asked + 1) * sizeof *room);
    size_t best = 0;
    if (!room)
        return sg_fail(e, SG_ENOMEM, "blend");
    for (size_t p = 0; p < b->n; p++) {
        memset(b->weight, 0, sizeof b->weight);
        b->weight[p] = 1;
        b->single[p] = ndcg(f, threads, b->weight, room);
        best = b->single[p] > b->single[best] ? p : best;
    }
    memset(b->weight, 0, sizeof b->weight);
    b->weight[best] = 1;
    b->fitted = b->single[best];
    bool gained = true;
    for (int round = 0; round < ROUNDS && gained; round++) {
        gained = false;
        for (size_t p = 0; p < b->n; p++)
            gained = (p != best && better_weight(b, f, threads, p, room)) || gained;
    }
    free(room);
    return b->fitted < 0 ? sg_fail(e, SG_ECANCELED, "blend") : 0;
}

static void free_parts(struct blend *b)
{
    for (size_t p = 0; p < b->n; p++) {
        sg_scorer_free(b->part[p]);
        b->part[p] = NULL;
    }
}

static int fit_parts(struct blend *b, const struct sg_fit *f, struct sg_error *e)
{
    int rc = 0;
    for (size_t p = 0; p < b->n && !rc; p++)
        rc = sg_scorer_fit(&b->part[p], b->name[p], f, e);
    return rc;
}

static int sheets_and_weights(struct blend *b, const struct sg_split *split, const double *p,
                              int threads, struct sg_error *e)
{
    struct fitting w = {.b = b, .split = split};
    int rc = 0;
    w.asked = split->n < (size_t)p[USERS] ? split->n : (size_t)p[USERS];
    w.sheets = calloc(w.asked + 1, sizeof *w.sheets);
    for (int i = 0; i < threads && !rc; i++) {
        w.scores[i] = malloc((b->n * AT_ONCE * split->train.items.n + 1) * sizeof(float));
        rc = w.scores[i] && w.sheets ? 0 : SG_ENOMEM;
    }
    if (!rc)
        rc = sg_parallel(threads, w.asked, AT_ONCE, fill_sheets, &w);
    rc = rc ? sg_fail(e, rc, "blend: %s", sg_err_name(rc)) : fit_weights(b, &w, threads, e);
    for (int i = 0; i < threads; i++)
        free(w.scores[i]);
    for (size_t i = 0; w.sheets && i < w.asked; i++) {
        free(w.sheets[i].item);
        free(w.sheets[i].score);
    }
    free(w.sheets);
    return rc;
}

static int learn_weights(struct blend *b, const struct sg_fit *f, const double *p,
                         struct sg_error *e)
{
    struct sg_split split;
    int rc = sg_split_interactions(&split, f->x, p[HELD_OUT], f->seed ^ 0xb1e4d, e);
    if (rc)
        return rc;
    struct sg_fit inner = *f;
    inner.x = &split.train;
    rc = fit_parts(b, &inner, e);
    if (!rc)
        rc = sheets_and_weights(b, &split, p, f->threads < THREADS_MAX ? f->threads : THREADS_MAX,
                                e);
    free_parts(b);
    sg_split_free(&split);
    return rc;
}

static void free_state(void *state)
{
    struct blend *b = state;
    free_parts(b);
    for (size_t p = 0; p < b->n; p++)
        free(b->name[p]);
    free(b);
}

/* "graph:factors=64;als" */
static int name_parts(struct blend *b, const char *parts, struct sg_error *e)
{
    while (parts && *parts) {
        size_t n = strcspn(parts, ";");
        if (b->n == PARTS_MAX || memchr(parts, '(', n))
            return sg_fail(e, SG_EINVAL, "blend: of at most %d models, none of them a blend",
                           PARTS_MAX);
        if (!(b->name[b->n] = strndup(parts, n)))
            return sg_fail(e, SG_ENOMEM, "blend");
        b->n++;
        parts += n + (parts[n] == ';');
    }
    return b->n ? 0 : sg_fail(e, SG_EINVAL, "blend: of which models? blend(graph;als)");
}

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    struct blend *b = calloc(1, sizeof *b);
    if (!b)
        return sg_fail(e, SG_ENOMEM, "blend");
    b->items = f->x->items.n;
    int rc = name_parts(b, parts, e);
    if (!rc)
        rc = learn_weights(b, f, p, e);
    if (!rc)
        rc = fit_parts(b, f, e);
    if (rc)
        free_state(b);
    else
        *state = b;
    return rc;
}

static int score(const void *state, const struct sg_row *rows, size_t n, float *out,
                 struct sg_error *e)
{
    const struct blend *b = state;
    size_t cells = n * b->items;
    float *one = malloc((cells + 1) * sizeof *one);
    int rc = one ? 0 : sg_fail(e, SG_ENOMEM, "blend");
    memset(out, 0, cells * sizeof *out);
    for (size_t p = 0; p < b->n && !rc; p++) {
        if (b->weight[p] == 0)
            continue;
        rc = sg_scorer_score(b->part[p], rows, n, one, e);
        for (size_t r = 0; r < n && !rc; r++) {
            const float *from = one + r * b->items;
            float *to = out + r * b->items, w = b->weight[p] * scale_of(from, b->items);
            for (size_t i = 0; i < b->items; i++)
                to[i] += w * from[i];
        }
    }
    free(one);
    return rc;
}

static void describe(const void *state, FILE *to)
{
    const struct blend *b = state;
    fprintf(to, "blend: NDCG@%d %.4f on plays held out of the training\n", K, b->fitted);
    for (size_t p = 0; p < b->n; p++)
        fprintf(to, "  %5.2f  %s (alone %.4f)\n", (double)b->weight[p], b->name[p], b->single[p]);
}

const struct sg_model_kind sg_model_blend = {
    .name = "blend",
    .summary = "blend(model;model;...): a sum, its weights fitted on held-out plays",
    .params = params,
    .fit = fit,
    .score = score,
    .free = free_state,
    .describe = describe,
};
