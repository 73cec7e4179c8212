/* assign.c - the variant of a user: see experiments.h. */
#include "recsys/experiments/parts.h"
#include <math.h>
#include <xxhash.h>

/* A number in (0, 1) of the three, the same everywhere. */
static double unit_of(struct sg_str experiment, struct sg_str variant, uint64_t user_id)
{
    unsigned char text[2 * 64 + 8 + 1];
    size_t n = 0;
    memcpy(text, experiment.p, experiment.n);
    n = experiment.n;
    text[n++] = '/';
    memcpy(text + n, variant.p, variant.n);
    n += variant.n;
    for (int i = 0; i < 8; i++)
        text[n++] = (unsigned char)(user_id >> (8 * i));
    return ((double)(XXH3_64bits(text, n) >> 11) + 0.5) * 0x1p-53;
}

/* Highest weight / -ln(unit): a variant wins as often as its share of the weights. */
static const struct variant_row *best(const struct variant_row *v, size_t n, uint64_t user_id)
{
    const struct variant_row *found = NULL;
    double best_score = 0;
    for (size_t i = 0; i < n; i++) {
        double score = v[i].weight / -log(unit_of(v[i].experiment, v[i].name, user_id));
        if (score > best_score) {
            best_score = score;
            found = &v[i];
        }
    }
    return found;
}

static bool copy(struct sg_arena *a, const struct variant_row *row, struct sg_variant *out)
{
    *out = (struct sg_variant){sg_arena_copy(a, row->name), sg_arena_copy(a, row->settings)};
    return out->name.p && out->settings.p;
}

bool variants_assign(const struct variant_table *t, struct sg_str surface, uint64_t user_id,
                     struct sg_arena *a, struct sg_assignment *out)
{
    size_t from = 0, n = 0;
    while (from < t->n && !sg_str_eq(t->v[from].surface, surface))
        from++;
    while (from + n < t->n && sg_str_eq(t->v[from + n].surface, surface))
        n++;
    if (!n)
        return false;
    const struct variant_row *v = t->v + from;
    struct sg_assignment found = {.kind = v->kind, .experiment = sg_arena_copy(a, v->experiment)};
    if (v->kind == SG_EXPERIMENT_INTERLEAVE) {
        if (n != 2 || !copy(a, &v[0], &found.variant) || !copy(a, &v[1], &found.other))
            return false;
    } else {
        const struct variant_row *row = best(v, n, user_id);
        if (!row || !copy(a, row, &found.variant))
            return false;
    }
    *out = found;
    return found.experiment.p != NULL;
}

int variants_read(struct variant_table *t, PGconn *c, struct sg_error *e)
{
    PGresult *r;
    int rc =
        sg_pg_exec(c,
                   "SELECT experiment, variant, settings, kind, weight, surface FROM experiments "
                   "JOIN experiment_variants USING (experiment) WHERE enabled "
                   "ORDER BY surface, experiment COLLATE \"C\", variant COLLATE \"C\" LIMIT 1000",
                   0, NULL, &r, e);
    if (rc)
        return rc;
    size_t n = (size_t)PQntuples(r);
    t->v = sg_arena_array(&t->arena, n + 1, sizeof *t->v);
    for (size_t i = 0; t->v && i < n; i++) {
        int row = (int)i;
        struct variant_row *v = &t->v[i];
        v->experiment = sg_arena_copy(&t->arena, sg_str(PQgetvalue(r, row, 0)));
        v->name = sg_arena_copy(&t->arena, sg_str(PQgetvalue(r, row, 1)));
        v->settings = sg_arena_copy(&t->arena, sg_str(PQgetvalue(r, row, 2)));
        v->kind = *PQgetvalue(r, row, 3) == 'i' ? SG_EXPERIMENT_INTERLEAVE : SG_EXPERIMENT_AB;
        v->surface = sg_arena_copy(&t->arena, sg_str(PQgetvalue(r, row, 5)));
        sg_str_to_f64(sg_str(PQgetvalue(r, row, 4)), &v->weight);
        if (!v->experiment.p || !v->name.p || !v->settings.p || !v->surface.p ||
            v->experiment.n > 63 || v->name.n > 63)
            t->v = NULL;
    }
    PQclear(r);
    t->n = t->v ? n : 0;
    return t->v ? 0 : sg_fail(e, SG_ENOMEM, "experiments");
}
