/* rows.c - cells of the database's answers: see parts.h. */
#include "api/plays/parts.h"

struct sg_str column(struct sg_arena *a, const PGresult *r, int row, int col)
{
    if (PQgetisnull(r, row, col))
        return SG_STR_NONE;
    return sg_arena_copy(
        a, (struct sg_str){PQgetvalue(r, row, col), (size_t)PQgetlength(r, row, col)});
}

int64_t column_i64(const PGresult *r, int row, int col, int64_t if_null)
{
    int64_t v = if_null;
    if (!PQgetisnull(r, row, col))
        sg_str_to_i64(sg_str(PQgetvalue(r, row, col)), &v);
    return v;
}
