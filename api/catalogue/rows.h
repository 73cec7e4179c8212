/* rows.h - values to SQL parameters and from rows. Texts are in the arena, zero-terminated; an
 * allocation that fails gives NULL, which columns that must not be NULL refuse. */
#pragma once
#include "core/arena.h"
#include "core/record.h"
#include <libpq-fe.h>

const char *sg_sql_u64(struct sg_arena *a, uint64_t v);
/* 0: NULL. */
const char *sg_sql_some(struct sg_arena *a, uint64_t v);
/* Absent: NULL. */
const char *sg_sql_str(struct sg_arena *a, struct sg_str s);
static inline const char *sg_sql_bool(bool b)
{
    return b ? "t" : "f";
}
/* sg_str list -> JSON array. */
const char *sg_sql_texts(struct sg_arena *a, const struct sg_list *texts);

/* NULL: 0. */
uint64_t sg_row_u64(const PGresult *r, int row, int column);
bool sg_row_bool(const PGresult *r, int row, int column);
/* A copy; NULL: absent. */
struct sg_str sg_row_str(struct sg_arena *a, const PGresult *r, int row, int column);
/* A column as a uint64_t list. */
int sg_row_ids(const PGresult *r, int column, struct sg_arena *a, struct sg_list *out,
               struct sg_error *e);
/* The JSON in a cell, which our own SQL made, as a record. */
int sg_row_record(const PGresult *r, int row, int column, const struct sg_record *record,
                  struct sg_arena *a, void *out, struct sg_error *e);
