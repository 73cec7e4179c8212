/* words.c - units to words.
 *
 * First the characters whose meaning hangs on their neighbours are rewritten
 * (apostrophes, dotted letters, & + $ !), then runs of one class become words.
 */
#include "core/text/unit.h"
#include <utf8proc.h>

#define BIT      UNIT_BIT
#define WORDLIKE UNIT_BITS_WORD

size_t sg_utf8_floor(struct sg_str s, size_t n)
{
    if (n >= s.n)
        return s.n;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

size_t sg_utf8_count(struct sg_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return count;
}

size_t sg_utf8_prefix(struct sg_str s, size_t k)
{
    for (size_t i = 0; i < s.n; i++) {
        if (((unsigned char)s.p[i] & 0xc0) != 0x80 && k-- == 0)
            return i;
    }
    return s.n;
}

size_t sg_utf8_encode(char *out, int32_t cp)
{
    return (size_t)utf8proc_encode_char(cp, (utf8proc_uint8_t *)out);
}

static bool is(const struct sg_units *u, size_t i, unsigned classes)
{
    return i < u->n && (BIT(u->v[i].class) & classes) != 0;
}

static bool in_word(const struct sg_units *u, size_t i)
{
    return is(u, i, BIT(UNIT_LETTER) | BIT(UNIT_DIGIT));
}

/* don't is one word; rock'n'roll is three. */
static void rewrite_apostrophe(struct sg_units *u, size_t i)
{
    bool inside = i > 0 && in_word(u, i - 1) && in_word(u, i + 1);
    bool opens_n = is(u, i + 2, BIT(UNIT_APOSTROPHE)) && u->v[i + 1].cp == 'n';
    if (inside && opens_n)
        u->v[i + 2].class = UNIT_SYMBOL;
    u->v[i].class = inside && !opens_n ? UNIT_JOINED : UNIT_SYMBOL;
}

/* At the first dot of t.n.t, joins the letters; any other dot breaks. */
static void rewrite_dot(struct sg_units *u, size_t i)
{
    u->v[i].class = UNIT_SYMBOL;
    bool alone = i > 0 && is(u, i - 1, BIT(UNIT_LETTER)) && (i < 2 || !in_word(u, i - 2));
    while (alone && is(u, i + 1, BIT(UNIT_LETTER)) && !in_word(u, i + 2) &&
           !is(u, i + 2, BIT(UNIT_APOSTROPHE))) {
        u->v[i].class = UNIT_JOINED;
        i += 2;
        if (!is(u, i, BIT(UNIT_DOT)))
            return;
        u->v[i].class = UNIT_SYMBOL;
    }
}

static bool word_before(const struct sg_units *u, size_t i)
{
    while (i > 0 && u->v[i - 1].class == UNIT_SPACE)
        i--;
    return i > 0 && is(u, i - 1, WORDLIKE);
}

static bool word_after(const struct sg_units *u, size_t i)
{
    do
        i++;
    while (is(u, i, BIT(UNIT_SPACE)));
    return is(u, i, WORDLIKE | BIT(UNIT_DOLLAR));
}

static void rewrite_plus(struct sg_units *u, size_t i)
{
    bool at_start = i == 0 || u->v[i - 1].class == UNIT_SPACE;
    if (at_start && is(u, i + 1, BIT(UNIT_DIGIT)))
        u->v[i].class = UNIT_DIGIT;
    else if (word_before(u, i) && word_after(u, i))
        u->v[i].class = UNIT_AND;
    else
        u->v[i].class = UNIT_SYMBOL;
}

static void rewrite_letterlike(struct sg_units *u, size_t i, bool inside, char letter)
{
    u->v[i].class = inside ? UNIT_LETTER : UNIT_SYMBOL;
    if (inside)
        u->v[i].cp = letter;
}

static void rewrite(struct sg_units *u)
{
    for (size_t i = 0; i < u->n; i++) {
        bool after_letter = i > 0 && is(u, i - 1, BIT(UNIT_LETTER));
        bool before_letter = is(u, i + 1, BIT(UNIT_LETTER));
        switch (u->v[i].class) {
        case UNIT_APOSTROPHE:
            rewrite_apostrophe(u, i);
            break;
        case UNIT_DOT:
            rewrite_dot(u, i);
            break;
        case UNIT_AMPERSAND:
            u->v[i].class = UNIT_AND;
            break;
        case UNIT_PLUS:
            rewrite_plus(u, i);
            break;
        case UNIT_DOLLAR:
            rewrite_letterlike(u, i, after_letter || before_letter, 's');
            break;
        case UNIT_BANG:
            rewrite_letterlike(u, i, after_letter && before_letter, 'i');
            break;
        default:
            break;
        }
    }
}

bool sg_words_put(struct sg_words *w, struct sg_str text, uint32_t from, uint32_t to)
{
    size_t n = sg_utf8_floor(text, SG_WORD_MAX);
    if (n == 0 || w->n == SG_WORDS_MAX)
        return n == 0;
    memcpy(w->bytes + w->used, text.p, n);
    w->v[w->n++] = (struct sg_word){{w->bytes + w->used, n}, from, to};
    w->used += n;
    return true;
}

/* One character at the end of bytes[n..SG_WORD_MAX]; unchanged n when it does not fit. */
static size_t put_character(char *bytes, size_t n, int32_t cp)
{
    char c[4];
    if (cp < 128 && n < SG_WORD_MAX) {
        bytes[n++] = (char)cp;
        return n;
    }
    size_t len = sg_utf8_encode(c, cp);
    if (n + len > SG_WORD_MAX)
        return n;
    memcpy(bytes + n, c, len);
    return n + len;
}

/* Units a..b except those of a class in `without`, as one word. */
static bool put_units(struct sg_words *w, const struct sg_units *u, size_t a, size_t b,
                      unsigned without)
{
    if (w->n == SG_WORDS_MAX)
        return false;
    char *bytes = w->bytes + w->used;
    size_t n = 0;
    for (size_t i = a; i < b; i++) {
        if (BIT(u->v[i].class) & without)
            continue;
        size_t longer = put_character(bytes, n, u->v[i].cp);
        if (longer == n)
            break;
        n = longer;
    }
    if (n == 0)
        return true;
    w->v[w->n++] = (struct sg_word){{bytes, n}, u->v[a].from, u->v[b - 1].to};
    w->used += n;
    return true;
}

/* ft. and featuring are written feat. */
static void canonical(struct sg_words *w)
{
    if (w->n == 0)
        return;
    struct sg_word *last = &w->v[w->n - 1];
    if (sg_str_eq(last->text, SG_STR("featuring"))) {
        last->text.n = 4;
        w->used -= 5;
    } else if (sg_str_eq(last->text, SG_STR("ft"))) {
        last->text = SG_STR("feat");
        w->used -= 2;
    }
}

static bool put_bigrams(struct sg_words *w, const struct sg_units *u, size_t a, size_t b)
{
    if (b - a == 1)
        return put_units(w, u, a, b, 0);
    for (size_t i = a; i + 1 < b; i++) {
        if (!put_units(w, u, i, i + 2, 0))
            return false;
    }
    return true;
}

/* Where the word that starts at unit a ends. */
static size_t word_end(const struct sg_units *u, size_t a)
{
    unsigned class = u->v[a].class, run = BIT(class);
    size_t b = a + 1;
    if (class == UNIT_EMOJI || class == UNIT_AND)
        return b;
    if (class == UNIT_FLAG)
        return is(u, b, BIT(UNIT_FLAG)) ? b + 1 : b;
    if (class == UNIT_LETTER || class == UNIT_DIGIT)
        run = BIT(UNIT_LETTER) | BIT(UNIT_DIGIT) | BIT(UNIT_JOINED);
    while (is(u, b, run))
        b++;
    return b;
}

static bool put_word(struct sg_words *w, const struct sg_units *u, size_t a, size_t b,
                     struct sg_word_marks *m)
{
    bool more = true;
    switch (u->v[a].class) {
    case UNIT_AND:
        if (w->n < SG_WORDS_MAX)
            m->and |= 1ull << w->n;
        return sg_words_put(w, SG_STR("and"), u->v[a].from, u->v[a].to);
    case UNIT_CJK:
        more = put_bigrams(w, u, a, b);
        if (w->n)
            m->cjk_end |= 1ull << (w->n - 1);
        return more;
    default:
        more = put_units(w, u, a, b, BIT(UNIT_JOINED));
        canonical(w);
        return more;
    }
}

/* True for words ending before unit a and starting at b as in blue-jean or r&b. */
static bool is_glued(const struct sg_units *u, size_t a, size_t b)
{
    unsigned joinable = BIT(UNIT_LETTER) | BIT(UNIT_DIGIT) | BIT(UNIT_AND);
    if (!is(u, a - 1, joinable) || !is(u, b, joinable))
        return false;
    if (a == b)
        return u->v[a - 1].class == UNIT_AND || u->v[b].class == UNIT_AND;
    return b - a == 1 && u->v[a].class == UNIT_SYMBOL;
}

static void split_runs(struct sg_words *w, const struct sg_units *u, struct sg_word_marks *m)
{
    size_t end = 0; /* of the word before */
    bool more = true;
    for (size_t i = 0; i < u->n && more;) {
        if (!is(u, i, WORDLIKE | BIT(UNIT_AND))) {
            i++;
            continue;
        }
        if (w->n > 0 && w->n < SG_WORDS_MAX && is_glued(u, end, i))
            m->glued |= 1ull << w->n;
        end = word_end(u, i);
        more = put_word(w, u, i, end, m);
        i = end;
    }
}

void sg_units_split(struct sg_words *out, struct sg_units *u, struct sg_word_marks *marks)
{
    *marks = (struct sg_word_marks){0};
    out->n = 0;
    out->used = 0;
    if (!(u->seen & WORDLIKE)) {
        size_t a = 0, b = u->n;
        while (a < b && u->v[a].class == UNIT_SPACE)
            a++;
        while (b > a && u->v[b - 1].class == UNIT_SPACE)
            b--;
        if (a < b)
            put_units(out, u, a, b, BIT(UNIT_SPACE));
        return;
    }
    if (u->seen & UNIT_BITS_CONTEXTUAL)
        rewrite(u);
    split_runs(out, u, marks);
}

void sg_text_words(struct sg_words *out, struct sg_str text)
{
    struct sg_units u;
    struct sg_word_marks marks;
    sg_units_decode(&u, text);
    sg_units_split(out, &u, &marks);
}

size_t sg_text_fold(char *out, size_t cap, struct sg_str text)
{
    struct sg_words w;
    size_t used = 0;
    sg_text_words(&w, text);
    for (size_t i = 0; i < w.n; i++) {
        size_t gap = i > 0;
        if (used + gap + w.v[i].text.n > cap)
            break;
        if (gap)
            out[used++] = ' ';
        memcpy(out + used, w.v[i].text.p, w.v[i].text.n);
        used += w.v[i].text.n;
    }
    return used;
}
