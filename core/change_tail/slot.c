/* slot.c - replication slots, and LSNs as text: see core/change_tail.h. */
#include "core/change_tail.h"
#include "core/clock.h"
#include "core/pg/session.h"
#include <stdio.h>

static const int64_t connect_us = 10 * 1000000;

static bool hex(struct sg_str s, uint32_t *out)
{
    uint32_t v = 0;
    if (s.n < 1 || s.n > 8)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *d = s.p[i] ? strchr(digits, s.p[i] | 0x20) : NULL;
        if (!d || (s.p[i] < '0'))
            return false;
        v = v << 4 | (uint32_t)(d - digits);
    }
    *out = v;
    return true;
}

bool sg_lsn_parse(struct sg_str s, uint64_t *out)
{
    const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
    uint32_t high, low;
    if (!slash)
        return false;
    size_t n = (size_t)(slash - s.p);
    if (!hex((struct sg_str){s.p, n}, &high) || !hex((struct sg_str){slash + 1, s.n - n - 1}, &low))
        return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

void sg_lsn_format(uint64_t lsn, char out[24])
{
    snprintf(out, 24, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
}

static int read_slot(const PGresult *r, char snapshot[64], uint64_t *lsn, struct sg_error *e)
{
    const char *at = PQgetvalue(r, 0, 1), *name = PQgetvalue(r, 0, 2);
    if (PQntuples(r) != 1 || PQnfields(r) < 3 || strlen(name) >= 64 ||
        !sg_lsn_parse(sg_str(at), lsn))
        return sg_fail(e, SG_ECORRUPT, "unexpected answer to CREATE_REPLICATION_SLOT");
    strcpy(snapshot, name);
    return 0;
}

int sg_slot_create(const char *dsn, const char *name, PGconn **holder, char snapshot[64],
                   uint64_t *lsn, struct sg_error *e)
{
    char sql[160];
    size_t n = strlen(name);
    if (n < 1 || n > 63 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != n)
        return sg_fail(e, SG_EINVAL, "'%.64s' is no name of a replication slot", name);
    PGconn *c = NULL;
    PGresult *r = NULL;
    int rc = sg_pg_session(&c, dsn, SG_PG_REPLICATION, sg_now_us() + connect_us, e);
    if (rc)
        return rc;
    snprintf(sql, sizeof sql, "CREATE_REPLICATION_SLOT \"%s\" LOGICAL pgoutput (SNAPSHOT 'export')",
             name);
    rc = sg_pg_exec(c, sql, 0, NULL, &r, e);
    if (!rc)
        rc = read_slot(r, snapshot, lsn, e);
    PQclear(r);
    if (rc)
        PQfinish(c);
    else
        *holder = c;
    return rc;
}

int sg_slot_drop(PGconn *c, const char *name, struct sg_error *e)
{
    return sg_pg_exec(c, "SELECT pg_drop_replication_slot($1)", 1, &name, NULL, e);
}

const struct sg_cell *sg_tuple_get(const struct sg_relation *r, const struct sg_tuple *t,
                                   const char *column)
{
    size_t n = t ? t->n : 0;
    for (size_t i = 0; i < r->n && i < n; i++)
        if (sg_str_eq(r->columns[i].name, sg_str(column)))
            return &t->cells[i];
    return NULL;
}
