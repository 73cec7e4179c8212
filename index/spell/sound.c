/* sound.c - words by what they sound like, whoever wrote them down: Zinda and Jinda,
 * Sikander and Sikandar, Tchaikovsky and Chaikovski.
 *
 * A sound is the word's consonants by kind, doubles as one, vowels and h left out
 * but for a vowel at the start: b and p apart, v w f together, c k q g, s z j x
 * sh ch, d t, m n, l r apart. Latin letters only; names in other scripts are in the
 * catalogue romanised as well.
 */
#include "index/spell/words.h"

#define SOUND_MAX   24
#define SOUNDS_READ 512 /* words of one sound looked at */

static char kind_of(char c)
{
    /* a b c d e f g h i j k l m n o p q r s t u v w x y z */
    static const char kinds[26] = {'a', 'b', 'k', 't', 'a', 'f', 'k', 0,   'a', 's', 'k', 'l', 'n',
                                   'n', 'a', 'p', 'k', 'r', 's', 't', 'a', 'f', 'f', 's', 'a', 's'};
    return c >= 'a' && c <= 'z' ? kinds[c - 'a'] : 1;
}

/* Letters that are one sound together; 0: none begins here. */
static size_t pair_at(struct sg_str w, size_t i, char *kind)
{
    static const struct {
        char text[5], kind;
    } pairs[] = {{"tsch", 's'}, {"tch", 's'}, {"sch", 's'}, {"ch", 's'}, {"sh", 's'}, {"ph", 'f'},
                 {"gh", 'k'},   {"ck", 'k'},  {"ks", 's'},  {"ts", 's'}, {"tz", 's'}, {"dj", 's'},
                 {"dz", 's'},   {"ce", 's'},  {"ci", 's'},  {"cy", 's'}, {"ge", 's'}, {"gi", 's'}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        size_t n = strlen(pairs[p].text);
        if (w.n - i < n || memcmp(w.p + i, pairs[p].text, n))
            continue;
        *kind = pairs[p].kind;
        return n;
    }
    return 0;
}

uint32_t spell_sound_of(struct sg_str word)
{
    uint32_t hash = 2166136261u;
    char last = 0;
    size_t n = 0;
    for (size_t i = 0; i < word.n && n < SOUND_MAX;) {
        char kind = kind_of(word.p[i]);
        size_t used = pair_at(word, i, &kind);
        if (kind == 1)
            return 0;
        bool vowel = kind == 'a' || kind == 0;
        if (kind != last && (!vowel || (i == 0 && kind))) {
            hash = (hash ^ (unsigned char)kind) * 16777619u;
            n++;
        }
        last = kind;
        i += used ? used : 1;
    }
    return n > 1 ? hash | 1 : 0;
}

static uint32_t sounding(const struct sg_spell *s, uint32_t i)
{
    uint32_t word = sg_load32(s->section[SPELL_SOUNDS].p + 4 * (size_t)i);
    return word < s->n_words ? word : 0;
}

/* Nearest first, then most frequent. */
static size_t keep(struct sg_spelling *out, size_t n, size_t cap, const struct sg_spelling *new)
{
    size_t at = n;
    for (; at; at--) {
        const struct sg_spelling *o = &out[at - 1];
        if (o->distance < new->distance ||
            (o->distance == new->distance && o->frequency >= new->frequency))
            break;
    }
    if (at == cap)
        return n;
    n += n < cap;
    for (size_t i = n - 1; i > at; i--)
        out[i] = out[i - 1];
    out[at].word = new->word;
    out[at].distance = new->distance;
    out[at].frequency = new->frequency;
    return n;
}

size_t sg_spell_sounds(const struct sg_spell *s, struct sg_str word, struct sg_spelling *out,
                       size_t cap)
{
    uint32_t sound = spell_sound_of(word), lo = 0;
    uint32_t all = (uint32_t)(s->section[SPELL_SOUNDS].n / 4), hi = all;
    size_t n = 0;
    if (!sound || !cap)
        return 0;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (spell_sound_of(spell_word_at(s, sounding(s, mid))) < sound)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (uint32_t i = lo; i < all && i - lo < SOUNDS_READ; i++) {
        uint32_t number = sounding(s, i);
        struct sg_spelling one = {.word = spell_word_at(s, number)};
        if (spell_sound_of(one.word) != sound)
            break;
        one.frequency = spell_frequency_at(s, number);
        one.distance = (uint8_t)sg_spell_distance(word, one.word, 9);
        if (one.distance)
            n = keep(out, n, cap, &one);
    }
    return n;
}
