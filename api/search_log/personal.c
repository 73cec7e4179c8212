/* personal.c - see parts.h. */
#include "api/search_log/parts.h"

#define DIGITS_MAX 7 /* "867-5309", "blink-182 1999"; more may be a telephone or a card */

static bool has(struct sg_str s, const char *what)
{
    return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

bool looks_personal(struct sg_str q)
{
    size_t digits = 0;
    for (size_t i = 0; i < q.n; i++) {
        unsigned char c = (unsigned char)q.p[i];
        bool dot = c == '.' && (i + 1 == q.n || q.p[i + 1] != '.'); /* 1990..1999 is a range */
        bool between = c == ' ' || c == '-' || dot || c == '/' || c == '(' || c == ')';
        digits = c >= '0' && c <= '9' ? digits + 1 : between ? digits : 0;
        if (digits > DIGITS_MAX)
            return true;
        /* an address; "@" alone is a name as good as any */
        if (c == '@' && i && i + 1 < q.n && q.p[i - 1] > ' ' && memchr(q.p + i, '.', q.n - i))
            return true;
    }
    return has(q, "://") || has(q, "www.");
}
