/* lock.c - see lock.h. */
#include "data/import/lock.h"
#include "core/service.h"

#define KEY     "hashtext('segue import')"
#define LOOK_MS 200

static int try_lock(PGconn *c, bool *held, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c, "SELECT pg_try_advisory_lock(" KEY ")", 0, NULL, &r, e);
    *held = !rc && PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    return rc;
}

/* A lock on one bigint is in pg_locks as its two halves. */
static int describe_holder(PGconn *c, char out[200], struct sg_error *e)
{
    static const char sql[] =
        "SELECT concat('session ', a.pid, ' of ', a.usename, "
        "' at ' || coalesce(host(a.client_addr), 'this machine'), "
        "to_char(a.backend_start, '\", begun \"YYYY-MM-DD HH24:MI:SS')) "
        "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND (l.classid::bigint << 32 | l.objid::bigint) = " KEY "::bigint";
    PGresult *r = NULL;
    int rc = sg_pg_exec(c, sql, 0, NULL, &r, e);
    if (!rc)
        snprintf(out, 200, "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : "a session that ends");
    PQclear(r);
    return rc;
}

int sg_import_lock(PGconn *c, bool wait, struct sg_error *e)
{
    char holder[200] = "";
    bool held;
    int rc = try_lock(c, &held, e);
    if (!rc && !held)
        rc = describe_holder(c, holder, e);
    if (!rc && !held && !wait)
        return sg_fail(e, SG_EBUSY, "another import is running: %s", holder);
    if (!rc && !held)
        fprintf(stderr, "waiting for another import to end: %s\n", holder);
    while (!rc && !held) {
        if (sg_wait_stop(LOOK_MS))
            return sg_fail(e, SG_ECANCELED, "stopped while another import was running");
        rc = try_lock(c, &held, e);
    }
    return rc;
}

void sg_import_unlock(PGconn *c)
{
    sg_pg_exec(c, "SELECT pg_advisory_unlock(" KEY ")", 0, NULL, NULL, NULL);
}
