/* near.c - starts of words one slip away from what is typed so far: see spell.h.
 *
 * The words' sorted array is walked like a trie: while the typed letters match, one
 * edit may be made at any of them (another letter, one too many, one missing, two
 * swapped), after which the rest must match. Only letters that follow in the
 * catalogue are tried, so the work is bounded by the length times its alphabet.
 */
#include "index/spell/words.h"

#define BRANCHES_MAX 48  /* letters tried at one place */
#define PROBES_MAX   900 /* of a whole walk */

struct walk {
    const struct sg_spell *s;
    struct sg_str typed;
    struct sg_spelling *out;
    size_t n, cap;
    int probes; /* left */
    char bytes[SG_WORD_MAX];
};

static uint32_t best_of(const struct walk *w, struct sg_str prefix)
{
    struct sg_spelling best;
    bool more;
    return sg_spell_prefix(w->s, prefix, &best, 1, &more) ? best.frequency : 0;
}

static void found(struct walk *w, size_t n)
{
    struct sg_str prefix = {w->bytes, n};
    for (size_t i = 0; i < w->n; i++)
        if (sg_str_eq(w->out[i].word, prefix))
            return;
    if (n == 0 || n > sizeof w->out->bytes || sg_str_eq(prefix, w->typed))
        return;
    uint32_t frequency = best_of(w, prefix);
    if (w->n == w->cap && w->out[w->n - 1].frequency >= frequency)
        return;
    size_t at = w->n < w->cap ? w->n++ : w->cap - 1;
    for (; at > 0 && w->out[at - 1].frequency < frequency; at--) {
        w->out[at] = w->out[at - 1];
        w->out[at].word.p = w->out[at].bytes;
    }
    w->out[at].frequency = frequency;
    w->out[at].distance = 1;
    memcpy(w->out[at].bytes, prefix.p, n);
    w->out[at].word = (struct sg_str){w->out[at].bytes, n};
}

/* The rest of what was typed, letter by letter. */
static void follow(struct walk *w, struct spell_range r, size_t n, size_t from)
{
    for (; from < w->typed.n; from++) {
        if (n == sizeof w->bytes || w->probes-- <= 0)
            return;
        spell_range_narrow(w->s, &r, n, (unsigned char)w->typed.p[from]);
        if (r.first == r.last)
            return;
        w->bytes[n++] = w->typed.p[from];
    }
    found(w, n);
}

/* Every letter that may stand at place n, instead of typed[at] and before it. */
static void branch(struct walk *w, struct spell_range all, size_t n, size_t at)
{
    struct spell_range rest = all;
    for (int i = 0; i < BRANCHES_MAX && rest.first < rest.last && w->probes > 0; i++) {
        struct sg_str word = spell_word_at(w->s, rest.first);
        if (word.n <= n) {
            rest.first++;
            continue;
        }
        struct spell_range r = rest;
        unsigned char c = (unsigned char)word.p[n];
        spell_range_narrow(w->s, &r, n, c);
        rest.first = r.last > rest.first ? r.last : rest.first + 1;
        w->probes--;
        if (c >= 128 || r.first == r.last)
            continue;
        w->bytes[n] = (char)c;
        if (c != (unsigned char)w->typed.p[at])
            follow(w, r, n + 1, at + 1);
        w->bytes[n] = (char)c;
        follow(w, r, n + 1, at);
    }
}

static void swap(struct walk *w, struct spell_range r, size_t n, size_t at)
{
    if (at + 1 >= w->typed.n || n + 2 > sizeof w->bytes)
        return;
    spell_range_narrow(w->s, &r, n, (unsigned char)w->typed.p[at + 1]);
    if (r.first == r.last)
        return;
    spell_range_narrow(w->s, &r, n + 1, (unsigned char)w->typed.p[at]);
    if (r.first == r.last)
        return;
    w->bytes[n] = w->typed.p[at + 1];
    w->bytes[n + 1] = w->typed.p[at];
    follow(w, r, n + 2, at + 2);
}

size_t sg_spell_starts(const struct sg_spell *s, struct sg_str typed, struct sg_spelling *out,
                       size_t cap)
{
    struct walk w = {.s = s, .typed = typed, .out = out, .cap = cap, .probes = PROBES_MAX};
    struct spell_range r = spell_range_all(s);
    if (cap == 0 || typed.n >= sizeof w.bytes)
        return 0;
    for (size_t i = 0; i < typed.n && r.first < r.last; i++) {
        if ((unsigned char)typed.p[i] >= 128)
            return w.n;
        follow(&w, r, i, i + 1);
        swap(&w, r, i, i);
        if (i > 0) /* the first letter is seldom wrong, and every other one is there */
            branch(&w, r, i, i);
        w.bytes[i] = typed.p[i];
        spell_range_narrow(s, &r, i, (unsigned char)typed.p[i]);
    }
    return w.n;
}
