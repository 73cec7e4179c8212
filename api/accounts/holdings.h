/* holdings.h - everything the database holds of a user, table by table: the one list by which
 * accounts are exported and deleted.
 *
 * Every table with a column that names a user has its row here; a test looks through the schema
 * and fails for one that has none. A new table of yours: add a row with what the export shows of
 * it (says) and, unless its rows go with users by ON DELETE CASCADE or SET NULL, how it forgets
 * somebody (erase). Secrets are not shown.
 */
#pragma once
#include "core/pg.h"

struct sg_holding {
    const char *table;
    struct sg_pg_statement says;  /* $1 user, $2 limit, $3 offset: a JSON object a row; sql NULL:
                                     nothing that is the user's to see */
    struct sg_pg_statement erase; /* $1 user; sql NULL: goes with the row of users */
};
/* Erased in this order, users last; table NULL at the end. */
extern const struct sg_holding sg_holdings[];
