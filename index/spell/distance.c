/* distance.c - optimal string alignment distance, a column in a few machine words.
 *
 * Source: Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau
 * Edit Distances", Nordic Journal of Computing 10, 2003: the vertical
 * differences of the dynamic programming table are two bit vectors.
 */
#include "index/spell/format.h"

static uint64_t bits_of(const struct spell_pattern *p, uint32_t c)
{
    if (c < 128)
        return p->ascii[c];
    for (size_t i = 0; i < p->n_other; i++) {
        if (p->other[i] == c)
            return p->other_bits[i];
    }
    return 0;
}

void spell_pattern_init(struct spell_pattern *p, const struct spell_chars *query)
{
    memset(p->ascii, 0, sizeof p->ascii);
    p->n = query->n;
    p->n_other = 0;
    for (size_t i = 0; i < query->n; i++) {
        uint32_t c = query->c[i];
        size_t at = 0;
        if (c < 128) {
            p->ascii[c] |= 1ull << i;
            continue;
        }
        while (at < p->n_other && p->other[at] != c)
            at++;
        if (at == p->n_other) {
            p->other[p->n_other++] = c;
            p->other_bits[at] = 0;
        }
        p->other_bits[at] |= 1ull << i;
    }
}

int spell_pattern_distance(const struct spell_pattern *p, const struct spell_chars *word)
{
    if (p->n == 0)
        return (int)word->n;
    uint64_t up = ~0ull, down = 0, zero = 0, before = 0, last = 1ull << (p->n - 1);
    int distance = (int)p->n;
    for (size_t j = 0; j < word->n; j++) {
        uint64_t equal = bits_of(p, word->c[j]);
        uint64_t swapped = ((~zero & equal) << 1) & before;
        zero = (((equal & up) + up) ^ up) | equal | down | swapped;
        uint64_t right = down | ~(zero | up), left = zero & up;
        distance += (right & last) != 0;
        distance -= (left & last) != 0;
        right = right << 1 | 1;
        left <<= 1;
        up = left | ~(zero | right);
        down = right & zero;
        before = equal;
    }
    return distance;
}

int sg_spell_distance(struct sg_str a, struct sg_str b, int limit)
{
    struct spell_chars x, y;
    struct spell_pattern p;
    if (!spell_chars_of(&x, a) || !spell_chars_of(&y, b))
        return sg_str_eq(a, b) ? 0 : limit + 1;
    spell_pattern_init(&p, &x);
    int distance = spell_pattern_distance(&p, &y);
    return distance > limit ? limit + 1 : distance;
}
