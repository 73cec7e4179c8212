/* alternatives.c - other words that should find a text: what is indexed beside
 * its own words, so that the query side stays simple.
 *
 *   blue-jean     bluejean (any words with one symbol between them)
 *   r&b, a & b    rnb; n, as 'n' gives and
 *   +44           44
 *   x feat. y     featuring
 *   !!! (chk ..)  !!!
 *   кино          kino, by ICU; for Cyrillic also the BGN romanisation (ш -> sh)
 *   周杰倫        周杰伦, and the other way round
 *   宇多田        田, so that every character is some word's prefix
 */
#include "core/text/unit.h"

struct alternatives {
    struct sg_words *out;
    struct sg_words *words; /* the text's own */
    struct sg_word_marks marks;
};

static bool holds(const struct sg_words *w, struct sg_str word)
{
    for (size_t i = 0; i < w->n; i++) {
        if (sg_str_eq(w->v[i].text, word))
            return true;
    }
    return false;
}

static void add(struct alternatives *a, struct sg_str word, uint32_t from, uint32_t to)
{
    struct sg_str cut = {word.p, sg_utf8_floor(word, SG_WORD_MAX)};
    if (!holds(a->words, cut) && !holds(a->out, cut))
        sg_words_put(a->out, cut, from, to);
}

/* Words i..j-1 without what stood between them; & as n. */
static void add_joined(struct alternatives *a, size_t i, size_t j)
{
    char bytes[SG_WORD_MAX];
    size_t n = 0;
    for (size_t k = i; k < j; k++) {
        struct sg_str w = a->marks.and >> k & 1 ? SG_STR("n") : a->words->v[k].text;
        if (n + w.n > sizeof bytes)
            return;
        memcpy(bytes + n, w.p, w.n);
        n += w.n;
    }
    add(a, (struct sg_str){bytes, n}, a->words->v[i].from, a->words->v[j - 1].to);
}

static void add_all_joined(struct alternatives *a)
{
    for (size_t i = 0; i < a->words->n;) {
        size_t j = i + 1;
        while (j < a->words->n && a->marks.glued >> j & 1)
            j++;
        if (j - i > 1)
            add_joined(a, i, j);
        i = j;
    }
}

static void add_forms_of_words(struct alternatives *a)
{
    for (size_t i = 0; i < a->words->n; i++) {
        const struct sg_word *w = &a->words->v[i];
        if (a->marks.and >> i & 1)
            add(a, SG_STR("n"), w->from, w->to);
        else if (sg_str_eq(w->text, SG_STR("n")))
            add(a, SG_STR("and"), w->from, w->to);
        else if (sg_str_eq(w->text, SG_STR("feat")))
            add(a, SG_STR("featuring"), w->from, w->to);
        else if (w->text.n > 1 && w->text.p[0] == '+')
            add(a, (struct sg_str){w->text.p + 1, w->text.n - 1}, w->from, w->to);
        if (a->marks.cjk_end >> i & 1) {
            size_t skip = sg_utf8_prefix(w->text, 1);
            add(a, (struct sg_str){w->text.p + skip, w->text.n - skip}, w->from, w->to);
        }
    }
}

/* The end of what stands between spaces from unit i on; *symbols: nothing else there. */
static size_t run_end(const struct sg_units *u, size_t i, bool *symbols)
{
    *symbols = true;
    for (; i < u->n && u->v[i].class != UNIT_SPACE; i++) {
        unsigned class = u->v[i].class;
        *symbols &= class == UNIT_SYMBOL || class >= UNIT_APOSTROPHE;
    }
    return i;
}

/* Before units are rewritten. */
static bool has_symbol_word(const struct sg_units *u)
{
    bool symbols;
    for (size_t i = 0, end; i < u->n; i = end + (end < u->n)) {
        end = run_end(u, i, &symbols);
        if (symbols && (end - i > 1 || (end - i == 1 && u->v[i].cp >= 128)))
            return true;
    }
    return false;
}

/* "!!!" of "!!! (Chk Chk Chk)": symbols between spaces, two or more of them or
 * one that is not ASCII. Runs over the text again: rewriting has changed units. */
static void add_symbol_words(struct alternatives *a, struct sg_units *u, struct sg_str text)
{
    bool symbols;
    sg_units_decode(u, text);
    for (size_t i = 0, end; i < u->n; i = end + (end < u->n)) {
        char bytes[SG_WORD_MAX + 4];
        size_t n = 0;
        end = run_end(u, i, &symbols);
        for (size_t k = i; symbols && k < end && n < SG_WORD_MAX; k++)
            n += sg_utf8_encode(bytes + n, u->v[k].cp);
        if (n > 1)
            add(a, (struct sg_str){bytes, n}, u->v[i].from, u->v[end - 1].to);
    }
}

static void add_romanised(struct alternatives *a, enum sg_romanisation how, struct sg_str text)
{
    char latin[SG_TEXT_MAX * 2];
    struct sg_words w;
    size_t n;
    if (!sg_romanise(how, text, latin, sizeof latin, &n))
        return;
    sg_text_words(&w, (struct sg_str){latin, n});
    for (size_t i = 0; i < w.n; i++)
        add(a, w.v[i].text, 0, (uint32_t)text.n);
}

static bool has_letters(const struct sg_units *u, int32_t from, int32_t to)
{
    for (size_t i = 0; i < u->n; i++) {
        if (u->v[i].cp >= from && u->v[i].cp < to)
            return true;
    }
    return false;
}

static void add_other_chinese(struct alternatives *a, struct sg_str text)
{
    add_romanised(a, SG_SIMPLIFY, text);
    add_romanised(a, SG_TRADITIONAL, text);
}

void sg_text_both(struct sg_words *words, struct sg_words *alternatives, struct sg_str text)
{
    struct alternatives a = {.out = alternatives, .words = words};
    struct sg_units u;
    if (text.n > SG_TEXT_MAX)
        text.n = sg_utf8_floor(text, SG_TEXT_MAX);
    alternatives->n = 0;
    alternatives->used = 0;
    sg_units_decode(&u, text);
    bool foreign = u.foreign, cyrillic = foreign && has_letters(&u, 0x400, 0x530);
    bool chinese = /* and no kana */
        foreign && has_letters(&u, 0x3400, 0xa000) && !has_letters(&u, 0x3040, 0x3100);
    bool symbols = u.seen & (UNIT_BITS_CONTEXTUAL | UNIT_BIT(UNIT_SYMBOL)) &&
                   u.seen & UNIT_BITS_WORD && has_symbol_word(&u);
    sg_units_split(words, &u, &a.marks);

    add_all_joined(&a);
    add_forms_of_words(&a);
    if (symbols)
        add_symbol_words(&a, &u, text);
    if (foreign)
        add_romanised(&a, SG_ROMANISE_ANY, text);
    if (cyrillic)
        add_romanised(&a, SG_ROMANISE_BGN, text);
    if (chinese)
        add_other_chinese(&a, text);
}

void sg_text_alternatives(struct sg_words *out, struct sg_str text)
{
    struct sg_words words;
    sg_text_both(&words, out, text);
}

/* Folds what the romaniser gives; 0 when it gives nothing else. */
static size_t fold_romanised(enum sg_romanisation how, struct sg_str text, char *out, size_t cap)
{
    char latin[SG_TEXT_MAX * 2], own[SG_TEXT_MAX];
    size_t n;
    if (!sg_romanise(how, text, latin, sizeof latin, &n))
        return 0;
    size_t own_n = sg_text_fold(own, sizeof own, text);
    n = sg_text_fold(out, cap, (struct sg_str){latin, n});
    return n == own_n && !memcmp(own, out, n) ? 0 : n;
}

size_t sg_text_romanised(char *out, size_t cap, struct sg_str text, bool second)
{
    struct sg_units u;
    if (text.n > SG_TEXT_MAX)
        text.n = sg_utf8_floor(text, SG_TEXT_MAX);
    sg_units_decode(&u, text);
    if (!u.foreign || (second && !has_letters(&u, 0x400, 0x530)))
        return 0;
    return fold_romanised(second ? SG_ROMANISE_BGN : SG_ROMANISE_ANY, text, out, cap);
}
