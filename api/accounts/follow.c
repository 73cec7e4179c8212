/* follow.c - ended sessions and changed people, read twice a second: see revoked.h. */
#include "api/accounts/parts.h"
#include "api/accounts/remembered.h"
#include "core/clock.h"
#include "core/log.h"

#define EVERY_MS    500
#define OVERLAP_S   30  /* what a transaction that began before the last reading may bring late */
#define ROUNDS      120 /* between two looks at keys' folder and at what is over */
#define KEYS_EVERY  2
#define TOUCH_EVERY 20
#define TIDY_EVERY  1200 /* rounds: ten minutes */

/* $1: what came in the last so many seconds. */
static const char sessions[] =
    "SELECT session_id, (extract(epoch FROM until) * 1000000)::bigint FROM revoked_sessions "
    "WHERE revoked_at > clock_timestamp() - make_interval(secs => $1::double precision) "
    "AND until > clock_timestamp()";
static const char people[] =
    "SELECT u.user_id, array_to_string(u.roles, ','), u.subscription_type, "
    "coalesce(ceil(extract(epoch FROM u.subscription_expires_at))::bigint, 0), u.private_session, "
    "u.search_log, (extract(epoch FROM c.changed_at) * 1000000)::bigint "
    "FROM claim_changes c JOIN users u USING (user_id) "
    "WHERE c.changed_at > clock_timestamp() - make_interval(secs => $1::double precision)";

static uint64_t whole(PGresult *r, int row, int column)
{
    uint64_t v = 0;
    sg_str_to_u64(sg_str(PQgetvalue(r, row, column)), &v);
    return v;
}

static int read_sessions(struct sg_accounts *a, PGconn *c, const char *seconds, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_pg_exec(c, sessions, 1, &seconds, &r, e);
    if (rc)
        return rc;
    for (int i = 0; i < PQntuples(r) && !rc; i++)
        if (!sg_revoked_put_session(a->revoked, whole(r, i, 0), (int64_t)whole(r, i, 1)))
            rc = sg_fail(e, SG_ENOMEM, "revoked sessions");
    PQclear(r);
    return rc;
}

static unsigned roles_of(struct sg_str names)
{
    unsigned set = 0;
    while (names.n) {
        const char *comma = memchr(names.p, ',', names.n);
        size_t n = comma ? (size_t)(comma - names.p) : names.n;
        set |= sg_role_of((struct sg_str){names.p, n});
        n += comma != NULL;
        names = (struct sg_str){names.p + n, names.n - n};
    }
    return set;
}

void accounts_claims_of_row(PGresult *r, int i, int first, struct sg_changed_claims *out)
{
    *out = (struct sg_changed_claims){
        .roles = roles_of(sg_str(PQgetvalue(r, i, first))),
        .subscription_until_s = (int64_t)whole(r, i, first + 2),
        .private_session = *PQgetvalue(r, i, first + 3) == 't',
        .search_log_off = *PQgetvalue(r, i, first + 4) == 'f',
        .changed_us = (int64_t)whole(r, i, first + 5),
    };
    sg_subscription_of(sg_str(PQgetvalue(r, i, first + 1)), &out->subscription);
}

int64_t accounts_proof_s(const struct sg_accounts *a)
{
    return a->config->auth.token_s + a->config->playback.url_s + 2 * SG_TOKEN_SKEW_S;
}

int64_t accounts_token_end_us(const struct sg_accounts *a)
{
    return sg_wall_us() + accounts_proof_s(a) * 1000000;
}

static int read_people(struct sg_accounts *a, PGconn *c, const char *seconds, struct sg_error *e)
{
    PGresult *r;
    int rc = sg_pg_exec(c, people, 1, &seconds, &r, e);
    if (rc)
        return rc;
    for (int i = 0; i < PQntuples(r) && !rc; i++) {
        struct sg_changed_claims claims;
        accounts_claims_of_row(r, i, 1, &claims);
        if (!sg_revoked_put_claims(a->revoked, whole(r, i, 0), &claims, accounts_token_end_us(a)))
            rc = sg_fail(e, SG_ENOMEM, "changed accounts");
    }
    PQclear(r);
    return rc;
}

/* last_us: of the reading before, 0: none. */
static int read_again(struct sg_accounts *a, PGconn **c, int64_t *last_us, struct sg_error *e)
{
    char seconds[24];
    int64_t now = sg_now_us();
    int64_t longest = accounts_proof_s(a);
    int64_t since = *last_us          ? (now - *last_us) / 1000000 + OVERLAP_S
                    : longest > 86400 ? longest
                                      : 86400;
    snprintf(seconds, sizeof seconds, "%lld", (long long)since);
    int rc = *c ? 0 : sg_pg_guard_connect(sg_db_guard(a->db), c, a->config->pg.dsn, e);
    if (rc)
        *c = NULL;
    if (!rc)
        rc = read_sessions(a, *c, seconds, e);
    if (!rc)
        rc = read_people(a, *c, seconds, e);
    if (!rc) {
        *last_us = now;
        atomic_store(&a->read, true);
    }
    return rc;
}

/* What is over is of no use to anybody. In pieces, so that nobody waits for it. */
static int tidy(PGconn *c, struct sg_error *e)
{
    static const char *const over[] = {
        "DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions "
        "WHERE expires_at < now() LIMIT 10000)",
        "DELETE FROM revoked_sessions WHERE session_id IN (SELECT session_id FROM revoked_sessions "
        "WHERE until < now() - interval '1 hour' LIMIT 10000)",
        "DELETE FROM account_tokens WHERE token_hash IN (SELECT token_hash FROM account_tokens "
        "WHERE expires_at < now() LIMIT 10000)",
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof over / sizeof *over && !rc; i++)
        rc = sg_pg_exec(c, over[i], 0, NULL, NULL, e);
    return rc;
}

static void tell(int rc, bool *failed, const struct sg_error *e)
{
    if (rc && !*failed)
        sg_log(SG_LOG_WARN, "revoked sessions cannot be read", "why=%s", e->text);
    else if (!rc && *failed)
        sg_log(SG_LOG_INFO, "revoked sessions are read again", NULL);
    *failed = rc != 0;
}

static void look_after(struct sg_accounts *a, unsigned round)
{
    struct sg_error e = SG_ERROR_INIT;
    if (round % KEYS_EVERY == 0 && sg_keyring_refresh(sg_tokens_keyring(a->tokens), &e))
        sg_log(SG_LOG_WARN, "keys cannot be read", "why=%s", e.text);
    if (round % ROUNDS == 0)
        sg_metric_set(a->n_revoked, "", (double)sg_revoked_forget(a->revoked, sg_wall_us()));
}

/* What is known outlives this process, for as long as the database is away. kept: there is a file,
 * or there may be one of a process before this. */
static void remember(struct sg_accounts *a, bool away, bool *kept, unsigned round)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *dir = a->config->var_dir;
    int rc = 0;
    if (!away) {
        if (*kept)
            sg_remembered_forget(dir);
        *kept = false;
    } else if (!a->read && !a->remembered) {
        rc = round ? 0 : sg_remembered_read(dir, a->revoked, &e);
        a->remembered = !round && !rc;
        rc = rc == SG_ENOENT ? 0 : rc;
    } else if (!*kept) {
        rc = sg_remembered_write(dir, a->revoked, &e);
        *kept = !rc;
    } else if (round % TOUCH_EVERY == 0) {
        sg_remembered_touch(dir);
    }
    if (rc && round % ROUNDS == 0)
        sg_log(SG_LOG_WARN, "ended sessions are not remembered", "why=%s", e.text);
}

void *accounts_follow(void *accounts)
{
    struct sg_accounts *a = accounts;
    PGconn *c = NULL;
    bool failed = false, kept = true;
    int64_t last_us = 0;
    unsigned round = 0, tidy_at = 0;
    do {
        struct sg_error e = SG_ERROR_INIT;
        int rc = read_again(a, &c, &last_us, &e);
        if (!rc && round >= tidy_at && !(rc = tidy(c, &e)))
            tidy_at = round + TIDY_EVERY;
        tell(rc, &failed, &e);
        if (rc) {
            sg_pg_guard_finish(sg_db_guard(a->db), c);
            c = NULL;
        }
        remember(a, rc != 0, &kept, round);
        sg_pause_end(&a->tried);
        look_after(a, ++round);
    } while (!sg_pause_for(&a->pause, EVERY_MS, false));
    sg_pg_guard_finish(sg_db_guard(a->db), c);
    return NULL;
}
