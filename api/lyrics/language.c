/* language.c - see language.h. */
#include "api/lyrics/language.h"
#include "schemas/lyrics.h"
#include <strings.h>

#define ACCEPTED_MAX 16 /* languages of a header that are looked at */

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* The first part has 2 to 8 letters, further ones 1 to 8 letters or digits. */
static bool is_tag(struct sg_str s)
{
    size_t n = 0;
    bool first = true;
    for (size_t i = 0; i <= s.n; i++) {
        if (i == s.n || s.p[i] == '-') {
            if (n < (first ? 2u : 1u) || n > 8)
                return false;
            first = false;
            n = 0;
        } else if (is_letter(s.p[i]) || (!first && s.p[i] >= '0' && s.p[i] <= '9')) {
            n++;
        } else {
            return false;
        }
    }
    return s.n <= SG_LANGUAGE_MAX;
}

/* RFC 5646 section 2.1.1: regions in capitals, scripts with one, all else small. */
static void set_case(char *p, size_t n)
{
    for (size_t from = 0, i = 0; i <= n; i++) {
        if (i < n && p[i] != '-')
            continue;
        size_t length = i - from;
        for (size_t k = from; k < i; k++) {
            bool upper = from && (length == 2 || (length == 4 && k == from));
            if (is_letter(p[k]))
                p[k] = (char)(upper ? p[k] & ~32 : p[k] | 32);
        }
        from = i + 1;
    }
}

int sg_language_read(struct sg_str text, const char *field, struct sg_arena *a, struct sg_str *out,
                     struct sg_error *e)
{
    if (!text.n || !is_tag(text))
        return sg_fail_field(e, field, "%s: expected a language as en, pt-BR or zh-Hant", field);
    char *p = sg_arena_alloc(a, text.n + 1);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "language");
    memcpy(p, text.p, text.n);
    set_case(p, text.n);
    *out = (struct sg_str){p, text.n};
    return 0;
}

static bool is_same(struct sg_str a, struct sg_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static size_t find(struct sg_str wanted, const struct sg_str *tags, size_t n)
{
    size_t i = 0;
    while (i < n && !is_same(wanted, tags[i]))
        i++;
    return i;
}

/* Without its last part, and a single letter before that; n 0: nothing is left. */
static struct sg_str shorter(struct sg_str s)
{
    while (s.n && s.p[s.n - 1] != '-')
        s.n--;
    s.n -= s.n > 0;
    if (s.n >= 2 && s.p[s.n - 2] == '-')
        s.n -= 2;
    return s;
}

size_t sg_language_lookup(struct sg_str wanted, const struct sg_str *tags, size_t n)
{
    for (struct sg_str part = wanted; part.n; part = shorter(part)) {
        size_t at = find(part, tags, n);
        if (at < n)
            return at;
    }
    for (struct sg_str part = wanted; part.n; part = shorter(part))
        for (size_t i = 0; i < n; i++)
            if (tags[i].n > part.n && tags[i].p[part.n] == '-' &&
                is_same(part, (struct sg_str){tags[i].p, part.n}))
                return i;
    return n;
}

struct accepted {
    struct sg_str tag;
    double quality;
};

static struct sg_str trim(struct sg_str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* "de-CH;q=0.8"; false: no tag, or not wanted. */
static bool read_one(struct sg_str one, struct accepted *out)
{
    const char *semicolon = one.n ? memchr(one.p, ';', one.n) : NULL;
    size_t n = semicolon ? (size_t)(semicolon - one.p) : one.n;
    *out = (struct accepted){trim((struct sg_str){one.p, n}), 1};
    if (semicolon) {
        struct sg_str q = trim((struct sg_str){semicolon + 1, one.n - n - 1});
        if (q.n < 3 || (q.p[0] | 32) != 'q' || q.p[1] != '=' ||
            !sg_str_to_f64((struct sg_str){q.p + 2, q.n - 2}, &out->quality))
            return false;
    }
    return out->tag.n && is_tag(out->tag) && out->quality > 0;
}

size_t sg_language_accept(struct sg_str header, const struct sg_str *tags, size_t n)
{
    struct accepted all[ACCEPTED_MAX];
    size_t count = 0;
    while (header.n && count < ACCEPTED_MAX) {
        const char *comma = memchr(header.p, ',', header.n);
        size_t used = comma ? (size_t)(comma - header.p) : header.n, at = count;
        struct accepted one;
        if (read_one((struct sg_str){header.p, used}, &one)) {
            for (; at && all[at - 1].quality < one.quality; at--)
                all[at] = all[at - 1];
            all[at] = one;
            count++;
        }
        header.p += used + (comma != NULL);
        header.n -= used + (comma != NULL);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = sg_language_lookup(all[i].tag, tags, n);
        if (at < n)
            return at;
    }
    return n;
}
