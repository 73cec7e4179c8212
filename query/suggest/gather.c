/* gather.c - everything that starts with a text: see parts.h.
 *
 * A text of several words is asked for as the start of a title, as a whole title,
 * and, cut at each of its last spaces, as a whole title and the start of who it is
 * by. Whole titles come before longer ones that are not far better known.
 */
#include "core/text.h"
#include "query/suggest/parts.h"
#include <math.h>
#include <stdlib.h>

#define K_MAX         32
#define SPARE         8 /* asked for beyond what is shown: some are stale, some of one name */
#define BY            6
#define CUTS          6
#define LIVE          16
#define EXACT_MORE    1.0f /* a letter that was typed */
#define EXACT_MOST    5.0f /* e^5 = 150 times the plays */
#define LATER_LESS    5.0f
#define LATER_LETTERS 20 /* of such a title, as a rule */
#define LENGTH_FROM   1  /* letters typed: lengths count beyond these, in full from there on */
#define LENGTH_TO     6
#define LENGTH_FEW    6    /* asked for by length while it does not count in full */
#define LENGTH_TITLE  1.3f /* of titles, which somebody's name follows */

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
    size_t k;           /* of each way */
    unsigned letters;   /* typed */
    float more, length; /* added to each; weight of the lengths */
    float exact;        /* added to whole titles */
};

static void offer(const struct asking *a, enum sg_kind kind, uint64_t id, float score,
                  unsigned letters, bool whole)
{
    if (!sg_searcher_may_show(a->s, kind, id))
        return;
    float weight = kind == SG_ARTIST ? a->length : LENGTH_TITLE * a->length;
    float loss = weight * sg_suggest_length_loss(letters ? letters : LATER_LETTERS);
    float more = whole ? a->exact : letters ? 0 : -LATER_LESS;
    candidates_add(a->out, kind, id, score - loss + a->more + more);
}

/* How many there were. */
static size_t ask_base(const struct asking *a, struct sg_str text, enum sg_suggest_order order,
                       size_t k)
{
    const struct sg_suggest *segment = sg_searcher_suggest(a->s);
    struct sg_completion v[K_MAX];
    bool by = memchr(text.p, SG_SUGGEST_BY, text.n);
    size_t n = segment ? sg_suggest_match(segment, text, (1u << SG_KINDS) - 1, order, v, k) : 0;
    for (size_t i = 0; i < n; i++)
        if (!sg_searcher_is_dead(a->s, v[i].kind, v[i].id))
            offer(a, v[i].kind, v[i].id, v[i].score, v[i].letters,
                  by || v[i].letters == a->letters);
    return n;
}

static void ask_live(const struct asking *a, struct sg_str text)
{
    struct sg_overlay_entry v[LIVE];
    bool by = memchr(text.p, SG_SUGGEST_BY, text.n);
    size_t n = sg_searcher_overlay(a->s, text, v, LIVE);
    for (size_t i = 0; i < n; i++)
        offer(a, v[i].kind, v[i].id, sg_suggest_score(v[i].popularity), v[i].letters,
              by || v[i].letters == a->letters);
}

/* The bytes before the i-th last space, 0 when there is none. */
static size_t space_before(struct sg_str text)
{
    while (text.n && text.p[text.n - 1] != ' ')
        text.n--;
    return text.n ? text.n - 1 : 0;
}

static void ask_cut(const struct asking *a, struct sg_str words)
{
    char text[SG_PREFIX_MAX];
    size_t at = words.n;
    memcpy(text, words.p, words.n);
    for (int i = 0; i < CUTS && (at = space_before((struct sg_str){text, at})); i++) {
        text[at] = SG_SUGGEST_BY;
        ask_live(a, (struct sg_str){text, words.n});
        ask_base(a, (struct sg_str){text, words.n}, SG_BEST_KNOWN, BY);
        text[at] = ' ';
    }
}

static void ask_whole(const struct asking *a, struct sg_str words)
{
    char text[SG_PREFIX_MAX];
    if (words.n == SG_PREFIX_MAX)
        return;
    memcpy(text, words.p, words.n);
    text[words.n] = SG_SUGGEST_BY;
    ask_live(a, (struct sg_str){text, words.n + 1});
    ask_base(a, (struct sg_str){text, words.n + 1}, SG_BEST_KNOWN, a->k);
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
static float length_weight(float letters)
{
    float weight = (letters - LENGTH_FROM) / (LENGTH_TO - LENGTH_FROM);
    return weight <= 0 ? 0 : weight >= 1 ? 1 : weight;
}

static struct asking asking_of(struct sg_searcher *s, const struct typed *t, float more,
                               struct candidates *out)
{
    size_t letters = sg_utf8_count((struct sg_str){t->text, t->n}), k = t->limit + SPARE;
    return (struct asking){.s = s,
                           .out = out,
                           .k = k < K_MAX ? k : K_MAX,
                           .letters = (unsigned)letters,
                           .more = more,
                           .length = length_weight((float)letters),
                           .exact = fminf(EXACT_MORE * (float)letters, EXACT_MOST)};
}

void gather(struct sg_searcher *s, const struct typed *t, struct candidates *out)
{
    char text[SG_PREFIX_MAX];
    struct sg_str words = {t->text, t->n}, prefix = with_space(t, text);
    struct asking a = asking_of(s, t, 0, out);
    ask_live(&a, prefix);
    bool all = ask_base(&a, prefix, SG_BEST_KNOWN, a.k) < a.k;
    if (!all && a.length > 0)
        ask_base(&a, prefix, SG_NEARLY_TYPED, a.length < 1 ? LENGTH_FEW : a.k);
    if (!all || t->ended)
        ask_whole(&a, words);
    ask_cut(&a, words);
    ask_base(&a, prefix, SG_LATER_WORD, t->limit);
}

void gather_some(struct sg_searcher *s, const struct typed *t, float more, struct candidates *out)
{
    char text[SG_PREFIX_MAX];
    struct sg_str words = {t->text, t->n}, prefix = with_space(t, text);
    struct asking a = asking_of(s, t, more, out);
    size_t before = out->n;
    ask_live(&a, prefix);
    ask_base(&a, prefix, SG_BEST_KNOWN, a.k);
    if (out->n == before)
        ask_cut(&a, words);
    if (out->n == before)
        ask_base(&a, prefix, SG_LATER_WORD, t->limit);
}
