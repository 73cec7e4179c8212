/* check.c - see check.h. */
#include "api/catalogue/check.h"
#include "core/title.h"
#include "schemas/edits.h"

static bool digits(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

static int number(struct sg_str s)
{
    uint64_t n = 0;
    return sg_str_to_u64(s, &n) && n < 10000 ? (int)n : 0;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month < 1 || month > 12 ? 0 : days[month - 1] + (month == 2 && leap);
}

int sg_check_date(const char *field, struct sg_str d, struct sg_error *e)
{
    if (!d.p)
        return 0;
    bool form = d.n == 10 && d.p[4] == '-' && d.p[7] == '-' && digits((struct sg_str){d.p, 4}) &&
                digits((struct sg_str){d.p + 5, 2}) && digits((struct sg_str){d.p + 8, 2});
    int year = form ? number((struct sg_str){d.p, 4}) : 0;
    int month = form ? number((struct sg_str){d.p + 5, 2}) : 0;
    int day = form ? number((struct sg_str){d.p + 8, 2}) : 0;
    if (year < 1860 || year > 2100 || day < 1 || day > days_of(year, month))
        return sg_fail_field(e, field, "%s: expected a day, YYYY-MM-DD, from 1860 to 2100", field);
    return 0;
}

/* Capitals, without hyphens and spaces. {NULL, 0}: no memory. */
static struct sg_str bare(struct sg_arena *a, struct sg_str s)
{
    char *p = sg_arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; p && i < s.n; i++) {
        char c = s.p[i];
        if (c != '-' && c != ' ')
            p[n++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    return (struct sg_str){p, p ? n : 0};
}

static bool all_of(struct sg_str s, size_t from, size_t to, bool letters, bool figures)
{
    for (size_t i = from; i < to; i++)
        if (!((letters && s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              (figures && s.p[i] >= '0' && s.p[i] <= '9')))
            return false;
    return true;
}

int sg_check_isrc(struct sg_arena *a, struct sg_str *isrc, struct sg_error *e)
{
    if (!isrc->p)
        return 0;
    struct sg_str s = bare(a, *isrc);
    if (!s.p)
        return sg_fail(e, SG_ENOMEM, "isrc");
    if (s.n != 12 || !all_of(s, 0, 2, true, false) || !all_of(s, 2, 5, true, true) ||
        !all_of(s, 5, 12, false, true))
        return sg_fail_field(e, "isrc",
                             "isrc: expected two letters, three letters or digits, "
                             "seven digits, such as GB-AYE-75-00025");
    *isrc = s;
    return 0;
}

int sg_check_upc(struct sg_arena *a, struct sg_str *upc, struct sg_error *e)
{
    if (!upc->p)
        return 0;
    struct sg_str s = bare(a, *upc);
    int sum = 0;
    if (!s.p)
        return sg_fail(e, SG_ENOMEM, "upc");
    bool good = s.n >= 12 && s.n <= 14 && digits(s);
    for (size_t i = 0; good && i < s.n; i++) /* from the right: 1, 3, 1, 3 ... */
        sum += (s.p[s.n - 1 - i] - '0') * (i % 2 ? 3 : 1);
    if (!good || sum % 10)
        return sg_fail_field(e, "upc", "upc: expected 12 to 14 digits, the last one their check");
    *upc = s;
    return 0;
}

static bool is_among(const struct sg_str *v, size_t n, struct sg_str s)
{
    for (size_t i = 0; i < n; i++)
        if (sg_str_eq(v[i], s))
            return true;
    return false;
}

int sg_check_markets(struct sg_list *markets, struct sg_error *e)
{
    struct sg_str *v = markets->v;
    size_t kept = 0;
    for (size_t i = 0; i < markets->n; i++) {
        if (v[i].n != 2 || !all_of(v[i], 0, 2, true, false))
            return sg_fail_field(e, "markets", "markets: expected two capitals of ISO 3166-1 each");
        if (!is_among(v, kept, v[i]))
            v[kept++] = v[i];
    }
    markets->n = kept;
    return 0;
}

int sg_check_aliases(struct sg_arena *a, struct sg_list *aliases, struct sg_error *e)
{
    struct sg_str *v = aliases->v, one;
    size_t kept = 0;
    for (size_t i = 0; i < aliases->n; i++) {
        int rc = sg_title(a, "aliases", v[i], SG_NAME_LONGEST, &one, e);
        if (rc)
            return rc;
        if (!is_among(v, kept, one))
            v[kept++] = one;
    }
    aliases->n = kept;
    return 0;
}
