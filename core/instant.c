/* instant.c - see instant.h. */
#include "core/instant.h"
#include <stdio.h>
#include <time.h>

/* n digits at *s, taken off; -1: there are none. */
static int digits(struct sg_str *s, size_t n)
{
    int v = 0;
    if (s->n < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return -1;
        v = 10 * v + (s->p[i] - '0');
    }
    *s = (struct sg_str){s->p + n, s->n - n};
    return v;
}

static bool mark(struct sg_str *s, const char *any)
{
    if (!s->n || !strchr(any, *s->p) || !*s->p)
        return false;
    *s = (struct sg_str){s->p + 1, s->n - 1};
    return true;
}

static bool fraction(struct sg_str *s, int64_t *us)
{
    int64_t unit = 100000;
    size_t n = 0;
    if (!mark(s, "."))
        return true;
    for (int d; s->n && (d = digits(s, 1)) >= 0; n++, unit /= 10)
        *us += d * unit;
    return n > 0;
}

static bool zone(struct sg_str *s, int64_t *us)
{
    if (mark(s, "Zz"))
        return s->n == 0;
    int sign = s->n && *s->p == '-' ? 1 : -1;
    if (!mark(s, "+-"))
        return false;
    int h = digits(s, 2), colon = mark(s, ":"), m = digits(s, 2);
    *us += (int64_t)sign * (h * 3600 + m * 60) * 1000000;
    return colon && h >= 0 && h <= 23 && m >= 0 && m <= 59 && s->n == 0;
}

bool sg_instant_parse(struct sg_str s, int64_t *out)
{
    struct tm t = {0};
    int64_t us = 0;
    int year = digits(&s, 4);
    bool ok = year >= 1970 && mark(&s, "-");
    t.tm_year = year - 1900;
    t.tm_mon = digits(&s, 2) - 1;
    ok = ok && t.tm_mon >= 0 && t.tm_mon <= 11 && mark(&s, "-");
    t.tm_mday = digits(&s, 2);
    ok = ok && t.tm_mday >= 1 && t.tm_mday <= 31 && mark(&s, "Tt ");
    t.tm_hour = digits(&s, 2);
    ok = ok && t.tm_hour >= 0 && t.tm_hour <= 23 && mark(&s, ":");
    t.tm_min = digits(&s, 2);
    ok = ok && t.tm_min >= 0 && t.tm_min <= 59 && mark(&s, ":");
    t.tm_sec = digits(&s, 2);
    ok = ok && t.tm_sec >= 0 && t.tm_sec <= 60;
    int day = t.tm_mday, second = t.tm_sec;
    if (!ok || !fraction(&s, &us))
        return false;
    t.tm_sec = 0; /* a leap second must not look like a day that is not there */
    us += ((int64_t)timegm(&t) + second) * 1000000;
    if (t.tm_mday != day || !zone(&s, &us) || us < 0)
        return false;
    *out = us;
    return true;
}

void sg_instant_text(int64_t us, char out[SG_INSTANT_CHARS + 1])
{
    time_t s = us / 1000000;
    struct tm t = {0};
    gmtime_r(&s, &t);
    size_t n = strftime(out, SG_INSTANT_CHARS + 1, "%Y-%m-%dT%H:%M:%S", &t);
    if (us % 1000000)
        n += (size_t)snprintf(out + n, SG_INSTANT_CHARS + 1 - n, ".%06d", (int)(us % 1000000));
    memcpy(out + n, "Z", 2);
}

struct sg_str sg_instant_str(struct sg_arena *a, int64_t us)
{
    char text[SG_INSTANT_CHARS + 1];
    sg_instant_text(us, text);
    return sg_arena_copy(a, sg_str(text));
}
