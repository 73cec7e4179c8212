/* read_rows.h - songs out of PostgreSQL: one question for many, a row a credit. */
#pragma once
#include "api/catalogue/read_value.h"
#include "core/pg.h"

extern const struct sg_pg_statement song_rows_statement; /* $1: ids, '{1,2,3}' */
/* The song whose rows begin at *at, which moves behind them. Strings are views into rows; lists
 * are in a. SG_ENOMEM, SG_ECORRUPT. */
int song_rows_next(const PGresult *rows, int *at, struct sg_arena *a, struct song_row *out,
                   struct sg_error *e);
