/* vocabulary.c - see vocabulary.h. */
#include "data/generate/vocabulary.h"
#include <stddef.h>
#include <stdlib.h>
#include <utf8proc.h>

#define INVENTED 60000 /* distinct invented words and compounds of a language, Zipf-distributed */

static const struct {
    size_t offset;
    const char *separators;
} sources[SG_L_KINDS] = {
    [SG_L_ARTICLES] = {offsetof(struct sg_lexicon, articles), " "},
    [SG_L_NOUNS] = {offsetof(struct sg_lexicon, nouns), " "},
    [SG_L_ADJECTIVES] = {offsetof(struct sg_lexicon, adjectives), " "},
    [SG_L_VERBS] = {offsetof(struct sg_lexicon, verbs), " "},
    [SG_L_FIRSTS] = {offsetof(struct sg_lexicon, firsts), " "},
    [SG_L_LASTS] = {offsetof(struct sg_lexicon, lasts), " "},
    [SG_L_PLACES] = {offsetof(struct sg_lexicon, places), " "},
    [SG_L_STEMS] = {offsetof(struct sg_lexicon, stems), " "},
    [SG_L_ENDINGS] = {offsetof(struct sg_lexicon, endings), " "},
    [SG_L_LAST_ENDINGS] = {offsetof(struct sg_lexicon, last_endings), " "},
    [SG_L_SYLLABLES] = {offsetof(struct sg_lexicon, syllables), " "},
    [SG_L_EXTRA] = {offsetof(struct sg_lexicon, extra), " "},
    [SG_L_TITLES] = {offsetof(struct sg_lexicon, titles), "|"},
    [SG_L_BANDS] = {offsetof(struct sg_lexicon, bands), "|"},
};

static const char *source_text(const struct sg_lexicon *l, size_t kind)
{
    const char *text = *(const char *const *)((const char *)l + sources[kind].offset);
    return text ? text : "";
}

/* Splits bytes in place; NULL list->v means out of memory. */
static void split(struct sg_lexemes *list, char *bytes, const char *separators)
{
    size_t most = strlen(bytes) / 2 + 1;
    list->v = calloc(most, sizeof *list->v);
    char *rest;
    for (char *w = strtok_r(bytes, separators, &rest); list->v && w;
         w = strtok_r(NULL, separators, &rest)) {
        if (separators[0] == ' ')
            for (char *p = w; *p; p++)
                if (*p == '_')
                    *p = ' ';
        list->v[list->n++] = sg_str(w);
    }
}

int sg_vocabulary_open(struct sg_vocabulary *v, const struct sg_lexicon *l, struct sg_error *e)
{
    *v = (struct sg_vocabulary){.lexicon = l};
    size_t total = 0, at = 0;
    for (size_t k = 0; k < SG_L_KINDS; k++)
        total += strlen(source_text(l, k)) + 1;
    v->bytes = malloc(total);
    if (!v->bytes)
        return sg_fail(e, SG_ENOMEM, "word lists");
    for (size_t k = 0; k < SG_L_KINDS; k++) {
        const char *text = source_text(l, k);
        size_t n = strlen(text) + 1;
        memcpy(v->bytes + at, text, n);
        split(&v->lists[k], v->bytes + at, sources[k].separators);
        if (!v->lists[k].v) {
            sg_vocabulary_close(v);
            return sg_fail(e, SG_ENOMEM, "word lists");
        }
        at += n;
    }
    return 0;
}

void sg_vocabulary_close(struct sg_vocabulary *v)
{
    for (size_t k = 0; k < SG_L_KINDS; k++)
        free(v->lists[k].v);
    free(v->bytes);
    *v = (struct sg_vocabulary){0};
}

static struct sg_str draw(const struct sg_vocabulary *v, enum sg_list_kind kind, struct sg_rng *r)
{
    const struct sg_lexemes *list = &v->lists[kind];
    if (!list->n)
        return SG_STR_NONE;
    double q =
        kind == SG_L_NOUNS || kind == SG_L_ADJECTIVES ? v->lexicon->skew : (double)list->n / 3 + 1;
    return list->v[sg_rng_zipf(r, list->n, q)];
}

static struct sg_str even(const struct sg_vocabulary *v, enum sg_list_kind kind, struct sg_rng *r)
{
    const struct sg_lexemes *list = &v->lists[kind];
    return list->n ? list->v[sg_rng_below(r, list->n)] : SG_STR_NONE;
}

/* A word that is the same whenever its rank is drawn again. */
static struct sg_rng invented(struct sg_rng *r, const struct sg_vocabulary *v, uint64_t purpose)
{
    return sg_rng_at(purpose,
                     (unsigned char)v->lexicon->code[0] * 256u + (unsigned char)v->lexicon->code[1],
                     sg_rng_zipf(r, INVENTED, 300), 0);
}

static void put_compound(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out)
{
    struct sg_rng word = invented(r, v, 1);
    sg_buf_str_put(out, even(v, SG_L_STEMS, &word));
    sg_buf_str_put(out, even(v, SG_L_ENDINGS, &word));
}

static void put_invented(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out)
{
    struct sg_rng word = invented(r, v, 2);
    size_t n = 2 + sg_rng_below(&word, 2);
    for (size_t i = 0; i < n; i++)
        sg_buf_str_put(out, even(v, SG_L_SYLLABLES, &word));
}

static void put_last(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out)
{
    if (v->lists[SG_L_LAST_ENDINGS].n && sg_rng_chance(r, 0.3)) {
        struct sg_rng word = invented(r, v, 3);
        size_t at = out->n;
        sg_buf_str_put(out,
                       even(v, sg_rng_chance(&word, 0.5) ? SG_L_STEMS : SG_L_SYLLABLES, &word));
        sg_buf_str_put(out, even(v, SG_L_LAST_ENDINGS, &word));
        if (!out->failed && out->n > at && out->p[at] >= 'a' && out->p[at] <= 'z')
            out->p[at] = (char)(out->p[at] - 'a' + 'A');
        return;
    }
    sg_buf_str_put(out, draw(v, SG_L_LASTS, r));
}

static struct sg_str bare(const struct sg_vocabulary *v, struct sg_str noun)
{
    for (size_t i = 0; i < v->lists[SG_L_ARTICLES].n; i++) {
        struct sg_str a = v->lists[SG_L_ARTICLES].v[i];
        bool elided = a.p[a.n - 1] == '\'';
        if (sg_str_starts(noun, a) && noun.n > a.n + 1 && (elided || noun.p[a.n] == ' '))
            return (struct sg_str){noun.p + a.n + !elided, noun.n - a.n - !elided};
    }
    return noun;
}

static void put_noun(const struct sg_vocabulary *v, bool article, struct sg_rng *r,
                     struct sg_buf *out)
{
    if (sg_rng_chance(r, 0.12) && v->lists[SG_L_STEMS].n) {
        put_compound(v, r, out);
        return;
    }
    struct sg_str noun = draw(v, SG_L_NOUNS, r);
    sg_buf_str_put(out, article ? noun : bare(v, noun));
}

static void put_slot(const struct sg_vocabulary *v, char slot, struct sg_rng *r, struct sg_buf *out)
{
    switch (slot) {
    case 'n':
    case 'N':
        put_noun(v, slot == 'N', r, out);
        break;
    case 'a':
        sg_buf_str_put(out, draw(v, SG_L_ADJECTIVES, r));
        break;
    case 'v':
        sg_buf_str_put(out, draw(v, SG_L_VERBS, r));
        break;
    case 't':
        sg_buf_str_put(out, draw(v, SG_L_EXTRA, r));
        break;
    case 'p':
        sg_buf_str_put(out, draw(v, SG_L_PLACES, r));
        break;
    case 'f':
        sg_buf_str_put(out, draw(v, SG_L_FIRSTS, r));
        break;
    case 'l':
        put_last(v, r, out);
        break;
    case 'c':
        put_compound(v, r, out);
        break;
    case 'x':
        put_invented(v, r, out);
        break;
    default:
        sg_buf_u64(out,
                   sg_rng_chance(r, 0.5) ? 1 + sg_rng_below(r, 99) : 1960 + sg_rng_below(r, 60));
    }
}

/* English and Romance plurals, good enough for a name. */
static void pluralise(struct sg_buf *out)
{
    if (out->failed || out->n < 2)
        return;
    char last = out->p[out->n - 1], before = out->p[out->n - 2];
    if (last == 's')
        return;
    if (last == 'y' && !strchr("aeiou", before)) {
        out->n--;
        sg_buf_puts(out, "ies");
    } else if (last == 'x' || last == 'z' || (last == 'h' && (before == 'c' || before == 's')))
        sg_buf_puts(out, "es");
    else
        sg_buf_putc(out, 's');
}

static const char *const small_words[] = {
    "of",  "the", "and", "in", "on", "to", "a",  "with", "for", "from", "is",  "at", "by", "de",
    "del", "la",  "el",  "y",  "e",  "di", "et", "à",    "do",  "und",  "och", "ve", "x",
};

static bool is_small(struct sg_str w)
{
    for (size_t i = 0; i < sizeof small_words / sizeof *small_words; i++)
        if (sg_str_eq(w, sg_str(small_words[i])))
            return true;
    return false;
}

/* Upper-cases the first letter at p when its form has the same length. */
static void capital(char *p, size_t n)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)n, &c);
    utf8proc_uint8_t up[4];
    if (used > 0 && utf8proc_encode_char(utf8proc_toupper(c), up) == used)
        memcpy(p, up, (size_t)used);
}

static void capitalise(char *p, size_t n, bool every_word)
{
    for (size_t from = 0, i = 0; i <= n; i++) {
        if (i < n && p[i] != ' ' && p[i] != '(')
            continue;
        bool edge = from == 0 || (from > 0 && p[from - 1] == '(');
        if (i > from && (edge || (every_word && !is_small((struct sg_str){p + from, i - from}))))
            capital(p + from, i - from);
        from = i + 1;
    }
}

static void expand(const struct sg_vocabulary *v, struct sg_str grammar, struct sg_rng *r,
                   struct sg_buf *out)
{
    for (size_t i = 0; i < grammar.n; i++) {
        if (grammar.p[i] != '$' || i + 1 == grammar.n) {
            sg_buf_putc(out, grammar.p[i]);
            continue;
        }
        put_slot(v, grammar.p[++i], r, out);
        struct sg_str rest = {grammar.p + i + 1, grammar.n - i - 1};
        if (sg_str_starts(rest, SG_STR(" s")) && (rest.n == 2 || rest.p[2] == ' ')) {
            pluralise(out);
            i += 2;
        }
    }
}

void sg_vocabulary_expand(const struct sg_vocabulary *v, enum sg_list_kind kind, struct sg_rng *r,
                          struct sg_buf *out)
{
    size_t at = out->n;
    expand(v, even(v, kind, r), r, out);
    if (!out->failed)
        capitalise(out->p + at, out->n - at, kind == SG_L_BANDS || v->lexicon->title_case);
}

static bool family_first(const struct sg_vocabulary *v)
{
    return v->lexicon == &sg_lexicon_ja || v->lexicon == &sg_lexicon_ko ||
           v->lexicon == &sg_lexicon_zh;
}

void sg_vocabulary_person(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out)
{
    bool reversed = family_first(v);
    size_t at = out->n;
    put_slot(v, reversed ? 'l' : 'f', r, out);
    if (!reversed)
        sg_buf_putc(out, ' ');
    if (!reversed && sg_rng_chance(r, 0.06)) {
        sg_buf_str_put(out, draw(v, SG_L_FIRSTS, r));
        sg_buf_putc(out, ' ');
    }
    put_slot(v, reversed ? 'f' : 'l', r, out);
    if (!out->failed)
        capitalise(out->p + at, out->n - at, true);
}

void sg_vocabulary_place(const struct sg_vocabulary *v, struct sg_rng *r, struct sg_buf *out)
{
    sg_buf_str_put(out, draw(v, SG_L_PLACES, r));
}
