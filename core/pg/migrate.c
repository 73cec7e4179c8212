/* migrate.c - forward-only migrations: see core/pg.h.
 *
 * The folder is the plan, schema_migrations what was done. Both are compared
 * whole before anything runs, so a wrong folder changes nothing.
 */
#include "core/clock.h"
#include "core/log.h"
#include "core/map.h"
#include "core/pg/session.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define TRY_US       600000000
#define PAUSE_US     250000
#define PAUSE_MAX_US 4000000

struct migration {
    int number;
    char name[128]; /* of the file */
    char checksum[17];
    char *sql; /* zero-terminated */
};
struct plan {
    struct migration *v;
    size_t n;
};

static void free_plan(struct plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].sql);
    free(p->v);
}

/* NNNN_name.sql */
static bool parse_name(const char *name, int *number)
{
    size_t n = strlen(name);
    if (n < 10 || n >= sizeof((struct migration *)0)->name || name[4] != '_' ||
        strcmp(name + n - 4, ".sql") != 0)
        return false;
    uint64_t v;
    if (!sg_str_to_u64((struct sg_str){name, 4}, &v))
        return false;
    *number = (int)v;
    return strspn(name + 5, "abcdefghijklmnopqrstuvwxyz0123456789_") == n - 9;
}

static int read_sql(struct migration *m, const char *dir, struct sg_error *e)
{
    char path[4096];
    struct sg_map map;
    snprintf(path, sizeof path, "%s/%s", dir, m->name);
    int rc = sg_map_open(&map, path, 1, e);
    if (rc)
        return rc;
    if (memchr(map.p, 0, map.n))
        rc = sg_fail(e, SG_EINVAL, "%s holds a zero byte", path);
    else if (!(m->sql = strndup((const char *)map.p, map.n)))
        rc = sg_fail(e, SG_ENOMEM, "%s", path);
    snprintf(m->checksum, sizeof m->checksum, "%016llx",
             (unsigned long long)XXH3_64bits(map.p, map.n));
    sg_map_close(&map);
    return rc;
}

static int add_file(struct plan *p, const char *dir, const char *name, struct sg_error *e)
{
    size_t n = strlen(name);
    if (name[0] == '.' || n < 4 || strcmp(name + n - 4, ".sql") != 0)
        return 0;
    int number;
    if (!parse_name(name, &number))
        return sg_fail(e, SG_EINVAL, "%s/%s: a migration is called NNNN_name.sql", dir, name);
    struct migration *v = realloc(p->v, (p->n + 1) * sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "migrations");
    p->v = v;
    struct migration *m = &v[p->n++];
    *m = (struct migration){.number = number};
    memcpy(m->name, name, n + 1);
    return read_sql(m, dir, e);
}

static int by_number(const void *a, const void *b)
{
    return ((const struct migration *)a)->number - ((const struct migration *)b)->number;
}

static int check_numbers(const struct plan *p, const char *dir, struct sg_error *e)
{
    for (size_t i = 0; i < p->n; i++) {
        int want = (int)i + 1, have = p->v[i].number;
        if (have < want)
            return sg_fail(e, SG_ECORRUPT, "%s: two migrations have number %04d", dir, have);
        if (have > want)
            return sg_fail(e, SG_ECORRUPT, "%s: migration %04d is missing before %s", dir, want,
                           p->v[i].name);
    }
    return p->n ? 0 : sg_fail(e, SG_ENOENT, "%s holds no migrations", dir);
}

static int read_plan(struct plan *p, const char *dir, struct sg_error *e)
{
    DIR *d = opendir(dir);
    if (!d)
        return sg_fail_errno(e, "open %s", dir);
    int rc = 0;
    for (struct dirent *f; !rc && (f = readdir(d));)
        rc = add_file(p, dir, f->d_name, e);
    closedir(d);
    if (rc)
        return rc;
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_number);
    return check_numbers(p, dir, e);
}

/* Row i of what was applied against migration i of the folder. */
static int check_applied(const PGresult *r, int i, const struct plan *p, struct sg_error *e)
{
    const char *number = PQgetvalue(r, i, 0), *name = PQgetvalue(r, i, 1);
    if ((size_t)i >= p->n)
        return sg_fail(e, SG_ECORRUPT,
                       "the database is newer than this program: it has migration %s", name);
    if (atoi(number) != p->v[i].number)
        return sg_fail(e, SG_ECORRUPT, "the database has migration %s but not %s", name,
                       p->v[i].name);
    if (strcmp(PQgetvalue(r, i, 2), p->v[i].checksum) != 0)
        return sg_fail(e, SG_ECORRUPT,
                       "migration %s was changed after it was applied (checksum %s, was %s)",
                       p->v[i].name, p->v[i].checksum, PQgetvalue(r, i, 2));
    return 0;
}

/* *done: how many of the plan are applied already. */
static int compare(PGconn *c, const struct plan *p, size_t *done, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = sg_pg_exec(c, "SELECT number, name, checksum FROM schema_migrations ORDER BY number",
                        0, NULL, &r, e);
    int n = rc ? 0 : PQntuples(r);
    for (int i = 0; i < n && !rc; i++)
        rc = check_applied(r, i, p, e);
    PQclear(r);
    *done = (size_t)n;
    return rc;
}

/* The server counts characters from 1. */
static int line_of(const char *sql, int position)
{
    int line = 1;
    for (; *sql; sql++) {
        if (((unsigned char)*sql & 0xc0) != 0x80 && --position <= 0)
            break;
        line += *sql == '\n';
    }
    return line;
}

static int run_sql(PGconn *c, const struct migration *m, struct sg_error *e)
{
    PGresult *r = PQexec(c, m->sql);
    ExecStatusType s = PQresultStatus(r);
    int rc = 0;
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && s != PGRES_EMPTY_QUERY) {
        const char *at = r ? PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION) : NULL;
        rc = sg_pg_fail(e, c, r);
        if (at)
            sg_wrap(e, "%s:%d", m->name, line_of(m->sql, atoi(at)));
        else
            sg_wrap(e, "%s", m->name);
    } else if (PQtransactionStatus(c) != PQTRANS_INTRANS) {
        rc = sg_fail(e, SG_EINVAL, "%s ends its own transaction", m->name);
    }
    PQclear(r);
    return rc;
}

static int apply(PGconn *c, const struct migration *m, struct sg_error *e)
{
    char number[16];
    snprintf(number, sizeof number, "%d", m->number);
    const char *row[] = {number, m->name, m->checksum};
    int rc = sg_pg_exec(c, "BEGIN; SET LOCAL lock_timeout = '1s'", 0, NULL, NULL, e);
    if (!rc)
        rc = run_sql(c, m, e);
    if (!rc)
        rc = sg_pg_exec(c,
                        "INSERT INTO schema_migrations (number, name, checksum)"
                        " VALUES ($1, $2, $3)",
                        3, row, NULL, e);
    if (!rc)
        rc = sg_pg_exec(c, "COMMIT", 0, NULL, NULL, e);
    if (rc)
        sg_pg_exec(c, "ROLLBACK", 0, NULL, NULL, NULL);
    return rc;
}

/* Who waits for a table's lock makes everybody wait who comes behind, readers too: so a migration
 * waits a second for each, gives up all it has, and tries again. */
static int apply_between_others(PGconn *c, const struct migration *m, struct sg_error *e)
{
    int64_t until_us = sg_now_us() + TRY_US, pause_us = PAUSE_US;
    int rc = apply(c, m, e);
    if (rc == SG_EBUSY)
        sg_log(SG_LOG_WARN, "a migration waits for who uses its tables", "migration=%s", m->name);
    while (rc == SG_EBUSY && sg_now_us() < until_us) {
        sg_sleep_us(pause_us);
        pause_us = pause_us * 2 < PAUSE_MAX_US ? pause_us * 2 : PAUSE_MAX_US;
        rc = apply(c, m, e);
    }
    return rc;
}

static const char make_table[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())";

static int migrate_locked(PGconn *c, const struct plan *p, size_t *applied, struct sg_error *e)
{
    size_t done = 0;
    int rc = sg_pg_exec(c, make_table, 0, NULL, NULL, e);
    if (!rc)
        rc = compare(c, p, &done, e);
    for (size_t i = done; i < p->n && !rc; i++) {
        rc = apply_between_others(c, &p->v[i], e);
        *applied += !rc;
    }
    return rc;
}

int sg_pg_migrate(PGconn *c, const char *dir, size_t *applied, struct sg_error *e)
{
    struct plan p = {0};
    size_t n = 0;
    int rc = read_plan(&p, dir, e);
    if (!rc)
        rc = sg_pg_exec(c, "SELECT pg_advisory_lock(hashtext('segue schema_migrations'))", 0, NULL,
                        NULL, e);
    if (!rc) {
        rc = migrate_locked(c, &p, &n, e);
        sg_pg_exec(c, "SELECT pg_advisory_unlock(hashtext('segue schema_migrations'))", 0, NULL,
                   NULL, NULL);
    }
    free_plan(&p);
    if (applied)
        *applied = n;
    return rc;
}
