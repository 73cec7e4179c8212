/* follow.c - the table of keys, read again every second: see parts.h. */
#include "api/keys/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/pg.h"
#include "schemas/catalogue.h"

#define EVERY_MS 1000

/* Those that may be used; bytea is ordered as memcmp orders. */
static const char all[] =
    "SELECT encode(secret_hash, 'hex'), key_id, "
    "(extract(epoch FROM least(expires_at, '9999-01-01+00')) * 1000000)::bigint, "
    "array_to_string(markets, ''), array_to_string(kinds, ','), explicit "
    "FROM public.api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) "
    "ORDER BY secret_hash";

static unsigned char nibble(char c)
{
    return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static unsigned kinds_of(struct sg_str names)
{
    unsigned kinds = 0;
    while (names.n) {
        const char *comma = memchr(names.p, ',', names.n);
        size_t n = comma ? (size_t)(comma - names.p) : names.n;
        enum sg_kind kind = sg_kind_of((struct sg_str){names.p, n});
        if (kind < SG_KINDS)
            kinds |= 1u << kind;
        n += comma != NULL;
        names = (struct sg_str){names.p + n, names.n - n};
    }
    return kinds;
}

static int read_key(PGresult *r, int i, struct key_table *t, struct sg_error *e)
{
    struct api_key *k = &t->v[t->n];
    const char *hex = PQgetvalue(r, i, 0);
    if (PQgetlength(r, i, 0) != 2 * SG_SHA256_BYTES)
        return sg_fail(e, SG_ECORRUPT, "a key's hash of %d digits", PQgetlength(r, i, 0));
    for (size_t b = 0; b < SG_SHA256_BYTES; b++)
        k->hash[b] = (unsigned char)(nibble(hex[2 * b]) << 4 | nibble(hex[2 * b + 1]));
    sg_str_to_u64(sg_str(PQgetvalue(r, i, 1)), &k->id);
    sg_str_to_i64(sg_str(PQgetvalue(r, i, 2)), &k->expires_us);
    k->markets = sg_arena_copy(&t->arena, sg_str(PQgetvalue(r, i, 3)));
    k->kinds = kinds_of(sg_str(PQgetvalue(r, i, 4)));
    k->clean = *PQgetvalue(r, i, 5) == 'f';
    t->n++;
    return k->markets.p ? 0 : sg_fail(e, SG_ENOMEM, "keys");
}

static int read_table(PGconn *c, struct key_table *t, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_pg_exec(c, all, 0, NULL, &r, e);
    if (rc)
        return rc;
    size_t n = (size_t)PQntuples(r);
    t->v = sg_arena_array(&t->arena, n + 1, sizeof *t->v);
    rc = t->v ? 0 : sg_fail(e, SG_ENOMEM, "keys");
    for (size_t i = 0; i < n && !rc; i++)
        rc = read_key(r, (int)i, t, e);
    PQclear(r);
    return rc;
}

static int read_again(struct sg_api_keys *k, PGconn **c, struct sg_error *e)
{
    struct key_table t = {0}, old;
    int64_t now = sg_now_us();
    int rc = *c ? 0 : sg_pg_guard_connect(k->guard, c, k->config->pg.dsn, e);
    if (rc)
        *c = NULL;
    if (!rc)
        rc = read_table(*c, &t, e);
    if (rc) {
        sg_arena_free(&t.arena);
        return rc;
    }
    sg_metric_set(k->known, "", (double)t.n);
    pthread_rwlock_wrlock(&k->table_lock);
    old = k->table;
    k->table = t;
    k->read_us = now;
    pthread_rwlock_unlock(&k->table_lock);
    sg_arena_free(&old.arena);
    return 0;
}

void *key_follow(void *keys)
{
    struct sg_api_keys *k = keys;
    PGconn *c = NULL;
    bool failed = false;
    do {
        struct sg_error e = SG_ERROR_INIT;
        int rc = read_again(k, &c, &e);
        if (rc && !failed)
            sg_log(SG_LOG_WARN, "API keys cannot be read", "why=%s", e.text);
        else if (!rc && failed)
            sg_log(SG_LOG_INFO, "API keys are read again", NULL);
        failed = rc != 0;
        if (rc) {
            sg_pg_guard_finish(k->guard, c);
            c = NULL;
        }
        sg_pause_end(&k->tried);
    } while (!sg_pause_for(&k->pause, EVERY_MS, false));
    sg_pg_guard_finish(k->guard, c);
    return NULL;
}
