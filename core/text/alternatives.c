/* alternatives.c - other words that should find a text: what is indexed beside
 * its own words, so that the query side stays simple.
 *
 *   blue-jean     bluejean (any words with one symbol between them)
 *   r&b, a & b    rnb; n, as 'n' gives and
 *   +44           44
 *   x feat. y     featuring
 *   !!! (chk ..)  !!!
 *   кино          kino, by ICU; for Cyrillic also the BGN romanisation (ш -> sh)
 *   宇多田        田, so that every character is some word's prefix
 */
#include "core/text/unit.h"
#include <pthread.h>
#include <stdlib.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

struct alternatives {
    struct sg_words *out;
    struct sg_words words; /* the text's own */
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
    if (!holds(&a->words, cut) && !holds(a->out, cut))
        sg_words_put(a->out, cut, from, to);
}

/* Words i..j-1 without what stood between them; & as n. */
static void add_joined(struct alternatives *a, size_t i, size_t j)
{
    char bytes[SG_WORD_MAX];
    size_t n = 0;
    for (size_t k = i; k < j; k++) {
        struct sg_str w = a->marks.and >> k & 1 ? SG_STR("n") : a->words.v[k].text;
        if (n + w.n > sizeof bytes)
            return;
        memcpy(bytes + n, w.p, w.n);
        n += w.n;
    }
    add(a, (struct sg_str){bytes, n}, a->words.v[i].from, a->words.v[j - 1].to);
}

static void add_all_joined(struct alternatives *a)
{
    for (size_t i = 0; i < a->words.n;) {
        size_t j = i + 1;
        while (j < a->words.n && a->marks.glued >> j & 1)
            j++;
        if (j - i > 1)
            add_joined(a, i, j);
        i = j;
    }
}

static void add_forms_of_words(struct alternatives *a)
{
    for (size_t i = 0; i < a->words.n; i++) {
        const struct sg_word *w = &a->words.v[i];
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

/* "!!!" of "!!! (Chk Chk Chk)": symbols between spaces, two or more of them or
 * one that is not ASCII. Runs over the text again: rewriting has changed units. */
static void add_symbol_words(struct alternatives *a, struct sg_units *u, struct sg_str text)
{
    sg_units_decode(u, text);
    for (size_t i = 0; i < u->n;) {
        char bytes[SG_WORD_MAX + 4];
        size_t n = 0, from = i;
        bool only_symbols = true;
        for (; i < u->n && u->v[i].class != UNIT_SPACE; i++) {
            unsigned class = u->v[i].class;
            only_symbols &= class == UNIT_SYMBOL || class >= UNIT_APOSTROPHE;
            if (only_symbols && n < SG_WORD_MAX)
                n += sg_utf8_encode(bytes + n, u->v[i].cp);
        }
        if (only_symbols && n > 1)
            add(a, (struct sg_str){bytes, n}, u->v[from].from, u->v[i - 1].to);
        i += i < u->n;
    }
}

struct romaniser {
    UTransliterator *any, *cyrillic;
};
static pthread_key_t romaniser_key;
static pthread_once_t romaniser_once = PTHREAD_ONCE_INIT;

static void romaniser_free(void *p)
{
    struct romaniser *r = p;
    if (r->any)
        utrans_close(r->any);
    if (r->cyrillic)
        utrans_close(r->cyrillic);
    free(r);
}

static void romaniser_key_make(void)
{
    if (pthread_key_create(&romaniser_key, romaniser_free))
        abort();
}

static UTransliterator *transliterator(const char *id)
{
    UChar wide[96];
    UErrorCode status = U_ZERO_ERROR;
    u_uastrncpy(wide, id, 95);
    wide[95] = 0;
    UTransliterator *t = utrans_openU(wide, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    return U_SUCCESS(status) ? t : NULL;
}

/* The thread's own: transliterators are slow to open and not shareable. */
static const struct romaniser *romaniser(void)
{
    pthread_once(&romaniser_once, romaniser_key_make);
    struct romaniser *r = pthread_getspecific(romaniser_key);
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->any = transliterator("Any-Latin; Latin-ASCII");
    r->cyrillic = transliterator("Russian-Latin/BGN; Latin-ASCII");
    if (pthread_setspecific(romaniser_key, r)) {
        romaniser_free(r);
        return NULL;
    }
    return r;
}

static void add_romanised(struct alternatives *a, UTransliterator *t, struct sg_str text)
{
    UChar wide[8 * SG_TEXT_MAX];
    char narrow[SG_TEXT_MAX * 2];
    struct sg_words w;
    int32_t n = 0, limit, len = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8WithSub(wide, SG_TEXT_MAX, &n, text.p, (int32_t)text.n, ' ', NULL, &status);
    limit = n;
    if (t && U_SUCCESS(status))
        utrans_transUChars(t, wide, &n, sizeof wide / sizeof *wide, 0, &limit, &status);
    if (!t || U_FAILURE(status))
        return;
    u_strToUTF8WithSub(narrow, sizeof narrow, &len, wide, n, ' ', NULL, &status);
    if (U_FAILURE(status))
        return;
    sg_text_words(&w, (struct sg_str){narrow, (size_t)len});
    for (size_t i = 0; i < w.n; i++)
        add(a, w.v[i].text, 0, (uint32_t)text.n);
}

static bool has_cyrillic(const struct sg_units *u)
{
    for (size_t i = 0; i < u->n; i++) {
        if (u->v[i].cp >= 0x400 && u->v[i].cp < 0x530)
            return true;
    }
    return false;
}

void sg_text_alternatives(struct sg_words *out, struct sg_str text)
{
    struct alternatives a = {.out = out};
    struct sg_units u;
    if (text.n > SG_TEXT_MAX)
        text.n = sg_utf8_floor(text, SG_TEXT_MAX);
    out->n = 0;
    out->used = 0;
    sg_units_decode(&u, text);
    bool foreign = u.foreign, cyrillic = foreign && has_cyrillic(&u);
    unsigned seen = u.seen;
    sg_units_split(&a.words, &u, &a.marks);

    add_all_joined(&a);
    add_forms_of_words(&a);
    if (seen & (UNIT_BITS_CONTEXTUAL | UNIT_BIT(UNIT_SYMBOL)) && seen & UNIT_BITS_WORD)
        add_symbol_words(&a, &u, text);
    const struct romaniser *r = foreign ? romaniser() : NULL;
    if (r)
        add_romanised(&a, r->any, text);
    if (r && cyrillic)
        add_romanised(&a, r->cyrillic, text);
}
