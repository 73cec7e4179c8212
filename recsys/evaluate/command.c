/* command.c - segue-recsys evaluate: every model on every run's split. */
#include "recsys/evaluate/command.h"
#include "core/clock.h"
#include "recsys/evaluate/plan.h"
#include "recsys/evaluate/report.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct shown {
    const char *model;
    int64_t last;
    bool terminal;
};

static void show(void *ctx, const char *step, double done)
{
    struct shown *s = ctx;
    int64_t now = sg_now_us();
    if (!s->terminal || (now - s->last < 200000 && done < 1))
        return;
    s->last = now;
    fprintf(stderr, "\r\033[K%.40s: %s %3.0f%%", s->model, step, 100 * done);
    if (done >= 1)
        fprintf(stderr, "\r\033[K");
}

struct inputs {
    struct sg_pairs all, test;
    struct sg_playlists playlists;
};

static int read_inputs(struct inputs *in, const struct sg_evaluate_plan *p,
                       const struct sg_config *config, struct sg_error *e)
{
    if (p->playlists)
        return sg_playlists_read(&in->playlists, p->playlists, &p->content, e);
    int rc = p->train ? sg_pairs_read(&in->all, p->train, p->format, e)
                      : sg_pairs_from_database(&in->all, config->pg.dsn, e);
    if (!rc && p->test)
        rc = sg_pairs_read(&in->test, p->test, p->format, e);
    sg_pairs_merge(&in->all);
    sg_pairs_merge(&in->test);
    sg_pairs_weigh(&in->all, p->weights);
    return rc;
}

static double processor_s(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) ? 0
                                                       : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_model(struct sg_evaluation *out, struct sg_report_row *row,
                     const struct sg_evaluate_plan *p, const struct sg_split *split, uint64_t seed,
                     struct sg_error *e)
{
    struct shown shown = {.model = row->model, .terminal = isatty(STDERR_FILENO)};
    struct sg_fit f = {.x = &split->train,
                       .threads = p->evaluate.threads,
                       .seed = seed,
                       .progress = show,
                       .ctx = &shown};
    struct sg_evaluate_options o = p->evaluate;
    o.resamples = p->runs > 1 ? 0 : o.resamples; /* pooled later */
    o.progress = show;
    o.ctx = &shown;
    struct sg_scorer *s;
    int64_t from = sg_now_us();
    double used = processor_s();
    int rc = sg_scorer_fit(&s, row->model, &f, e);
    if (rc)
        return rc;
    int64_t fitted = sg_now_us();
    double fit_cpu_s = processor_s() - used;
    rc = sg_evaluate(out, s, split, &o, e);
    row->fit_s += (double)(fitted - from) / 1e6 / (double)p->runs;
    row->fit_cpu_s += fit_cpu_s / (double)p->runs;
    row->rank_s += (double)(sg_now_us() - fitted) / 1e6 / (double)p->runs;
    if (!rc && !p->json)
        sg_scorer_describe(s, stderr);
    sg_scorer_free(s);
    return rc;
}

static void name_rows(const struct sg_evaluate_plan *p, struct sg_report_row *rows)
{
    for (size_t m = 0; m < p->models; m++)
        rows[m].model = p->model[m];
}

static bool is_blend(const char *model)
{
    return !strncmp(model, "blend", 5);
}

/* evaluations: runs of each model. */
static int summarise(struct sg_report *r, struct sg_report_row *rows, struct sg_evaluation *all,
                     const struct sg_evaluate_plan *p, struct sg_error *e)
{
    int rc = 0;
    for (size_t m = 0; m < p->models && !rc; m++)
        if (p->runs > 1) {
            rc = sg_evaluation_pool(&rows[m].evaluation, all + m * p->runs, p->runs, &p->evaluate,
                                    e);
        } else {
            rows[m].evaluation = all[m];
            all[m] = (struct sg_evaluation){0};
        }
    for (size_t m = 0; m < p->models && !rc; m++) {
        double best = rows[r->best].evaluation.measure[SG_NDCG].mean;
        if (is_blend(rows[r->best].model) ||
            (!is_blend(rows[m].model) && rows[m].evaluation.measure[SG_NDCG].mean > best))
            r->best = m;
    }
    for (size_t m = 0; m < p->models && !rc; m++)
        rc = sg_evaluation_compare(&rows[m].evaluation, &rows[r->best].evaluation, SG_NDCG,
                                   &p->evaluate, &rows[m].against_best, e);
    r->users = rc ? 0 : rows[0].evaluation.n;
    return rc;
}

static int make_split(struct sg_split *out, const struct sg_evaluate_plan *p,
                      const struct inputs *in, size_t run, struct sg_error *e)
{
    struct sg_split_options o = p->split;
    o.seed = p->evaluate.seed + run;
    if (p->playlists)
        return sg_split_playlists(out, &in->playlists, run, p->runs, p->evaluate.seed, e);
    return p->test ? sg_split_given(out, &in->all, &in->test, e)
                   : sg_split_pairs(out, &in->all, &o, e);
}

/* Replaces s by a split of what it learns from. */
static int split_again(struct sg_split *s, uint64_t seed, struct sg_error *e)
{
    struct sg_split inner;
    int rc = sg_split_interactions(&inner, &s->train, 0.2, ~seed, e);
    if (rc)
        return rc;
    sg_split_free(s);
    *s = inner;
    return 0;
}

static int run_all(const struct sg_evaluate_plan *p, const struct inputs *in, struct sg_report *r,
                   struct sg_report_row *rows, struct sg_evaluation *all, struct sg_error *e)
{
    int rc = 0;
    for (size_t run = 0; run < p->runs && !rc; run++) {
        struct sg_split split;
        rc = make_split(&split, p, in, run, e);
        if (rc)
            break;
        if (p->inner && (rc = split_again(&split, p->evaluate.seed + run, e))) {
            sg_split_free(&split);
            break;
        }
        r->items = split.train.items.n;
        r->pairs = split.train.n;
        if (split.cold)
            fprintf(stderr, "run %zu: %zu users have nothing to learn from and are not asked\n",
                    run + 1, split.cold);
        for (size_t m = 0; m < p->models && !rc; m++)
            if ((rc = run_model(&all[m * p->runs + run], &rows[m], p, &split,
                                p->evaluate.seed + run, e)))
                sg_wrap(e, "%s", rows[m].model);
        sg_split_free(&split);
    }
    return rc ? rc : summarise(r, rows, all, p, e);
}

static int evaluate(const struct sg_evaluate_plan *p, const struct sg_config *config,
                    struct sg_error *e)
{
    struct inputs in = {0};
    struct sg_report_row rows[SG_PLAN_MODELS] = {0};
    struct sg_evaluation *all = calloc(p->models * p->runs, sizeof *all);
    struct sg_report r = {.rows = rows,
                          .n = p->models,
                          .k = p->evaluate.k,
                          .runs = p->runs,
                          .split = p->inner  ? "held back from the training part"
                                   : p->test ? "split given"
                                             : p->split_text,
                          .seed = p->evaluate.seed};
    struct rusage used;
    name_rows(p, rows);
    int rc = all ? read_inputs(&in, p, config, e) : sg_fail(e, SG_ENOMEM, "evaluation");
    if (!rc)
        rc = run_all(p, &in, &r, rows, all, e);
    if (!rc)
        p->json ? sg_report_json(&r, stdout) : sg_report_table(&r, stdout);
    if (!rc && !p->json && !getrusage(RUSAGE_SELF, &used))
        printf("\npeak memory %ld MB\n", used.ru_maxrss / 1024);
    for (size_t i = 0; all && i < p->models * p->runs; i++)
        sg_evaluation_free(&all[i]);
    for (size_t m = 0; m < p->models; m++)
        sg_evaluation_free(&rows[m].evaluation);
    free(all);
    sg_pairs_free(&in.all);
    sg_pairs_free(&in.test);
    sg_playlists_free(&in.playlists);
    return rc;
}

int sg_evaluate_command(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_evaluate_plan p;
    int rc = sg_evaluate_plan_read(&p, argc, argv, &e);
    if (rc == SG_ECANCELED)
        return p.listed ? 0 : 2;
    bool usage = rc != 0;
    if (!rc)
        rc = evaluate(&p, config, &e);
    if (rc)
        fprintf(stderr, "segue-recsys evaluate: %s\n", e.text);
    return usage ? 2 : rc ? 1 : 0;
}
