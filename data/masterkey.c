/* masterkey.c - segue-data masterkey: the master keys that wrap the keys of content. */
#include "core/digest.h"
#include "core/pg.h"
#include "core/vault/vault.h"
#include "data/command.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 200 };

const char sg_data_masterkey_help[] =
    "status shows the master keys and how many content keys each one wraps.\n"
    "rotate adds a new one, which wraps from now on; servers follow by themselves.\n"
    "rewrap puts all content keys under the current one, while everything serves; it may be\n"
    "  stopped and run again at any time.\n"
    "drop ID [--now] removes one that wraps nothing any more, a day after the rotation: work "
    "under\n"
    "  way may carry keys that it wrapped. --now is for when nothing runs.\n"
    "The file (objects.keys) needs a backup of its own, before and after each rotation: without\n"
    "it nothing that is sealed can ever be read again.";

/* Tables that keep wrapped keys, with the column that orders them. */
static const struct {
    const char *table, *id, *least;
} places[] = {
    {"uploads", "upload_id", ""},
    {"assets", "asset_id", "00000000-0000-0000-0000-000000000000"},
};
enum { PLACES = sizeof places / sizeof *places };

/* How many of all tables' content keys are wrapped by this one. */
static int count_wrapped(PGconn *c, uint32_t id, int64_t *n, struct sg_error *e)
{
    char hex[9];
    PGresult *r;
    snprintf(hex, sizeof hex, "%08x", id);
    const char *params[] = {hex};
    int rc = sg_pg_exec(c,
                        "SELECT (SELECT count(*) FROM public.uploads WHERE "
                        "substr(content_key, 5, 4) = decode($1, 'hex')) + "
                        "(SELECT count(*) FROM public.assets WHERE "
                        "substr(content_key, 5, 4) = decode($1, 'hex'))",
                        1, params, &r, e);
    if (rc)
        return rc;
    *n = atoll(PQgetvalue(r, 0, 0));
    PQclear(r);
    return 0;
}

static int show(struct sg_vault *v, PGconn *c, struct sg_error *e)
{
    struct sg_vault_key keys[SG_VAULT_KEYS_MAX];
    size_t n = sg_vault_keys(v, keys);
    printf("%-10s  %-16s  %-7s  %s\n", "id", "made", "state", "content keys");
    for (size_t i = 0; i < n; i++) {
        char made[20];
        struct tm tm;
        time_t at = (time_t)keys[i].created_s;
        int64_t wraps;
        int rc = count_wrapped(c, keys[i].id, &wraps, e);
        if (rc)
            return rc;
        if (!gmtime_r(&at, &tm) || !strftime(made, sizeof made, "%Y-%m-%d %H:%M", &tm))
            snprintf(made, sizeof made, "?");
        printf("%-10u  %-16s  %-7s  %lld\n", keys[i].id, made, keys[i].current ? "current" : "old",
               (long long)wraps);
    }
    return 0;
}

static int rotate(struct sg_vault *v, struct sg_error *e)
{
    uint32_t id;
    int rc = sg_vault_rotate(v, &id, e);
    if (!rc)
        fprintf(stderr, "master key %u is the current one: back the file up, then rewrap\n", id);
    return rc;
}

/* Only a row that still has the old value is changed: whoever wrote it since was right. */
static int rewrap_row(struct sg_vault *v, PGconn *c, const char *table, const char *column,
                      const char *id, struct sg_str wrapped, int64_t *changed, struct sg_error *e)
{
    struct sg_buf fresh = {0};
    char sql[256], old_hex[2 * SG_WRAPPED_BYTES + 1], new_hex[2 * SG_WRAPPED_BYTES + 1];
    bool other;
    int rc = sg_vault_rewrap(v, wrapped, &fresh, &other, e);
    if (rc)
        rc = sg_wrap(e, "%s %s", table, id);
    if (!rc && other) {
        sg_hex((const unsigned char *)wrapped.p, SG_WRAPPED_BYTES, old_hex);
        sg_hex((const unsigned char *)fresh.p, SG_WRAPPED_BYTES, new_hex);
        snprintf(sql, sizeof sql,
                 "UPDATE public.%s SET content_key = decode($3, 'hex') "
                 "WHERE %s = $1 AND content_key = decode($2, 'hex')",
                 table, column);
        const char *params[] = {id, old_hex, new_hex};
        rc = sg_pg_exec(c, sql, 3, params, NULL, e);
        *changed += !rc;
    }
    sg_buf_free(&fresh);
    return rc;
}

static int rewrap_rows(struct sg_vault *v, PGconn *c, int place, PGresult *r, int64_t *changed,
                       struct sg_error *e)
{
    int rc = sg_pg_exec(c, "BEGIN", 0, NULL, NULL, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        size_t n;
        unsigned char *bytes = PQunescapeBytea((unsigned char *)PQgetvalue(r, i, 1), &n);
        rc = bytes ? rewrap_row(v, c, places[place].table, places[place].id, PQgetvalue(r, i, 0),
                                (struct sg_str){(char *)bytes, n}, changed, e)
                   : sg_fail(e, SG_ENOMEM, "masterkey");
        PQfreemem(bytes);
    }
    if (!rc)
        return sg_pg_exec(c, "COMMIT", 0, NULL, NULL, e);
    sg_pg_exec(c, "ROLLBACK", 0, NULL, NULL, NULL);
    return rc;
}

/* The rows of one table whose key another than the current master wraps, batch by batch. */
static int rewrap_table(struct sg_vault *v, PGconn *c, int place, int64_t *changed,
                        struct sg_error *e)
{
    char sql[512], current[9];
    struct sg_buf last = {0};
    int rc = 0, n = BATCH;
    sg_buf_put(&last, places[place].least, strlen(places[place].least) + 1);
    snprintf(sql, sizeof sql,
             "SELECT %s, content_key FROM public.%s WHERE %s > $1 AND content_key IS NOT NULL "
             "AND substr(content_key, 5, 4) <> decode($2, 'hex') ORDER BY %s LIMIT %d",
             places[place].id, places[place].table, places[place].id, places[place].id, BATCH);
    while (!rc && n == BATCH && !sg_stopping()) {
        PGresult *r;
        snprintf(current, sizeof current, "%08x", sg_vault_current(v));
        const char *params[] = {last.p, current};
        if (sg_buf_failed(&last) || (rc = sg_pg_exec(c, sql, 2, params, &r, e)))
            break;
        n = PQntuples(r);
        rc = rewrap_rows(v, c, place, r, changed, e);
        if (n) {
            sg_buf_reset(&last);
            sg_buf_put(&last, PQgetvalue(r, n - 1, 0), strlen(PQgetvalue(r, n - 1, 0)) + 1);
            fprintf(stderr, "\r%lld rewrapped", (long long)*changed);
        }
        PQclear(r);
    }
    bool failed = sg_buf_failed(&last);
    sg_buf_free(&last);
    return rc ? rc : failed ? sg_fail(e, SG_ENOMEM, "masterkey") : 0;
}

static int rewrap(struct sg_vault *v, PGconn *c, struct sg_error *e)
{
    int64_t changed = 0;
    int rc = 0;
    for (int i = 0; !rc && i < PLACES; i++)
        rc = rewrap_table(v, c, i, &changed, e);
    fprintf(stderr, "\r%lld content keys rewrapped\n", (long long)changed);
    if (!rc && sg_stopping())
        rc = sg_fail(e, SG_ECANCELED, "stopped; run it again to go on");
    return rc;
}

/* Seconds since another took the place of this one; INT64_MAX: there is no such key. */
static int64_t retired_s(struct sg_vault *v, uint32_t id)
{
    struct sg_vault_key keys[SG_VAULT_KEYS_MAX];
    size_t n = sg_vault_keys(v, keys), at = 0;
    while (at < n && keys[at].id != id)
        at++;
    /* They lie in the order of their making. */
    return at + 1 < n ? (int64_t)time(NULL) - keys[at + 1].created_s : INT64_MAX;
}

static int drop(struct sg_vault *v, PGconn *c, const char *text, bool now, struct sg_error *e)
{
    uint64_t id = 0;
    int64_t wraps;
    if (!sg_str_to_u64(sg_str(text), &id) || !id || id > UINT32_MAX)
        return sg_fail(e, SG_EINVAL, "'%s' is no id of a master key", text);
    if (!now && retired_s(v, (uint32_t)id) < 86400)
        return sg_fail(e, SG_EBUSY,
                       "master key %s was the current one within the last day: work under way may "
                       "carry keys that it wrapped; wait, or stop all services and say --now",
                       text);
    int rc = count_wrapped(c, (uint32_t)id, &wraps, e);
    if (!rc && wraps)
        rc = sg_fail(e, SG_EBUSY, "master key %s still wraps %lld content keys: rewrap first", text,
                     (long long)wraps);
    return rc ? rc : sg_vault_drop(v, (uint32_t)id, e);
}

int sg_data_masterkey(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_vault *v = NULL;
    PGconn *c = NULL;
    const char *verb = argc > 1 ? argv[1] : "";
    bool now = argc == 4 && !strcmp(argv[3], "--now");
    bool drops = (argc == 3 || now) && !strcmp(verb, "drop");
    bool known = argc == 2 &&
                 (!strcmp(verb, "status") || !strcmp(verb, "rotate") || !strcmp(verb, "rewrap"));
    if (!drops && !known)
        return sg_data_misused("masterkey", "expected status, rotate, rewrap, or drop ID [--now]");
    int rc = sg_vault_open(&v, config, &e);
    if (!rc && strcmp(verb, "rotate") != 0)
        rc = sg_pg_connect(&c, config->pg.dsn, &e);
    if (!rc)
        rc = drops                     ? drop(v, c, argv[2], now, &e)
             : !strcmp(verb, "rotate") ? rotate(v, &e)
             : !strcmp(verb, "rewrap") ? rewrap(v, c, &e)
                                       : show(v, c, &e);
    PQfinish(c);
    sg_vault_close(v);
    return rc ? sg_data_failed("masterkey", &e) : 0;
}
