/* correct.c - what may have been meant: see parts.h.
 *
 * A word that no title has is taken for a slip; when all are known, each in turn
 * may be one. What could stand there instead comes from the segment's table of
 * words, best known first, and is only asked for when something starts so.
 */
#include "core/text.h"
#include "query/suggest/parts.h"

#define WORDS_MAX 8 /* the last ones are looked at */
#define GUESSES   3 /* words tried when all are known */
#define FROM      3 /* letters: shorter words are taken as they are */
#define NEAR      12
#define TRIES     14   /* texts asked for in all */
#define SLIP_LESS 3.0f /* each: 20 times the plays */
#define ENOUGH    8

struct word {
    size_t at, n;
    bool open, known, fits; /* long enough */
};
struct attempt {
    struct sg_searcher *s;
    const struct sg_suggest *segment;
    int tries; /* left */
    struct candidates *out;
};

static size_t split(const struct sg_suggest *g, const struct typed *t, struct word *v)
{
    size_t n = 0, end = t->n;
    while (end && n < WORDS_MAX) {
        size_t at = end;
        while (at && t->text[at - 1] != ' ')
            at--;
        struct sg_str word = {t->text + at, end - at};
        bool open = end == t->n && !t->ended;
        v[n] = (struct word){at, word.n, open, true, sg_utf8_count(word) >= FROM};
        v[n].known = !v[n].fits || sg_suggest_word(g, word, open);
        n++;
        end = at ? at - 1 : 0;
    }
    return n; /* the last word is v[0] */
}

bool all_known(struct sg_searcher *s, const struct typed *t)
{
    struct word v[WORDS_MAX];
    const struct sg_suggest *segment = sg_searcher_suggest(s);
    size_t n = segment ? split(segment, t, v) : 0, i = 0;
    while (i < n && v[i].known)
        i++;
    return i == n;
}

static bool replace(const struct typed *t, const struct word *w, const struct sg_near *by,
                    struct typed *out)
{
    if (t->n - w->n + by->n > SG_PREFIX_MAX)
        return false;
    *out = *t;
    memcpy(out->text + w->at, by->text, by->n);
    memcpy(out->text + w->at + by->n, t->text + w->at + w->n, t->n - w->at - w->n);
    out->n = t->n - w->n + by->n;
    return true;
}

static bool has_enough(const struct attempt *a)
{
    return a->out->n >= ENOUGH || a->tries <= 0;
}

static void try_text(struct attempt *a, const struct typed *t, float less)
{
    a->tries--;
    gather_some(a->s, t, -less, a->out);
}

static size_t near(const struct attempt *a, const struct typed *t, const struct word *w,
                   struct sg_near *out, size_t cap)
{
    struct sg_str word = {t->text + w->at, w->n};
    return w->fits ? sg_suggest_near(a->segment, word, w->open, out, cap) : 0;
}

static void try_one(struct attempt *a, const struct typed *t, const struct word *w)
{
    struct sg_near v[NEAR];
    struct typed meant;
    size_t n = near(a, t, w, v, NEAR);
    for (size_t i = 0; i < n && !has_enough(a); i++)
        if (replace(t, w, &v[i], &meant))
            try_text(a, &meant, SLIP_LESS);
}

static void try_two(struct attempt *a, const struct typed *t, const struct word *last,
                    const struct word *first)
{
    struct sg_near v[NEAR / 3];
    struct typed meant;
    size_t n = near(a, t, last, v, NEAR / 3);
    for (size_t i = 0; i < n && !has_enough(a); i++)
        if (replace(t, last, &v[i], &meant))
            try_one(a, &meant, first);
}

/* A slip far into a long word: its beginning says enough. */
static bool drop_end(const struct typed *t, const struct word *w, struct typed *out)
{
    size_t n = sg_utf8_prefix((struct sg_str){t->text + w->at, w->n}, SG_NEAR_LETTERS);
    *out = *t;
    out->n = w->at + n;
    return n < w->n;
}

bool correct(struct sg_searcher *s, const struct typed *t, struct candidates *out)
{
    struct attempt a = {s, sg_searcher_suggest(s), TRIES, out};
    struct word v[WORDS_MAX];
    size_t before = out->n, n = a.segment ? split(a.segment, t, v) : 0, unknown = 0;
    size_t which[WORDS_MAX];
    struct typed shorter;
    for (size_t i = 0; i < n; i++)
        if (!v[i].known)
            which[unknown++] = i;
    if (unknown == 1)
        try_one(&a, t, &v[which[0]]);
    if (unknown == 2)
        try_two(&a, t, &v[which[0]], &v[which[1]]);
    for (size_t i = 0; i < n && i < GUESSES && unknown == 0 && !has_enough(&a); i++)
        try_one(&a, t, &v[i]);
    if (out->n == before && n && v[0].open && drop_end(t, &v[0], &shorter))
        try_text(&a, &shorter, SLIP_LESS);
    return out->n > before;
}
