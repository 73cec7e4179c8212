/* setaside.c - see setaside.h. */
#include "data/generate/setaside.h"
#include "core/pg.h"

/* A partitioned index is written "ON ONLY": without it its partitions get
 * theirs too. Partitions' own indexes (relispartition) go with their parent. */
static const char find[] =
    "SELECT i.indexrelid::regclass::text,"
    "       regexp_replace(pg_get_indexdef(i.indexrelid), '^(CREATE INDEX .*? ON) ONLY ', '\\1 ')"
    "  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
    "  JOIN unnest($1::text[]) t ON i.indrelid = to_regclass(t)"
    " WHERE NOT i.indisunique AND NOT i.indisreplident AND NOT x.relispartition"
    " ORDER BY 1";

int sg_setaside_drop(struct sg_setaside *s, PGconn *c, const char *tables, struct sg_error *e)
{
    int rc = sg_pg_exec(c, find, 1, &tables, &s->indexes, e);
    struct sg_buf sql = {0};
    for (int i = 0; !rc && i < PQntuples(s->indexes); i++) {
        sg_buf_reset(&sql);
        sg_buf_printf(&sql, "DROP INDEX %s", PQgetvalue(s->indexes, i, 0));
        sg_buf_putc(&sql, 0);
        rc = sg_buf_failed(&sql) ? sg_fail(e, SG_ENOMEM, "indexes")
                                 : sg_pg_exec(c, sql.p, 0, NULL, NULL, e);
    }
    sg_buf_free(&sql);
    return rc;
}

int sg_setaside_restore(struct sg_setaside *s, PGconn *c, struct sg_error *e)
{
    int rc = 0;
    for (int i = 0; !rc && s->indexes && i < PQntuples(s->indexes); i++)
        rc = sg_pg_exec(c, PQgetvalue(s->indexes, i, 1), 0, NULL, NULL, e);
    return rc;
}

void sg_setaside_free(struct sg_setaside *s)
{
    PQclear(s->indexes);
    s->indexes = NULL;
}
