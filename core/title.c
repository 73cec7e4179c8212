/* title.c - see title.h. */
#include "core/title.h"
#include "core/text.h"
#include <stdlib.h>
#include <utf8proc.h>

static bool is_space(utf8proc_int32_t cp)
{
    return cp == ' ' || cp == '\n' || utf8proc_category(cp) == UTF8PROC_CATEGORY_ZS;
}

static bool sets_direction(utf8proc_int32_t cp)
{
    return (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

static bool may_stand(utf8proc_int32_t cp, bool lines)
{
    switch (utf8proc_category(cp)) {
    case UTF8PROC_CATEGORY_CC:
        return lines && cp == '\n';
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return (cp & 0xfffe) != 0xfffe && !(cp >= 0xfdd0 && cp <= 0xfdef) && !sets_direction(cp);
    }
}

static int check_characters(const char *field, struct sg_str s, bool lines, struct sg_error *e)
{
    utf8proc_int32_t cp;
    for (size_t i = 0; i < s.n;) {
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)s.p + i, (utf8proc_ssize_t)(s.n - i), &cp);
        if (n <= 0)
            return sg_fail_field(e, field, "%s: not valid UTF-8", field);
        if (!may_stand(cp, lines))
            return sg_fail_field(e, field, "%s: U+%04X is not allowed in it", field, (unsigned)cp);
        i += (size_t)n;
    }
    return 0;
}

static struct sg_str trim(struct sg_str s)
{
    utf8proc_int32_t cp;
    utf8proc_ssize_t n;
    while (s.n &&
           (n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &cp)) > 0 &&
           is_space(cp))
        s = (struct sg_str){s.p + n, s.n - (size_t)n};
    while (s.n) {
        size_t at = sg_utf8_floor(s, s.n - 1);
        if (utf8proc_iterate((const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at),
                             &cp) <= 0 ||
            !is_space(cp))
            break;
        s.n = at;
    }
    return s;
}

static struct sg_str unix_lines(struct sg_arena *a, struct sg_str s)
{
    char *p = sg_arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; p && i < s.n; i++)
        if (!(s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n'))
            p[n++] = s.p[i];
    return (struct sg_str){p, n};
}

static int compose(struct sg_arena *a, struct sg_str s, struct sg_str *out, struct sg_error *e)
{
    utf8proc_uint8_t *p = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &p,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0)
        return sg_fail(e, SG_ENOMEM, "normalising");
    *out = sg_arena_copy(a, (struct sg_str){(char *)p, (size_t)n});
    free(p);
    return out->p ? 0 : sg_fail(e, SG_ENOMEM, "normalising");
}

static int clean(struct sg_arena *a, const char *field, struct sg_str in, bool lines, size_t max,
                 struct sg_str *out, struct sg_error *e)
{
    int rc = check_characters(field, in, lines, e);
    struct sg_str s = trim(in);
    if (!rc && s.n)
        rc = compose(a, s, &s, e);
    if (!rc && sg_utf8_count(s) > max)
        rc = sg_fail_field(e, field, "%s: at most %zu characters are allowed", field, max);
    if (!rc)
        *out = s.n ? s : SG_STR("");
    return rc;
}

int sg_title(struct sg_arena *a, const char *field, struct sg_str in, size_t max_characters,
             struct sg_str *out, struct sg_error *e)
{
    struct sg_str s = SG_STR_NONE;
    int rc = clean(a, field, in, false, max_characters, &s, e);
    if (!rc && !s.n)
        rc = sg_fail_field(e, field, "%s: must not be empty", field);
    if (!rc)
        *out = s;
    return rc;
}

int sg_prose(struct sg_arena *a, const char *field, struct sg_str in, size_t max_characters,
             struct sg_str *out, struct sg_error *e)
{
    struct sg_str s = unix_lines(a, in);
    if (!s.p)
        return sg_fail(e, SG_ENOMEM, "%s", field);
    return clean(a, field, s, true, max_characters, out, e);
}
