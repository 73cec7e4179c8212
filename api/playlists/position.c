/* position.c - see position.h. Numbers of w digits, most significant first. */
#include "api/playlists/position.h"

#define BASE        62
#define GRID_FIRST  6
#define GRID_STEP   4
#define WIDTH_MAX   SG_POSITION_MAX
#define GAP_MAX     (UINT64_C(1) << 56) /* more room than anybody needs */
#define GAP_MIN     64                  /* room for a key, and for one on either side later */
#define STEP        256
#define STEP_AT_END 4096 /* behind the last: others may later go between */

static const char digits[BASE + 1] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct number {
    uint8_t d[WIDTH_MAX];
};

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

bool sg_position_valid(struct sg_str key)
{
    if (!key.n || key.n > SG_POSITION_MAX || key.p[key.n - 1] == '0')
        return false;
    for (size_t i = 0; i < key.n; i++)
        if (digit(key.p[i]) < 0)
            return false;
    return true;
}

/* x += step units of the last of w digits; false when it reaches 1. */
static bool add(struct number *x, size_t w, uint64_t step)
{
    for (size_t i = w; i-- && step;) {
        step += x->d[i];
        x->d[i] = (uint8_t)(step % BASE);
        step /= BASE;
    }
    return step == 0;
}

/* key's first w digits. */
static void cut(struct number *x, size_t w, struct sg_str key)
{
    memset(x, 0, sizeof *x);
    for (size_t i = 0; i < w && i < key.n; i++)
        x->d[i] = (uint8_t)digit(key.p[i]);
}

/* Units of w digits from `from` to high, GAP_MAX for more; high.p NULL: 1. */
static uint64_t gap(const struct number *from, struct sg_str high, size_t w)
{
    struct number to;
    int64_t units = high.p ? 0 : 1; /* before the point */
    cut(&to, w, high);
    for (size_t i = 0; i < w; i++) {
        units = units * BASE + to.d[i] - from->d[i];
        if (units > (int64_t)GAP_MAX)
            return GAP_MAX;
        if (units < 0) /* what follows cannot make up for it */
            return 0;
    }
    return units > 0 ? (uint64_t)units : 0;
}

/* The coarsest grid with at least `room` units between; *from: where they begin. 0: none. */
static size_t choose_width(struct sg_str low, struct sg_str high, uint64_t room,
                           struct number *from, uint64_t *units)
{
    for (size_t w = GRID_FIRST; w <= WIDTH_MAX; w += GRID_STEP) {
        cut(from, w, low);
        if (low.n > w && !add(from, w, 1))
            continue;
        *units = gap(from, high, w);
        if (*units >= room)
            return w;
    }
    return 0;
}

static struct sg_str text(const struct number *x, size_t w, struct sg_arena *a)
{
    char z[WIDTH_MAX];
    while (w && !x->d[w - 1])
        w--;
    for (size_t i = 0; i < w; i++)
        z[i] = digits[x->d[i]];
    return sg_arena_copy(a, (struct sg_str){z, w});
}

static uint64_t scramble(uint64_t x) /* splitmix64 */
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static bool one(struct sg_str low, struct sg_str high, enum sg_position_lean lean, uint64_t seed,
                struct sg_arena *a, struct sg_str *out)
{
    struct number at;
    uint64_t units;
    size_t w = choose_width(low, high, GAP_MIN, &at, &units);
    if (!w)
        return false;
    uint64_t most = low.n && high.p ? STEP : STEP_AT_END;
    uint64_t step = most < units / 8 ? most : units / 8;
    uint64_t off = step / 2 + scramble(seed) % (step / 2 + 1);
    add(&at, w, lean == SG_LEAN_LOW ? off : lean == SG_LEAN_HIGH ? units - off : units / 2 + off);
    *out = text(&at, w, a);
    return out->p;
}

static bool fits(struct sg_str low, struct sg_str high)
{
    return (!low.n || sg_position_valid(low)) && (!high.p || sg_position_valid(high)) &&
           (!high.p || sg_str_cmp(low, high) < 0);
}

bool sg_positions_between(struct sg_str low, struct sg_str high, enum sg_position_lean lean,
                          uint64_t seed, size_t n, struct sg_arena *a, struct sg_str *out)
{
    if (!fits(low, high))
        return false;
    if (n > 1 && lean == SG_LEAN_MIDDLE) { /* the second is the first's newer neighbour */
        if (!one(low, high, lean, seed, a, out))
            return false;
        return sg_positions_between(*out, high, SG_LEAN_LOW, seed + 1, n - 1, a, out + 1);
    }
    for (size_t i = 0; i < n; i++) {
        struct sg_str *at = lean == SG_LEAN_HIGH ? &out[n - 1 - i] : &out[i];
        if (!one(low, high, lean, seed + i, a, at))
            return false;
        *(lean == SG_LEAN_HIGH ? &high : &low) = *at;
    }
    return true;
}

bool sg_positions_spread(struct sg_str low, struct sg_str high, size_t n, struct sg_arena *a,
                         struct sg_str *out)
{
    struct number from;
    uint64_t units;
    size_t w = fits(low, high)
                   ? choose_width(low, high, (n + 1) * (uint64_t)STEP_AT_END, &from, &units)
                   : 0;
    for (size_t i = 0; w && i < n; i++) {
        struct number at = from;
        add(&at, w, units / (n + 1) * (i + 1));
        out[i] = text(&at, w, a);
        if (!out[i].p)
            return false;
    }
    return w;
}
