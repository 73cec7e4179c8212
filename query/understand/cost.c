/* cost.c - see cost.h: optimal string alignment with weights. */
#include "query/understand/cost.h"
#include "core/text.h"

#define LETTERS 32
#define EASY    0.5f
#define FIRST   0.3f /* added for the first letter */

static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};

/* Letters written for each other because they sound alike. */
static const char *const sounds[] = {"ckqx", "szcxj", "fvw", "iyje", "gj", "dt", "bp", "mn", "lr"};

struct letters {
    size_t n;
    uint32_t c[LETTERS];
};

static bool letters_of(struct letters *l, struct sg_str s)
{
    l->n = 0;
    for (size_t i = 0; i < s.n;) {
        if (l->n == LETTERS)
            return false;
        size_t len = sg_utf8_prefix((struct sg_str){s.p + i, s.n - i}, 1);
        uint32_t c = 0;
        for (size_t k = 0; k < len; k++)
            c = c << 8 | (unsigned char)s.p[i + k];
        l->c[l->n++] = c;
        i += len;
    }
    return true;
}

static bool place_of(uint32_t c, int *row, int *column)
{
    for (int r = 0; r < 3; r++) {
        const char *at = c < 128 && c ? strchr(rows[r], (int)c) : NULL;
        if (!at)
            continue;
        *row = r;
        *column = (int)(at - rows[r]);
        return true;
    }
    return false;
}

static bool are_neighbours(uint32_t a, uint32_t b)
{
    int ra, ca, rb, cb;
    if (!place_of(a, &ra, &ca) || !place_of(b, &rb, &cb))
        return false;
    int down = rb - ra, across = cb - ca;
    return (down == 0 && (across == 1 || across == -1)) ||
           (down == 1 && (across == 0 || across == -1)) ||
           (down == -1 && (across == 0 || across == 1));
}

static bool sound_alike(uint32_t a, uint32_t b)
{
    if (a >= 128 || b >= 128 || !a || !b)
        return false;
    if (strchr("aeiouy", (int)a) && strchr("aeiouy", (int)b))
        return true;
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++)
        if (strchr(sounds[i], (int)a) && strchr(sounds[i], (int)b))
            return true;
    return false;
}

static float substitution(uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    return are_neighbours(a, b) || sound_alike(a, b) ? EASY : 1;
}

/* A letter of l too many at i: beside the same one, or a silent h, it is easy. */
static float extra(const struct letters *l, size_t i)
{
    bool twice = (i > 0 && l->c[i - 1] == l->c[i]) || (i + 1 < l->n && l->c[i + 1] == l->c[i]);
    return twice || l->c[i] == 'h' ? EASY : 0.9f;
}

static float least(float a, float b)
{
    return a < b ? a : b;
}

float sg_edit_cost(struct sg_str typed, struct sg_str meant)
{
    struct letters a, b;
    float d[LETTERS + 1][LETTERS + 1];
    if (sg_str_eq(typed, meant))
        return 0;
    if (!letters_of(&a, typed) || !letters_of(&b, meant))
        return 1;
    d[0][0] = 0;
    for (size_t i = 1; i <= a.n; i++)
        d[i][0] = d[i - 1][0] + extra(&a, i - 1) + (i == 1 ? FIRST : 0);
    for (size_t j = 1; j <= b.n; j++)
        d[0][j] = d[0][j - 1] + extra(&b, j - 1) + (j == 1 ? FIRST : 0);
    for (size_t i = 1; i <= a.n; i++)
        for (size_t j = 1; j <= b.n; j++) {
            float swap = substitution(a.c[i - 1], b.c[j - 1]);
            float v = d[i - 1][j - 1] + swap + (swap > 0 && i == 1 && j == 1 ? FIRST : 0);
            v = least(v, d[i - 1][j] + extra(&a, i - 1));
            v = least(v, d[i][j - 1] + extra(&b, j - 1));
            if (i > 1 && j > 1 && a.c[i - 1] == b.c[j - 2] && a.c[i - 2] == b.c[j - 1])
                v = least(v, d[i - 2][j - 2] + EASY);
            d[i][j] = v;
        }
    return d[a.n][b.n];
}
