/* fuzz_text.c - any bytes as text: bounds of words, and folding again changes nothing. */
#include "core/text.h"
#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_words(const struct sg_words *w, size_t n)
{
    require(w->n <= SG_WORDS_MAX && w->used <= sizeof w->bytes);
    for (size_t i = 0; i < w->n; i++) {
        const struct sg_word *x = &w->v[i];
        require(x->text.n > 0 && x->text.n <= SG_WORD_MAX && sg_str_is_utf8(x->text));
        require(x->from <= x->to && x->to <= n && !memchr(x->text.p, ' ', x->text.n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct sg_words w;
    char once[SG_TEXT_MAX], twice[2 * SG_TEXT_MAX];
    struct sg_str text = {(const char *)data, n};
    sg_text_words(&w, text);
    check_words(&w, n);
    size_t all = w.n;
    size_t a = sg_text_fold(once, sizeof once, text);
    size_t b = sg_text_fold(twice, sizeof twice, (struct sg_str){once, a});
    if (all < SG_WORDS_MAX && n < SG_TEXT_MAX / 4)
        require(sg_str_eq((struct sg_str){once, a}, (struct sg_str){twice, b}));
    sg_text_alternatives(&w, text);
    check_words(&w, n);
    require(sg_utf8_prefix(text, n) == n && sg_utf8_count(text) <= n);
    require(sg_utf8_floor(text, n / 2) <= n / 2);
    return 0;
}
