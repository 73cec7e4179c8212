/* near.c - see near.h: filing words, and trying what may have been meant. */
#include "index/suggest/near.h"
#include "core/text.h"
#include "index/suggest/reader.h"
#include <stdlib.h>
#include <xxhash.h>

struct filed {
    uint64_t hash; /* 0: none */
    uint8_t score;
};
struct near_set {
    struct filed *v;
    size_t n, n_slots; /* power of two */
};

uint64_t near_hash(struct sg_str text, bool end)
{
    uint64_t h = XXH3_64bits_withSeed(text.p, text.n, end);
    return h ? h : 1;
}

struct near_set *near_set_new(void)
{
    struct near_set *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->n_slots = 4096;
    s->v = calloc(s->n_slots, sizeof *s->v);
    if (s->v)
        return s;
    free(s);
    return NULL;
}

void near_set_free(struct near_set *s)
{
    if (s)
        free(s->v);
    free(s);
}

static struct filed *slot_of(struct filed *v, size_t n_slots, uint64_t hash)
{
    size_t i = hash & (n_slots - 1);
    while (v[i].hash && v[i].hash != hash)
        i = (i + 1) & (n_slots - 1);
    return &v[i];
}

static bool grow(struct near_set *s)
{
    size_t n = 2 * s->n_slots;
    struct filed *v = calloc(n, sizeof *v);
    if (!v)
        return false;
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->v[i].hash)
            *slot_of(v, n, s->v[i].hash) = s->v[i];
    free(s->v);
    s->v = v;
    s->n_slots = n;
    return true;
}

/* True when it was filed already with no smaller score. */
static bool file(struct near_set *s, uint64_t hash, uint8_t score, bool *ok)
{
    if (s->n >= s->n_slots / 4 * 3 && !grow(s)) {
        *ok = false;
        return true;
    }
    struct filed *f = slot_of(s->v, s->n_slots, hash);
    if (f->hash && f->score >= score)
        return true;
    s->n += !f->hash;
    *f = (struct filed){hash, score};
    return false;
}

static bool add_word(struct near_set *s, struct sg_str word, uint8_t score)
{
    bool ok = true;
    size_t letters = sg_utf8_count(word);
    bool whole = letters <= SG_NEAR_LETTERS;
    if (whole && file(s, near_hash(word, true), score, &ok))
        return ok; /* and so are its beginnings */
    if (!whole)
        letters = SG_NEAR_LETTERS;
    for (size_t k = letters; k > 0; k--) {
        struct sg_str start = {word.p, sg_utf8_prefix(word, k)};
        if (file(s, near_hash(start, false), score, &ok))
            return ok;
    }
    return ok;
}

bool near_set_add(struct near_set *s, struct sg_str title, uint8_t score)
{
    while (title.n) {
        const char *space = memchr(title.p, ' ', title.n);
        size_t n = space ? (size_t)(space - title.p) : title.n;
        if (n && !add_word(s, (struct sg_str){title.p, n}, score))
            return false;
        n += space != NULL;
        title = (struct sg_str){title.p + n, title.n - n};
    }
    return true;
}

static size_t home(uint64_t hash, size_t n)
{
    return (size_t)((unsigned __int128)hash * n >> 64);
}

uint16_t *near_set_table(const struct near_set *s, size_t *n)
{
    *n = s->n + s->n / 3 + 1;
    uint16_t *table = calloc(*n, sizeof *table);
    for (size_t i = 0; table && i < s->n_slots; i++) {
        uint64_t hash = s->v[i].hash;
        if (!hash)
            continue;
        size_t at = home(hash, *n);
        while (table[at] && table[at] >> 8 != (hash & 255))
            at = at + 1 == *n ? 0 : at + 1;
        if (s->v[i].score > (table[at] & 255))
            table[at] = (uint16_t)((hash & 255) << 8 | s->v[i].score);
    }
    return table;
}

uint8_t near_find(struct sg_str section, uint64_t hash)
{
    size_t n = section.n / 2, at = n ? home(hash, n) : 0;
    for (int i = 0; n && i < NEAR_PROBES; i++) {
        uint16_t slot = sg_load16(section.p + 2 * at);
        if (slot == 0)
            return 0;
        if (slot >> 8 == (hash & 255))
            return (uint8_t)(slot & 255);
        at = at + 1 == n ? 0 : at + 1;
    }
    return 0;
}

unsigned sg_suggest_word(const struct sg_suggest *s, struct sg_str word, bool open)
{
    size_t letters = sg_utf8_count(word);
    if (letters > SG_NEAR_LETTERS) {
        word.n = sg_utf8_prefix(word, SG_NEAR_LETTERS);
        open = true;
    }
    return word.n ? near_find(s->words, near_hash(word, !open)) : 0;
}

/* --- slips --- */

#define LETTER_BYTES 4
#define FIRST_LESS   24 /* the first letter is rarely the wrong one: a 20th part */
#define OTHER_LESS   8  /* another letter, not a neighbour on the keys */
#define MAX_NEAR     32

/* Scripts with an alphabet, where the letters of a word may be put in. */
static const struct alphabet {
    uint32_t from, to;
} alphabets[] = {{'a', 'z'},     {0x3b1, 0x3c9},   {0x430, 0x44f},  {0x5d0, 0x5ea},
                 {0x621, 0x64a}, {0x3041, 0x3096}, {0x30a1, 0x30fa}};

struct slip {
    const struct sg_suggest *s;
    bool open;
    size_t n; /* letters, and what follows them */
    struct sg_str rest;
    uint32_t letter[SG_NEAR_LETTERS + 1];
    struct sg_near *out;
    size_t found, cap;
};

static size_t put_letter(char *p, uint32_t c)
{
    if (c < 0x80)
        return *p = (char)c, 1;
    if (c < 0x800) {
        p[0] = (char)(0xc0 | c >> 6);
        p[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        p[0] = (char)(0xe0 | c >> 12);
        p[1] = (char)(0x80 | (c >> 6 & 63));
        p[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    p[0] = (char)(0xf0 | c >> 18);
    p[1] = (char)(0x80 | (c >> 12 & 63));
    p[2] = (char)(0x80 | (c >> 6 & 63));
    p[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* The letter at p, its bytes within n; 0 when they are not UTF-8. */
static size_t take_letter(const char *p, size_t n, uint32_t *c)
{
    unsigned char b = (unsigned char)*p;
    size_t size = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    if (size > n)
        return 0;
    *c = size == 1 ? b : b & (0x7fu >> size);
    for (size_t i = 1; i < size; i++)
        *c = *c << 6 | ((unsigned char)p[i] & 63);
    return size;
}

static bool beside_on_keys(uint32_t a, uint32_t b)
{
    static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
    int place[2][2] = {{-9, -9}, {9, 9}};
    for (int r = 0; r < 3; r++)
        for (int i = 0; rows[r][i]; i++) {
            if ((unsigned char)rows[r][i] == a)
                place[0][0] = r, place[0][1] = i;
            if ((unsigned char)rows[r][i] == b)
                place[1][0] = r, place[1][1] = i;
        }
    return abs(place[0][0] - place[1][0]) <= 1 && abs(place[0][1] - place[1][1]) <= 1;
}

static void keep(struct slip *x, const struct sg_near *near)
{
    if (x->found == x->cap && x->out[x->cap - 1].worth >= near->worth)
        return;
    size_t at = x->found < x->cap ? x->found++ : x->cap - 1;
    for (; at > 0 && x->out[at - 1].worth < near->worth; at--)
        x->out[at] = x->out[at - 1];
    x->out[at] = *near;
}

static bool is_kept(const struct slip *x, struct sg_str text)
{
    for (size_t i = 0; i < x->found; i++)
        if (sg_str_eq((struct sg_str){x->out[i].text, x->out[i].n}, text))
            return true;
    return false;
}

/* v: n letters. less: what the slip costs. */
static void try(struct slip *x, const uint32_t *v, size_t n, unsigned less)
{
    struct sg_near near;
    size_t bytes = 0, looked_at = n < SG_NEAR_LETTERS ? n : SG_NEAR_LETTERS;
    for (size_t i = 0; i < looked_at; i++)
        bytes += put_letter(near.text + bytes, v[i]);
    bool open = x->open || n > SG_NEAR_LETTERS || x->rest.n;
    unsigned score = near_find(x->s->words, near_hash((struct sg_str){near.text, bytes}, !open));
    if (!score)
        return;
    for (size_t i = looked_at; i < n; i++)
        bytes += put_letter(near.text + bytes, v[i]);
    if (bytes + x->rest.n > sizeof near.text)
        return;
    memcpy(near.text + bytes, x->rest.p, x->rest.n);
    near.n = (uint8_t)(bytes + x->rest.n);
    near.worth = score > less ? score - less : 1;
    if (!is_kept(x, (struct sg_str){near.text, near.n}))
        keep(x, &near);
}

static void try_fewer_and_swapped(struct slip *x)
{
    uint32_t v[SG_NEAR_LETTERS + 1];
    for (size_t i = 0; i < x->n; i++) {
        memcpy(v, x->letter, i * sizeof *v);
        memcpy(v + i, x->letter + i + 1, (x->n - i - 1) * sizeof *v);
        if (x->n > 3 && (i == 0 || x->letter[i] != x->letter[i - 1]))
            try(x, v, x->n - 1, i ? 0 : FIRST_LESS);
        memcpy(v, x->letter, x->n * sizeof *v);
        if (i + 1 == x->n || v[i] == v[i + 1])
            continue;
        v[i] = x->letter[i + 1];
        v[i + 1] = x->letter[i];
        try(x, v, x->n, 0);
    }
}

static void try_letter(struct slip *x, uint32_t c)
{
    uint32_t v[SG_NEAR_LETTERS + 2];
    memcpy(v, x->letter, x->n * sizeof *v);
    for (size_t i = 0; i < x->n; i++) {
        if (c == x->letter[i])
            continue;
        v[i] = c;
        try(x, v, x->n, (i ? 0 : FIRST_LESS) + (beside_on_keys(c, x->letter[i]) ? 0 : OTHER_LESS));
        v[i] = x->letter[i];
    }
    bool end = !x->open && !x->rest.n;
    memcpy(v + 1, x->letter, x->n * sizeof *v);
    for (size_t i = 0; i < x->n + end; i++) { /* v[i] is free */
        v[i] = c;
        if (i == 0 || x->letter[i - 1] != c)
            try(x, v, x->n + 1, i ? 0 : FIRST_LESS);
        if (i < x->n)
            v[i] = x->letter[i];
    }
}

static bool read_letters(struct slip *x, struct sg_str word)
{
    size_t at = 0, size = 1;
    for (; at < word.n && x->n < SG_NEAR_LETTERS && size; at += size)
        size = take_letter(word.p + at, word.n - at, &x->letter[x->n++]);
    x->rest = (struct sg_str){word.p + at, word.n - at};
    return size && x->n >= 3 && word.n <= SG_WORD_MAX;
}

static bool is_written_in(const struct slip *x, const struct alphabet *a)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->letter[i] >= a->from && x->letter[i] <= a->to)
            return true;
    return false;
}

size_t sg_suggest_near(const struct sg_suggest *s, struct sg_str word, bool open,
                       struct sg_near *out, size_t cap)
{
    struct slip x = {.s = s, .open = open, .out = out, .cap = cap < MAX_NEAR ? cap : MAX_NEAR};
    if (x.cap == 0 || !read_letters(&x, word))
        return 0;
    try_fewer_and_swapped(&x);
    for (size_t i = 0; i < sizeof alphabets / sizeof *alphabets; i++) {
        const struct alphabet *a = &alphabets[i];
        for (uint32_t c = a->from; is_written_in(&x, a) && c <= a->to; c++)
            try_letter(&x, c);
    }
    return x.found;
}
