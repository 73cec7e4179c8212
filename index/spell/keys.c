/* keys.c - characters of a word and the hashes it is filed under. See format.h. */
#include "index/spell/format.h"

bool spell_chars_of(struct spell_chars *out, struct sg_str word)
{
    const unsigned char *p = (const unsigned char *)word.p;
    out->n = 0;
    for (size_t i = 0; i < word.n; out->n++) {
        if (out->n == SPELL_CHARS_MAX)
            return false;
        uint32_t c = p[i];
        size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        bool valid = c < 0x80 || (c >= 0xc2 && c <= 0xf4 && len <= word.n - i);
        for (size_t j = 1; valid && j < len; j++) {
            valid = (p[i + j] & 0xc0) == 0x80;
            c = (j == 1 ? c & (0x7fu >> len) : c) << 6 | (p[i + j] & 0x3f);
        }
        out->c[out->n] = valid ? c : 0x110000u + p[i];
        i += valid ? len : 1;
    }
    return true;
}

struct keys {
    size_t n;
    uint32_t *v;
};

/* Adds the hash of c[0..n) without the positions i and j (n or more: none). */
static void put_key(struct keys *k, const uint32_t *c, size_t n, size_t i, size_t j, uint64_t space)
{
    uint64_t h = space;
    for (size_t at = 0; at < n; at++) {
        if (at != i && at != j)
            h = (h ^ c[at]) * 0x9e3779b97f4a7c15u;
    }
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    uint32_t key = (uint32_t)(h >> 32);
    for (size_t at = 0; at < k->n; at++) {
        if (k->v[at] == key)
            return;
    }
    k->v[k->n++] = key;
}

#define NEAR_SPACE 0x2545f4914f6cdd1du
#define FAR_SPACE  0xd1342543de82ef95u

static void put_less_one(struct keys *k, const uint32_t *c, size_t n, uint64_t space)
{
    for (size_t i = 0; i < n; i++)
        put_key(k, c, n, i, n, space);
}

static void put_less_two(struct keys *k, const uint32_t *c, size_t n, uint64_t space)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++)
            put_key(k, c, n, i, j, space);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A lone character less one is nothing, which all of them would share: left out. */
size_t spell_keys_filed(const struct spell_chars *w, uint32_t keys[SPELL_KEYS_MAX])
{
    struct keys k = {0, keys};
    if (w->n < SPELL_NEAR)
        put_key(&k, w->c, w->n, w->n, w->n, NEAR_SPACE);
    if (w->n > 1)
        put_less_one(&k, w->c, least(w->n, SPELL_NEAR), NEAR_SPACE);
    if (w->n >= SPELL_FAR_MIN)
        put_less_two(&k, w->c, SPELL_FAR, FAR_SPACE);
    return k.n;
}

size_t spell_keys_asked(const struct spell_chars *w, int max_distance,
                        uint32_t keys[SPELL_KEYS_MAX])
{
    struct keys k = {0, keys};
    size_t near = least(w->n, SPELL_NEAR);
    put_key(&k, w->c, near, near, near, NEAR_SPACE);
    if (near > 1)
        put_less_one(&k, w->c, near, NEAR_SPACE);
    if (max_distance < 2)
        return k.n;
    if (near > 2)
        put_less_two(&k, w->c, near, NEAR_SPACE);
    if (w->n >= SPELL_FAR)
        put_less_two(&k, w->c, SPELL_FAR, FAR_SPACE);
    else if (w->n == SPELL_FAR - 1)
        put_less_one(&k, w->c, w->n, FAR_SPACE);
    return k.n;
}
