/* report.c - see report.h. */
#include "recsys/experiments/report.h"
#include "core/buf.h"
#include "core/pg.h"
#include "recsys/experiments/statistics.h"
#include <stdlib.h>

#define VARIANTS_MAX 32

struct reporter {
    const struct sg_report_options *o;
    PGconn *c;
    struct sg_buf json;
    FILE *to;
};

struct outcome { /* of one variant */
    const char *name;
    double weight, exposures;
    struct sample plays, likes;
};

static double number(PGresult *r, int row, int column)
{
    double v = 0;
    sg_str_to_f64(sg_str(PQgetvalue(r, row, column)), &v);
    return v;
}

static int ask(struct reporter *p, const char *sql, const char *experiment, PGresult **r,
               struct sg_error *e)
{
    char days[24], within[32];
    const char *params[] = {experiment, days, within};
    snprintf(days, sizeof days, "%d", p->o->days);
    snprintf(within, sizeof within, "%d hours", p->o->within_h);
    return sg_pg_exec(p->c, sql, 3, params, r, e);
}

static void say_lift(struct reporter *p, const char *of, const struct sample *a,
                     const struct sample *b)
{
    struct lift l;
    bool known = lift_of(a, b, &l);
    if (p->o->json) {
        sg_buf_printf(&p->json, ",\"%s_lift\":", of);
        if (known)
            sg_buf_printf(&p->json, "{\"lift\":%.6g,\"low\":%.6g,\"high\":%.6g,\"p\":%.4g}", l.lift,
                          l.low, l.high, l.p);
        else
            sg_buf_puts(&p->json, "null");
    } else if (known) {
        fprintf(p->to, "    %s: %+.2f%% (95%% from %+.2f%% to %+.2f%%, p = %.3g)\n", of,
                100 * l.lift, 100 * l.low, 100 * l.high, l.p);
    } else {
        fprintf(p->to, "    %s: too few to tell\n", of);
    }
}

static void say_variant(struct reporter *p, const struct outcome *v, const struct outcome *base)
{
    if (p->o->json) {
        sg_buf_printf(&p->json, "%s{\"variant\":", v == base ? "" : ",");
        sg_buf_json_str(&p->json, sg_str(v->name));
        sg_buf_printf(&p->json,
                      ",\"people\":%.0f,\"exposures\":%.0f,\"plays\":%.0f,\"likes\":%.0f,"
                      "\"plays_a_person\":%.6g,\"likes_a_person\":%.6g",
                      v->plays.n, v->exposures, v->plays.sum, v->likes.sum, sample_mean(&v->plays),
                      sample_mean(&v->likes));
    } else {
        fprintf(p->to, "  %-20s %9.0f people %9.0f answers %8.4f plays %8.4f likes a person\n",
                v->name, v->plays.n, v->exposures, sample_mean(&v->plays), sample_mean(&v->likes));
    }
    if (v != base) {
        say_lift(p, "plays", &base->plays, &v->plays);
        say_lift(p, "likes", &base->likes, &v->likes);
    }
    if (p->o->json)
        sg_buf_putc(&p->json, '}');
}

/* Whether people came to the variants as their weights say: a small p is a fault of the
 * experiment, not a result. */
static double split_p(const struct outcome *v, size_t n)
{
    double counts[VARIANTS_MAX], shares[VARIANTS_MAX], total = 0;
    for (size_t i = 0; i < n; i++)
        total += v[i].weight;
    for (size_t i = 0; i < n; i++) {
        counts[i] = v[i].plays.n;
        shares[i] = total > 0 ? v[i].weight / total : 0;
    }
    return shares_test(counts, shares, n);
}

static void say_ab(struct reporter *p, const struct outcome *v, size_t n, double moved)
{
    double split = split_p(v, n);
    if (p->o->json)
        sg_buf_printf(&p->json, ",\"moved\":%.0f,\"split_p\":%.4g,\"variants\":[", moved, split);
    for (size_t i = 0; i < n; i++)
        say_variant(p, &v[i], &v[0]);
    if (p->o->json) {
        sg_buf_putc(&p->json, ']');
        return;
    }
    if (moved > 0)
        fprintf(p->to, "  %.0f people saw more than one variant and are left out\n", moved);
    if (split < 0.001)
        fprintf(p->to,
                "  WARNING: people did not come as the weights say (p = %.2g): do not "
                "believe the rest\n",
                split);
}

static int report_ab(struct reporter *p, const char *experiment, struct sg_error *e)
{
    static const char sql[] =
        "WITH p AS MATERIALIZED (SELECT * FROM segue_experiment_people($1, $2::int, $3::interval)) "
        "SELECT v.variant, v.weight, coalesce(sum(p.exposures), 0), count(p.user_id), "
        "coalesce(sum(p.plays), 0), coalesce(sum(p.plays * p.plays), 0), "
        "coalesce(sum(p.likes), 0), coalesce(sum(p.likes * p.likes), 0), "
        "(SELECT count(*) FROM p WHERE moved) FROM experiment_variants v "
        "LEFT JOIN p ON p.variant = v.variant AND NOT p.moved WHERE v.experiment = $1 "
        "GROUP BY v.variant, v.weight ORDER BY v.variant COLLATE \"C\" LIMIT 32";
    struct outcome v[VARIANTS_MAX];
    PGresult *r;
    int rc = ask(p, sql, experiment, &r, e);
    if (rc)
        return rc;
    size_t n = (size_t)PQntuples(r);
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        double people = number(r, row, 3);
        v[i] = (struct outcome){.name = PQgetvalue(r, row, 0),
                                .weight = number(r, row, 1),
                                .exposures = number(r, row, 2),
                                .plays = {people, number(r, row, 4), number(r, row, 5)},
                                .likes = {people, number(r, row, 6), number(r, row, 7)}};
    }
    say_ab(p, v, n, n ? number(r, 0, 8) : 0);
    PQclear(r);
    return 0;
}

struct credit {
    double answers, ties, wins[2], people[2], even;
};

static void say_interleaved(struct reporter *p, const struct credit *c, const char *first,
                            const char *second)
{
    double decided = c->wins[0] + c->wins[1];
    double preference = decided > 0 ? c->wins[1] / decided : 0.5;
    double sign = sign_test((unsigned)c->people[1], (unsigned)c->people[0]);
    if (p->o->json) {
        sg_buf_puts(&p->json, ",\"first\":");
        sg_buf_json_str(&p->json, sg_str(first));
        sg_buf_puts(&p->json, ",\"second\":");
        sg_buf_json_str(&p->json, sg_str(second));
        sg_buf_printf(&p->json,
                      ",\"answers\":%.0f,\"first_wins\":%.0f,\"second_wins\":%.0f,\"ties\":%.0f,"
                      "\"preference_for_second\":%.6g,\"people_for_first\":%.0f,"
                      "\"people_for_second\":%.0f,\"people_even\":%.0f,\"p\":%.4g",
                      c->answers, c->wins[0], c->wins[1], c->ties, preference, c->people[0],
                      c->people[1], c->even, sign);
        return;
    }
    fprintf(p->to,
            "  %.0f answers: %s ahead in %.0f, %s in %.0f, neither in %.0f\n"
            "  people who prefer %s: %.0f, %s: %.0f, neither: %.0f (sign test p = %.3g)\n",
            c->answers, first, c->wins[0], second, c->wins[1], c->ties, first, c->people[0], second,
            c->people[1], c->even, sign);
}

static int report_interleaved(struct reporter *p, const char *experiment, struct sg_error *e)
{
    static const char sql[] =
        "WITH credit AS (SELECT * FROM segue_interleaved_credit($1, $2::int, $3::interval)), "
        "person AS (SELECT sum(sign(second - first)) AS d FROM credit GROUP BY user_id) "
        "SELECT (SELECT count(*) FROM credit), (SELECT count(*) FROM credit WHERE first = second), "
        "(SELECT count(*) FROM credit WHERE first > second), "
        "(SELECT count(*) FROM credit WHERE first < second), "
        "(SELECT count(*) FROM person WHERE d < 0), (SELECT count(*) FROM person WHERE d > 0), "
        "(SELECT count(*) FROM person WHERE d = 0), "
        "(SELECT min(variant COLLATE \"C\") FROM experiment_variants WHERE experiment = $1), "
        "(SELECT max(variant COLLATE \"C\") FROM experiment_variants WHERE experiment = $1)";
    PGresult *r;
    int rc = ask(p, sql, experiment, &r, e);
    if (rc)
        return rc;
    struct credit c = {.answers = number(r, 0, 0),
                       .ties = number(r, 0, 1),
                       .wins = {number(r, 0, 2), number(r, 0, 3)},
                       .people = {number(r, 0, 4), number(r, 0, 5)},
                       .even = number(r, 0, 6)};
    say_interleaved(p, &c, PQgetvalue(r, 0, 7), PQgetvalue(r, 0, 8));
    PQclear(r);
    return 0;
}

static int report_one(struct reporter *p, const char *name, const char *kind, bool first,
                      struct sg_error *e)
{
    bool interleaved = *kind == 'i';
    if (p->o->json) {
        sg_buf_puts(&p->json, first ? "{\"experiment\":" : ",{\"experiment\":");
        sg_buf_json_str(&p->json, sg_str(name));
        sg_buf_printf(&p->json, ",\"kind\":\"%s\",\"days\":%d,\"within_h\":%d", kind, p->o->days,
                      p->o->within_h);
    } else {
        fprintf(p->to, "%s (%s, last %d days, plays within %d h)\n", name, kind, p->o->days,
                p->o->within_h);
    }
    int rc = interleaved ? report_interleaved(p, name, e) : report_ab(p, name, e);
    if (p->o->json)
        sg_buf_putc(&p->json, '}');
    return rc;
}

static int report_all(struct reporter *p, PGresult *r, struct sg_error *e)
{
    int rc = 0;
    if (p->o->json)
        sg_buf_puts(&p->json, "[");
    for (int i = 0; i < PQntuples(r) && !rc; i++)
        rc = report_one(p, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), i == 0, e);
    if (p->o->json && !rc) {
        sg_buf_puts(&p->json, "]\n");
        rc = sg_buf_failed(&p->json) ? sg_fail(e, SG_ENOMEM, "report") : 0;
    }
    if (p->o->json && !rc)
        fwrite(p->json.p, 1, p->json.n, p->to);
    return rc;
}

int sg_experiments_report(const struct sg_config *config, const struct sg_report_options *o,
                          FILE *to, struct sg_error *e)
{
    struct reporter p = {.o = o, .to = to};
    const char *params[] = {o->experiment};
    PGresult *r = NULL;
    int rc = sg_pg_connect(&p.c, config->pg.dsn, e);
    if (rc)
        return rc;
    rc = sg_pg_exec(p.c,
                    "SELECT experiment, kind FROM experiments WHERE $1::text IS NULL OR "
                    "experiment = $1 ORDER BY experiment COLLATE \"C\"",
                    1, params, &r, e);
    if (!rc && o->experiment && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "there is no experiment '%s'", o->experiment);
    if (!rc)
        rc = report_all(&p, r, e);
    PQclear(r);
    PQfinish(p.c);
    sg_buf_free(&p.json);
    return rc;
}
