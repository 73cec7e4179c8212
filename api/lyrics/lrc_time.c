/* lrc_time.c - times and texts within a line; see lrc.h. */
#include "api/lyrics/lrc.h"

struct digits {
    uint64_t value;
    size_t n;
};

static struct digits digits_at(struct sg_str s, size_t at)
{
    struct digits d = {0, 0};
    while (at + d.n < s.n && d.n < 6 && s.p[at + d.n] >= '0' && s.p[at + d.n] <= '9')
        d.value = d.value * 10 + (uint64_t)(s.p[at + d.n++] - '0');
    return d;
}

static uint64_t fraction_ms(struct digits f)
{
    static const uint64_t scale[] = {0, 100, 10, 1};
    return f.n <= 3 ? f.value * scale[f.n] : 0;
}

/* Numbers parted by ':', then maybe '.' and a fraction. Returns how many numbers; *at: past them.
 */
static size_t read_parts(struct sg_str s, size_t *at, uint64_t part[3], bool *pointed,
                         struct digits *fraction)
{
    size_t n = 0;
    *pointed = false;
    while (n < 3) {
        struct digits d = digits_at(s, *at);
        if (!d.n || d.n > 5)
            return 0;
        part[n++] = d.value;
        *fraction = d;
        *at += d.n;
        if (*at >= s.n || s.p[*at] != ':')
            break;
        ++*at;
    }
    if (*at < s.n && (s.p[*at] == '.' || s.p[*at] == ',')) {
        *pointed = true;
        *fraction = digits_at(s, ++*at);
        *at += fraction->n;
        if (!fraction->n || fraction->n > 3)
            return 0;
    }
    return n;
}

size_t sg_lrc_time(struct sg_str s, char close, uint32_t *ms)
{
    bool negative = s.n && s.p[0] == '-', pointed;
    size_t at = negative;
    uint64_t part[3] = {0}, total;
    struct digits f = {0, 0};
    size_t n = read_parts(s, &at, part, &pointed, &f);
    if (n < 2 || at >= s.n || s.p[at] != close)
        return 0;
    if (n == 3 && pointed)
        total = (part[0] * 3600 + part[1] * 60 + part[2]) * 1000 + fraction_ms(f);
    else if (n == 3 && f.n > 3)
        return 0;
    else
        total = (part[0] * 60 + part[1]) * 1000 + (n == 3 || pointed ? fraction_ms(f) : 0);
    if (total > SG_LRC_MS_MAX)
        return 0;
    *ms = negative ? 0 : (uint32_t)total;
    return at + 1;
}

static bool is_word_time(struct sg_str s, size_t at)
{
    uint32_t ms;
    return s.p[at] == '<' && sg_lrc_time((struct sg_str){s.p + at + 1, s.n - at - 1}, '>', &ms) > 0;
}

struct sg_str sg_lrc_clean(struct sg_str text, struct sg_arena *a)
{
    char *out = sg_arena_alloc(a, 2 * text.n + 1);
    size_t n = 0;
    if (!out)
        return SG_STR_NONE;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= ' ' || c == 0x7f) {
            if (n && out[n - 1] != ' ')
                out[n++] = ' ';
            continue;
        }
        out[n++] = (char)c;
        if (c == '<' && is_word_time(text, i))
            out[n++] = ' ';
    }
    while (n && out[n - 1] == ' ')
        n--;
    return (struct sg_str){out, n};
}
