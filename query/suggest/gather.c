/* gather.c - everything that starts with a text: see parts.h.
 *
 * A text of several words is asked for as the start of a title, as a whole title,
 * and, cut at each of its last spaces, as a whole title and the start of who it is
 * by. Whole titles come before longer ones that are not far better known.
 */
#include "core/text.h"
#include "query/suggest/parts.h"
#include <stdlib.h>

#define TITLES        24
#define EXACT         16
#define BY            8
#define CUTS          6
#define LATER         12
#define LIVE          16
#define EXACT_MORE    1.0f /* a letter that was typed */
#define EXACT_MOST    5.0f /* e^5 = 150 times the plays */
#define LATER_LESS    5.0f
#define LATER_LETTERS 20 /* of such a title, as a rule */
#define LENGTH_FROM   3  /* letters typed: lengths count from here, in full there */
#define LENGTH_TO     7

void candidates_add(struct candidates *c, enum sg_kind kind, uint64_t id, float worth)
{
    size_t i = 0;
    while (i < c->n && (c->v[i].id != id || c->v[i].kind != kind))
        i++;
    if (i == CANDIDATES_MAX || (i < c->n && c->v[i].worth >= worth))
        return;
    c->n += i == c->n;
    c->v[i] = (struct candidate){kind, id, worth};
}

static int by_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth < y->worth ? 1 : -1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

void candidates_sort(struct candidates *c)
{
    qsort(c->v, c->n, sizeof *c->v, by_worth);
}

struct asking {
    struct sg_searcher *s;
    struct candidates *out;
    float more, length; /* added to each; weight of the lengths */
};

static void offer(const struct asking *a, enum sg_kind kind, uint64_t id, float score,
                  unsigned letters, float more)
{
    float loss = a->length * sg_suggest_length_loss(letters ? letters : LATER_LETTERS);
    candidates_add(a->out, kind, id, score - loss + a->more + more);
}

static void ask_base(const struct asking *a, struct sg_str text, enum sg_suggest_order order,
                     size_t k, float more)
{
    const struct sg_suggest *segment = sg_searcher_suggest(a->s);
    struct sg_completion v[TITLES];
    size_t n = segment ? sg_suggest_match(segment, text, (1u << SG_KINDS) - 1, order, v, k) : 0;
    for (size_t i = 0; i < n; i++)
        if (!sg_searcher_is_dead(a->s, v[i].kind, v[i].id))
            offer(a, v[i].kind, v[i].id, v[i].score, v[i].letters, more);
}

static void ask_live(const struct asking *a, struct sg_str text, float more)
{
    struct sg_overlay_entry v[LIVE];
    size_t n = sg_searcher_overlay(a->s, text, v, LIVE);
    for (size_t i = 0; i < n; i++)
        offer(a, v[i].kind, v[i].id, sg_suggest_score(v[i].popularity), v[i].letters, more);
}

static void ask(const struct asking *a, struct sg_str text, size_t k, float more)
{
    ask_live(a, text, more);
    ask_base(a, text, SG_BEST_KNOWN, k, more);
}

/* The bytes before the i-th last space, 0 when there is none. */
static size_t space_before(struct sg_str text)
{
    while (text.n && text.p[text.n - 1] != ' ')
        text.n--;
    return text.n ? text.n - 1 : 0;
}

static void ask_cut(const struct asking *a, struct sg_str words, float more)
{
    char text[SG_PREFIX_MAX];
    size_t at = words.n;
    memcpy(text, words.p, words.n);
    for (int i = 0; i < CUTS && (at = space_before((struct sg_str){text, at})); i++) {
        text[at] = SG_SUGGEST_BY;
        ask(a, (struct sg_str){text, words.n}, BY, more);
        text[at] = ' ';
    }
}

static void ask_whole(const struct asking *a, struct sg_str words, float more)
{
    char text[SG_PREFIX_MAX];
    if (words.n == SG_PREFIX_MAX)
        return;
    memcpy(text, words.p, words.n);
    text[words.n] = SG_SUGGEST_BY;
    ask(a, (struct sg_str){text, words.n + 1}, EXACT, more);
}

/* The text with the space that ends it: "the " does not start "them". */
static struct sg_str with_space(const struct typed *t, char out[SG_PREFIX_MAX])
{
    size_t n = t->n;
    memcpy(out, t->text, n);
    if (t->ended && n < SG_PREFIX_MAX)
        out[n++] = ' ';
    return (struct sg_str){out, n};
}

/* Whoever types on has not seen it among the best known: lengths count more. */
static float length_weight(struct sg_str words)
{
    float letters = (float)sg_utf8_count(words);
    return letters <= LENGTH_FROM ? 0
           : letters >= LENGTH_TO ? 1
                                  : (letters - LENGTH_FROM) / (LENGTH_TO - LENGTH_FROM);
}

void gather(struct sg_searcher *s, const struct typed *t, float more, struct candidates *out)
{
    char text[SG_PREFIX_MAX];
    struct sg_str words = {t->text, t->n}, prefix = with_space(t, text);
    struct asking a = {s, out, more, length_weight(words)};
    float exact = EXACT_MORE * (float)sg_utf8_count(words);
    exact = exact < EXACT_MOST ? exact : EXACT_MOST;
    ask(&a, prefix, TITLES, 0);
    if (a.length > 0)
        ask_base(&a, prefix, SG_NEARLY_TYPED, TITLES, 0);
    ask_whole(&a, words, exact);
    ask_cut(&a, words, exact);
    ask_base(&a, prefix, SG_LATER_WORD, LATER, -LATER_LESS);
}
