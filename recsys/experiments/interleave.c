/* interleave.c - two rankings in one list: see experiments.h. */
#include "recsys/experiments/draw.h"
#include "recsys/experiments/experiments.h"

struct team {
    const uint64_t *v;
    size_t n, next, picked;
};

static bool holds(const uint64_t *v, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] == id)
            return true;
    return false;
}

/* The team's best that is not in the list yet is next; false: it has none. */
static bool has_pick(struct team *t, const uint64_t *out, size_t n)
{
    while (t->next < t->n && holds(out, n, t->v[t->next]))
        t->next++;
    return t->next < t->n;
}

size_t sg_interleave(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b, uint64_t seed,
                     uint64_t *out, unsigned char *team, size_t k)
{
    struct team teams[2] = {{a, n_a, 0, 0}, {b, n_b, 0, 0}};
    struct draw d = {seed};
    size_t n = 0;
    while (n < k) {
        bool first = has_pick(&teams[0], out, n), second = has_pick(&teams[1], out, n);
        if (!first && !second)
            break;
        unsigned turn = teams[0].picked < teams[1].picked   ? 0
                        : teams[0].picked > teams[1].picked ? 1
                                                            : (unsigned)(draw_u64(&d) >> 63);
        if (!(turn ? second : first))
            turn = !turn;
        struct team *t = &teams[turn];
        team[n] = (unsigned char)turn;
        out[n++] = t->v[t->next++];
        t->picked++;
    }
    return n;
}
