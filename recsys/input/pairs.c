/* pairs.c - see pairs.h. */
#include "recsys/input/pairs.h"
#include "core/pg.h"
#include "core/source.h"
#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum { FIELDS_MAX = 4 };
static const char plays_sql[] =
    "SELECT user_id, song_id, extract(epoch FROM played_at)::bigint FROM listening_history "
    "WHERE played_s IS NULL OR played_s >= 30";

int sg_pairs_format(struct sg_str name, enum sg_pairs_format *out, struct sg_error *e)
{
    static const char *const names[] = {"pairs", "lists", "lastfm"};
    for (size_t i = 0; i < 3; i++)
        if (sg_str_eq(name, sg_str(names[i]))) {
            *out = (enum sg_pairs_format)i;
            return 0;
        }
    return sg_fail(e, SG_EINVAL, "no format is called '%.*s': pairs, lists or lastfm",
                   SG_FMT(name));
}

uint64_t sg_pairs_id(struct sg_str text)
{
    uint64_t id;
    return sg_str_to_u64(text, &id) ? id : XXH3_64bits(text.p, text.n);
}

int sg_pairs_add(struct sg_pairs *p, struct sg_pair one, struct sg_error *e)
{
    if (p->n >= UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "more than %u pairs", UINT32_MAX);
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 1 << 12;
        struct sg_pair *v = realloc(p->v, cap * sizeof *v);
        if (!v)
            return sg_fail(e, SG_ENOMEM, "%zu pairs", cap);
        p->v = v;
        p->cap = cap;
    }
    p->timed = (p->timed || !p->n) && one.time;
    p->v[p->n++] = one;
    return 0;
}

void sg_pairs_free(struct sg_pairs *p)
{
    free(p->v);
    *p = (struct sg_pairs){0};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

/* The next word of the line, or an empty one at its end. */
static struct sg_str word(struct sg_str *line)
{
    while (line->n && is_space(*line->p))
        line->p++, line->n--;
    struct sg_str w = {line->p, 0};
    while (line->n && !is_space(*line->p))
        line->p++, line->n--, w.n++;
    return w;
}

static int read_pair(struct sg_pairs *p, struct sg_str line, struct sg_error *e)
{
    struct sg_str user = word(&line), item = word(&line), weight = word(&line), time = word(&line),
                  more = word(&line);
    struct sg_pair one = {.user = sg_pairs_id(user), .item = sg_pairs_id(item), .weight = 1};
    double w = 1;
    if (!item.n || more.n)
        return sg_fail(e, SG_EINVAL, "expected: user item [weight] [time]");
    if (weight.n && (!sg_str_to_f64(weight, &w) || !(w > 0 && w < 1e9)))
        return sg_fail(e, SG_EINVAL, "'%.*s' is no weight above 0", SG_FMT(weight));
    if (time.n && (!sg_str_to_i64(time, &one.time) || one.time < 0))
        return sg_fail(e, SG_EINVAL, "'%.*s' is no time in seconds since 1970", SG_FMT(time));
    one.weight = (float)w;
    if (!(one.weight > 0))
        return sg_fail(e, SG_EINVAL, "'%.*s' is no weight above 0", SG_FMT(weight));
    return sg_pairs_add(p, one, e);
}

static int read_list(struct sg_pairs *p, struct sg_str line, struct sg_error *e)
{
    struct sg_str item, user = word(&line);
    struct sg_pair one = {.user = sg_pairs_id(user), .weight = 1};
    int rc = 0;
    while (!rc && (item = word(&line)).n) {
        one.item = sg_pairs_id(item);
        rc = sg_pairs_add(p, one, e);
    }
    return rc;
}

static int read_line(struct sg_pairs *p, enum sg_pairs_format format, uint64_t number,
                     struct sg_str line, struct sg_error *e)
{
    if (!line.p)
        return sg_fail(e, SG_ELIMIT, "longer than %u bytes", SG_SOURCE_RECORD_MAX);
    struct sg_str rest = line;
    if (!word(&rest).n || line.p[0] == '#' || (format == SG_PAIRS_LASTFM && number == 1))
        return 0;
    return format == SG_PAIRS_LISTS ? read_list(p, line, e) : read_pair(p, line, e);
}

int sg_pairs_read(struct sg_pairs *p, const char *path, enum sg_pairs_format format,
                  struct sg_error *e)
{
    struct sg_source s;
    struct sg_str line;
    int rc = sg_source_open(&s, path, e), more = 0;
    if (rc)
        return rc;
    while (!rc && (more = sg_source_line(&s, &line, e)) == 1)
        if ((rc = read_line(p, format, s.line, line, e)))
            sg_wrap(e, "%s:%llu", path, (unsigned long long)s.line);
    sg_source_close(&s);
    return rc ? rc : more;
}

static int take_play(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct sg_pair one = {.weight = 1};
    if (n != 3 || !sg_str_to_u64(cells[0], &one.user) || !sg_str_to_u64(cells[1], &one.item) ||
        !sg_str_to_i64(cells[2], &one.time))
        return sg_fail(e, SG_ECORRUPT, "a play is not three whole numbers");
    return sg_pairs_add(ctx, one, e);
}

int sg_pairs_from_database(struct sg_pairs *p, const char *dsn, struct sg_error *e)
{
    PGconn *c = NULL;
    int rc = sg_pg_connect(&c, dsn, e);
    if (!rc)
        rc = sg_pg_copy_out(c, plays_sql, take_play, p, e);
    PQfinish(c);
    return rc;
}

static int by_user_and_item(const void *a, const void *b)
{
    const struct sg_pair *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

void sg_pairs_merge(struct sg_pairs *p)
{
    size_t k = 0;
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_user_and_item);
    for (size_t i = 0; i < p->n; i++)
        if (k && p->v[k - 1].user == p->v[i].user && p->v[k - 1].item == p->v[i].item) {
            p->v[k - 1].weight += p->v[i].weight;
            if (p->v[k - 1].time < p->v[i].time)
                p->v[k - 1].time = p->v[i].time;
        } else {
            p->v[k++] = p->v[i];
        }
    p->n = k;
}

void sg_pairs_weigh(struct sg_pairs *p, enum sg_pairs_weights how)
{
    for (size_t i = 0; i < p->n && how != SG_WEIGHTS_COUNT; i++) {
        float w = p->v[i].weight;
        p->v[i].weight = how == SG_WEIGHTS_LOG && w > 1 ? 1 + logf(w) : 1;
    }
}
