/* email.c - see email.h. */
#include "api/accounts/email.h"
#include <stdlib.h>
#include <utf8proc.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63

static bool is_letter_or_mark(utf8proc_int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO);
}

/* atext of RFC 5322, and letters, marks and digits of all scripts. */
static bool may_be_local(utf8proc_int32_t c)
{
    if (c >= 0x80)
        return is_letter_or_mark(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static bool may_be_domain(utf8proc_int32_t c)
{
    if (c >= 0x80)
        return is_letter_or_mark(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}

static bool all(struct sg_str s, bool (*may)(utf8proc_int32_t))
{
    for (size_t i = 0; i < s.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)s.p + i, (utf8proc_ssize_t)(s.n - i), &c);
        if (n < 1 || !may(c))
            return false;
        i += (size_t)n;
    }
    return s.n > 0;
}

static bool dots_are_between(struct sg_str s)
{
    return s.p[0] != '.' && s.p[s.n - 1] != '.' && !memmem(s.p, s.n, "..", 2);
}

static bool is_domain(struct sg_str s)
{
    size_t labels = 0;
    if (!all(s, may_be_domain) || !dots_are_between(s))
        return false;
    while (s.n) {
        const char *dot = memchr(s.p, '.', s.n);
        size_t n = dot ? (size_t)(dot - s.p) : s.n;
        if (n > LABEL_MAX || s.p[0] == '-' || s.p[n - 1] == '-')
            return false;
        labels++;
        n += dot != NULL;
        s = (struct sg_str){s.p + n, s.n - n};
    }
    return labels >= 2;
}

static bool is_address(struct sg_str s)
{
    const char *at = s.n ? memrchr(s.p, '@', s.n) : NULL;
    if (!at || at == s.p || s.n > SG_EMAIL_MAX)
        return false;
    struct sg_str local = {s.p, (size_t)(at - s.p)};
    struct sg_str domain = {at + 1, s.n - local.n - 1};
    return local.n <= LOCAL_MAX && all(local, may_be_local) && dots_are_between(local) &&
           is_domain(domain);
}

/* Small letters one by one: full case folding would make one mailbox of two (ß, ss). */
static utf8proc_int32_t small(utf8proc_int32_t c, void *data)
{
    (void)data;
    return utf8proc_tolower(c);
}

int sg_email_normalise(struct sg_str text, char out[SG_EMAIL_MAX + 1], struct sg_error *e)
{
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t n = 0;
    if (text.n && text.n <= 4 * SG_EMAIL_MAX && sg_str_is_utf8(text) && !memchr(text.p, 0, text.n))
        n = utf8proc_map_custom((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &made,
                                UTF8PROC_STABLE | UTF8PROC_COMPOSE, small, NULL);
    bool good = n > 0 && n <= SG_EMAIL_MAX && is_address((struct sg_str){(char *)made, (size_t)n});
    if (good) {
        memcpy(out, made, (size_t)n);
        out[n] = '\0';
    }
    free(made);
    return good ? 0
                : sg_fail_field(e, "email", "email: expected an address such as you@example.org");
}
