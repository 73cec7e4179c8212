/* report.h - evaluations as a table for people or as JSON. */
#pragma once
#include "recsys/evaluate/evaluate.h"
#include <stdio.h>

struct sg_report_row {
    const char *model;
    struct sg_evaluation evaluation;
    double fit_s, fit_cpu_s, rank_s; /* by the clock; processor time of all threads */
    struct sg_interval against_best; /* NDCG less that of the best model that is no blend */
};
struct sg_report {
    const struct sg_report_row *rows;
    size_t n, best; /* best: of those that are no blend */
    size_t k, runs, users, items, pairs;
    const char *split;
    uint64_t seed;
};

/* The models by number, then tables with intervals in brackets. */
void sg_report_table(const struct sg_report *r, FILE *to);
void sg_report_json(const struct sg_report *r, FILE *to);
