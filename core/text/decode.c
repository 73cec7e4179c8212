/* decode.c - bytes to folded units: NFKC, case, marks, letters by table.
 *
 * ASCII goes by one table. Every other character is decomposed and case folded
 * by utf8proc; marks of alphabets that are searched without them are dropped
 * and the rest composed again (kana, Hangul, Indic scripts).
 */
#include "core/text/unit.h"
#include <unicode/uchar.h>
#include <utf8proc.h>

static const uint8_t ascii_class[128] = {
    ['!'] = UNIT_BANG,
    ['"'] = UNIT_SYMBOL,
    ['#'] = UNIT_SYMBOL,
    ['$'] = UNIT_DOLLAR,
    ['%'] = UNIT_SYMBOL,
    ['&'] = UNIT_AMPERSAND,
    ['\''] = UNIT_APOSTROPHE,
    ['(' ... '*'] = UNIT_SYMBOL,
    ['+'] = UNIT_PLUS,
    [',' ... '-'] = UNIT_SYMBOL,
    ['.'] = UNIT_DOT,
    ['/'] = UNIT_SYMBOL,
    ['0' ... '9'] = UNIT_DIGIT,
    [':' ... '@'] = UNIT_SYMBOL,
    ['A' ... 'Z'] = UNIT_LETTER,
    ['[' ... '_'] = UNIT_SYMBOL,
    ['`'] = UNIT_APOSTROPHE,
    ['a' ... 'z'] = UNIT_LETTER,
    ['{' ... '~'] = UNIT_SYMBOL,
};

/* Letters that no decomposition reaches, sorted by code point. */
static const struct fold {
    int32_t cp;
    char to[4];
} folds[] = {
    {0x00e6, "ae"}, {0x00f0, "d"}, {0x00f8, "o"}, {0x00fe, "th"}, {0x0111, "d"},  {0x0127, "h"},
    {0x0131, "i"},  {0x0138, "k"}, {0x0142, "l"}, {0x014b, "n"},  {0x0153, "oe"}, {0x0167, "t"},
    {0x0180, "b"},  {0x0188, "c"}, {0x018c, "d"}, {0x0192, "f"},  {0x0199, "k"},  {0x019a, "l"},
    {0x019e, "n"},  {0x01a5, "p"}, {0x01ad, "t"}, {0x01b4, "y"},  {0x01b6, "z"},  {0x01dd, "e"},
    {0x01e5, "g"},  {0x0221, "d"}, {0x0234, "l"}, {0x0235, "n"},  {0x0236, "t"},  {0x0237, "j"},
    {0x023c, "c"},  {0x0247, "e"}, {0x0249, "j"}, {0x024d, "r"},  {0x024f, "y"},  {0x0253, "b"},
    {0x0254, "o"},  {0x0256, "d"}, {0x0257, "d"}, {0x0259, "e"},  {0x025b, "e"},  {0x0260, "g"},
    {0x0268, "i"},  {0x026a, "i"}, {0x0274, "n"}, {0x0280, "r"},  {0x0289, "u"},  {0x028f, "y"},
    {0x0299, "b"},  {0x029c, "h"}, {0x029f, "l"}, {0x1d00, "a"},  {0x1d04, "c"},  {0x1d05, "d"},
    {0x1d07, "e"},  {0x1d0a, "j"}, {0x1d0b, "k"}, {0x1d0d, "m"},  {0x1d0f, "o"},  {0x1d18, "p"},
    {0x1d1b, "t"},  {0x1d1c, "u"}, {0x1d20, "v"}, {0x1d21, "w"},  {0x1d22, "z"},  {0x2c65, "a"},
    {0x2c66, "t"},
};

/* Arabic letters written in several ways (alef wasla, alef maksura, Persian
 * yeh and keheh, teh marbuta); those with hamza decompose by themselves. */
static int32_t arabic_fold(int32_t cp)
{
    switch (cp) {
    case 0x0671:
        return 0x0627;
    case 0x0649:
    case 0x06cc:
        return 0x064a;
    case 0x06a9:
        return 0x0643;
    case 0x0629:
    case 0x06c1:
    case 0x06d5:
        return 0x0647;
    default:
        return cp;
    }
}

struct range {
    int32_t first, last;
};

static bool within(const struct range *r, size_t n, int32_t cp)
{
    size_t lo = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (cp > r[lo + half].last) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
        if (n == 0)
            break;
    }
    return cp >= r[lo].first && cp <= r[lo].last;
}

/* Ends with a range that nothing passes, so that within() may look at it. */
#define RANGES_END                                                                                 \
    {                                                                                              \
        INT32_MAX, INT32_MAX                                                                       \
    }
#define WITHIN(r, cp) within(r, sizeof(r) / sizeof *(r)-1, cp)

static const struct range dropped_marks[] = {
    {0x0300, 0x036f},
    {0x0483, 0x0489},
    {0x0591, 0x05bd},
    {0x05bf, 0x05bf},
    {0x05c1, 0x05c2},
    {0x05c4, 0x05c5},
    {0x05c7, 0x05c7},
    {0x0610, 0x061a},
    {0x0640, 0x0640},
    {0x064b, 0x065f},
    {0x0670, 0x0670},
    {0x06d6, 0x06dc},
    {0x06df, 0x06e4},
    {0x06e7, 0x06e8},
    {0x06ea, 0x06ed},
    {0x08d3, 0x08e1},
    {0x08e3, 0x08ff},
    {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff},
    {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f},
    {0x1f3fb, 0x1f3ff} /* skin tones */,
    RANGES_END,
};
static const struct range without_spaces[] = {
    {0x0e01, 0x0e3a}, {0x0e40, 0x0e4e},   {0x0e81, 0x0ecd}, {0x1000, 0x109f}, {0x1780, 0x17d3},
    {0x2e80, 0x2fdf}, {0x3005, 0x3007},   {0x3021, 0x3029}, {0x3031, 0x3035}, {0x3041, 0x309f},
    {0x30a1, 0x30fa}, {0x30fc, 0x30ff},   {0x31f0, 0x31ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
    {0xf900, 0xfaff}, {0x20000, 0x3ffff}, RANGES_END,
};
static const struct range apostrophes[] = {
    {0x02b9, 0x02bc}, {0x05f3, 0x05f4}, {0x2018, 0x2019}, {0x201b, 0x201b},
    {0x2032, 0x2032}, {0xa78c, 0xa78c}, RANGES_END,
};

static enum sg_unit_class class_of(int32_t cp)
{
    const utf8proc_property_t *p = utf8proc_get_property(cp);
    if (WITHIN(apostrophes, cp))
        return UNIT_APOSTROPHE;
    if (p->boundclass == UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR)
        return UNIT_FLAG;
    if (p->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC)
        return UNIT_EMOJI;
    if (p->category >= UTF8PROC_CATEGORY_LU && p->category <= UTF8PROC_CATEGORY_ME)
        return WITHIN(without_spaces, cp) ? UNIT_CJK : UNIT_LETTER;
    if (p->category >= UTF8PROC_CATEGORY_ND && p->category <= UTF8PROC_CATEGORY_NO)
        return WITHIN(without_spaces, cp) ? UNIT_CJK : UNIT_DIGIT;
    if (p->category >= UTF8PROC_CATEGORY_PC && p->category <= UTF8PROC_CATEGORY_SO)
        return UNIT_SYMBOL;
    return UNIT_SPACE;
}

static void push(struct sg_units *u, int32_t cp, enum sg_unit_class class, size_t from, size_t to)
{
    if (u->n == UNITS_MAX)
        return;
    u->v[u->n++] = (struct sg_unit){cp, (uint16_t)from, (uint16_t)to, (uint8_t) class};
    u->seen |= 1u << class;
}

/* True when cp went into the unit before it: か and its voice mark, jamo. */
static bool compose(struct sg_units *u, int32_t cp, size_t to)
{
    if (u->n == 0)
        return false;
    struct sg_unit *last = &u->v[u->n - 1];
    utf8proc_int32_t pair[2] = {last->cp, cp};
    if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE) != 1)
        return false;
    last->cp = pair[0];
    last->to = (uint16_t)to;
    return true;
}

static bool push_folded(struct sg_units *u, int32_t cp, size_t from, size_t to)
{
    size_t lo = 0, n = sizeof folds / sizeof *folds;
    while (n > 0) {
        size_t half = n / 2;
        if (folds[lo + half].cp < cp) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    if (lo == sizeof folds / sizeof *folds || folds[lo].cp != cp)
        return false;
    for (const char *c = folds[lo].to; *c; c++)
        push(u, *c, UNIT_LETTER, from, to);
    return true;
}

/* One character that utf8proc has decomposed and case folded. */
static void push_piece(struct sg_units *u, int32_t cp, size_t from, size_t to)
{
    if (cp >= 0 && cp < 128) {
        push(u, cp >= 'A' && cp <= 'Z' ? cp + 32 : cp, ascii_class[cp], from, to);
        return;
    }
    if (WITHIN(dropped_marks, cp)) {
        if (u->n > 0 && u->v[u->n - 1].class != UNIT_SPACE)
            u->v[u->n - 1].to = (uint16_t)to;
        return;
    }
    if (push_folded(u, cp, from, to))
        return;
    cp = arabic_fold(cp);
    enum sg_unit_class class = class_of(cp);
    bool joins = utf8proc_get_property(cp)->combining_class || (cp >= 0x1160 && cp <= 0x11ff);
    if (joins && compose(u, cp, to))
        return;
    int32_t digit = class == UNIT_DIGIT ? u_charDigitValue(cp) : -1;
    u->foreign |= (class == UNIT_LETTER || class == UNIT_CJK);
    push(u, digit >= 0 ? '0' + digit : cp, class, from, to);
}

static void decode_character(struct sg_units *u, int32_t cp, size_t from, size_t to)
{
    utf8proc_int32_t piece[32];
    int boundary = 0;
    if (cp >= 0xac00 && cp <= 0xd7a3) { /* Hangul: composed as it is */
        u->foreign = true;
        push(u, cp, UNIT_LETTER, from, to);
        return;
    }
    if (cp == 0xb4) { /* its decomposition is a space and a mark */
        push(u, '\'', UNIT_APOSTROPHE, from, to);
        return;
    }
    if (cp == 0xa9 || cp == 0xae || cp == 0x2120 || cp == 0x2122) { /* (c) (r) sm tm */
        push(u, cp, UNIT_SYMBOL, from, to);
        return;
    }
    utf8proc_ssize_t n = utf8proc_decompose_char(
        cp, piece, 32, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
        &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < 32; i++)
        push_piece(u, piece[i], from, to);
}

void sg_units_decode(struct sg_units *out, struct sg_str text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    size_t n = text.n <= SG_TEXT_MAX ? text.n : sg_utf8_floor(text, SG_TEXT_MAX);
    out->n = 0;
    out->seen = 0;
    out->foreign = false;

    for (size_t i = 0; i < n;) {
        if (p[i] < 128) {
            push(out, p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i], ascii_class[p[i]], i, i + 1);
            i++;
            continue;
        }
        utf8proc_int32_t cp;
        utf8proc_ssize_t len = utf8proc_iterate(p + i, (utf8proc_ssize_t)(n - i), &cp);
        if (len <= 0) {
            push(out, ' ', UNIT_SPACE, i, i + 1);
            i++;
        } else {
            decode_character(out, cp, i, i + (size_t)len);
            i += (size_t)len;
        }
    }
}
