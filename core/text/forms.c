/* forms.c - all that a text is searched by, as one string; see core/text.h. */
#include "core/text/unit.h"

static char *put_joined(char *to, const struct sg_words *w)
{
    for (size_t i = 0; i < w->n; i++) {
        if (i)
            *to++ = ' ';
        memcpy(to, w->v[i].text.p, w->v[i].text.n);
        to += w->v[i].text.n;
    }
    return to;
}

/* Words that are written or found otherwise. */
static bool is_special(struct sg_str word)
{
    switch (word.n) {
    case 1:
        return word.p[0] == 'n';
    case 2:
        return !memcmp(word.p, "ft", 2);
    case 4:
        return !memcmp(word.p, "feat", 4);
    case 9:
        return !memcmp(word.p, "featuring", 9);
    default:
        return false;
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters, digits and single spaces of ASCII, as most texts are: the same without
 * units. 0: not one of those. */
static size_t put_plain(char *out, struct sg_str text)
{
    size_t word = 0, words = 1;
    if (text.n > SG_TEXT_MAX)
        return 0;
    for (size_t i = 0; i < text.n; i++) {
        out[i] = lower(text.p[i]);
        if (is_plain(out[i]))
            continue;
        if (out[i] != ' ' || i == word || i - word > SG_WORD_MAX || words++ == SG_WORDS_MAX ||
            is_special((struct sg_str){out + word, i - word}))
            return 0;
        word = i + 1;
    }
    struct sg_str last = {out + word, text.n - word};
    return last.n == 0 || last.n > SG_WORD_MAX || is_special(last) ? 0 : text.n;
}

size_t sg_text_forms(char out[SG_FORMS_MAX], struct sg_str text)
{
    size_t n = put_plain(out, text);
    if (n)
        return n;
    struct sg_words words, alternatives;
    sg_text_both(&words, &alternatives, text);
    char *end = put_joined(out, &words);
    if (alternatives.n) {
        *end++ = SG_FORMS_MARK;
        end = put_joined(end, &alternatives);
    }
    return (size_t)(end - out);
}

struct sg_str sg_forms_fold(struct sg_str forms)
{
    const char *mark = forms.n ? memchr(forms.p, SG_FORMS_MARK, forms.n) : NULL;
    size_t n = mark ? (size_t)(mark - forms.p) : forms.n;
    if (n > SG_TEXT_MAX)
        for (n = SG_TEXT_MAX; n && forms.p[n] != ' ';)
            n--;
    return (struct sg_str){forms.p, n};
}

bool sg_forms_next(struct sg_str *forms, struct sg_str *word)
{
    size_t n = 0;
    if (!forms->n)
        return false;
    while (n < forms->n && forms->p[n] != ' ' && forms->p[n] != SG_FORMS_MARK)
        n++;
    *word = (struct sg_str){forms->p, n};
    size_t used = n + (n < forms->n);
    forms->p += used;
    forms->n -= used;
    return true;
}
