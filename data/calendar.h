/* calendar.h - civil dates (proleptic Gregorian, UTC) as days since 1970-01-01. */
#pragma once
#include "core/str.h"

int64_t sg_days_from_civil(int64_t y, int m, int d);
void sg_civil_from_days(int64_t days, int64_t *y, int *m, int *d);
/* "YYYY-MM-DD" of a real day, years 1 to 9999; false otherwise. */
bool sg_date_parse(struct sg_str s, int64_t *days);
void sg_date_format(int64_t days, char out[11]);
/* "YYYY-MM-DD hh:mm:ss+00" */
void sg_instant_format(int64_t seconds, char out[23]);
