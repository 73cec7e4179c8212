/* command.c - segue-query train-ranker: asks, fits, reports. */
#include "core/map.h"
#include "query/train.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GROUPS_MAX 64
#define ROUNDS     8

struct options {
    const char *file, *out;
    int64_t rounds, candidates;
    uint64_t keep; /* bit set of features */
    bool measure, misses;
};

struct training {
    struct sg_arena arena;
    struct sg_ask *ask;
    struct sg_observed *observed;
    size_t n;
};

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "segue-query train-ranker: %s '%s'\nSee segue-query train-ranker --help\n",
            what, value);
    return 2;
}

/* "popularity,version"; false when one of them is no feature. */
static bool parse_features(const char *names, uint64_t *out)
{
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, ","), f = 0;
        while (f < SG_FEATURES &&
               !sg_str_eq(sg_str(sg_feature_name((enum sg_feature_id)f)), (struct sg_str){p, n}))
            f++;
        if (f == SG_FEATURES)
            return false;
        *out |= 1ull << f;
        p += n + (p[n] == ',');
    }
    return true;
}

static int parse_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.rounds = ROUNDS, .candidates = 50};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--measure"))
            o->measure = true;
        else if (!strcmp(argv[i], "--misses"))
            o->misses = true;
        else if (!strcmp(argv[i], "--out") && *value)
            o->out = argv[++i];
        else if (!strcmp(argv[i], "--rounds") && sg_str_to_i64(sg_str(value), &o->rounds))
            i++;
        else if (!strcmp(argv[i], "--keep") && *value && parse_features(value, &o->keep))
            i++;
        else if (argv[i][0] == '-' || o->file)
            return usage("cannot use", argv[i]);
        else
            o->file = argv[i];
    }
    return o->file ? 0 : usage("a file of judged queries is missing", "");
}

static void keep_values(float *out, const struct sg_hit *h)
{
    const struct sg_feature *f = h->features.v;
    for (size_t i = 0; i < SG_FEATURES && i < h->features.n; i++)
        out[i] = (float)f[i].value;
}

static int keep(struct training *t, struct sg_observed *o, const struct sg_search_reply *reply,
                struct sg_error *e)
{
    const struct sg_hit *h = reply->results.v;
    o->n = reply->results.n;
    o->values = sg_arena_array(&t->arena, o->n + 1, sizeof *o->values);
    o->is_answer = sg_arena_array(&t->arena, o->n + 1, sizeof *o->is_answer);
    if (!o->values || !o->is_answer)
        return sg_fail(e, SG_ENOMEM, "candidates");
    for (size_t i = 0; i < o->n; i++) {
        keep_values(o->values[i], &h[i]);
        o->is_answer[i] = sg_judged_is_answer(o->judged, &h[i]);
        if (o->is_answer[i] && !o->rank && i < 10)
            o->rank = (int)i + 1;
    }
    return 0;
}

static int observe(struct training *t, struct sg_observed *o, const struct options *opt,
                   struct sg_error *e)
{
    const struct sg_judged *j = o->judged;
    struct sg_str type = j->type;
    struct sg_search_request r;
    struct sg_search_reply reply;
    sg_record_init(&sg_search_request_record, &r);
    r.q = j->query;
    r.limit = opt->candidates;
    r.explain = !opt->measure;
    if (!sg_str_eq(type, SG_STR("any")))
        r.types = (struct sg_list){&type, 1};
    int rc = sg_ask_search(t->ask, &r, &reply, e);
    if (rc == SG_EINVAL)
        rc = 0; /* refused is not found */
    else if (!rc)
        rc = keep(t, o, &reply, e);
    sg_ask_forget(t->ask);
    return rc;
}

static int observe_all(struct training *t, const struct sg_list *judged, const struct options *opt,
                       struct sg_error *e)
{
    const struct sg_judged *j = judged->v;
    t->observed = sg_arena_array(&t->arena, judged->n + 1, sizeof *t->observed);
    if (!t->observed)
        return sg_fail(e, SG_ENOMEM, "%zu judged queries", judged->n);
    int rc = 0;
    for (t->n = 0; t->n < judged->n && !rc; t->n++) {
        t->observed[t->n].judged = &j[t->n];
        rc = observe(t, &t->observed[t->n], opt, e);
        if (opt->misses && t->observed[t->n].rank != 1)
            printf("%d\t%.*s\t%.*s\t%.*s\n", t->observed[t->n].rank, SG_FMT(j[t->n].group),
                   SG_FMT(j[t->n].query), SG_FMT(j[t->n].expected));
    }
    return rc;
}

struct tally {
    struct sg_str group;
    size_t asked[2];
    double sum[2], first[2];
};

static void add(struct tally *t, const struct sg_observed *o)
{
    bool held = o->judged->held_out;
    t->asked[held]++;
    t->sum[held] += o->rank ? 1.0 / o->rank : 0;
    t->first[held] += o->rank == 1;
}

static struct tally *tally_of(struct tally *all, size_t *n, struct sg_str group)
{
    size_t i = 1;
    while (i < *n && !sg_str_eq(all[i].group, group))
        i++;
    if (i == *n && i < GROUPS_MAX)
        all[(*n)++] = (struct tally){.group = group};
    return i < *n ? &all[i] : NULL;
}

static double ratio(double part, size_t of)
{
    return of ? part / (double)of : 0;
}

static void report(const struct training *t)
{
    struct tally all[GROUPS_MAX] = {{.group = SG_STR("all")}};
    size_t n = 1;
    for (size_t i = 0; i < t->n; i++) {
        struct sg_str group = t->observed[i].judged->group;
        struct tally *own = group.n ? tally_of(all, &n, group) : NULL;
        add(&all[0], &t->observed[i]);
        if (own)
            add(own, &t->observed[i]);
    }
    printf("%-20s %8s %8s %8s | %8s %8s %8s (held out)\n", "group", "queries", "MRR@10", "first",
           "queries", "MRR@10", "first");
    for (size_t i = 0; i < n; i++)
        printf("%-20.*s %8zu %8.4f %8.4f | %8zu %8.4f %8.4f\n", SG_FMT(all[i].group),
               all[i].asked[0], ratio(all[i].sum[0], all[i].asked[0]),
               ratio(all[i].first[0], all[i].asked[0]), all[i].asked[1],
               ratio(all[i].sum[1], all[i].asked[1]), ratio(all[i].first[1], all[i].asked[1]));
}

static int write_weights(const struct sg_weights *w, const char *path, struct sg_error *e)
{
    FILE *f = path ? fopen(path, "w") : stdout;
    if (!f)
        return sg_fail_errno(e, "%s", path);
    fprintf(f, "# fitted by segue-query train-ranker\n");
    for (size_t i = 0; i < SG_FEATURES; i++)
        fprintf(f, "%s = %g\n", sg_feature_name((enum sg_feature_id)i), (double)w->w[i]);
    int failed = fflush(f);
    if (path)
        failed |= fclose(f);
    return failed ? sg_fail_errno(e, "%s", path ? path : "output") : 0;
}

static int fit(const struct training *t, const struct sg_config *c, const struct options *o,
               struct sg_error *e)
{
    struct sg_weights w;
    int rc = sg_weights_load(&w, c->query.weights, e);
    if (rc)
        return rc;
    double before = sg_train_mrr(t->observed, t->n, &w, false);
    double held = sg_train_mrr(t->observed, t->n, &w, true);
    double after = sg_train_fit(t->observed, t->n, &w, (int)o->rounds, o->keep);
    printf("MRR@10 of the fitted queries %.4f -> %.4f, of those held out %.4f -> %.4f\n", before,
           after, held, sg_train_mrr(t->observed, t->n, &w, true));
    return write_weights(&w, o->out, e);
}

static int train(struct training *t, const struct sg_config *c, const struct options *o,
                 struct sg_error *e)
{
    struct sg_map m;
    struct sg_list judged;
    int rc = sg_map_open(&m, o->file, 1, e);
    if (rc)
        return rc;
    rc = sg_judged_parse(&judged, o->file, (struct sg_str){(const char *)m.p, m.n}, &t->arena, e);
    if (!rc)
        rc = sg_ask_open(&t->ask, c, true, e);
    if (!rc)
        rc = observe_all(t, &judged, o, e);
    if (!rc)
        report(t);
    if (!rc && !o->measure)
        rc = fit(t, c, o, e);
    if (t->ask)
        sg_ask_close(t->ask);
    sg_map_close(&m);
    return rc;
}

int sg_cli_train(const struct sg_config *c, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct training t = {0};
    struct options o;
    int rc = parse_options(&o, argc, argv);
    if (rc)
        return rc;
    sg_log_setup("query", SG_LOG_WARN, (enum sg_log_format)c->log.format);
    rc = train(&t, c, &o, &e);
    if (rc)
        fprintf(stderr, "segue-query train-ranker: %s\n", e.text);
    sg_arena_free(&t.arena);
    return rc ? 1 : 0;
}
