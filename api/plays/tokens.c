/* tokens.c - long-lived tokens, by which other players speak for a user.
 *
 * 122 random bits in the form of a UUID, which is what such players expect; the database has
 * its SHA-256. Who a token is of is asked at most once a minute, and holds for an hour while
 * the database is away, so that listens can be taken then. A revoked token is good for no
 * longer than that minute, and at once no more where it was revoked.
 */
#include "api/accounts/accounts.h"
#include "api/plays/handlers.h"
#include "api/plays/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/instant.h"
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#define PLACES     4096
#define FRESH_US   60000000
#define STALE_US   3600000000
#define TOKENS_MAX 50 /* of one user */

struct known {
    unsigned char hash[SG_SHA256_BYTES];
    struct token_owner owner;
    int64_t asked_us; /* 0: free */
};
struct token_cache {
    pthread_mutex_t lock;
    struct known v[PLACES];
};

struct token_cache *token_cache_open(void)
{
    struct token_cache *c = calloc(1, sizeof *c);
    if (c)
        pthread_mutex_init(&c->lock, NULL);
    return c;
}

void token_cache_close(struct token_cache *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct known *place_of(struct token_cache *c, const unsigned char *hash)
{
    return &c->v[(hash[0] << 8 | hash[1]) % PLACES];
}

static bool recall(struct token_cache *c, const unsigned char *hash, int64_t age_us,
                   struct token_owner *out)
{
    pthread_mutex_lock(&c->lock);
    const struct known *k = place_of(c, hash);
    bool found = k->asked_us && sg_now_us() - k->asked_us < age_us &&
                 memcmp(k->hash, hash, sizeof k->hash) == 0;
    if (found)
        *out = k->owner;
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void remember(struct token_cache *c, const unsigned char *hash,
                     const struct token_owner *owner)
{
    pthread_mutex_lock(&c->lock);
    struct known *k = place_of(c, hash);
    memcpy(k->hash, hash, sizeof k->hash);
    k->owner = *owner;
    k->asked_us = sg_now_us();
    pthread_mutex_unlock(&c->lock);
}

static void forget_all_of(struct token_cache *c, uint64_t user_id)
{
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < PLACES; i++)
        if (c->v[i].owner.user_id == user_id)
            c->v[i] = (struct known){0};
    pthread_mutex_unlock(&c->lock);
}

static int ask(struct sg_api *api, struct sg_http_request *q, const unsigned char *hash,
               struct token_owner *out, struct sg_error *e)
{
    static const struct sg_pg_statement use = {
        "use_token",
        "UPDATE user_tokens t SET last_used_at = now() FROM users u "
        "WHERE t.token_hash = decode($1, 'hex') AND u.user_id = t.user_id "
        "RETURNING u.user_id, u.private_session, u.subscription_type = 'expired'",
        1};
    char hex[2 * SG_SHA256_BYTES + 1];
    const char *params[] = {hex};
    PGresult *r = NULL;
    sg_hex(hash, SG_SHA256_BYTES, hex);
    int rc = sg_db_write(api->db, q, &use, params, &r, e);
    if (!rc && PQntuples(r) == 0)
        rc = sg_fail(e, SG_EAUTH, "Invalid authorization token.");
    if (!rc)
        *out = (struct token_owner){(uint64_t)column_i64(r, 0, 0, 0), *PQgetvalue(r, 0, 1) == 't',
                                    *PQgetvalue(r, 0, 2) == 't'};
    PQclear(r);
    return rc;
}

int tokens_user(struct sg_api *api, struct sg_http_request *q, struct sg_str token,
                struct token_owner *out, struct sg_error *e)
{
    struct token_cache *c = api->plays->tokens;
    unsigned char hash[SG_SHA256_BYTES], id[16];
    struct sg_error why = SG_ERROR_INIT;
    if (!token.n)
        return sg_fail(e, SG_EAUTH, "You need to provide an Authorization header.");
    if (!sg_uuid_parse(token, id))
        return sg_fail(e, SG_EAUTH, "Invalid authorization token.");
    sg_sha256((struct sg_str){(const char *)id, 16}, hash);
    bool fresh = recall(c, hash, FRESH_US, out);
    int rc = fresh ? 0 : ask(api, q, hash, out, &why);
    if (!rc && !fresh)
        remember(c, hash, out);
    else if (rc && rc != SG_EAUTH && recall(c, hash, STALE_US, out))
        rc = 0;
    else if (rc && e)
        *e = why;
    if (!rc)
        sg_accounts_privacy_now(api->accounts, out->user_id, &out->private_session);
    return rc;
}

static int make(unsigned char id[16], struct sg_error *e)
{
    if (getrandom(id, 16, 0) != 16)
        return sg_fail_errno(e, "a token");
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    return 0;
}

static struct sg_user_token row(struct sg_arena *a, const PGresult *r, int i)
{
    int64_t used = column_i64(r, i, 3, 0);
    return (struct sg_user_token){.token_id = (uint64_t)column_i64(r, i, 0, 0),
                                  .name = column(a, r, i, 1),
                                  .created_at = sg_instant_str(a, column_i64(r, i, 2, 0)),
                                  .last_used_at = used ? sg_instant_str(a, used) : SG_STR_NONE};
}

#define COLUMNS                                                                                    \
    "token_id, name, (extract(epoch FROM created_at) * 1e6)::bigint, "                             \
    "(extract(epoch FROM last_used_at) * 1e6)::bigint"

void sg_plays_tokens(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static const struct sg_pg_statement list = {
        "user_tokens",
        "SELECT " COLUMNS " FROM user_tokens WHERE user_id = $1::bigint ORDER BY token_id LIMIT 50",
        1};
    struct sg_error e = SG_ERROR_INIT;
    char user[24];
    const char *params[] = {user};
    PGresult *rows = NULL;
    snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
    int rc = sg_db_read(api->db, q, &list, params, &rows, &e);
    size_t n = rc ? 0 : (size_t)PQntuples(rows);
    struct sg_user_token *v = sg_arena_array(q->arena, n + 1, sizeof *v);
    if (!rc && !v)
        rc = sg_fail(&e, SG_ENOMEM, "tokens");
    for (size_t i = 0; !rc && i < n; i++)
        v[i] = row(q->arena, rows, (int)i);
    PQclear(rows);
    struct sg_user_tokens out = {{v, n}};
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_user_tokens_record, &out);
}

static int insert(struct sg_api *api, struct sg_http_request *q, struct sg_str name,
                  const unsigned char id[16], PGresult **rows, struct sg_error *e)
{
    static const struct sg_pg_statement put = {
        "make_user_token",
        "INSERT INTO user_tokens (user_id, name, token_hash) "
        "SELECT u.user_id, $2, decode($3, 'hex') FROM users u WHERE u.user_id = $1::bigint "
        "AND (SELECT count(*) FROM user_tokens t WHERE t.user_id = u.user_id) < 50 "
        "RETURNING " COLUMNS,
        3};
    unsigned char hash[SG_SHA256_BYTES];
    char user[24], hex[2 * SG_SHA256_BYTES + 1];
    const char *params[] = {user, name.p, hex};
    snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
    sg_sha256((struct sg_str){(const char *)id, 16}, hash);
    sg_hex(hash, sizeof hash, hex);
    int rc = sg_db_write(api->db, q, &put, params, rows, e);
    return rc || PQntuples(*rows)
               ? rc
               : sg_fail(e, SG_ECONFLICT, "a user has at most %d tokens; revoke one", TOKENS_MAX);
}

void sg_plays_make_token(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_user_token_wish in;
    unsigned char id[16];
    char token[SG_UUID_CHARS + 1];
    PGresult *rows = NULL;
    int rc = sg_record_from_json(&sg_user_token_wish_record, q->body, q->arena, &in, &e);
    if (!rc)
        rc = make(id, &e);
    if (!rc)
        rc = insert(api, q, in.name, id, &rows, &e);
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (rc) {
        PQclear(rows);
        sg_problem(q, r, &e);
        return;
    }
    struct sg_user_token out = row(q->arena, rows, 0);
    PQclear(rows);
    sg_uuid_text(id, token);
    out.token = sg_str(token);
    r->status = 201;
    sg_http_header(r, "Location",
                   sg_arena_printf(q->arena, "/api/v1/me/tokens/%" PRIu64, out.token_id));
    sg_api_answer(r, &sg_user_token_record, &out);
}

void sg_plays_revoke_token(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    static const struct sg_pg_statement revoke = {
        "revoke_user_token",
        "DELETE FROM user_tokens WHERE user_id = $1::bigint AND token_id = $2::bigint "
        "RETURNING token_id",
        2};
    struct sg_error e = SG_ERROR_INIT;
    char user[24], id[24];
    const char *params[] = {user, id};
    PGresult *rows = NULL;
    snprintf(user, sizeof user, "%" PRIu64, q->caller.user_id);
    snprintf(id, sizeof id, "%" PRIu64, sg_route_id(q, 0));
    int rc = sg_db_write(api->db, q, &revoke, params, &rows, &e);
    if (!rc && !PQntuples(rows))
        rc = sg_fail(&e, SG_ENOENT, "there is no token %s", id);
    PQclear(rows);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    forget_all_of(api->plays->tokens, q->caller.user_id);
    r->status = 204;
}
