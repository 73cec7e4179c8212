/* scorer.c - see scorer.h. */
#include "core/str.h"
#include "recsys/models/kind.h"
#include <stdlib.h>

enum { PARAMS_MAX = 16, NAME_MAX_BYTES = 32 };

static const struct sg_model_kind *const kinds[] = {
    &sg_model_popularity, &sg_model_item_knn, &sg_model_user_knn, &sg_model_linear,
    &sg_model_graph,      &sg_model_als,      &sg_model_blend,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct sg_scorer {
    const struct sg_model_kind *kind;
    void *state;
};

static const struct sg_model_kind *kind_named(struct sg_str name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (sg_str_eq(name, sg_str(kinds[i]->name)))
            return kinds[i];
    return NULL;
}

static int set_param(const struct sg_model_kind *kind, struct sg_str name, struct sg_str value,
                     double *p, struct sg_error *e)
{
    double v;
    for (size_t i = 0; kind->params[i].name; i++) {
        const struct sg_param *known = &kind->params[i];
        if (!sg_str_eq(name, sg_str(known->name)))
            continue;
        if (!sg_str_to_f64(value, &v) || !(v >= known->low && v <= known->high))
            return sg_fail(e, SG_EINVAL, "%s: %s: expected %g to %g, got '%.*s'", kind->name,
                           known->name, known->low, known->high, SG_FMT(value));
        p[i] = v;
        return 0;
    }
    return sg_fail(e, SG_EINVAL, "%s has no parameter '%.*s'", kind->name, SG_FMT(name));
}

/* "key=value,key=value" over the defaults. */
static int read_params(const struct sg_model_kind *kind, struct sg_str text, double *p,
                       struct sg_error *e)
{
    for (size_t i = 0; kind->params[i].name; i++)
        p[i] = kind->params[i].value;
    int rc = 0;
    while (!rc && text.n) {
        const char *comma = memchr(text.p, ',', text.n);
        struct sg_str one = {text.p, comma ? (size_t)(comma - text.p) : text.n};
        const char *equals = memchr(one.p, '=', one.n);
        if (!equals)
            return sg_fail(e, SG_EINVAL, "%s: expected parameter=value, got '%.*s'", kind->name,
                           SG_FMT(one));
        size_t name = (size_t)(equals - one.p);
        rc = set_param(kind, (struct sg_str){one.p, name},
                       (struct sg_str){equals + 1, one.n - name - 1}, p, e);
        text.p += one.n + (comma != NULL);
        text.n -= one.n + (comma != NULL);
    }
    return rc;
}

/* name[(parts)][:parameters] */
static int fit_named(struct sg_scorer *s, const char *model, const struct sg_fit *f,
                     struct sg_error *e)
{
    double p[PARAMS_MAX];
    size_t name = strcspn(model, "(:");
    const char *rest = model + name, *close = strrchr(model, ')');
    char *parts = NULL;
    if (*rest == '(') {
        if (!close || (close[1] && close[1] != ':'))
            return sg_fail(e, SG_EINVAL, "'%s': the bracket is not closed", model);
        parts = strndup(rest + 1, (size_t)(close - rest - 1));
        rest = close + 1;
        if (!parts)
            return sg_fail(e, SG_ENOMEM, "model");
    }
    s->kind = kind_named((struct sg_str){model, name});
    int rc = s->kind ? read_params(s->kind, sg_str(*rest ? rest + 1 : rest), p, e)
                     : sg_fail(e, SG_EINVAL, "no model is called '%.*s'", (int)name, model);
    if (!rc && parts && s->kind != &sg_model_blend)
        rc = sg_fail(e, SG_EINVAL, "%s is not made of other models", s->kind->name);
    if (!rc)
        rc = s->kind->fit(&s->state, f, p, parts, e);
    free(parts);
    return rc;
}

int sg_scorer_fit(struct sg_scorer **out, const char *model, const struct sg_fit *f,
                  struct sg_error *e)
{
    struct sg_scorer *s = calloc(1, sizeof *s);
    int rc = s ? fit_named(s, model, f, e) : sg_fail(e, SG_ENOMEM, "model");
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

void sg_scorer_free(struct sg_scorer *s)
{
    if (s)
        s->kind->free(s->state);
    free(s);
}

struct sg_row sg_row_of_user(const struct sg_interactions *x, size_t user)
{
    size_t from = x->users.start[user];
    return (struct sg_row){x->users.other + from, x->users.weight + from,
                           x->users.start[user + 1] - from};
}

int sg_scorer_score(const struct sg_scorer *s, const struct sg_row *rows, size_t n, float *out,
                    struct sg_error *e)
{
    return s->kind->score(s->state, rows, n, out, e);
}

void sg_scorer_describe(const struct sg_scorer *s, FILE *to)
{
    if (s->kind->describe)
        s->kind->describe(s->state, to);
}

void sg_scorer_list(FILE *to)
{
    for (size_t i = 0; i < KINDS; i++) {
        fprintf(to, "  %-12s %s\n", kinds[i]->name, kinds[i]->summary);
        for (const struct sg_param *p = kinds[i]->params; p->name; p++)
            fprintf(to, "    %-14s %s (%g; %g to %g)\n", p->name, p->help, p->value, p->low,
                    p->high);
    }
}

int sg_bench_open(struct sg_bench *b, size_t floats)
{
    b->sum = calloc(floats + 1, sizeof *b->sum);
    b->touched = malloc((floats + 1) * sizeof *b->touched);
    if (b->sum && b->touched)
        return 0;
    sg_bench_close(b);
    return SG_ENOMEM;
}

void sg_bench_close(struct sg_bench *b)
{
    free(b->sum);
    free(b->touched);
    *b = (struct sg_bench){0};
}

struct sg_bench *sg_benches_open(int n, size_t floats)
{
    struct sg_bench *b = calloc((size_t)n, sizeof *b);
    for (int i = 0; b && i < n; i++)
        if (sg_bench_open(&b[i], floats)) {
            sg_benches_close(b, i);
            return NULL;
        }
    return b;
}

void sg_benches_close(struct sg_bench *b, int n)
{
    for (int i = 0; b && i < n; i++)
        sg_bench_close(&b[i]);
    free(b);
}
