/* highlight.c - see highlight.h. */
#include "query/highlight.h"
#include "query/rank.h"

static size_t next_character(struct sg_str s, size_t i)
{
    for (i++; i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80; i++)
        ;
    return i;
}

static bool folds_to(struct sg_str text, struct sg_str prefix)
{
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, text);
    return sg_str_starts((struct sg_str){folded, n}, prefix);
}

/* A combining mark (U+0300 to U+036F) belongs to the letter before it. */
static size_t after_marks(struct sg_str text, size_t n)
{
    while (n < text.n && ((unsigned char)text.p[n] == 0xcc || (unsigned char)text.p[n] == 0xcd))
        n = next_character(text, n);
    return n;
}

/* Longer starts fold to longer text, so the shortest is found by halving. */
size_t sg_highlight_typed(struct sg_str text, struct sg_str prefix)
{
    size_t low = 0, high = text.n < SG_TEXT_MAX ? text.n : sg_utf8_floor(text, SG_TEXT_MAX);
    while (low < high) {
        size_t mid = sg_utf8_floor(text, low + (high - low) / 2);
        if (mid <= low)
            mid = next_character(text, low);
        if (mid >= high)
            break;
        if (folds_to((struct sg_str){text.p, mid}, prefix))
            high = mid;
        else
            low = mid;
    }
    return after_marks(text, high);
}

static uint64_t head_of(struct sg_str word)
{
    uint64_t head = 0;
    for (size_t i = 0; i < word.n && i < 8; i++)
        head |= (uint64_t)(unsigned char)word.p[i] << (8 * i);
    return head;
}

/* How many bytes of the original word light up; 0: it does not match. */
static size_t lit(const struct sg_reading *r, struct sg_str word, struct sg_str original)
{
    size_t best = 0;
    uint64_t head = head_of(word);
    for (size_t i = 0; i < r->n_patterns; i++) {
        const struct sg_pattern *p = &r->patterns[i];
        if (!sg_pattern_matches(p, word, head))
            continue;
        if (p->text.n == word.n)
            return original.n;
        size_t n = sg_highlight_typed(original, p->text);
        best = n > best ? n : best;
    }
    return best;
}

static size_t add_range(struct sg_range *out, size_t n, size_t cap, size_t from, size_t to)
{
    if (n && from <= out[n - 1].to) {
        out[n - 1].to = to > out[n - 1].to ? to : out[n - 1].to;
        return n;
    }
    if (n < cap)
        out[n++] = (struct sg_range){from, to};
    return n;
}

size_t sg_highlight(const struct sg_reading *r, struct sg_str text, struct sg_range *out,
                    size_t cap)
{
    struct sg_words words;
    size_t n = 0;
    sg_text_words(&words, text);
    for (size_t i = 0; i < words.n; i++) {
        const struct sg_word *w = &words.v[i];
        if (w->from >= w->to || w->to > text.n)
            continue;
        size_t len = lit(r, w->text, (struct sg_str){text.p + w->from, w->to - w->from});
        if (len)
            n = add_range(out, n, cap, w->from, w->from + len);
    }
    return n;
}
