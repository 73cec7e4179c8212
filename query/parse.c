/* parse.c - see parse.h. */
#include "query/parse.h"

int sg_query_check_text(struct sg_str text, struct sg_error *e)
{
    if (text.n == 0)
        return sg_fail_field(e, "q", "must not be empty");
    if (text.n > SG_QUERY_MAX)
        return sg_fail_field(e, "q", "must be at most %d bytes, got %zu", SG_QUERY_MAX, text.n);
    if (!sg_str_is_utf8(text))
        return sg_fail_field(e, "q", "must be valid UTF-8");
    return 0;
}

static int check_range(const char *field, int64_t v, int64_t lo, int64_t hi, struct sg_error *e)
{
    if (v < lo || v > hi)
        return sg_fail_field(e, field, "must be from %lld to %lld, got %lld", (long long)lo,
                             (long long)hi, (long long)v);
    return 0;
}

static int check_numbers(const struct sg_search_request *r, struct sg_error *e)
{
    const struct {
        const char *field;
        int64_t v, lo, hi;
    } checks[] = {
        {"limit", r->limit, 1, SG_LIMIT_MAX}, {"offset", r->offset, 0, SG_OFFSET_MAX},
        {"year_from", r->year_from, 0, 9999}, {"year_to", r->year_to, 0, 9999},
        {"explicit", r->is_explicit, -1, 1},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks && !rc; i++)
        rc = check_range(checks[i].field, checks[i].v, checks[i].lo, checks[i].hi, e);
    if (!rc && r->year_to && r->year_from > r->year_to)
        rc = sg_fail_field(e, "year_to", "must not be before year_from");
    return rc;
}

static int parse_kinds(unsigned *out, const struct sg_list *types, unsigned allowed,
                       struct sg_error *e)
{
    const struct sg_str *names = types->v;
    unsigned kinds = 0;
    for (size_t i = 0; i < types->n; i++) {
        enum sg_kind k = sg_kind_of(names[i]);
        if (k == SG_KINDS)
            return sg_fail_field(e, "type", "must be song, artist, album or playlist, got '%.*s'",
                                 names[i].n > 40 ? 40 : (int)names[i].n, names[i].p);
        kinds |= 1u << k;
    }
    *out = (kinds ? kinds : SG_ALL_KINDS) & allowed;
    if (!*out)
        return sg_fail_field(e, "type", "none of these may be found by who asks");
    return 0;
}

static int parse_in(enum sg_in *out, struct sg_str in, struct sg_error *e)
{
    bool lyrics = sg_str_eq(in, SG_STR("lyrics")), names = sg_str_eq(in, SG_STR("names"));
    if (in.n && !lyrics && !names && !sg_str_eq(in, SG_STR("any")))
        return sg_fail_field(e, "in", "must be any, names or lyrics");
    *out = lyrics ? SG_IN_LYRICS : names ? SG_IN_NAMES : SG_IN_ANY;
    return 0;
}

static void join_words(struct sg_query *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->words.n; i++) {
        struct sg_str w = q->words.v[i].text;
        if (i)
            q->bytes[n++] = ' ';
        memcpy(q->bytes + n, w.p, w.n);
        n += w.n;
    }
    q->whole = (struct sg_str){q->bytes, n};
}

static bool ends_open(struct sg_str text)
{
    return text.n && (unsigned char)text.p[text.n - 1] > ' ';
}

/* Operators fill what the request's parameters leave open. */
static void apply_syntax(struct sg_query *q)
{
    const struct sg_syntax *x = &q->syntax;
    if (x->type.n && q->kinds >> sg_kind_of(x->type) & 1)
        q->kinds = 1u << sg_kind_of(x->type);
    if (x->genre.n && !q->genre.n)
        q->genre = x->genre;
    if ((x->year_from || x->year_to) && !q->year_from && !q->year_to) {
        q->year_from = x->year_from;
        q->year_to = x->year_to;
    }
}

static void read_text(struct sg_query *q, struct sg_str text, bool literal)
{
    if (!literal) {
        sg_syntax_parse(&q->syntax, text, &q->words);
        return;
    }
    q->syntax.has_operators = false;
    q->syntax.constraints.n = 0;
    q->syntax.genre = q->syntax.type = SG_STR_NONE;
    q->syntax.year_from = q->syntax.year_to = 0;
    q->syntax.open = ends_open(text);
    sg_text_words(&q->words, text);
}

static bool says_enough(const struct sg_query *q)
{
    return q->words.n ||
           (q->syntax.has_operators && (q->genre.n || q->year_from || q->year_to || q->artist_id));
}

static int parse(struct sg_query *q, const struct sg_search_request *r, bool literal,
                 struct sg_error *e)
{
    unsigned kinds = 0;
    int rc = sg_query_check_text(r->q, e);
    if (!rc)
        rc = check_numbers(r, e);
    if (!rc)
        rc = parse_kinds(&kinds, &r->types, r->kinds ? (unsigned)r->kinds : SG_ALL_KINDS, e);
    if (!rc)
        rc = parse_in(&q->in, r->in, e);
    if (rc)
        return rc;
    read_text(q, r->q, literal);
    q->kinds = kinds;
    q->prefix = r->prefix && q->syntax.open && q->words.n;
    q->limit = (size_t)r->limit;
    q->offset = (size_t)r->offset;
    q->artist_id = r->artist_id;
    q->genre = r->genre;
    q->year_from = (int)r->year_from;
    q->year_to = (int)r->year_to;
    q->is_explicit = (int)r->is_explicit;
    q->explain = r->explain;
    if (q->syntax.has_operators)
        apply_syntax(q);
    if (!says_enough(q))
        return sg_fail_field(e, "q", "holds nothing to search for");
    join_words(q);
    return 0;
}

int sg_query_parse(struct sg_query *q, const struct sg_search_request *r, struct sg_error *e)
{
    return parse(q, r, false, e);
}

int sg_query_parse_literal(struct sg_query *q, const struct sg_search_request *r,
                           struct sg_error *e)
{
    return parse(q, r, true, e);
}
