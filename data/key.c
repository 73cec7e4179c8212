/* key.c - segue-data key: API keys are made, listed and revoked. Of a secret only the
 * SHA-256 leaves this process.
 */
#include "core/digest.h"
#include "core/pg.h"
#include "data/command.h"
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SECRET_BYTES 32
#define PREFIX       "segue_"

const char sg_data_key_help[] =
    "create --name NAME makes a key and prints it, this once:\n"
    "  --market DE    only what is available there; again for more markets\n"
    "  --kind song    only songs (artists, albums, playlists); again for more kinds\n"
    "  --clean        no explicit songs\n"
    "  --expires DATE until then: 2027-01-31, or with a time and its zone\n"
    "list shows all keys, revoke ID ends one: the API knows within two seconds.";

struct wanted {
    const char *name, *expires;
    bool clean;
    struct sg_buf markets, kinds; /* separated by commas */
};

static bool is_market(const char *s)
{
    return strlen(s) == 2 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static bool is_kind(const char *s)
{
    return !strcmp(s, "song") || !strcmp(s, "artist") || !strcmp(s, "album") ||
           !strcmp(s, "playlist");
}

static void add(struct sg_buf *list, const char *s)
{
    sg_buf_printf(list, "%s%s", list->n ? "," : "", s);
}

static bool read_arguments(int argc, char **argv, struct wanted *w)
{
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--clean")) {
            w->clean = true;
            continue;
        }
        if (next && !strcmp(argv[i], "--name"))
            w->name = next;
        else if (next && !strcmp(argv[i], "--expires"))
            w->expires = next;
        else if (next && !strcmp(argv[i], "--market") && is_market(next))
            add(&w->markets, next);
        else if (next && !strcmp(argv[i], "--kind") && is_kind(next))
            add(&w->kinds, next);
        else
            return false;
        i++;
    }
    sg_buf_putc(&w->markets, '\0');
    sg_buf_putc(&w->kinds, '\0');
    return w->name && *w->name;
}

static int make_secret(char out[sizeof PREFIX + 2 * SECRET_BYTES], struct sg_error *e)
{
    unsigned char bytes[SECRET_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return sg_fail_errno(e, "getrandom");
    memcpy(out, PREFIX, sizeof PREFIX);
    sg_hex(bytes, sizeof bytes, out + strlen(PREFIX));
    explicit_bzero(bytes, sizeof bytes);
    return 0;
}

static int insert(PGconn *c, const struct wanted *w, const char *secret, char id[24],
                  struct sg_error *e)
{
    unsigned char hash[SG_SHA256_BYTES];
    char hex[2 * SG_SHA256_BYTES + 1];
    PGresult *r;
    sg_sha256(sg_str(secret), hash);
    sg_hex(hash, sizeof hash, hex);
    const char *params[] = {w->name,    hex,        w->markets.p,
                            w->kinds.p, w->expires, w->clean ? "false" : "true"};
    int rc = sg_pg_exec(c,
                        "INSERT INTO public.api_keys (name, secret_hash, markets, kinds, "
                        "expires_at, explicit) VALUES ($1, decode($2, 'hex'), "
                        "string_to_array($3, ','), string_to_array($4, ','), $5, $6) "
                        "RETURNING key_id",
                        6, params, &r, e);
    if (rc)
        return rc;
    snprintf(id, 24, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return 0;
}

static int create(PGconn *c, const struct wanted *w, struct sg_error *e)
{
    char secret[sizeof PREFIX + 2 * SECRET_BYTES], id[24];
    if (sg_buf_failed(&w->markets) || sg_buf_failed(&w->kinds))
        return sg_fail(e, SG_ENOMEM, "key");
    int rc = make_secret(secret, e);
    if (!rc)
        rc = insert(c, w, secret, id, e);
    if (!rc) {
        printf("%s\n", secret);
        fprintf(stderr, "key %s, '%s': it is not shown again\n", id, w->name);
    }
    explicit_bzero(secret, sizeof secret);
    return rc;
}

static int list(PGconn *c, struct sg_error *e)
{
    PGresult *r;
    PQprintOpt how = {.header = 1, .align = 1, .fieldSep = (char *)"  "};
    int rc = sg_pg_exec(c,
                        "SELECT key_id AS id, translate(name, E'\\t\\n\\r', '   ') AS name, "
                        "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() "
                        "THEN 'expired' ELSE 'valid' END AS state, "
                        "coalesce(nullif(array_to_string(markets, ','), ''), 'all') AS markets, "
                        "coalesce(nullif(array_to_string(kinds, ','), ''), 'all') AS kinds, "
                        "CASE WHEN explicit THEN 'all' ELSE 'clean' END AS songs, "
                        "to_char(created_at, 'YYYY-MM-DD HH24:MI') AS created, "
                        "coalesce(expires_at::text, 'never') AS expires "
                        "FROM public.api_keys ORDER BY key_id",
                        0, NULL, &r, e);
    if (rc)
        return rc;
    PQprint(stdout, r, &how);
    PQclear(r);
    return 0;
}

static int revoke(PGconn *c, const char *id, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_pg_exec(c,
                        "UPDATE public.api_keys SET revoked_at = now() WHERE key_id = $1 "
                        "AND revoked_at IS NULL RETURNING name",
                        1, &id, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r))
        fprintf(stderr, "key %s, '%s', is revoked\n", id, PQgetvalue(r, 0, 0));
    else
        rc = sg_fail(e, SG_ENOENT, "there is no key %s that is not revoked", id);
    PQclear(r);
    return rc;
}

static int act(const struct sg_config *config, int argc, char **argv, const struct wanted *w)
{
    struct sg_error e = SG_ERROR_INIT;
    PGconn *c = NULL;
    int rc = sg_pg_connect(&c, config->pg.dsn, &e);
    if (!rc)
        rc = w->name ? create(c, w, &e) : argc == 3 ? revoke(c, argv[2], &e) : list(c, &e);
    PQfinish(c);
    return rc ? sg_data_failed("key", &e) : 0;
}

int sg_data_key(const struct sg_config *config, int argc, char **argv)
{
    struct wanted w = {0};
    bool creates = argc >= 2 && !strcmp(argv[1], "create");
    bool right = creates     ? read_arguments(argc, argv, &w)
                 : argc == 2 ? !strcmp(argv[1], "list")
                             : argc == 3 && !strcmp(argv[1], "revoke") && *argv[2] &&
                                   strspn(argv[2], "0123456789") == strlen(argv[2]);
    int code = right ? act(config, argc, argv, &w)
                     : sg_data_misused("key", "expected create --name NAME, list, or revoke ID");
    sg_buf_free(&w.markets);
    sg_buf_free(&w.kinds);
    return code;
}
