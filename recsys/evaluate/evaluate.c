/* evaluate.c - see evaluate.h. */
#include "recsys/evaluate/evaluate.h"
#include "recsys/evaluate/bootstrap.h"
#include "recsys/parallel.h"
#include <cblas.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 32, THREADS_MAX = 64 };

struct desk {      /* a worker's */
    float *scores; /* AT_ONCE x items */
    struct sg_scored *list;
};
struct run {
    const struct sg_scorer *scorer;
    const struct sg_split *split;
    const struct sg_evaluate_options *o;
    struct sg_evaluation *out;
    atomic_uchar *shown; /* of every item */
    struct desk desk[THREADS_MAX];
    struct sg_error error; /* the first worker's that failed */
    atomic_flag failed;
};

static void judge(struct run *r, size_t q, float *scores, struct sg_scored *list)
{
    const struct sg_question *question = &r->split->questions[q];
    const struct sg_interactions *x = &r->split->train;
    for (size_t i = 0; i < question->given.n; i++)
        scores[question->given.item[i]] = -INFINITY;
    size_t listed = sg_scored_top(scores, x->items.n, SG_LIST_DEPTH, list);
    for (size_t i = 0; i < listed && i < r->o->k; i++)
        r->shown[list[i].item] = 1;
    sg_metrics_hits(list, listed, r->o->k, question->items, question->n, question->relevant,
                    r->out->value[q]);
    sg_metrics_style(list, listed, r->o->k, &question->given, x, r->out->value[q]);
    r->out->user[q] = question->user;
}

static int judge_some(void *ctx, size_t from, size_t to, int worker)
{
    struct run *r = ctx;
    struct desk *d = &r->desk[worker];
    size_t items = r->split->train.items.n;
    struct sg_row rows[AT_ONCE] = {{0}};
    struct sg_error e = SG_ERROR_INIT;
    for (size_t q = from; q < to; q++)
        rows[q - from] = r->split->questions[q].given;
    int rc = sg_scorer_score(r->scorer, rows, to - from, d->scores, &e);
    if (rc && !atomic_flag_test_and_set(&r->failed))
        r->error = e;
    for (size_t q = from; q < to && !rc; q++)
        judge(r, q, d->scores + (q - from) * items, d->list);
    if (worker == 0 && r->o->progress)
        r->o->progress(r->o->ctx, "ranking", (double)to / (double)r->split->n);
    return rc;
}

static int desks_open(struct run *r)
{
    r->shown = calloc(r->split->train.items.n + 1, sizeof *r->shown);
    int rc = r->shown ? 0 : SG_ENOMEM;
    for (int i = 0; i < r->o->threads && !rc; i++) {
        r->desk[i].scores = malloc(AT_ONCE * r->split->train.items.n * sizeof(float));
        r->desk[i].list = malloc(SG_LIST_DEPTH * sizeof *r->desk[i].list);
        rc = r->desk[i].scores && r->desk[i].list ? 0 : SG_ENOMEM;
    }
    return rc;
}

static void desks_close(struct run *r)
{
    for (int i = 0; i < r->o->threads; i++) {
        free(r->desk[i].scores);
        free(r->desk[i].list);
    }
    free(r->shown);
}

static int evaluation_new(struct sg_evaluation *v, size_t n)
{
    *v = (struct sg_evaluation){.n = n};
    v->user = calloc(n + 1, sizeof *v->user);
    v->value = calloc(n + 1, sizeof *v->value);
    return v->user && v->value ? 0 : SG_ENOMEM;
}

void sg_evaluation_free(struct sg_evaluation *v)
{
    free(v->user);
    free(v->value);
    *v = (struct sg_evaluation){0};
}

int sg_evaluate(struct sg_evaluation *out, const struct sg_scorer *s, const struct sg_split *split,
                const struct sg_evaluate_options *o, struct sg_error *e)
{
    if (o->k < 1 || o->k > SG_LIST_DEPTH || o->threads < 1 || o->threads > THREADS_MAX)
        return sg_fail(e, SG_EINVAL, "lists of %zu on %d threads: expected 1 to %d and 1 to %d",
                       o->k, o->threads, SG_LIST_DEPTH, THREADS_MAX);
    struct sg_evaluation v = {0};
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "evaluation");
    *r = (struct run){.scorer = s, .split = split, .o = o, .out = &v, .failed = ATOMIC_FLAG_INIT};
    int rc = evaluation_new(&v, split->n);
    if (!rc)
        rc = desks_open(r);
    openblas_set_num_threads(1);
    if (!rc)
        rc = sg_parallel(o->threads, split->n, AT_ONCE, judge_some, r);
    size_t shown = 0, items = split->train.items.n;
    for (size_t i = 0; i < items && !rc; i++)
        shown += r->shown[i];
    v.coverage = items ? (double)shown / (double)items : 0;
    if (!rc)
        rc = sg_bootstrap(&v.value[0][0], v.n, SG_MEASURES, o->resamples, o->seed, v.measure);
    if (rc)
        rc = sg_fail(e, rc, "ranking: %s", r->error.code ? r->error.text : sg_err_name(rc));
    desks_close(r);
    free(r);
    if (rc)
        sg_evaluation_free(&v);
    else
        *out = v;
    return rc;
}

int sg_evaluation_compare(const struct sg_evaluation *a, const struct sg_evaluation *b,
                          enum sg_measure m, const struct sg_evaluate_options *o,
                          struct sg_interval *out, struct sg_error *e)
{
    size_t n = 0;
    float *difference = malloc((a->n + 1) * sizeof *difference);
    if (!difference)
        return sg_fail(e, SG_ENOMEM, "comparison");
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->user[i] == b->user[k])
            difference[n++] = a->value[i++][m] - b->value[k++][m];
        else if (a->user[i] < b->user[k])
            i++;
        else
            k++;
    }
    int rc = sg_bootstrap(difference, n, 1, o->resamples, o->seed, out);
    free(difference);
    return rc ? sg_fail(e, rc, "comparison") : 0;
}

/* The lowest user not yet pooled; how many runs have any left. */
static size_t next_user(const struct sg_evaluation *runs, size_t n, const size_t *at,
                        uint64_t *user)
{
    size_t found = 0;
    for (size_t r = 0; r < n; r++)
        if (at[r] < runs[r].n && (!found++ || runs[r].user[at[r]] < *user))
            *user = runs[r].user[at[r]];
    return found;
}

int sg_evaluation_pool(struct sg_evaluation *out, const struct sg_evaluation *runs, size_t n,
                       const struct sg_evaluate_options *o, struct sg_error *e)
{
    struct sg_evaluation v;
    size_t most = 0, *at = calloc(n + 1, sizeof *at);
    for (size_t r = 0; r < n; r++)
        most += runs[r].n;
    int rc = evaluation_new(&v, most);
    rc = at ? rc : SG_ENOMEM;
    v.n = 0;
    while (!rc && next_user(runs, n, at, &v.user[v.n])) {
        float asked = 0;
        for (size_t r = 0; r < n; r++) {
            if (at[r] >= runs[r].n || runs[r].user[at[r]] != v.user[v.n])
                continue;
            for (size_t m = 0; m < SG_MEASURES; m++)
                v.value[v.n][m] += runs[r].value[at[r]][m];
            at[r]++;
            asked++;
        }
        for (size_t m = 0; m < SG_MEASURES; m++)
            v.value[v.n][m] /= asked;
        v.n++;
    }
    for (size_t r = 0; r < n; r++)
        v.coverage += runs[r].coverage / (double)n;
    if (!rc)
        rc = sg_bootstrap(&v.value[0][0], v.n, SG_MEASURES, o->resamples, o->seed, v.measure);
    free(at);
    if (rc)
        sg_evaluation_free(&v);
    else
        *out = v;
    return rc ? sg_fail(e, rc, "runs") : 0;
}
