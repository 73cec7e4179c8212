/* scorer.h - one interface to every recommendation model: fit it on who played what, then
 * score all items for anybody's items (fold-in form: a new listener is one more row).
 *
 *   popularity   how often an item was played
 *   item-knn     cosine of items by their users, the nearest kept
 *   user-knn     cosine of users by their items, brute force
 *   linear       item-item ridge regression on each item's nearest items
 *   graph        two hops through the users and the lowest graph frequencies
 *   als          implicit alternating least squares (recsys/als.h)
 *   blend        a weighted sum of others, the weights fitted on held-out plays
 *
 * A model is named by text: "graph", "item-knn:neighbours=200,shrink=20",
 * "blend(graph:factors=512;als)". docs/recommendations.md has the maths and its sources.
 */
#pragma once
#include "recsys/interactions.h"
#include <stdbool.h>
#include <stdio.h>

struct sg_scorer; /* immutable once fitted: thread-safe */

struct sg_fit {
    const struct sg_interactions *x; /* must outlive the scorer */
    int threads;                     /* 1..64 */
    uint64_t seed;                   /* the same seed and threads give the same model */
    /* May be NULL. done: 0 to 1 of this step. From the fitting thread. */
    void (*progress)(void *ctx, const char *step, double done);
    void *ctx;
};

/* SG_EINVAL (no such model or parameter, value out of bounds), SG_ENOMEM, SG_ECANCELED. */
int sg_scorer_fit(struct sg_scorer **out, const char *model, const struct sg_fit *f,
                  struct sg_error *e);
void sg_scorer_free(struct sg_scorer *s);

/* Somebody's items, as numbers of x.items, ascending, and their weights. */
struct sg_row {
    const uint32_t *item;
    const float *weight;
    size_t n;
};
struct sg_row sg_row_of_user(const struct sg_interactions *x, size_t user);

/* Scores every item for each of n rows into out: n x x.items.n floats, higher is better;
 * the row's own items are scored too. SG_ENOMEM. BLAS is best set to one thread. */
int sg_scorer_score(const struct sg_scorer *s, const struct sg_row *rows, size_t n, float *out,
                    struct sg_error *e);

/* What the fit decided (the weights of a blend), for people; may write nothing. */
void sg_scorer_describe(const struct sg_scorer *s, FILE *to);
/* The models, their parameters, bounds and defaults, for --help. */
void sg_scorer_list(FILE *to);

/* The k best of n scores, best first, ties by lower index; NAN and -INFINITY never. Returns
 * how many. */
struct sg_scored {
    uint32_t item;
    float score;
};
size_t sg_scored_top(const float *scores, size_t n, size_t k, struct sg_scored *out);
/* Keeps the k best offered in v[0..*n), v[0] the worst of them. */
void sg_scored_offer(struct sg_scored *v, size_t *n, size_t k, struct sg_scored one);
