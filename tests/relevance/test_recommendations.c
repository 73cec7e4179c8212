/* test_recommendations.c - models against each other on real listening (Last.fm, HetRec
 * 2011): what docs/recommendations.md says in figures must hold in kind. 600 listeners are
 * asked, or as many as SEGUE_RECOMMENDATION_LISTENERS says. */
#include "recsys/evaluate/evaluate.h"
#include "tests/relevance/suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LISTENERS = 600 };
static struct sg_error err;

static const char *plays_path(void)
{
    static char path[4096];
    const char *d = getenv("SEGUE_DATASETS");
    snprintf(path, sizeof path, "%s/lastfm-hetrec-2k/user_artists.dat.gz",
             d && *d ? d : "../shared/datasets");
    return path;
}

static void split(struct sg_split *s)
{
    struct sg_pairs p = {0};
    struct sg_split_options o = {SG_SPLIT_RANDOM, 0.2, 1};
    size_t listeners = relevance_number("SEGUE_RECOMMENDATION_LISTENERS", LISTENERS);
    ck_assert_msg(!sg_pairs_read(&p, plays_path(), SG_PAIRS_LASTFM, &err), "%s", err.text);
    ck_assert_uint_eq(p.n, 92834);
    sg_pairs_merge(&p);
    sg_pairs_weigh(&p, SG_WEIGHTS_BINARY);
    ck_assert_int_eq(sg_split_pairs(s, &p, &o, &err), 0);
    sg_pairs_free(&p);
    for (size_t i = 0; i < listeners && listeners < s->n; i++)
        s->questions[i] = s->questions[i * s->n / listeners];
    s->n = listeners < s->n ? listeners : s->n;
}

static const struct sg_evaluate_options options = SG_EVALUATE_DEFAULTS;

static struct sg_evaluation judge(const struct sg_split *s, const char *model)
{
    struct sg_scorer *m;
    struct sg_evaluation v;
    struct sg_fit f = {.x = &s->train, .threads = 2, .seed = 1};
    ck_assert_msg(!sg_scorer_fit(&m, model, &f, &err), "%s", err.text);
    ck_assert_int_eq(sg_evaluate(&v, m, s, &options, &err), 0);
    const struct sg_interval *ndcg = &v.measure[SG_NDCG];
    printf("%-60s NDCG@20 %.4f [%.4f, %.4f]\n", model, ndcg->mean, ndcg->low, ndcg->high);
    sg_scorer_free(m);
    return v;
}

/* a's NDCG less b's, by listener. */
static struct sg_interval gain(const struct sg_evaluation *a, const struct sg_evaluation *b)
{
    struct sg_interval d;
    ck_assert_int_eq(sg_evaluation_compare(a, b, SG_NDCG, &options, &d, &err), 0);
    return d;
}

#define LINEAR "linear:neighbours=50"
#define ALS    "als:factors=32,sweeps=8,unobserved=0.1,ridge=0.006"

START_TEST(learned_models_beat_neighbours_and_those_popularity)
{
    struct sg_split s;
    split(&s);
    struct sg_evaluation popular = judge(&s, "popularity"), item = judge(&s, "item-knn"),
                         linear = judge(&s, LINEAR), als = judge(&s, ALS),
                         blend = judge(&s, "blend(item-knn;" LINEAR ";" ALS "):users=600");
    ck_assert(gain(&item, &popular).low > 0.1);
    ck_assert(gain(&als, &item).low > 0);
    ck_assert(gain(&linear, &popular).low > 0.1);
    ck_assert(gain(&blend, &item).high >= 0);
    ck_assert(gain(&blend, &linear).high >= 0);
    ck_assert(gain(&blend, &als).high >= 0);
    ck_assert(blend.measure[SG_NDCG].mean > 0.26); /* 0.272 when written */
    sg_evaluation_free(&popular);
    sg_evaluation_free(&item);
    sg_evaluation_free(&linear);
    sg_evaluation_free(&als);
    sg_evaluation_free(&blend);
    sg_split_free(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {learned_models_beat_neighbours_and_those_popularity};
    if (access(plays_path(), R_OK)) {
        fprintf(stderr, "SKIPPED: no %s (set SEGUE_DATASETS)\n", plays_path());
        return 77;
    }
    return relevance_run("recommendations", tests, sizeof tests / sizeof *tests, 900);
}
