/* sessions.c - see sessions.h. */
#include "api/accounts/sessions.h"
#include "api/accounts/refresh_token.h"
#include "core/clock.h"
#include "core/digest.h"
#include <sodium.h>
#include <stdio.h>

#define SESSION_BITS 52 /* a number that JSON readers keep whole */

/* Of one user the latest 200 stay. The account is held while its password is the one that was
 * proven: whoever changes it waits, and then ends this session too, or has ended all that was. */
static const struct sg_pg_statement insert = {
    "session_begin",
    "WITH over AS (DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions "
    "WHERE user_id = $2::bigint ORDER BY rotated_at DESC OFFSET 199)), "
    "who AS (SELECT user_id FROM users WHERE user_id = $2::bigint "
    "AND password_hash IS NOT DISTINCT FROM $8 FOR SHARE) "
    "INSERT INTO sessions (session_id, user_id, family_key, current_hash, device, expires_at, "
    "tokens_until) SELECT $1::bigint, user_id, decode($3, 'hex'), decode($4, 'hex'), $5, "
    "now() + make_interval(days => $6::int), now() + make_interval(secs => $7::double precision) "
    "FROM who ON CONFLICT DO NOTHING RETURNING session_id",
    8};
static const struct sg_pg_statement find = {
    "session_find",
    "SELECT encode(s.family_key, 'hex'), encode(s.current_hash, 'hex'), "
    "encode(s.previous_hash, 'hex'), encode(s.salt, 'hex'), s.generation, "
    "s.rotated_at > now() - make_interval(secs => $2::double precision), "
    "s.user_id FROM sessions s "
    "WHERE s.session_id = $1::bigint AND s.expires_at > now() FOR UPDATE",
    2};
static const struct sg_pg_statement account = {
    "session_account", "SELECT " ACCOUNT_COLUMNS " FROM users u WHERE u.user_id = $1::bigint", 1};
static const struct sg_pg_statement rotate = {
    "session_rotate",
    "UPDATE sessions SET previous_hash = current_hash, current_hash = decode($2, 'hex'), "
    "salt = decode($3, 'hex'), generation = generation + 1, rotated_at = now(), "
    "expires_at = least(now() + make_interval(days => $4::int), created_at + interval '1 year'), "
    "tokens_until = now() + make_interval(secs => $5::double precision) "
    "WHERE session_id = $1::bigint",
    5};
static const struct sg_pg_statement again = {
    "session_again",
    "UPDATE sessions SET tokens_until = now() + make_interval(secs => $2::double precision) "
    "WHERE session_id = $1::bigint",
    2};
static const struct sg_pg_statement end_one = {"session_end",
                                               "DELETE FROM sessions WHERE session_id = $1::bigint "
                                               "AND ($2::bigint = 0 OR user_id = $2::bigint) "
                                               "RETURNING session_id",
                                               2};
static const struct sg_pg_statement end_all = {
    "session_end_all",
    "DELETE FROM sessions WHERE user_id = $1::bigint AND session_id <> $2::bigint "
    "RETURNING session_id",
    2};

struct life {
    char days[16], seconds[24];
};

static struct life life_of(const struct sg_accounts *x)
{
    struct life l;
    long long seconds = accounts_proof_s(x);
    snprintf(l.days, sizeof l.days, "%lld", (long long)x->config->auth.session_days);
    snprintf(l.seconds, sizeof l.seconds, "%lld", seconds);
    return l;
}

/* Both tokens as texts of the answer. */
static int answer(struct sg_accounts *x, struct sg_http_request *q, const struct account *who,
                  struct sg_refresh_token *refresh, const unsigned char key[32],
                  struct sg_login_reply *out, struct sg_error *e)
{
    struct sg_buf b = {0};
    int64_t now = sg_wall_us() / 1000000;
    struct sg_token t = {.user_id = who->user_id,
                         .session_id = refresh->session_id,
                         .roles = who->claims.roles,
                         .subscription = account_subscription(who),
                         .subscription_until_s = who->claims.subscription_until_s,
                         .private_session = who->claims.private_session,
                         .search_log_off = who->claims.search_log_off,
                         .issued_s = now,
                         .not_before_s = now,
                         .expires_s = now + x->config->auth.token_s};
    snprintf(t.email, sizeof t.email, "%.*s", SG_FMT(who->email));
    int rc = sg_token_issue(x->tokens, &t, &b, e);
    out->access_token = rc ? SG_STR_NONE : sg_arena_copy(q->arena, sg_buf_str(&b));
    sg_buf_reset(&b);
    sg_refresh_token_write(refresh, key, &b);
    out->refresh_token = sg_arena_copy(q->arena, sg_buf_str(&b));
    sg_buf_free(&b);
    out->expires_in = x->config->auth.token_s;
    out->user = sg_arena_alloc(q->arena, sizeof *out->user);
    if (!rc && (!out->access_token.p || !out->refresh_token.p || !out->user))
        rc = sg_fail(e, SG_ENOMEM, "tokens");
    if (!rc)
        *out->user = (struct sg_login_user){who->user_id, who->display_name,
                                            sg_str(sg_subscription_name(t.subscription))};
    return rc;
}

static void hash_of(const struct sg_refresh_token *t, char hex[2 * SG_SHA256_BYTES + 1])
{
    unsigned char hash[SG_SHA256_BYTES];
    sg_sha256((struct sg_str){(const char *)t->secret, sizeof t->secret}, hash);
    sg_hex(hash, sizeof hash, hex);
}

int session_begin(struct sg_accounts *x, struct sg_http_request *q, const struct account *who,
                  struct sg_str device, struct sg_login_reply *out, struct sg_error *e)
{
    struct sg_refresh_token t = {0};
    struct life life = life_of(x);
    unsigned char key[32];
    char id[24], user[24], key_hex[65], hash[65];
    PGresult *r;
    randombytes_buf(key, sizeof key);
    randombytes_buf(t.secret, sizeof t.secret);
    randombytes_buf(&t.session_id, sizeof t.session_id);
    t.session_id = (t.session_id >> (64 - SESSION_BITS)) + 1;
    snprintf(id, sizeof id, "%llu", (unsigned long long)t.session_id);
    snprintf(user, sizeof user, "%llu", (unsigned long long)who->user_id);
    sg_hex(key, sizeof key, key_hex);
    hash_of(&t, hash);
    struct sg_str named = sg_arena_copy(q->arena, device);
    const char *params[] = {id,
                            user,
                            key_hex,
                            hash,
                            named.p ? named.p : "",
                            life.days,
                            life.seconds,
                            who->password_hash.p};
    int rc = sg_db_write(x->db, q, &insert, params, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? answer(x, q, who, &t, key, out, e)
                      : sg_fail(e, SG_ECHANGED, "the account has changed meanwhile; try again");
    PQclear(r);
    return rc;
}

static bool from_hex(PGresult *r, int column, unsigned char out[32])
{
    size_t n = 0;
    return !PQgetisnull(r, 0, column) &&
           !sodium_hex2bin(out, 32, PQgetvalue(r, 0, column), (size_t)PQgetlength(r, 0, column),
                           NULL, &n, NULL) &&
           n == 32;
}

struct renewal {
    struct sg_accounts *x;
    struct sg_http_request *q;
    struct sg_refresh_token told, next;
    struct account who;
    unsigned char key[32], salt[32];
    bool reused, made_up; /* it is another's, or none's: nothing is done */
};

enum told { CURRENT, PREVIOUS, REUSED, UNKNOWN };

static enum told judge(struct renewal *n, PGresult *r)
{
    char hash[65];
    uint64_t generation = 0;
    if (!PQntuples(r) || !from_hex(r, 0, n->key) || !sg_refresh_token_genuine(&n->told, n->key))
        return UNKNOWN;
    hash_of(&n->told, hash);
    sg_str_to_u64(sg_str(PQgetvalue(r, 0, 4)), &generation);
    if (n->told.generation == generation && !sodium_memcmp(hash, PQgetvalue(r, 0, 1), 64))
        return CURRENT;
    bool lately = *PQgetvalue(r, 0, 5) == 't';
    if (lately && n->told.generation + 1 == generation && from_hex(r, 3, n->salt) &&
        PQgetlength(r, 0, 2) == 64 && !sodium_memcmp(hash, PQgetvalue(r, 0, 2), 64))
        return PREVIOUS;
    return REUSED;
}

static int read_account(struct sg_db_tx *tx, struct renewal *n, const char *user_id,
                        struct sg_error *e)
{
    PGresult *r;
    int rc = sg_tx_run(tx, &account, &user_id, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? account_of_row(r, 0, n->q->arena, &n->who, e)
                      : sg_fail(e, SG_EAUTH, "there is no such account any more");
    PQclear(r);
    return rc;
}

static int give_next(struct sg_db_tx *tx, struct renewal *n, bool rotates, const char *id,
                     struct sg_error *e)
{
    struct life life = life_of(n->x);
    char hash[65], salt[65];
    if (rotates)
        randombytes_buf(n->salt, sizeof n->salt);
    sg_refresh_token_next(&n->told, n->salt, &n->next);
    hash_of(&n->next, hash);
    sg_hex(n->salt, sizeof n->salt, salt);
    return rotates
               ? sg_tx_run(tx, &rotate,
                           (const char *const[]){id, hash, salt, life.days, life.seconds}, NULL, e)
               : sg_tx_run(tx, &again, (const char *const[]){id, life.seconds}, NULL, e);
}

/* In a transaction: the session's row is held, so that two at once get one successor. */
static int renew(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct renewal *n = ctx;
    char id[24], grace[24];
    PGresult *r;
    n->reused = n->made_up = false;
    snprintf(id, sizeof id, "%llu", (unsigned long long)n->told.session_id);
    snprintf(grace, sizeof grace, "%lld", (long long)n->x->config->auth.grace_s);
    int rc = sg_tx_run(tx, &find, (const char *const[]){id, grace}, &r, e);
    if (rc)
        return rc;
    enum told told = judge(n, r);
    n->made_up = told == UNKNOWN;
    n->reused = told == REUSED;
    if (told == REUSED)
        rc = sg_tx_run(tx, &end_one, (const char *const[]){id, "0"}, NULL, e);
    if (told == CURRENT || told == PREVIOUS) {
        rc = read_account(tx, n, PQgetvalue(r, 0, 6), e);
        if (!rc)
            rc = give_next(tx, n, told == CURRENT, id, e);
    }
    PQclear(r);
    return rc;
}

int session_renew(struct sg_accounts *x, struct sg_http_request *q, struct sg_str refresh_token,
                  struct sg_login_reply *out, struct sg_error *e)
{
    struct renewal n = {.x = x, .q = q};
    int rc = sg_refresh_token_read(refresh_token, &n.told)
                 ? sg_db_transact(x->db, q, renew, &n, e)
                 : sg_fail(e, SG_EAUTH, "it is not a refresh token");
    if (rc)
        return rc;
    if (n.reused)
        sg_revoked_put_session(x->revoked, n.told.session_id, accounts_token_end_us(x));
    if (n.reused)
        sg_metric_add(x->refused, "reuse", 1);
    if (n.reused || n.made_up)
        return sg_fail(e, SG_EAUTH, "the refresh token is not good, or no longer; log in again");
    return answer(x, q, &n.who, &n.next, n.key, out, e);
}

int session_of_token(struct sg_accounts *x, struct sg_http_request *q, struct sg_str refresh_token,
                     uint64_t *session_id, struct sg_error *e)
{
    static const struct sg_pg_statement key_of = {
        "session_key",
        "SELECT encode(family_key, 'hex') FROM sessions WHERE session_id = $1::bigint", 1};
    struct sg_refresh_token t;
    unsigned char key[32];
    char id[24];
    PGresult *r;
    *session_id = 0;
    if (!sg_refresh_token_read(refresh_token, &t))
        return 0;
    snprintf(id, sizeof id, "%llu", (unsigned long long)t.session_id);
    int rc = sg_db_write(x->db, q, &key_of, (const char *const[]){id}, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r) && from_hex(r, 0, key) && sg_refresh_token_genuine(&t, key))
        *session_id = t.session_id;
    PQclear(r);
    return 0;
}

void session_ended_rows(struct sg_accounts *x, PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        uint64_t id = 0;
        if (sg_str_to_u64(sg_str(PQgetvalue(r, i, 0)), &id) && id)
            sg_revoked_put_session(x->revoked, id, accounts_token_end_us(x));
    }
}

static int end(struct sg_accounts *x, struct sg_http_request *q, const struct sg_pg_statement *s,
               uint64_t first, uint64_t second, size_t *ended, struct sg_error *e)
{
    char a[24], b[24];
    PGresult *r;
    snprintf(a, sizeof a, "%llu", (unsigned long long)first);
    snprintf(b, sizeof b, "%llu", (unsigned long long)second);
    int rc = sg_db_write(x->db, q, s, (const char *const[]){a, b}, &r, e);
    if (rc)
        return rc;
    session_ended_rows(x, r);
    *ended = (size_t)PQntuples(r);
    PQclear(r);
    return 0;
}

int session_end(struct sg_accounts *x, struct sg_http_request *q, uint64_t user_id,
                uint64_t session_id, size_t *ended, struct sg_error *e)
{
    return end(x, q, &end_one, session_id, user_id, ended, e);
}

int session_end_all(struct sg_accounts *x, struct sg_http_request *q, uint64_t user_id,
                    uint64_t keep, size_t *ended, struct sg_error *e)
{
    return end(x, q, &end_all, user_id, keep, ended, e);
}
