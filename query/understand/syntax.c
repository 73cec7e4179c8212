/* syntax.c - operators in a query's text: see understand.h. */
#include "query/understand.h"

/* A constraint's bytes, before they are counted in words. */
struct span {
    uint32_t from, to;
};

struct scan {
    struct sg_syntax *x;
    struct sg_str in;
    size_t at;
    size_t n_unwanted;
    char unwanted[SG_QUERY_MAX];
    struct span spans[SG_CONSTRAINTS_MAX];
};

static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

/* The length of a quotation mark at `at`: ASCII or one of the curly ones; 0: none. */
static size_t quote_at(struct sg_str s, size_t at)
{
    if (at >= s.n)
        return 0;
    if (s.p[at] == '"')
        return 1;
    bool curly = s.n - at >= 3 && !memcmp(s.p + at, "\xe2\x80", 2) &&
                 ((unsigned char)s.p[at + 2] == 0x9c || (unsigned char)s.p[at + 2] == 0x9d ||
                  (unsigned char)s.p[at + 2] == 0x9e);
    return curly ? 3 : 0;
}

/* The value at `at`: quoted up to a mark at a word's end, or bare up to a space. */
static bool take_value(const struct scan *s, size_t at, struct sg_str *value, bool *quoted,
                       size_t *end)
{
    size_t mark = quote_at(s->in, at), i = at + mark;
    *quoted = mark > 0;
    if (!mark) {
        while (i < s->in.n && !is_space(s->in.p[i]))
            i++;
        *value = (struct sg_str){s->in.p + at, i - at};
        *end = i;
        return i > at;
    }
    for (; i < s->in.n; i++) {
        size_t close = quote_at(s->in, i);
        if (!close || (i + close < s->in.n && !is_space(s->in.p[i + close])))
            continue;
        *value = (struct sg_str){s->in.p + at + mark, i - at - mark};
        *end = i + close;
        return value->n > 0;
    }
    return false;
}

static bool holds_words(struct sg_str text)
{
    struct sg_words w;
    sg_text_words(&w, text);
    return w.n > 0;
}

static bool constrain(struct scan *s, enum sg_field_id field, struct sg_str value, bool quoted,
                      bool negated)
{
    struct sg_constraints *c = &s->x->constraints;
    char *to = negated ? s->unwanted : s->x->kept;
    size_t *n = negated ? &s->n_unwanted : &s->x->n_kept;
    if (c->n == SG_CONSTRAINTS_MAX || *n + value.n + 1 > SG_QUERY_MAX || !holds_words(value))
        return false;
    if (*n)
        to[(*n)++] = ' ';
    s->spans[c->n] = (struct span){(uint32_t)*n, (uint32_t)(*n + value.n)};
    memcpy(to + *n, value.p, value.n);
    *n += value.n;
    c->v[c->n++] =
        (struct sg_constraint){.field = (uint8_t)field, .phrase = quoted, .negated = negated};
    return true;
}

static size_t digits(struct sg_str s, size_t at, int *value)
{
    size_t n = 0;
    *value = 0;
    for (; at + n < s.n && n < 4 && s.p[at + n] >= '0' && s.p[at + n] <= '9'; n++)
        *value = *value * 10 + (s.p[at + n] - '0');
    return n;
}

/* 80s is 1980 to 1989, 20s is 2020 to 2029. */
static bool decade(int value, size_t n, int *from, int *to)
{
    if (value % 10 || (n != 2 && n != 4) || (n == 4 && (value < 1000 || value > 2100)))
        return false;
    *from = n == 4 ? value : value >= 30 ? 1900 + value : 2000 + value;
    *to = *from + 9;
    return true;
}

bool sg_years_parse(struct sg_str t, int *from, int *to)
{
    size_t n = digits(t, 0, from), at = n;
    if (n && at + 1 == t.n && (t.p[at] | 0x20) == 's')
        return decade(*from, n, from, to);
    if (n && n != 4)
        return false;
    if (at == t.n) {
        *to = *from;
        return n == 4;
    }
    bool dots = at + 2 <= t.n && t.p[at] == '.' && t.p[at + 1] == '.';
    if (!dots && !(n && t.p[at] == '-'))
        return false;
    at += dots ? 2 : 1;
    size_t m = digits(t, at, to);
    return at + m == t.n && (m == 4 || (m == 0 && n == 4)) && (!m || *from <= *to);
}

static const struct {
    struct sg_str name;
    char what; /* t, a, l: a field; y, g, k: a filter */
} operators[] = {
    {SG_STR("artist"), 'a'}, {SG_STR("by"), 'a'},    {SG_STR("album"), 'l'},
    {SG_STR("title"), 't'},  {SG_STR("song"), 't'},  {SG_STR("track"), 't'},
    {SG_STR("year"), 'y'},   {SG_STR("genre"), 'g'}, {SG_STR("type"), 'k'},
};

/* What "name:" at `at` asks for; 0: nothing. */
static char operator_at(const struct scan *s, size_t at, size_t *value_at)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct sg_str name = operators[i].name;
        if (s->in.n - at <= name.n + 1 || s->in.p[at + name.n] != ':')
            continue;
        size_t same = 0;
        while (same < name.n && (s->in.p[at + same] | 0x20) == name.p[same])
            same++;
        *value_at = at + name.n + 1;
        if (same == name.n && !is_space(s->in.p[*value_at]))
            return operators[i].what;
    }
    return 0;
}

static bool set_filter(struct sg_syntax *x, char what, struct sg_str value)
{
    if (what == 'y')
        return sg_years_parse(value, &x->year_from, &x->year_to);
    if (what == 'k' && sg_kind_of(value) == SG_KINDS)
        return false;
    *(what == 'g' ? &x->genre : &x->type) = value;
    return true;
}

static bool apply(struct scan *s, char what, struct sg_str value, bool quoted, bool negated)
{
    if (what == 'y' || what == 'g' || what == 'k')
        return !negated && set_filter(s->x, what, value);
    enum sg_field_id field = what == 't'   ? SG_FIELD_TITLE
                             : what == 'a' ? SG_FIELD_ARTIST
                             : what == 'l' ? SG_FIELD_ALBUM
                                           : SG_FIELD_ANY;
    return constrain(s, field, value, quoted, negated);
}

/* An operator at a word's start; true when it was one and is used up. */
static bool take_operator(struct scan *s)
{
    size_t at = s->at, end;
    struct sg_str value;
    bool quoted, negated = s->in.p[at] == '-';
    at += negated;
    if (at >= s->in.n || is_space(s->in.p[at]))
        return false;
    size_t value_at = at;
    char what = operator_at(s, at, &value_at);
    if (!what && !negated && !quote_at(s->in, at))
        return false;
    if (!take_value(s, value_at, &value, &quoted, &end) || !apply(s, what, value, quoted, negated))
        return false;
    bool wanted_text = !negated && what != 'y' && what != 'g' && what != 'k';
    s->x->open = wanted_text && !quoted && end == s->in.n;
    s->at = end;
    s->x->has_operators = true;
    return true;
}

static void keep_word(struct scan *s)
{
    struct sg_syntax *x = s->x;
    if (x->n_kept)
        x->kept[x->n_kept++] = ' ';
    while (s->at < s->in.n && !is_space(s->in.p[s->at]) && x->n_kept < sizeof x->kept)
        x->kept[x->n_kept++] = s->in.p[s->at++];
    while (s->at < s->in.n && !is_space(s->in.p[s->at]))
        s->at++;
    x->open = s->at == s->in.n;
}

/* Bytes to words; a constraint without any goes. */
static void place(struct scan *s, const struct sg_words *words)
{
    struct sg_constraints *c = &s->x->constraints;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct sg_constraint k = c->v[i];
        const struct sg_words *w = k.negated ? &c->unwanted : words;
        size_t from = 0, to;
        while (from < w->n && w->v[from].from < s->spans[i].from)
            from++;
        for (to = from; to < w->n && w->v[to].from < s->spans[i].to; to++)
            ;
        k.from = (uint8_t)from;
        k.to = (uint8_t)to;
        if (to > from)
            c->v[n++] = k;
    }
    c->n = n;
}

static bool may_have_operators(struct sg_str t)
{
    return memchr(t.p, '"', t.n) || memchr(t.p, ':', t.n) || memchr(t.p, '-', t.n) ||
           memchr(t.p, 0xe2, t.n);
}

void sg_syntax_parse(struct sg_syntax *x, struct sg_str text, struct sg_words *words)
{
    x->has_operators = false;
    x->open = text.n && !is_space(text.p[text.n - 1]);
    x->n_kept = x->constraints.n = x->constraints.unwanted.n = 0;
    x->genre = x->type = SG_STR_NONE;
    x->year_from = x->year_to = 0;
    if (!may_have_operators(text)) {
        sg_text_words(words, text);
        return;
    }
    struct scan s = {.x = x, .in = text};
    while (s.at < text.n) {
        if (is_space(text.p[s.at])) {
            s.at++;
            x->open = false;
        } else if (!take_operator(&s))
            keep_word(&s);
    }
    if (!x->has_operators) {
        sg_text_words(words, text);
        return;
    }
    sg_text_words(words, (struct sg_str){x->kept, x->n_kept});
    sg_text_words(&x->constraints.unwanted, (struct sg_str){s.unwanted, s.n_unwanted});
    place(&s, words);
}
