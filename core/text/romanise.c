/* romanise.c - other scripts in Latin letters, and Chinese in its other script, by ICU.
 *
 * ICU takes some 50 us a text, and a catalogue says the same words over and
 * over: each thread remembers what it romanised, word by word. Words may be
 * taken apart where nothing beyond a space bears on them, which holds for the
 * alphabets and syllabaries of local_scripts (the tests compare); any other
 * text is romanised, and remembered, whole.
 */
#include "core/text/unit.h"
#include <pthread.h>
#include <stdlib.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>
#include <utf8proc.h>
#include <xxhash.h>

enum { memo_slots = 32768, memo_key = 64, memo_value = 120 };

/* A later word takes the place of an earlier one. */
struct memo {
    uint8_t key_n, value_n; /* key_n 0: empty */
    char key[memo_key], value[memo_value];
};
struct romaniser {
    UTransliterator *by[SG_ROMANISATIONS];
    struct memo *memo[SG_ROMANISATIONS];
};
static pthread_key_t romaniser_key;
static pthread_once_t romaniser_once = PTHREAD_ONCE_INIT;

static void romaniser_free(void *p)
{
    struct romaniser *r = p;
    for (int i = 0; i < SG_ROMANISATIONS; i++) {
        if (r->by[i])
            utrans_close(r->by[i]);
        free(r->memo[i]);
    }
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
static struct romaniser *romaniser(void)
{
    static const char *const ids[SG_ROMANISATIONS] = {
        [SG_ROMANISE_ANY] = "Any-Latin; Latin-ASCII",
        [SG_ROMANISE_BGN] = "Russian-Latin/BGN; Latin-ASCII",
        [SG_SIMPLIFY] = "Traditional-Simplified",
        [SG_TRADITIONAL] = "Simplified-Traditional",
    };
    pthread_once(&romaniser_once, romaniser_key_make);
    struct romaniser *r = pthread_getspecific(romaniser_key);
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    for (int i = 0; i < SG_ROMANISATIONS; i++) {
        r->by[i] = transliterator(ids[i]);
        r->memo[i] = calloc(memo_slots, sizeof *r->memo[i]);
    }
    if (pthread_setspecific(romaniser_key, r)) {
        romaniser_free(r);
        return NULL;
    }
    return r;
}

static bool by_icu(UTransliterator *t, struct sg_str text, char *out, size_t cap, size_t *n)
{
    UChar wide[8 * SG_TEXT_MAX];
    int32_t units = 0, limit, bytes = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8WithSub(wide, SG_TEXT_MAX, &units, text.p, (int32_t)text.n, ' ', NULL, &status);
    limit = units;
    if (t && U_SUCCESS(status))
        utrans_transUChars(t, wide, &units, sizeof wide / sizeof *wide, 0, &limit, &status);
    if (!t || U_FAILURE(status))
        return false;
    u_strToUTF8WithSub(out, (int32_t)cap, &bytes, wide, units, ' ', NULL, &status);
    *n = (size_t)bytes;
    return U_SUCCESS(status);
}

static bool by_memo(struct romaniser *r, enum sg_romanisation how, struct sg_str text, char *out,
                    size_t cap, size_t *n)
{
    struct memo *m = r->memo[how];
    if (!m || text.n > memo_key)
        return by_icu(r->by[how], text, out, cap, n);
    m += XXH3_64bits(text.p, text.n) & (memo_slots - 1);
    if (m->key_n == text.n && !memcmp(m->key, text.p, text.n) && m->value_n <= cap) {
        memcpy(out, m->value, m->value_n);
        *n = m->value_n;
        return true;
    }
    if (!by_icu(r->by[how], text, out, cap, n))
        return false;
    if (*n <= memo_value) {
        m->key_n = (uint8_t)text.n;
        m->value_n = (uint8_t)*n;
        memcpy(m->key, text.p, text.n);
        memcpy(m->value, out, *n);
    }
    return true;
}

/* Letters and their marks; punctuation, which runs of scripts share, is not here. */
static bool is_local(int32_t cp)
{
    static const struct {
        int32_t first, last;
    } local_scripts[] = {
        {0x00c0, 0x00d6}, {0x00d8, 0x00f6}, {0x00f8, 0x024f}, {0x0388, 0x03ce}, {0x0400, 0x0481},
        {0x048a, 0x052f}, {0x0561, 0x0586}, {0x05d0, 0x05ea}, {0x0621, 0x063a}, {0x0641, 0x064a},
        {0x0904, 0x0939}, {0x093c, 0x0950}, {0x0985, 0x09cd}, {0x0b85, 0x0bcd}, {0x0e01, 0x0e3a},
        {0x0e40, 0x0e4e}, {0x10d0, 0x10f0}, {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x4e00, 0x9fff},
        {0xac00, 0xd7a3},
    };
    for (size_t i = 0; i < sizeof local_scripts / sizeof *local_scripts; i++) {
        if (cp <= local_scripts[i].last)
            return cp >= local_scripts[i].first;
    }
    return false;
}

/* Signs of length and repetition belong to the script of what they follow. */
static bool is_follower(int32_t cp)
{
    return cp == 0x3005 || cp == 0x30fc;
}

static bool is_word_by_word(struct sg_str text)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text.p, *end = p + text.n;
    bool after_local = false;
    while (p < end) {
        utf8proc_int32_t cp = *p;
        utf8proc_ssize_t len = cp < 128 ? 1 : utf8proc_iterate(p, end - p, &cp);
        bool local = len > 1 && (is_local(cp) || (after_local && is_follower(cp)));
        if (len <= 0 || (cp >= 128 && !local))
            return false;
        after_local = local;
        p += len;
    }
    return true;
}

static bool is_ascii(struct sg_str s)
{
    unsigned char any = 0;
    for (size_t i = 0; i < s.n; i++)
        any |= (unsigned char)s.p[i];
    return any < 128;
}

static struct sg_str word_at(struct sg_str text, size_t at)
{
    const char *space = memchr(text.p + at, ' ', text.n - at);
    return (struct sg_str){text.p + at, space ? (size_t)(space - text.p) - at : text.n - at};
}

static bool word_by_word(struct romaniser *r, enum sg_romanisation how, struct sg_str text,
                         char *out, size_t cap, size_t *n)
{
    *n = 0;
    for (size_t at = 0; at < text.n;) {
        struct sg_str word = word_at(text, at);
        size_t bytes = word.n;
        if (bytes > cap - *n)
            return false;
        if (is_ascii(word))
            memcpy(out + *n, word.p, word.n);
        else if (!by_memo(r, how, word, out + *n, cap - *n, &bytes))
            return false;
        *n += bytes;
        at += word.n;
        if (at < text.n) {
            if (*n == cap)
                return false;
            out[(*n)++] = text.p[at++];
        }
    }
    return true;
}

bool sg_romanise(enum sg_romanisation how, struct sg_str text, char *out, size_t cap, size_t *n)
{
    struct romaniser *r = romaniser();
    if (!r)
        return false;
    return is_word_by_word(text) ? word_by_word(r, how, text, out, cap, n)
                                 : by_memo(r, how, text, out, cap, n);
}
