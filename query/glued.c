/* glued.c - words typed without their spaces: see run.h.
 *
 * Whole titles and names lie in the index under their letters alone (index/document.h).
 * So the query's letters are cut into a title and a name, first where it has a space
 * itself, then between any two letters, and what is found tells where its spaces are:
 *
 *   goodtimes riiki    T:goodtimes N:riiki    good times | riiki
 */
#include "query/run.h"

#define BYTES_MAX    200
#define STRING_MAX   64   /* bytes of a query that is cut between any two letters */
#define STRING_WORDS 2    /* and of its words, unless none of them was set off by a space */
#define NAME_MIN     2    /* bytes of a name or title found by such a cut */
#define DOCS         8    /* looked at for where the spaces are */
#define WAYS         2    /* to space the same letters */
#define WORK         2000 /* of looking for these */

struct glued {
    struct sg_search *s;
    const struct sg_query *q;
    const struct sg_scope *in;
    char bytes[BYTES_MAX];
    size_t n;
    bool found;
};

static bool take_letters(struct glued *g)
{
    for (size_t i = 0; i < g->q->whole.n; i++) {
        if (g->q->whole.p[i] == ' ')
            continue;
        if (g->n == BYTES_MAX)
            return false;
        g->bytes[g->n++] = g->q->whole.p[i];
    }
    return g->n > 0;
}

static bool spells(struct sg_str words, struct sg_str letters)
{
    size_t at = 0;
    for (size_t i = 0; i < words.n; i++)
        if (words.p[i] != ' ' && (at == letters.n || words.p[i] != letters.p[at++]))
            return false;
    return at == letters.n;
}

/* The one of values joined by 0x1f that has these letters, without its article when
 * they are. */
static struct sg_str spelt_so(struct sg_str values, struct sg_str letters)
{
    while (values.n) {
        const char *end = memchr(values.p, 0x1f, values.n);
        size_t n = end ? (size_t)(end - values.p) : values.n;
        struct sg_str value = {values.p, n};
        if (spells(value, letters))
            return value;
        if (sg_str_starts(value, SG_STR("the "))) {
            struct sg_str rest = {value.p + 4, value.n - 4};
            if (spells(rest, letters))
                return rest;
        }
        n += end != NULL;
        values = (struct sg_str){values.p + n, values.n - n};
    }
    return SG_STR_NONE;
}

static struct sg_str either(struct sg_str values, struct sg_str others, struct sg_str letters)
{
    struct sg_str found = values.n ? spelt_so(values, letters) : SG_STR_NONE;
    return found.n || !others.n ? found : spelt_so(others, letters);
}

static bool is_known(const struct glued *g, size_t from, const struct sg_reading *r)
{
    for (size_t i = from; i < g->s->n_readings; i++) {
        const struct sg_reading *o = &g->s->readings[i];
        bool same = o->n_words == r->n_words;
        for (size_t w = 0; same && w < r->n_words; w++)
            same = sg_str_eq(o->words[w], r->words[w]);
        if (same)
            return true;
    }
    return false;
}

/* A title's letters and a name's, and which was typed first. */
struct cut {
    struct sg_str title, name;
    bool swapped;
};

static bool read_spaces(const struct glued *g, enum sg_kind kind, sg_docref doc,
                        const struct cut *c, struct sg_reading *r)
{
    struct sg_facts f;
    if (!sg_searcher_facts(g->s->searcher, kind, doc, &f))
        return false;
    struct sg_str title = either(f.title, f.title_aliases, c->title);
    struct sg_str name = c->name.n ? either(f.artists, f.artist_aliases, c->name) : SG_STR_NONE;
    if (!title.n || (c->name.n && !name.n))
        return false;
    return sg_reading_respaced(r, g->q, c->swapped ? name : title, c->swapped ? title : name);
}

static int look(struct glued *g, enum sg_kind kind, const struct cut *c, struct sg_error *e)
{
    struct sg_search *s = g->s;
    sg_docref docs[DOCS];
    size_t first = s->n_readings;
    sg_plan_filters(&s->side, g->in->filters);
    sg_plan_letters(&s->side, c->title, c->name);
    int rc = sg_match_begin(s->searcher, kind, s->side.groups, s->side.n, e);
    if (rc)
        return rc;
    sg_match_limit(s->searcher, WORK);
    int n = sg_match_next(s->searcher, docs, DOCS, e);
    for (int i = 0; i < n && s->n_readings < first + WAYS && !rc; i++) {
        struct sg_reading *r = sg_search_next_reading(s);
        if (!r || !read_spaces(g, kind, docs[i], c, r) || is_known(g, first, r))
            continue;
        s->n_readings++;
        g->found = true;
    }
    for (size_t i = first; i < s->n_readings && !rc; i++)
        rc = sg_search_side(s, kind, &s->readings[i], g->in, e);
    return n < 0 ? n : rc;
}

static bool has_artists(enum sg_kind kind)
{
    return kind == SG_SONG || kind == SG_ALBUM;
}

/* The letters before `at` are a title, the others a name, or the other way round. */
static int look_at(struct glued *g, size_t at, struct sg_error *e)
{
    struct sg_str head = {g->bytes, at}, tail = {g->bytes + at, g->n - at};
    int rc = 0;
    for (int k = 0; k < SG_KINDS && !rc; k++) {
        if (!(g->in->kinds >> k & 1) || (tail.n && !has_artists((enum sg_kind)k)))
            continue;
        rc = look(g, (enum sg_kind)k, &(struct cut){head, tail, false}, e);
        if (!rc && tail.n)
            rc = look(g, (enum sg_kind)k, &(struct cut){tail, head, true}, e);
    }
    return rc;
}

static int look_between_words(struct glued *g, struct sg_error *e)
{
    const struct sg_query *q = g->q;
    size_t at = g->n;
    int rc = look_at(g, at, e);
    for (size_t w = q->words.n; w-- > 1 && !rc && sg_search_may_go_on(g->s);) {
        at -= q->words.v[w].text.n;
        rc = look_at(g, at, e);
    }
    return rc;
}

static int look_between_letters(struct glued *g, struct sg_error *e)
{
    struct sg_str all = {g->bytes, g->n};
    int rc = 0;
    for (size_t at = NAME_MIN; at + NAME_MIN <= g->n && !g->found && !rc; at++)
        if (sg_utf8_floor(all, at) == at && sg_search_may_go_on(g->s))
            rc = look_at(g, at, e);
    return rc;
}

/* Few words, or words that punctuation made: "don'tstop,journey". */
static bool is_string(const struct glued *g)
{
    const struct sg_str text = g->s->text;
    size_t n = text.n;
    while (n && (unsigned char)text.p[n - 1] <= ' ')
        n--;
    return g->q->words.n <= STRING_WORDS || (g->q == &g->s->query && !memchr(text.p, ' ', n));
}

int sg_search_glued(struct sg_search *s, const struct sg_query *q, const struct sg_scope *in,
                    bool *found, struct sg_error *e)
{
    struct glued g = {.s = s, .q = q, .in = in};
    *found = false;
    if (q->syntax.constraints.n || !take_letters(&g))
        return 0;
    int rc = look_between_words(&g, e);
    if (!rc && !g.found && !s->retrieval.good && g.n <= STRING_MAX && is_string(&g))
        rc = look_between_letters(&g, e);
    *found = g.found;
    return rc;
}
