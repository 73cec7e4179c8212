/* calendar.c - see calendar.h. Days and dates after Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms". */
#include "data/calendar.h"

int64_t sg_days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void sg_civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

bool sg_date_parse(struct sg_str s, int64_t *days)
{
    uint64_t y, m, d;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
        !sg_str_to_u64((struct sg_str){s.p, 4}, &y) ||
        !sg_str_to_u64((struct sg_str){s.p + 5, 2}, &m) ||
        !sg_str_to_u64((struct sg_str){s.p + 8, 2}, &d))
        return false;
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    int64_t value = sg_days_from_civil((int64_t)y, (int)m, (int)d), back_y;
    int back_m, back_d;
    sg_civil_from_days(value, &back_y, &back_m, &back_d);
    if (back_m != (int)m || back_d != (int)d)
        return false;
    *days = value;
    return true;
}

static char *digits(char *p, int64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--, v /= 10)
        p[i] = (char)('0' + v % 10);
    return p + n;
}

void sg_date_format(int64_t days, char out[11])
{
    int64_t y;
    int m, d;
    sg_civil_from_days(days, &y, &m, &d);
    char *p = digits(out, y, 4);
    *p++ = '-';
    p = digits(p, m, 2);
    *p++ = '-';
    p = digits(p, d, 2);
    *p = 0;
}

void sg_instant_format(int64_t seconds, char out[23])
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0), s = seconds - days * 86400;
    sg_date_format(days, out);
    char *p = out + 10;
    *p++ = ' ';
    p = digits(p, s / 3600, 2);
    *p++ = ':';
    p = digits(p, s / 60 % 60, 2);
    *p++ = ':';
    p = digits(p, s % 60, 2);
    memcpy(p, "+00", 4);
}
