/* damage.c - see damage.h. */
#include "tests/relevance/damage.h"
#include "tests/support/writer.h"
#include <stdlib.h>
#include <utf8proc.h>

enum { WORDS = 100 };

struct span {
    size_t from, to;
};

static size_t chance(uint64_t *random, size_t n)
{
    return (size_t)((test_random(random) >> 16) % n);
}

bool damage_read(struct damage_text *t, struct sg_str title, struct sg_str artist)
{
    struct sg_str parts[2] = {title, artist};
    t->n = 0;
    for (int k = 0; k < 2; k++) {
        if (k && artist.n && t->n < DAMAGE_MAX)
            t->cp[t->n++] = ' ';
        utf8proc_ssize_t got = utf8proc_decompose(
            (const utf8proc_uint8_t *)parts[k].p, (utf8proc_ssize_t)parts[k].n, t->cp + t->n,
            (utf8proc_ssize_t)(DAMAGE_MAX - t->n), UTF8PROC_STABLE | UTF8PROC_COMPOSE);
        if (got < 0 || (size_t)got > DAMAGE_MAX - t->n)
            return false;
        got = utf8proc_normalize_utf32(t->cp + t->n, got, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
        t->n += (size_t)(got < 0 ? 0 : got);
        if (k == 0)
            t->title_n = t->n;
    }
    return t->n > 0;
}

size_t damage_write(const struct damage_text *t, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (n + 4 > cap)
            return 0;
        n += (size_t)utf8proc_encode_char(t->cp[i], (utf8proc_uint8_t *)out + n);
    }
    return n;
}

static void drop(struct damage_text *t, size_t from, size_t to)
{
    memmove(t->cp + from, t->cp + to, (t->n - to) * sizeof *t->cp);
    t->n -= to - from;
    if (from < t->title_n)
        t->title_n -= (to < t->title_n ? to : t->title_n) - from;
}

static bool insert(struct damage_text *t, size_t at, int32_t cp)
{
    if (t->n == DAMAGE_MAX)
        return false;
    memmove(t->cp + at + 1, t->cp + at, (t->n - at) * sizeof *t->cp);
    t->cp[at] = cp;
    t->n++;
    t->title_n += at <= t->title_n;
    return true;
}

/* Keyboards. */

static const char *const qwerty[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm", NULL};
static const char *const russian[] = {"йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", NULL};

/* Where the key lies: its row, column and all the keys of its row. */
struct key {
    int row, column, n;
    int32_t keys[16];
};

static void read_row(struct key *k, const char *row)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)row;
    for (k->n = 0; *p; k->n++)
        p += utf8proc_iterate(p, -1, &k->keys[k->n]);
}

static bool find_on(const char *const *keyboard, int32_t cp, struct key *k)
{
    for (k->row = 0; keyboard[k->row]; k->row++) {
        read_row(k, keyboard[k->row]);
        for (k->column = 0; k->column < k->n; k->column++)
            if (k->keys[k->column] == cp)
                return true;
    }
    return false;
}

/* The letter without case and marks: what is printed on its key. */
static int32_t bare(int32_t cp)
{
    static const struct {
        int32_t from, to;
    } table[] = {{0xf8, 'o'},  {0x142, 'l'}, {0xdf, 's'},  {0xe6, 'a'},
                 {0x111, 'd'}, {0x131, 'i'}, {0x153, 'o'}, {0xfe, 't'}};
    int32_t parts[4];
    struct key k;
    int boundclass = 0;
    cp = utf8proc_tolower(cp);
    if (find_on(russian, cp, &k))
        return cp;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (cp == table[i].from)
            return table[i].to;
    if (utf8proc_decompose_char(cp, parts, 4, UTF8PROC_DECOMPOSE, &boundclass) > 0)
        return parts[0];
    return cp;
}

static const char *const *keyboard_of(int32_t cp)
{
    struct key k;
    cp = bare(cp);
    return find_on(qwerty, cp, &k) ? qwerty : find_on(russian, cp, &k) ? russian : NULL;
}

static int32_t neighbour(int32_t cp, uint64_t *random)
{
    const char *const *keyboard = keyboard_of(cp);
    struct key k, other;
    int32_t near[8];
    size_t n = 0;
    find_on(keyboard, bare(cp), &k);
    if (k.column > 0)
        near[n++] = k.keys[k.column - 1];
    if (k.column + 1 < k.n)
        near[n++] = k.keys[k.column + 1];
    for (int up = -1; up <= 1; up += 2) {
        if (k.row + up < 0 || k.row + up > 2)
            continue;
        read_row(&other, keyboard[k.row + up]);
        for (int c = k.column + (up < 0 ? 0 : -1); c <= k.column + (up < 0 ? 1 : 0); c++)
            if (c >= 0 && c < other.n)
                near[n++] = other.keys[c];
    }
    return near[chance(random, n)];
}

static int32_t other_letter(int32_t cp, uint64_t *random)
{
    static const char latin[] = "aeiou";
    struct key k;
    cp = bare(cp);
    if (cp < 128 && strchr(latin, cp)) {
        size_t at = (size_t)(strchr(latin, cp) - latin);
        return latin[(at + 1 + chance(random, 4)) % 5];
    }
    read_row(&k, keyboard_of(cp)[chance(random, 3)]);
    return k.keys[chance(random, (size_t)k.n)];
}

/* Words. */

static bool is_letter(int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_MC;
}

static bool typed_by_key(const struct damage_text *t, struct span w)
{
    const char *const *keyboard = keyboard_of(t->cp[w.from]);
    for (size_t i = w.from; i < w.to; i++)
        if (!keyboard_of(t->cp[i]) || keyboard_of(t->cp[i]) != keyboard)
            return false;
    return true;
}

static size_t long_words(const struct damage_text *t, size_t from, size_t to, struct span *out)
{
    size_t n = 0;
    for (size_t i = from; i < to && n < WORDS; i++) {
        struct span w = {i, i};
        while (w.to < to && is_letter(t->cp[w.to]))
            w.to++;
        if (w.to - w.from >= DAMAGE_WORD_MIN)
            out[n++] = w;
        i = w.to;
    }
    return n;
}

/* Runs between spaces. */
static size_t tokens(const struct damage_text *t, size_t from, size_t to, struct span *out)
{
    size_t n = 0;
    for (size_t i = from; i < to && n < WORDS; i++) {
        struct span w = {i, i};
        while (w.to < to && t->cp[w.to] != ' ')
            w.to++;
        if (w.to > w.from)
            out[n++] = w;
        i = w.to;
    }
    return n;
}

/* Typos. */

static bool swap_letters(struct damage_text *t, struct span w, size_t at)
{
    if (at + 1 == w.to)
        at--;
    int32_t a = t->cp[at], b = t->cp[at + 1];
    if (utf8proc_tolower(a) == utf8proc_tolower(b))
        return false;
    t->cp[at] = b;
    t->cp[at + 1] = a;
    return true;
}

static bool wrong_letter(struct damage_text *t, size_t at, uint64_t *random)
{
    int32_t was = t->cp[at];
    t->cp[at] = chance(random, 100) < 70 ? neighbour(was, random) : other_letter(was, random);
    return bare(t->cp[at]) != bare(was);
}

static bool extra_letter(struct damage_text *t, size_t at, uint64_t *random)
{
    int32_t cp = t->cp[at];
    return insert(t, at + 1, chance(random, 2) ? utf8proc_tolower(cp) : neighbour(cp, random));
}

static bool typo(struct damage_text *t, struct span w, uint64_t *random)
{
    size_t at = w.from + chance(random, w.to - w.from), kind = chance(random, 100);
    if (at == w.from && chance(random, 4))
        at += 1 + chance(random, w.to - w.from - 1);
    if (kind < 35)
        drop(t, at, at + 1);
    else if (kind < 62)
        return extra_letter(t, at, random);
    else if (kind < 86)
        return wrong_letter(t, at, random);
    else
        return swap_letters(t, w, at);
    return true;
}

static int by_start_down(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->from < y->from) - (x->from > y->from);
}

bool damage_typos(struct damage_text *t, int n, uint64_t *random)
{
    struct span w[WORDS];
    size_t all = long_words(t, 0, t->n, w), k = 0;
    for (size_t i = 0; i < all; i++)
        if (typed_by_key(t, w[i]))
            w[k++] = w[i];
    if (k < (size_t)n)
        return false;
    for (size_t i = 0; i < (size_t)n; i++) {
        size_t j = i + chance(random, k - i);
        struct span s = w[i];
        w[i] = w[j];
        w[j] = s;
    }
    qsort(w, (size_t)n, sizeof *w, by_start_down); /* later ones first: places stay right */
    for (int i = 0; i < n; i++)
        for (int tries = 0; !typo(t, w[i], random); tries++)
            if (tries == 20)
                return false;
    return true;
}

/* Whole words. */

static void put_tokens(struct damage_text *t, const struct damage_text *from, const struct span *w,
                       size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i)
            t->cp[at++] = ' ';
        memcpy(t->cp + at, from->cp + w[i].from, (w[i].to - w[i].from) * sizeof *t->cp);
        at += w[i].to - w[i].from;
    }
    memcpy(t->cp + at, from->cp + from->title_n, (from->n - from->title_n) * sizeof *t->cp);
    t->n = at + from->n - from->title_n;
    t->title_n = at;
}

bool damage_order(struct damage_text *t, uint64_t *random)
{
    struct span w[WORDS];
    struct damage_text was = *t;
    size_t n = tokens(t, 0, t->title_n, w);
    if (n < 2 || n == WORDS)
        return false;
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = chance(random, i); /* never its own place */
        struct span s = w[i];
        w[i] = w[j];
        w[j] = s;
    }
    put_tokens(t, &was, w, n);
    return true;
}

static bool keeps_a_word(const struct damage_text *t, struct span field, struct span left_out)
{
    struct span w[WORDS];
    return long_words(t, field.from, left_out.from, w) + long_words(t, left_out.to, field.to, w) >
           0;
}

static bool says_something(const struct damage_text *t, struct span w)
{
    for (size_t i = w.from; i < w.to; i++)
        if (is_letter(t->cp[i]) || utf8proc_category(t->cp[i]) == UTF8PROC_CATEGORY_ND)
            return true;
    return false;
}

bool damage_missing(struct damage_text *t, uint64_t *random)
{
    struct span w[WORDS], field[2] = {{0, t->title_n}, {t->title_n, t->n}};
    size_t n = 0;
    if (t->title_n == t->n)
        return false;
    for (int f = 0; f < 2; f++) {
        struct span in[WORDS];
        size_t all = tokens(t, field[f].from, field[f].to, in);
        for (size_t i = 0; i < all && n < WORDS; i++)
            if (says_something(t, in[i]) && keeps_a_word(t, field[f], in[i]))
                w[n++] = in[i];
    }
    if (n == 0)
        return false;
    struct span out = w[chance(random, n)];
    drop(t, out.from, out.to < t->n ? out.to + 1 : out.to);
    return true;
}

/* Marks and spaces. */

static bool is_latin_marked(int32_t cp)
{
    struct key k;
    return cp >= 0xc0 && cp < 0x250 && find_on(qwerty, bare(cp), &k);
}

bool damage_marks(struct damage_text *t)
{
    bool any = false;
    for (size_t i = 0; i < t->n; i++) {
        int32_t lower = utf8proc_tolower(t->cp[i]), second = 0;
        if (!is_latin_marked(t->cp[i]))
            continue;
        any = true;
        second = lower == 0xdf ? 's' : lower == 0xe6 || lower == 0x153 ? 'e' : 0;
        second = lower == 0xfe ? 'h' : second;
        t->cp[i] = bare(t->cp[i]);
        if (second && !insert(t, i + 1, second))
            return false;
    }
    return any;
}

bool damage_spaces(struct damage_text *t, bool all)
{
    size_t n = 0, title_n = t->title_n;
    for (size_t i = 0; i < t->n; i++) {
        if (t->cp[i] == ' ' && (all || i != title_n))
            continue;
        if (i < title_n)
            t->title_n = n + 1;
        t->cp[n++] = t->cp[i];
    }
    bool changed = n < t->n;
    t->n = n;
    return changed && (all ? n : t->title_n) <= DAMAGE_GLUED_MAX &&
           n - t->title_n <= DAMAGE_GLUED_MAX;
}

bool damage_cut(struct damage_text *t, int percent)
{
    t->n = (t->n * (size_t)percent + 99) / 100;
    while (t->n > 0 && t->cp[t->n - 1] == ' ')
        t->n--;
    if (t->title_n > t->n)
        t->title_n = t->n;
    return t->n > 0;
}
