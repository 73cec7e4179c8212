/* check.h - what an edit may say: dates, codes of the trade, markets, other names. Each sets the
 * value as it is kept (composed, in capitals, without hyphens), in the arena. */
#pragma once
#include "core/record.h"

/* A day of the calendar from 1860-01-01 to 2100-12-31, "YYYY-MM-DD"; absent is fine. */
int sg_check_date(const char *field, struct sg_str date, struct sg_error *e);
/* ISO 3901: CC-XXX-YY-NNNNN, hyphens and small letters allowed; absent is fine. */
int sg_check_isrc(struct sg_arena *a, struct sg_str *isrc, struct sg_error *e);
/* GTIN of 12 to 14 digits with its check digit (GS1 General Specifications 7.9). */
int sg_check_upc(struct sg_arena *a, struct sg_str *upc, struct sg_error *e);
/* sg_str list of ISO 3166-1 codes in capitals; doubles are dropped. */
int sg_check_markets(struct sg_list *markets, struct sg_error *e);
/* sg_str list of titles; doubles are dropped. */
int sg_check_aliases(struct sg_arena *a, struct sg_list *aliases, struct sg_error *e);
