/* cli.c - segue-api user: see cli.h. Passwords come from standard input or are made here; never
 * from the arguments, which everybody on the machine can read. */
#include "api/accounts/cli.h"
#include "api/accounts/answers.h"
#include "api/accounts/cli_parts.h"
#include "api/accounts/email.h"
#include "api/accounts/erase.h"
#include "api/accounts/new_password.h"
#include "api/accounts/sessions.h"
#include "api/accounts/standing.h"
#include "api/search_log/search_log.h"
#include "core/clock.h"
#include <sodium.h>
#include <stdio.h>

const char sg_user_command_help[] =
    "USER is a user's number or e-mail address. --json: one object a line.\n"
    "  create --email E [--name N] [--role artist|admin]... [--subscription S] [--until TIME]\n"
    "         [--generate]       the password is a line of standard input, or made and printed\n"
    "  list [--limit N]          newest first\n"
    "  show USER\n"
    "  set-password USER [--generate]   logs out everywhere too\n"
    "  set-role USER [ROLE...]   user is always one\n"
    "  set-subscription USER free|premium|expired [--until 2027-01-31T00:00:00Z]\n"
    "  revoke-sessions USER      logs out everywhere, within a second\n"
    "  token USER                an access token of a new session, for scripts\n"
    "  delete USER --yes         everything that is held of the user";

#define ROW "RETURNING " ACCOUNT_COLUMNS

static const struct sg_pg_statement insert = {
    "cli_create",
    "INSERT INTO users AS u (email, password_hash, display_name, roles, subscription_type, "
    "subscription_expires_at, email_verified_at) VALUES ($1, $2, $3, $4::text[], $5, "
    "$6::timestamptz, now()) " ROW,
    6};
static const struct sg_pg_statement show = {
    "cli_show", "SELECT " ACCOUNT_COLUMNS " FROM users u WHERE u.user_id = $1::bigint", 1};
static const struct sg_pg_statement put_roles = {
    "cli_roles", "UPDATE users u SET roles = $2::text[] WHERE u.user_id = $1::bigint " ROW, 2};
static const struct sg_pg_statement put_subscription = {
    "cli_subscription",
    "UPDATE users u SET subscription_type = $2, subscription_expires_at = $3::timestamptz "
    "WHERE u.user_id = $1::bigint " ROW,
    3};
static const struct sg_pg_statement list_all = {
    "cli_list", "SELECT " ACCOUNT_COLUMNS " FROM users u ORDER BY u.user_id DESC LIMIT $1::bigint",
    1};

static int print(struct cli *c, const struct account *who, struct sg_error *e)
{
    struct sg_me me;
    struct sg_buf b = {0};
    int rc = account_view(who, &c->arena, &me, e);
    if (rc)
        return rc;
    if (c->json) {
        sg_record_to_json(&sg_me_record, &me, &b);
        printf("%.*s\n", SG_FMT(sg_buf_str(&b)));
        sg_buf_free(&b);
        return 0;
    }
    printf("%-10llu %-32.*s %-8.*s %c%c %.*s\n", (unsigned long long)me.user_id, SG_FMT(me.email),
           SG_FMT(me.subscription_type), who->claims.roles & SG_ROLE_ARTIST ? 'a' : '-',
           who->claims.roles & SG_ROLE_ADMIN ? 'A' : '-', SG_FMT(me.display_name));
    return 0;
}

/* Runs a statement that gives the user's row, and prints it. */
static int run(struct cli *c, const struct sg_pg_statement *s, const char *const *params,
               struct sg_error *e)
{
    struct account who;
    PGresult *r;
    int rc = sg_db_write(c->accounts.db, NULL, s, params, &r, e);
    if (rc)
        return rc;
    if (*c->made)
        fprintf(c->json ? stderr : stdout, "%s\n", c->made);
    explicit_bzero(c->made, sizeof c->made);
    for (int i = 0; i < PQntuples(r) && !rc; i++) {
        rc = account_of_row(r, i, &c->arena, &who, e);
        if (!rc)
            rc = print(c, &who, e);
    }
    PQclear(r);
    return rc;
}

static int find(struct cli *c, struct account *who, struct sg_error *e)
{
    char email[SG_EMAIL_MAX + 1];
    uint64_t id;
    if (sg_str_to_u64(sg_str(c->user), &id) && id <= INT64_MAX)
        return account_by_id(&c->accounts, NULL, id, &c->arena, who, e);
    int rc = sg_email_normalise(sg_str(c->user), email, e);
    return rc ? rc : account_by_email(&c->accounts, NULL, email, &c->arena, who, e);
}

/* A line of standard input; or one of 128 bits. */
static int read_password(struct cli *c, const char *email, char hash[SG_PASSWORD_HASH_MAX],
                         struct sg_error *e)
{
    char line[SG_PASSWORD_MAX + 3] = "";
    unsigned char random[16];
    struct sg_buf made = {0};
    struct sg_passwords *p;
    if (c->generate) {
        randombytes_buf(random, sizeof random);
        sg_base64url_put(&made, random, sizeof random);
        snprintf(line, sizeof line, "%.*s", SG_FMT(sg_buf_str(&made)));
        sg_buf_free(&made);
    } else if (!fgets(line, sizeof line, stdin))
        return sg_fail(e, SG_EINVAL, "no password on standard input (or --generate)");
    line[strcspn(line, "\r\n")] = '\0';
    int rc = sg_password_judge(sg_str(line), sg_str(email), "password", e);
    if (!rc)
        rc = sg_passwords_open(&p, c->accounts.config, e);
    if (!rc) {
        rc = sg_password_hash(p, sg_str(line), hash, e);
        sg_passwords_close(p);
    }
    if (!rc && c->generate)
        snprintf(c->made, sizeof c->made, "%.*s", (int)sizeof c->made - 1, line);
    explicit_bzero(line, sizeof line);
    return rc;
}

static int create(struct cli *c, struct sg_error *e)
{
    char email[SG_EMAIL_MAX + 1], hash[SG_PASSWORD_HASH_MAX], roles[SG_ROLES_TEXT];
    int rc = sg_email_normalise(sg_str(c->email), email, e);
    if (!rc)
        rc = roles_read(c->roles, c->n_roles, roles, e);
    if (!rc)
        rc = read_password(c, email, hash, e);
    if (!rc)
        rc = run(c, &insert,
                 (const char *const[]){email, hash, c->name ? c->name : email, roles,
                                       c->subscription ? c->subscription : "free", c->until},
                 e);
    return rc == SG_EEXIST ? sg_fail(e, rc, "there is an account of this address already") : rc;
}

static int delete_user(struct cli *c, const struct account *who, struct sg_error *e)
{
    static const struct sg_pg_statement forget = {
        "cli_forget", "SELECT segue_forget_user($1::bigint, $2::bigint, NULL)", 2};
    uint64_t hash = sg_search_log_hash(c->accounts.config, who->user_id);
    char signed_hash[24];
    snprintf(signed_hash, sizeof signed_hash, "%lld", (long long)hash);
    int rc = sg_db_write(c->accounts.db, NULL, &forget, (const char *const[]){c->id, signed_hash},
                         NULL, e);
    if (!rc)
        rc = account_erase(c->accounts.db, who->user_id, NULL, e);
    if (!rc)
        fprintf(stderr, "deleted user %s\n", c->id);
    return rc;
}

static int give_token(struct cli *c, const struct account *who, struct sg_error *e)
{
    struct sg_http_request q = {.arena = &c->arena, .deadline_us = sg_now_us() + 10000000};
    struct sg_login_reply reply;
    struct sg_buf b = {0};
    int rc = sg_tokens_open(&c->accounts.tokens, c->accounts.config, e);
    if (!rc)
        rc = session_begin(&c->accounts, &q, who, SG_STR("operator"), &reply, e);
    if (!rc && c->json) {
        sg_record_to_json(&sg_login_reply_record, &reply, &b);
        printf("%.*s\n", SG_FMT(sg_buf_str(&b)));
    } else if (!rc)
        printf("%.*s\n", SG_FMT(reply.access_token));
    sg_buf_free(&b);
    return rc;
}

static int end_sessions(struct cli *c, struct sg_error *e)
{
    static const struct sg_pg_statement end = {
        "cli_revoke", "DELETE FROM sessions WHERE user_id = $1::bigint RETURNING session_id", 1};
    PGresult *r;
    int rc = sg_db_write(c->accounts.db, NULL, &end, (const char *const[]){c->id}, &r, e);
    if (rc)
        return rc;
    printf(c->json ? "{\"revoked\":%d}\n" : "%d sessions ended\n", PQntuples(r));
    PQclear(r);
    return 0;
}

static int set_password(struct cli *c, const struct account *who, struct sg_error *e)
{
    char hash[SG_PASSWORD_HASH_MAX];
    struct new_password n = {.user_id = who->user_id};
    int rc = read_password(c, who->email.p, hash, e);
    if (!rc)
        rc = account_put_password(c->accounts.db, NULL, &n, hash, NULL, e);
    return rc ? rc : run(c, &show, (const char *const[]){c->id}, e);
}

/* Commands about one user, who is there. */
static int about(struct cli *c, const struct account *who, struct sg_error *e)
{
    char roles[SG_ROLES_TEXT];
    int rc;
    switch (c->command) {
    case CLI_SET_PASSWORD:
        return set_password(c, who, e);
    case CLI_SET_ROLE:
        rc = roles_read(c->roles, c->n_roles, roles, e);
        return rc ? rc : run(c, &put_roles, (const char *const[]){c->id, roles}, e);
    case CLI_SET_SUBSCRIPTION:
        return run(c, &put_subscription, (const char *const[]){c->id, c->subscription, c->until},
                   e);
    case CLI_REVOKE:
        return end_sessions(c, e);
    case CLI_TOKEN:
        return give_token(c, who, e);
    case CLI_DELETE:
        return delete_user(c, who, e);
    default:
        return print(c, who, e);
    }
}

static int dispatch(struct cli *c, struct sg_error *e)
{
    struct account who;
    if (c->command == CLI_CREATE)
        return create(c, e);
    if (c->command == CLI_LIST)
        return run(c, &list_all, (const char *const[]){c->limit}, e);
    int rc = find(c, &who, e);
    if (rc)
        return rc;
    snprintf(c->id, sizeof c->id, "%llu", (unsigned long long)who.user_id);
    return about(c, &who, e);
}

int sg_user_command(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct cli c = {.accounts = {.config = config}, .limit = "100"};
    if (!cli_read(&c, argc, argv)) {
        fprintf(stderr, "usage: segue-api user COMMAND ...; see segue-api user --help\n");
        return 2;
    }
    int rc = sodium_init() < 0 ? sg_fail(&e, SG_EINTERNAL, "libsodium cannot be used") : 0;
    if (!rc)
        rc = sg_db_open(&c.accounts.db, config, &e);
    if (!rc && !(c.accounts.revoked = sg_revoked_open()))
        rc = sg_fail(&e, SG_ENOMEM, "memory");
    if (!rc)
        rc = dispatch(&c, &e);
    if (rc)
        fprintf(stderr, "segue-api: %s\n", e.text);
    sg_tokens_close(c.accounts.tokens);
    sg_revoked_close(c.accounts.revoked);
    sg_db_close(c.accounts.db);
    sg_arena_free(&c.arena);
    return rc ? 1 : 0;
}
