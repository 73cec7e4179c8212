/* replicas.c - the read replicas of pg.replicas, a server each host of the connection string.
 *
 * How far one is behind is told by when the primary's log was first seen past what it has
 * replayed: no clock of another machine, and an idle primary makes nobody late. While the primary
 * is away nobody knows better, and all that answer are near enough.
 */
#include "api/db/inside.h"
#include "core/clock.h"
#include <stdio.h>
#include <stdlib.h>

/* Part i of a list separated by commas; NONE behind its end. */
static struct sg_str part(const char *list, size_t i)
{
    const char *at = list;
    for (; i; i--) {
        at = strchr(at, ',');
        if (!at)
            return SG_STR_NONE;
        at++;
    }
    return (struct sg_str){at, strcspn(at, ",")};
}

static size_t count(const char *list)
{
    size_t n = 1;
    for (const char *at = list; (at = strchr(at, ',')); at++)
        n++;
    return n;
}

static void put_option(struct sg_buf *out, const char *key, struct sg_str value)
{
    sg_buf_printf(out, "%s='", key);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\'' || value.p[i] == '\\')
            sg_buf_putc(out, '\\');
        sg_buf_putc(out, value.p[i]);
    }
    sg_buf_puts(out, "' ");
}

static bool is_per_host(const char *key)
{
    return !strcmp(key, "host") || !strcmp(key, "hostaddr") || !strcmp(key, "port");
}

/* The connection string of host i alone; any server will do there, also a standby. */
static void dsn_of(const PQconninfoOption *all, size_t i, struct sg_buf *out)
{
    for (const PQconninfoOption *o = all; o->keyword; o++) {
        if (!o->val || !strcmp(o->keyword, "target_session_attrs"))
            continue;
        struct sg_str whole = sg_str(o->val);
        bool many = is_per_host(o->keyword) && count(o->val) > 1;
        put_option(out, o->keyword, many ? part(o->val, i) : whole);
    }
    sg_buf_putc(out, '\0');
}

static size_t hosts_of(const PQconninfoOption *all)
{
    size_t n = 1;
    for (const PQconninfoOption *o = all; o->keyword; o++)
        if (o->val && is_per_host(o->keyword) && count(o->val) > n)
            n = count(o->val);
    return n;
}

static int open_one(struct sg_db *db, const PQconninfoOption *all, size_t i,
                    const struct sg_config *config, const char *settings, struct sg_error *e)
{
    struct sg_buf dsn = {0};
    dsn_of(all, i, &dsn);
    snprintf(db->names[i], sizeof db->names[i], "replica %zu", i + 1);
    struct db_server_options o = {
        .name = db->names[i],
        .dsn = dsn.p,
        .settings = settings,
        .connections = (int)config->pg.pool_size,
        .away_us = config->pg.away_ms * 1000,
    };
    int rc = sg_buf_failed(&dsn) ? sg_fail(e, SG_ENOMEM, "replicas")
                                 : db_server_open(&db->replicas[i], &o, e);
    sg_buf_free(&dsn);
    db->n_replicas += !rc;
    return rc;
}

int db_replicas_open(struct sg_db *db, const struct sg_config *config, const char *settings,
                     struct sg_error *e)
{
    if (!*config->pg.replicas)
        return 0;
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(config->pg.replicas, &why);
    int rc = 0;
    size_t n = all ? hosts_of(all) : 0;
    if (!all)
        rc = sg_fail(e, SG_EINVAL, "pg.replicas: %s", why ? why : "out of memory");
    else if (n > DB_REPLICAS_MAX)
        rc = sg_fail(e, SG_EINVAL, "pg.replicas: %zu hosts, at most %d are allowed", n,
                     DB_REPLICAS_MAX);
    for (size_t i = 0; !rc && i < n; i++)
        rc = open_one(db, all, i, config, settings, e);
    PQconninfoFree(all);
    PQfreemem(why);
    return rc;
}

static bool is_near(struct sg_db *db, uint64_t replayed)
{
    if (!db_server_is_there(db->primary))
        return true;
    int64_t behind_since_us = db_server_reached_us(db->primary, replayed + 1);
    return !behind_since_us || sg_now_us() - behind_since_us <= db->lag_us;
}

struct db_server *db_choose(struct sg_db *db, uint64_t lsn)
{
    size_t start = db->n_replicas ? db->turn++ : 0;
    for (size_t i = 0; i < db->n_replicas; i++) {
        struct db_server *r = db->replicas[(start + i) % db->n_replicas];
        uint64_t replayed = db_server_lsn(r);
        if (db_server_is_there(r) && replayed >= lsn && is_near(db, replayed))
            return r;
    }
    return db->primary;
}
