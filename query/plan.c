/* plan.c - see plan.h. */
#include "query/plan.h"
#include "query/understand/constraint.h"

#define PREFIX_TERM 4 /* characters of the longest P term (document.h) */

static struct sg_term_group *open_group(struct sg_plan *p)
{
    if (p->n == SG_GROUPS_MAX) {
        p->impossible = true;
        return NULL;
    }
    p->groups[p->n] = (struct sg_term_group){.terms = p->terms + p->n_terms};
    return &p->groups[p->n++];
}

static void add_term(struct sg_plan *p, struct sg_term_group *g, struct sg_str term)
{
    bool fits = p->n_terms < sizeof p->terms / sizeof *p->terms &&
                p->used + term.n <= sizeof p->bytes && term.n <= SG_TERM_MAX;
    if (!g || g->n == SG_GROUP_TERMS_MAX || !fits)
        return;
    char *at = memcpy(p->bytes + p->used, term.p, term.n);
    p->used += term.n;
    p->terms[p->n_terms++] = (struct sg_str){at, term.n};
    g->n++;
}

static void add_text(struct sg_plan *p, struct sg_term_group *g, char prefix, struct sg_str text)
{
    char term[1 + SG_WORD_MAX];
    if (text.n > SG_WORD_MAX)
        return;
    term[0] = prefix;
    memcpy(term + 1, text.p, text.n);
    add_term(p, g, (struct sg_str){term, text.n + 1});
}

/* A group that stayed empty matches nothing, and so does the plan. */
static void close_group(struct sg_plan *p, struct sg_term_group *g)
{
    if (!g || g->n == 0)
        p->impossible = true;
}

static void filter_number(struct sg_plan *p, char prefix, uint64_t number)
{
    char term[SG_TERM_MAX];
    struct sg_term_group *g = open_group(p);
    add_term(p, g, sg_term_number(prefix, number, term));
    close_group(p, g);
}

static void filter_genres(struct sg_plan *p, const struct sg_filters *f)
{
    char term[SG_TERM_MAX];
    struct sg_term_group *g = open_group(p);
    for (size_t i = 0; i < f->n_genres; i++)
        add_term(p, g, sg_term_number('G', f->genres[i], term));
    close_group(p, g);
}

static void filter_years(struct sg_plan *p, const struct sg_filters *f)
{
    int from = f->year_from ? f->year_from : 1, to = f->year_to ? f->year_to : 9999;
    p->check_years = to - from >= SG_YEAR_TERMS_MAX;
    if (p->check_years)
        return;
    char term[SG_TERM_MAX];
    struct sg_term_group *g = open_group(p);
    for (int y = from; y <= to; y++)
        add_term(p, g, sg_term_number('Y', (uint64_t)y, term));
    close_group(p, g);
}

static void filter_explicit(struct sg_plan *p, int wanted)
{
    struct sg_term_group *g = open_group(p);
    add_term(p, g, SG_STR("E1"));
    close_group(p, g);
    if (g)
        g->negate = wanted == 0;
}

/* Single words that no field may hold; the rest is checked on the record. */
static void filter_unwanted(struct sg_plan *p, const struct sg_constraints *c)
{
    struct sg_term_group *g = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const struct sg_constraint *k = &c->v[i];
        if (!k->negated || k->field != SG_FIELD_ANY || k->to - k->from != 1)
            continue;
        g = g ? g : open_group(p);
        if (g)
            g->negate = true;
        add_text(p, g, 'W', c->unwanted.v[k->from].text);
    }
}

void sg_plan_filters(struct sg_plan *p, const struct sg_filters *f)
{
    p->n = p->n_terms = p->used = 0;
    p->check = p->check_years = p->unlisted = p->more = p->impossible = false;
    if (f->artist_id)
        filter_number(p, 'A', f->artist_id);
    if (f->by_genre)
        filter_genres(p, f);
    if (f->year_from || f->year_to)
        filter_years(p, f);
    if (f->is_explicit >= 0)
        filter_explicit(p, f->is_explicit);
    if (f->constraints)
        filter_unwanted(p, f->constraints);
    p->check = p->check_years || (f->constraints && f->constraints->n);
    p->n_filters = p->n;
}

void sg_plan_sung(struct sg_plan *p, struct sg_str word)
{
    struct sg_term_group *g = open_group(p);
    add_text(p, g, 'V', word);
    close_group(p, g);
}

/* Completions of one spelling of the unfinished word. */
static void add_open(struct sg_plan *p, struct sg_term_group *g, struct sg_str prefix,
                     const struct sg_spell *s)
{
    if (sg_utf8_count(prefix) <= PREFIX_TERM) {
        add_text(p, g, 'P', prefix);
        return;
    }
    struct sg_spelling found[SG_EXPANSIONS_MAX];
    bool more = false;
    size_t n = s ? sg_spell_prefix(s, prefix, found, SG_EXPANSIONS_MAX, &more) : 0;
    add_text(p, g, 'W', prefix);
    for (size_t i = 0; i < n; i++)
        if (!sg_str_eq(found[i].word, prefix))
            add_text(p, g, 'W', found[i].word);
    p->unlisted = true;
    p->more |= more;
}

static void add_word(struct sg_plan *p, const struct sg_reading *r, size_t w,
                     const struct sg_spell *s)
{
    struct sg_term_group *g = open_group(p);
    for (size_t i = r->first[w]; i < r->first[w + 1]; i++) {
        const struct sg_pattern *pattern = &r->patterns[i];
        if (pattern->open)
            add_open(p, g, pattern->text, s);
        else
            add_text(p, g, 'W', pattern->text);
    }
    close_group(p, g);
}

/* A word that stands before it too asks for nothing more. */
static bool is_repeated(const struct sg_reading *r, size_t w)
{
    if (r->patterns[r->first[w]].open)
        return false;
    for (size_t i = 0; i < w; i++)
        if (sg_str_eq(r->words[i], r->words[w]))
            return true;
    return false;
}

/* Filters that only exclude need something to exclude from. */
static void add_everything(struct sg_plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (!p->groups[i].negate)
            return;
    add_term(p, open_group(p), SG_STR("Q"));
}

void sg_plan_words(struct sg_plan *p, const struct sg_reading *r, const struct sg_spell *s)
{
    for (size_t w = 0; w < r->n_words; w++)
        if (!is_repeated(r, w))
            add_word(p, r, w, s);
    if (r->n_words == 0)
        add_everything(p);
}

void sg_plan_words_loose(struct sg_plan *p, const struct sg_reading *r)
{
    if (r->n_words == 0) {
        add_everything(p);
        return;
    }
    size_t last = r->n_words - 1;
    for (size_t w = 0; w < last; w++)
        add_word(p, r, w, NULL);
    struct sg_str word = r->words[last];
    word.n = sg_utf8_prefix(word, PREFIX_TERM);
    struct sg_term_group *g = open_group(p);
    add_text(p, g, 'P', word);
    close_group(p, g);
}

void sg_plan_words_exact(struct sg_plan *p, const struct sg_reading *r)
{
    for (size_t w = 0; w < r->n_words; w++) {
        struct sg_term_group *g = open_group(p);
        add_text(p, g, 'W', r->words[w]);
        close_group(p, g);
    }
}

/* Words [from, to) of the query as one value; they lie in q->whole in order. */
static struct sg_str span(const struct sg_query *q, size_t from, size_t to)
{
    struct sg_str s = q->whole;
    size_t skip = 0, n = 0;
    for (size_t w = 0; w < to; w++)
        *(w < from ? &skip : &n) += q->words.v[w].text.n + 1;
    return (struct sg_str){s.p + skip, n - 1};
}

static void add_whole(struct sg_plan *p, char prefix, struct sg_str value)
{
    char term[SG_TERM_MAX];
    struct sg_term_group *g = open_group(p);
    add_term(p, g, sg_term_whole(prefix, value, term));
    close_group(p, g);
}

/* Letters that may begin with an article that terms have not. */
static void add_letters(struct sg_plan *p, char prefix, struct sg_str letters)
{
    char term[SG_TERM_MAX];
    struct sg_term_group *g = open_group(p);
    add_term(p, g, sg_term_whole(prefix, letters, term));
    if (letters.n > 3 && !memcmp(letters.p, "the", 3)) {
        struct sg_str rest = {letters.p + 3, letters.n - 3};
        add_term(p, g, sg_term_whole(prefix, rest, term));
    }
    close_group(p, g);
}

void sg_plan_letters(struct sg_plan *p, struct sg_str title, struct sg_str artist)
{
    add_letters(p, 'T', title);
    if (artist.n)
        add_letters(p, 'N', artist);
}

void sg_plan_whole(struct sg_plan *p, const struct sg_query *q, size_t cut, bool swapped)
{
    size_t n = q->words.n;
    add_whole(p, swapped ? 'N' : 'T', span(q, 0, cut));
    if (cut < n)
        add_whole(p, swapped ? 'T' : 'N', span(q, cut, n));
}

void sg_plan_title(struct sg_plan *p, const struct sg_query *q, size_t from, size_t to)
{
    add_whole(p, 'T', span(q, from, to));
}

static bool years_pass(const struct sg_filters *f, const struct sg_facts *facts)
{
    if (!f->year_from && !f->year_to)
        return true;
    return facts->year && facts->year >= f->year_from && (!f->year_to || facts->year <= f->year_to);
}

bool sg_filters_pass(const struct sg_filters *f, const struct sg_reading *r, enum sg_kind kind,
                     const struct sg_facts *facts)
{
    return years_pass(f, facts) &&
           (!f->constraints || sg_constraints_hold(f->constraints, r, kind, facts));
}
