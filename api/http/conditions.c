/* conditions.c - see conditions.h. */
#include "api/http/conditions.h"
#include "api/http/fields.h"
#include <stdio.h>
#include <time.h>

static const char days[] = "SunMonTueWedThuFriSat",
                  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void sg_http_date(int64_t s, char out[SG_HTTP_DATE])
{
    struct tm t;
    time_t at = (time_t)s;
    out[0] = '\0';
    if (gmtime_r(&at, &t) && t.tm_year < 8100)
        snprintf(out, SG_HTTP_DATE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                 days + 3 * (t.tm_wday % 7), t.tm_mday % 100, months + 3 * (t.tm_mon % 12),
                 (t.tm_year + 1900) % 10000, t.tm_hour % 100, t.tm_min % 100, t.tm_sec % 100);
}

static bool two_digits(const char *p, int *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *out = 10 * (p[0] - '0') + p[1] - '0';
    return true;
}

/* IMF-fixdate alone: the obsolete forms are read as no date, and then do not count. */
bool sg_http_date_read(struct sg_str s, int64_t *out)
{
    struct tm t = {0};
    int century;
    char again[SG_HTTP_DATE];
    if (s.n != SG_HTTP_DATE - 1 || !two_digits(s.p + 5, &t.tm_mday) ||
        !two_digits(s.p + 12, &century) || !two_digits(s.p + 14, &t.tm_year) ||
        !two_digits(s.p + 17, &t.tm_hour) || !two_digits(s.p + 20, &t.tm_min) ||
        !two_digits(s.p + 23, &t.tm_sec))
        return false;
    while (t.tm_mon < 12 && memcmp(months + 3 * t.tm_mon, s.p + 8, 3) != 0)
        t.tm_mon++;
    t.tm_year += 100 * century - 1900;
    *out = t.tm_mon < 12 ? timegm(&t) : 0;
    sg_http_date(*out, again);
    return memcmp(again, s.p, s.n) == 0;
}

/* Whether the list names the tag; weak: "W/" before it does not matter. */
static bool names(struct sg_str list, struct sg_str etag, bool weak)
{
    if (sg_str_eq(http_trim(list), SG_STR("*")))
        return true;
    for (const char *p = list.p, *end = list.p + list.n; p < end;) {
        const char *at = memmem(p, (size_t)(end - p), etag.p, etag.n);
        if (!at)
            return false;
        if (weak || at - list.p < 2 || memcmp(at - 2, "W/", 2) != 0)
            return true;
        p = at + etag.n;
    }
    return false;
}

int sg_conditions_judge(const struct sg_conditions *c, struct sg_str etag, int64_t modified_s)
{
    int64_t said;
    if (c->match.p
            ? !names(c->match, etag, false)
            : c->unmodified.p && sg_http_date_read(c->unmodified, &said) && modified_s > said)
        return 412;
    if (c->none_match.p)
        return names(c->none_match, etag, true) ? 304 : 0;
    bool old =
        c->modified.p && modified_s && sg_http_date_read(c->modified, &said) && modified_s <= said;
    return old ? 304 : 0;
}

bool sg_conditions_range(const struct sg_conditions *c, struct sg_str etag, int64_t modified_s)
{
    int64_t said;
    if (!c->range.p)
        return true;
    if (sg_str_eq(c->range, etag))
        return true;
    return modified_s && sg_http_date_read(c->range, &said) && said == modified_s;
}
