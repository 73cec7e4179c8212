/* layout.c - see layout.h. Keys are told in the order of a US keyboard's rows. */
#include "query/understand/layout.h"
#include "core/text.h"
#include <utf8proc.h>

#define KEYS 47

static const char *const latin = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./";

/* The same keys; a space where a layout has nothing of its own. */
static const char *const foreign[] = {
    "ёйцукенгшщзхъфывапролджэячсмитьбю.", "'йцукенгшщзхїфівапролджєячсмитьбю.",
    "`;ςερτυθιοπ[]ασδφγηξκλ΄'ζχψωβνμ,./", ";/'קראטוןםפ][שדגכעיחלךף,זסבהנמצתץ.",
    "ذضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظ/",
};
#define FOREIGN (sizeof foreign / sizeof *foreign)

/* Jamo of a key, lower case and shifted: Korean letters are composed of them. */
static const char *const hangul = "`ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ[]ㅁㄴㅇㄹㅎㅗㅓㅏㅣ;'ㅋㅌㅊㅍㅠㅜㅡ,./";
static const char *const hangul_shifted =
    "~ㅃㅉㄸㄲㅆㅛㅕㅑㅒㅖ[]ㅁㄴㅇㄹㅎㅗㅓㅏㅣ;'ㅋㅌㅊㅍㅠㅜㅡ,./";

static size_t decode(struct sg_str s, size_t at, int32_t *c)
{
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), c);
    return n > 0 ? (size_t)n : 0;
}

/* The character at key number i of a row of keys, and back. */
static int32_t key_of(const char *keys, size_t i)
{
    struct sg_str s = sg_str(keys);
    int32_t c = 0;
    for (size_t at = 0, n; at < s.n && (n = decode(s, at, &c)); at += n)
        if (i-- == 0)
            return c;
    return 0;
}

static size_t number_of(const char *keys, int32_t c)
{
    struct sg_str s = sg_str(keys);
    int32_t k;
    size_t i = 0;
    for (size_t at = 0, n; at < s.n && (n = decode(s, at, &k)); at += n, i++)
        if (k == c)
            return i;
    return KEYS;
}

static size_t put(char *out, size_t used, size_t cap, int32_t c)
{
    char bytes[4];
    size_t n = (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)bytes);
    if (used + n > cap)
        return used;
    memcpy(out + used, bytes, n);
    return used + n;
}

static size_t map(char *out, size_t cap, struct sg_str text, const char *from, const char *to)
{
    size_t used = 0, changed = 0;
    int32_t c;
    for (size_t at = 0, n; at < text.n && (n = decode(text, at, &c)); at += n) {
        int32_t low = utf8proc_tolower(c);
        size_t key = number_of(from, low);
        int32_t other = key < KEYS ? key_of(to, key) : low;
        changed += other != low;
        used = put(out, used, cap, other);
    }
    return changed ? used : 0;
}

/* Hangul syllables to the keys of their jamo (Unicode 3.12: 19 x 21 x 28). */
static size_t from_hangul(char *out, size_t cap, struct sg_str text)
{
    static const char *const lead[] = {"r", "R", "s", "e", "E", "f", "a", "q", "Q", "t",
                                       "T", "d", "w", "W", "c", "z", "x", "v", "g"};
    static const char *const vowel[] = {"k",  "o",  "i",  "O",  "j",  "p",  "u",
                                        "P",  "h",  "hk", "ho", "hl", "y",  "n",
                                        "nj", "np", "nl", "b",  "m",  "ml", "l"};
    static const char *const tail[] = {"",   "r",  "R",  "rt", "s",  "sw", "sg", "e", "f",  "fr",
                                       "fa", "fq", "ft", "fx", "fv", "fg", "a",  "q", "qt", "t",
                                       "T",  "d",  "w",  "c",  "z",  "x",  "v",  "g"};
    size_t used = 0, changed = 0;
    int32_t c;
    for (size_t at = 0, n; at < text.n && (n = decode(text, at, &c)); at += n) {
        size_t key = number_of(hangul, c);
        if (c >= 0xac00 && c < 0xac00 + 19 * 21 * 28) {
            size_t i = (size_t)(c - 0xac00);
            const char *const parts[] = {lead[i / 588], vowel[i % 588 / 28], tail[i % 28]};
            for (size_t p = 0; p < 3; p++)
                for (const char *k = parts[p]; *k; k++)
                    used = put(out, used, cap, *k | 0x20);
            changed++;
        } else {
            used = put(out, used, cap, key < KEYS ? key_of(latin, key) : c);
            changed += key < KEYS && c >= 128;
        }
    }
    return changed ? used : 0;
}

/* Order of the jamo among leads, vowels and tails; -1: none. */
static int lead_of(int32_t jamo)
{
    size_t i = number_of("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", jamo);
    return i < KEYS ? (int)i : -1;
}

static int vowel_of(int32_t jamo)
{
    return jamo >= 0x314f && jamo <= 0x3163 ? (int)(jamo - 0x314f) : -1;
}

static int tail_of(int32_t jamo)
{
    size_t i = number_of("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ", jamo);
    return i < KEYS ? (int)i + 1 : 0;
}

/* Two vowels that make one (ㅗ ㅏ -> ㅘ); -1: none. */
static int both_vowels(int a, int b)
{
    static const int8_t pairs[][3] = {{8, 0, 9},   {8, 1, 10},   {8, 20, 11}, {13, 4, 14},
                                      {13, 5, 15}, {13, 20, 16}, {18, 20, 19}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] == a && pairs[i][1] == b)
            return pairs[i][2];
    return -1;
}

/* Keys to jamo to syllables: a consonant ends a syllable unless a vowel follows it. */
static size_t to_hangul(char *out, size_t cap, struct sg_str text)
{
    int32_t jamo[256];
    size_t n = 0, used = 0;
    int32_t c;
    for (size_t at = 0, k; at < text.n && n < 256 && (k = decode(text, at, &c)); at += k) {
        int32_t low = utf8proc_tolower(c);
        size_t key = number_of(latin, low);
        jamo[n++] = key < KEYS ? key_of(low != c ? hangul_shifted : hangul, key) : c;
    }
    for (size_t i = 0; i < n;) {
        int lead = lead_of(jamo[i]), vowel = i + 1 < n ? vowel_of(jamo[i + 1]) : -1;
        if (lead < 0 || vowel < 0) {
            used = put(out, used, cap, jamo[i++]);
            continue;
        }
        i += 2;
        int both = i < n && vowel_of(jamo[i]) >= 0 ? both_vowels(vowel, vowel_of(jamo[i])) : -1;
        if (both >= 0)
            vowel = both, i++;
        bool ends = i < n && tail_of(jamo[i]) && !(i + 1 < n && vowel_of(jamo[i + 1]) >= 0);
        int tail = ends ? tail_of(jamo[i++]) : 0;
        used = put(out, used, cap, 0xac00 + (lead * 21 + vowel) * 28 + tail);
    }
    return used;
}

static bool has_foreign(struct sg_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= 128)
            return true;
    return false;
}

size_t sg_layout_text(char *out, size_t cap, struct sg_str text, size_t layout)
{
    bool typed_foreign = has_foreign(text);
    if (layout < FOREIGN)
        return typed_foreign ? map(out, cap, text, foreign[layout], latin)
                             : map(out, cap, text, latin, foreign[layout]);
    if (layout > FOREIGN)
        return 0;
    return typed_foreign ? from_hangul(out, cap, text) : to_hangul(out, cap, text);
}
