/* report.c - see report.h. */
#include "recsys/evaluate/report.h"
#include "core/buf.h"
#include <string.h>

static const struct {
    const char *title, *key;
    bool at_k;
    int digits;
} measures[SG_MEASURES] = {
    [SG_RECALL] = {"Recall", "recall", true, 4},
    [SG_NDCG] = {"NDCG", "ndcg", true, 4},
    [SG_MAP] = {"MAP", "map", true, 4},
    [SG_R_PRECISION] = {"R-prec", "r_precision", false, 4},
    [SG_CLICKS] = {"clicks", "clicks", false, 2},
    [SG_NOVELTY] = {"novelty", "novelty_bits", false, 2},
    [SG_DIVERSITY] = {"diversity", "diversity", false, 3},
    [SG_POPULARITY_BIAS] = {"pop. bias", "popularity_bias", false, 2},
};

static void put_title(const char *title, bool at_k, size_t k, FILE *to)
{
    char text[32];
    snprintf(text, sizeof text, at_k ? "%s@%zu" : "%s", title, k);
    fprintf(to, "  %-24s", text);
}

/* "3 graph" of graph:factors=64 */
static void put_model(const struct sg_report *r, size_t i, FILE *to)
{
    const char *model = r->rows[i].model;
    fprintf(to, "%2zu %-10.*s", i + 1, (int)strcspn(model, "(:"), model);
}

static void table_of(const struct sg_report *r, size_t from, size_t to_measure, FILE *to)
{
    fprintf(to, "\n%-13s", "model");
    for (size_t m = from; m < to_measure; m++)
        put_title(measures[m].title, measures[m].at_k, r->k, to);
    fputc('\n', to);
    for (size_t i = 0; i < r->n; i++) {
        put_model(r, i, to);
        for (size_t m = from; m < to_measure; m++) {
            const struct sg_interval *v = &r->rows[i].evaluation.measure[m];
            char text[64];
            snprintf(text, sizeof text, "%.*f [%.*f, %.*f]", measures[m].digits, v->mean,
                     measures[m].digits, v->low, measures[m].digits, v->high);
            fprintf(to, "  %-24s", text);
        }
        fputc('\n', to);
    }
}

static void table_of_costs(const struct sg_report *r, FILE *to)
{
    fprintf(to, "\n%-13s  coverage  training s  processor s  ranking s  NDCG less that of %zu\n",
            "model", r->best + 1);
    for (size_t i = 0; i < r->n; i++) {
        const struct sg_report_row *row = &r->rows[i];
        put_model(r, i, to);
        fprintf(to, "  %8.4f  %10.1f  %11.1f  %9.1f", row->evaluation.coverage, row->fit_s,
                row->fit_cpu_s, row->rank_s);
        if (i != r->best)
            fprintf(to, "  %+.4f [%+.4f, %+.4f]", row->against_best.mean, row->against_best.low,
                    row->against_best.high);
        fputc('\n', to);
    }
}

void sg_report_table(const struct sg_report *r, FILE *to)
{
    fprintf(to, "%zu users asked, %zu items, %zu pairs to learn from; %s, seed %llu, %zu run%s\n",
            r->users, r->items, r->pairs, r->split, (unsigned long long)r->seed, r->runs,
            r->runs == 1 ? "" : "s");
    for (size_t i = 0; i < r->n; i++)
        fprintf(to, "%2zu %s\n", i + 1, r->rows[i].model);
    table_of(r, SG_RECALL, SG_R_PRECISION, to);
    table_of(r, SG_R_PRECISION, SG_DIVERSITY, to);
    table_of(r, SG_DIVERSITY, SG_MEASURES, to);
    table_of_costs(r, to);
}

static void put_interval(struct sg_buf *b, const char *key, const struct sg_interval *v)
{
    sg_buf_json_str(b, sg_str(key));
    sg_buf_printf(b, ":{\"mean\":%.6f,\"low\":%.6f,\"high\":%.6f}", v->mean, v->low, v->high);
}

void sg_report_json(const struct sg_report *r, FILE *to)
{
    struct sg_buf b = {0};
    sg_buf_printf(&b,
                  "{\"k\":%zu,\"runs\":%zu,\"seed\":%llu,\"users\":%zu,\"items\":%zu,"
                  "\"pairs\":%zu,\"split\":",
                  r->k, r->runs, (unsigned long long)r->seed, r->users, r->items, r->pairs);
    sg_buf_json_str(&b, sg_str(r->split));
    sg_buf_puts(&b, ",\"models\":[");
    for (size_t i = 0; i < r->n; i++) {
        const struct sg_report_row *row = &r->rows[i];
        sg_buf_puts(&b, i ? ",{\"model\":" : "{\"model\":");
        sg_buf_json_str(&b, sg_str(row->model));
        for (size_t m = 0; m < SG_MEASURES; m++) {
            sg_buf_putc(&b, ',');
            put_interval(&b, measures[m].key, &row->evaluation.measure[m]);
        }
        sg_buf_putc(&b, ',');
        put_interval(&b, "ndcg_against_best_single", &row->against_best);
        sg_buf_printf(&b,
                      ",\"coverage\":%.6f,\"training_s\":%.3f,"
                      "\"training_cpu_s\":%.3f,\"ranking_s\":%.3f}",
                      row->evaluation.coverage, row->fit_s, row->fit_cpu_s, row->rank_s);
    }
    sg_buf_puts(&b, "]}\n");
    fwrite(b.p, 1, b.n, to);
    sg_buf_free(&b);
}
