/* setaside.h - indexes dropped before a bulk load and made again after it,
 * inside the same transaction: nobody ever sees the tables without them.
 * Unique indexes stay: they guard, and rows arrive in their order. */
#pragma once
#include "core/err.h"
#include <libpq-fe.h>
#include <stddef.h>

struct sg_setaside {
    PGresult *indexes; /* name, definition */
};

/* tables: a text array literal, "{songs,artists}". */
int sg_setaside_drop(struct sg_setaside *s, PGconn *c, const char *tables, struct sg_error *e);
int sg_setaside_restore(struct sg_setaside *s, PGconn *c, struct sg_error *e);
void sg_setaside_free(struct sg_setaside *s);
