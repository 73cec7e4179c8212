/* rules.c - see rules.h. */
#include "api/playlists/rules.h"
#include <stdio.h>
#include <stdlib.h>

enum value { NOTHING, TEXT, NUMBER };
enum needs { HEARD = 1 }; /* the owner's listening, joined */

/* %s stands for the value's parameter. */
static const struct condition {
    const char *field, *op, *sql;
    enum value value;
    int64_t min, max;
    unsigned needs;
} conditions[] = {
    {"genre", "is",
     "s.genre_id IN (SELECT g.genre_id FROM genres g WHERE lower(g.name) = lower(%s::text))", TEXT,
     0, 0, 0},
    {"genre", "is_not",
     "(s.genre_id IN (SELECT g.genre_id FROM genres g WHERE lower(g.name) = lower(%s::text))) IS "
     "NOT TRUE",
     TEXT, 0, 0, 0},
    {"artist", "is",
     "s.song_id IN (SELECT c.song_id FROM song_artists c WHERE c.credited_artist_id = %s::bigint)",
     NUMBER, 1, INT64_MAX, 0},
    {"artist", "is_not",
     "s.song_id NOT IN (SELECT c.song_id FROM song_artists c WHERE c.credited_artist_id = "
     "%s::bigint)",
     NUMBER, 1, INT64_MAX, 0},
    {"year", "is", "extract(year FROM s.release_date) = %s::integer", NUMBER, 1, 9999, 0},
    {"year", "at_least", "s.release_date >= make_date(%s::integer, 1, 1)", NUMBER, 1, 9999, 0},
    {"year", "at_most", "s.release_date <= make_date(%s::integer, 12, 31)", NUMBER, 1, 9999, 0},
    {"duration", "at_least", "s.duration_s >= %s::bigint", NUMBER, 0, INT32_MAX, 0},
    {"duration", "at_most", "s.duration_s <= %s::bigint", NUMBER, 0, INT32_MAX, 0},
    {"explicit", "yes", "s.explicit", NOTHING, 0, 0, 0},
    {"explicit", "no", "NOT s.explicit", NOTHING, 0, 0, 0},
    {"title", "contains", "position(lower(%s::text) IN lower(s.title)) > 0", TEXT, 0, 0, 0},
    {"added", "within_days", "s.created_at >= now() - make_interval(days => %s::integer)", NUMBER,
     0, 36500, 0},
    {"added", "not_within_days", "s.created_at < now() - make_interval(days => %s::integer)",
     NUMBER, 0, 36500, 0},
    {"plays", "is", "coalesce(h.plays, 0) = %s::bigint", NUMBER, 0, INT32_MAX, HEARD},
    {"plays", "at_least", "coalesce(h.plays, 0) >= %s::bigint", NUMBER, 0, INT32_MAX, HEARD},
    {"plays", "at_most", "coalesce(h.plays, 0) <= %s::bigint", NUMBER, 0, INT32_MAX, HEARD},
    {"last_heard", "within_days", "h.last_heard >= now() - make_interval(days => %s::integer)",
     NUMBER, 0, 36500, HEARD},
    {"last_heard", "not_within_days",
     "coalesce(h.last_heard < now() - make_interval(days => %s::integer), true)", NUMBER, 0, 36500,
     HEARD},
    {"liked", "yes",
     "s.song_id IN (SELECT f.target_id FROM feedback f WHERE f.user_id = $1::bigint AND "
     "f.target_kind = 'song' AND f.verdict = 'like')",
     NOTHING, 0, 0, 0},
    {"liked", "no",
     "s.song_id NOT IN (SELECT f.target_id FROM feedback f WHERE f.user_id = $1::bigint AND "
     "f.target_kind = 'song' AND f.verdict = 'like')",
     NOTHING, 0, 0, 0},
};
enum { N_CONDITIONS = sizeof conditions / sizeof *conditions };

static const struct {
    const char *name, *sql;
    unsigned needs;
} sorts[] = {
    {"popular", "s.play_count DESC, s.song_id", 0},
    {"newest", "s.release_date DESC NULLS LAST, s.song_id", 0},
    {"oldest", "s.release_date NULLS LAST, s.song_id", 0},
    {"title", "lower(s.title), s.song_id", 0},
    {"added", "s.created_at DESC, s.song_id", 0},
    {"most_played", "h.plays DESC NULLS LAST, s.song_id", HEARD},
    {"last_heard", "h.last_heard DESC NULLS LAST, s.song_id", HEARD},
    {"least_heard", "h.last_heard NULLS FIRST, s.song_id", HEARD},
};
enum { N_SORTS = sizeof sorts / sizeof *sorts };

struct compiler {
    struct sg_buf where;
    struct sg_rules_sql *out;
    struct sg_arena *arena;
    struct sg_error *e;
    int conditions;
    unsigned needs;
};

static int put_condition(struct compiler *c, const struct condition *k, struct sg_str value)
{
    const char *hole = strstr(k->sql, "%s");
    c->needs |= k->needs;
    if (!hole) {
        sg_buf_puts(&c->where, k->sql);
        return 0;
    }
    value = sg_arena_copy(c->arena, value);
    if (!value.p)
        return sg_fail(c->e, SG_ENOMEM, "rules");
    c->out->params[c->out->n++] = value.p;
    sg_buf_put(&c->where, k->sql, (size_t)(hole - k->sql));
    sg_buf_printf(&c->where, "$%d", c->out->n);
    sg_buf_puts(&c->where, hole + 2);
    return 0;
}

/* The row of the field and operator; NULL with the error said. */
static const struct condition *find(struct compiler *c, const struct sg_playlist_rule *r)
{
    bool known = false;
    for (size_t i = 0; i < N_CONDITIONS; i++) {
        if (!sg_str_eq(r->field, sg_str(conditions[i].field)))
            continue;
        known = true;
        if (sg_str_eq(r->op, sg_str(conditions[i].op)))
            return &conditions[i];
    }
    sg_fail_field(c->e, known ? "rules.op" : "rules.field",
                  known ? "rules.op: not an operator of that field"
                        : "rules.field: there is no such field");
    return NULL;
}

static int condition(struct compiler *c, const struct sg_playlist_rule *r)
{
    char number[24];
    const struct condition *k = find(c, r);
    if (!k)
        return SG_EINVAL;
    if (++c->conditions > SG_RULES_MAX)
        return sg_fail_field(c->e, "rules", "rules: at most %d conditions", SG_RULES_MAX);
    if ((r->text.p != NULL) != (k->value == TEXT) || (r->text.p && memchr(r->text.p, 0, r->text.n)))
        return sg_fail_field(c->e, "rules.text", "rules.text: %s by %s %s", k->field, k->op,
                             k->value == TEXT ? "needs a text" : "takes no text");
    if ((r->number >= 0) != (k->value == NUMBER))
        return sg_fail_field(c->e, "rules.number", "rules.number: %s by %s %s", k->field, k->op,
                             k->value == NUMBER ? "needs a number" : "takes no number");
    if (k->value == NUMBER && (r->number < k->min || r->number > k->max))
        return sg_fail_field(c->e, "rules.number", "rules.number: expected %lld to %lld",
                             (long long)k->min, (long long)k->max);
    snprintf(number, sizeof number, "%lld", (long long)r->number);
    return put_condition(c, k, k->value == TEXT ? r->text : sg_str(number));
}

static int group(struct compiler *c, const struct sg_list *all, const struct sg_list *any,
                 int depth);

static int rule(struct compiler *c, const struct sg_playlist_rule *r, int depth)
{
    if (!r->all.n && !r->any.n)
        return condition(c, r);
    if (r->field.p || r->op.p || r->text.p || r->number >= 0)
        return sg_fail_field(c->e, "rules.field", "rules: a condition, or all or any of several");
    return group(c, &r->all, &r->any, depth + 1);
}

static int group(struct compiler *c, const struct sg_list *all, const struct sg_list *any,
                 int depth)
{
    const struct sg_list *list = all->n ? all : any;
    const struct sg_playlist_rule *v = list->v;
    if (!list->n || (all->n && any->n))
        return sg_fail_field(c->e, "rules", "rules: expected all or any, with conditions in it");
    if (depth > SG_RULES_DEPTH)
        return sg_fail_field(c->e, "rules", "rules: nested deeper than %d", SG_RULES_DEPTH);
    for (size_t i = 0; i < list->n; i++) {
        sg_buf_puts(&c->where, i == 0 ? "(" : all->n ? " AND " : " OR ");
        int rc = rule(c, &v[i], depth);
        if (rc)
            return rc;
    }
    sg_buf_putc(&c->where, ')');
    return 0;
}

static int sort_of(struct compiler *c, struct sg_str name, size_t *at)
{
    for (*at = 0; *at < N_SORTS; ++*at)
        if (sg_str_eq(name, sg_str(sorts[*at].name))) {
            c->needs |= sorts[*at].needs;
            return 0;
        }
    *at = 0;
    return name.p ? sg_fail_field(c->e, "rules.sort", "rules.sort: there is no such order") : 0;
}

static int assemble(struct compiler *c, size_t sort, int64_t limit)
{
    /* What was skipped or left within 30 s was not heard (docs/plays.md). */
    static const char heard[] =
        " LEFT JOIN (SELECT l.song_id, count(*) AS plays, max(l.played_at) AS last_heard FROM "
        "listening_history l WHERE l.user_id = $1::bigint AND (l.outcome = 'completed' OR "
        "coalesce(l.played_s, CASE l.outcome WHEN 'skipped' THEN 0 ELSE 30 END) >= 30) GROUP BY "
        "l.song_id) h USING (song_id)";
    /* $1 is used whatever the rules: a parameter without a type is refused. */
    struct sg_str sql = sg_arena_printf(
        c->arena,
        "SELECT s.song_id FROM songs s%s WHERE $1::bigint > 0 AND (s.release_date IS NULL OR "
        "s.release_date <= CURRENT_DATE) AND %.*s ORDER BY %s LIMIT %lld",
        c->needs & HEARD ? heard : "", SG_FMT(sg_buf_str(&c->where)), sorts[sort].sql,
        (long long)limit);
    if (sg_buf_failed(&c->where) || !sql.p)
        return sg_fail(c->e, SG_ENOMEM, "rules");
    c->out->sql = sql;
    return 0;
}

int sg_rules_compile(const struct sg_playlist_rules *rules, uint64_t owner, struct sg_arena *a,
                     struct sg_rules_sql *out, struct sg_error *e)
{
    struct compiler c = {.out = out, .arena = a, .e = e};
    struct sg_str who = sg_arena_printf(a, "%llu", (unsigned long long)owner);
    size_t sort;
    if (!who.p)
        return sg_fail(e, SG_ENOMEM, "rules");
    *out = (struct sg_rules_sql){.params = {who.p}, .n = 1};
    int rc = group(&c, &rules->all, &rules->any, 1);
    if (!rc)
        rc = sort_of(&c, rules->sort, &sort);
    if (!rc && (rules->limit < 1 || rules->limit > SG_PLAYLIST_SMART_MAX))
        rc =
            sg_fail_field(e, "rules.limit", "rules.limit: expected 1 to %d", SG_PLAYLIST_SMART_MAX);
    if (!rc)
        rc = assemble(&c, sort, rules->limit);
    sg_buf_free(&c.where);
    return rc;
}
