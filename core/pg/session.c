/* session.c - connecting, executing, errors: see core/pg.h.
 *
 * Every session speaks UTF-8, UTC and ISO dates whatever the server's and the
 * user's defaults are, so that text values read the same everywhere.
 */
#include "core/pg/session.h"
#include "core/clock.h"
#include "core/log.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { STEP_US = 50000 };
static const int64_t connect_us = 10 * 1000000;
static const char session_options[] =
    "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3";

const char *sg_pg_sqlstate(const PGresult *r)
{
    const char *s = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    return s ? s : "";
}

/* PostgreSQL manual, appendix A. */
static int code_of_sqlstate(const char *s)
{
    static const struct {
        const char *prefix;
        int code;
    } codes[] = {
        {"23505", SG_EEXIST},    {"42710", SG_EEXIST},   {"42P07", SG_EEXIST},
        {"22", SG_EINVAL},       {"23", SG_EINVAL},      {"08", SG_EUNAVAIL},
        {"57P", SG_EUNAVAIL},    {"53300", SG_EUNAVAIL}, {"53100", SG_ENOSPC},
        {"53200", SG_ENOMEM},    {"55006", SG_EBUSY},    {"55P03", SG_EBUSY},
        {"57014", SG_ECANCELED}, {"42704", SG_ENOENT},   {"42P01", SG_ENOENT},
        {"40001", SG_EBUSY},     {"40P01", SG_EBUSY},    {"25006", SG_EUNAVAIL},
        {"25P03", SG_EUNAVAIL},
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (!strncmp(s, codes[i].prefix, strlen(codes[i].prefix)))
            return codes[i].code;
    return SG_EIO;
}

static int fail_without_result(struct sg_error *e, PGconn *c)
{
    const char *text = PQerrorMessage(c);
    size_t n = strlen(text);
    while (n && text[n - 1] == '\n')
        n--;
    int code = PQstatus(c) == CONNECTION_OK ? SG_EIO : SG_EUNAVAIL;
    return sg_fail(e, code, "%.*s", (int)n, n ? text : "");
}

int sg_pg_fail(struct sg_error *e, PGconn *c, const PGresult *r)
{
    const char *message = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!message)
        return fail_without_result(e, c);
    const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
    const char *state = sg_pg_sqlstate(r);
    int code = PQstatus(c) == CONNECTION_OK ? code_of_sqlstate(state) : SG_EUNAVAIL;
    if (detail)
        return sg_fail(e, code, "%s (%s; SQLSTATE %s)", message, detail, state);
    return sg_fail(e, code, "%s (SQLSTATE %s)", message, state);
}

static void on_notice(void *ctx, const PGresult *r)
{
    (void)ctx;
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    sg_log(SG_LOG_DEBUG, "database notice", "text=%s", text ? text : "");
}

/* The options the user gave (in the DSN, else PGOPTIONS) between the caller's and ours. */
static void put_options(struct sg_buf *b, const char *dsn, const char *settings)
{
    PQconninfoOption *all = PQconninfoParse(dsn, NULL);
    const char *own = getenv("PGOPTIONS");
    for (PQconninfoOption *o = all; o && o->keyword; o++)
        if (!strcmp(o->keyword, "options") && o->val)
            own = o->val;
    if (settings)
        sg_buf_puts(b, settings);
    sg_buf_putc(b, ' ');
    if (own)
        sg_buf_puts(b, own);
    sg_buf_putc(b, ' ');
    sg_buf_put(b, session_options, sizeof session_options);
    PQconninfoFree(all);
}

/* Later keywords win: what stands before dbname is a default for the DSN. */
static PGconn *start(const char *dsn, const char *settings, enum sg_pg_mode mode)
{
    struct sg_buf options = {0};
    put_options(&options, dsn, settings);
    const char *keys[] = {"fallback_application_name",
                          "dbname",
                          "client_encoding",
                          "options",
                          mode == SG_PG_REPLICATION ? "replication" : NULL,
                          NULL};
    const char *values[] = {"segue", dsn, "UTF8", options.p, "database", NULL};
    PGconn *c = sg_buf_failed(&options) ? NULL : PQconnectStartParams(keys, values, 1);
    sg_buf_free(&options);
    return c;
}

int sg_pg_wait_awake(PGconn *c, short events, int64_t *left_us)
{
    struct pollfd p = {.fd = PQsocket(c), .events = events};
    int64_t from = sg_now_us(), step = *left_us < STEP_US ? *left_us : STEP_US;
    int n = poll(&p, 1, step > 0 ? (int)(step / 1000) + 1 : 0), why = errno;
    int64_t took = sg_now_us() - from;
    *left_us -= took < STEP_US ? took : STEP_US;
    errno = why;
    return n;
}

/* left_us: NULL, or what counts in place of the deadline. */
static int wait_socket(PGconn *c, short events, int64_t deadline_us, int64_t *left_us,
                       struct sg_error *e)
{
    for (;;) {
        int64_t left = left_us ? *left_us : deadline_us - sg_now_us();
        if (left <= 0)
            return sg_fail(e, SG_ETIMEOUT, "connecting to the database took too long");
        struct pollfd p = {.fd = PQsocket(c), .events = events};
        int n = left_us ? sg_pg_wait_awake(c, events, left_us)
                        : poll(&p, 1, left > 60000000 ? 60000 : (int)(left / 1000) + 1);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return sg_fail_errno(e, "poll");
    }
}

static int finish_connecting(PGconn *c, int64_t deadline_us, int64_t *left_us, struct sg_error *e)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQstatus(c) == CONNECTION_BAD) {
            fail_without_result(e, c);
            return e ? (e->code = SG_EUNAVAIL) : SG_EUNAVAIL;
        }
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        int rc = wait_socket(c, events, deadline_us, left_us, e);
        if (rc)
            return rc;
        state = PQconnectPoll(c);
    }
    return 0;
}

int sg_pg_session(PGconn **out, const char *dsn, enum sg_pg_mode mode, int64_t deadline_us,
                  struct sg_error *e)
{
    return sg_pg_session_with(out, dsn, NULL, mode, deadline_us, e);
}

static int session(PGconn **out, const char *dsn, const char *settings, enum sg_pg_mode mode,
                   int64_t deadline_us, int64_t *left_us, struct sg_error *e)
{
    PGconn *c = start(dsn, settings, mode);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "database connection");
    int rc = finish_connecting(c, deadline_us, left_us, e);
    if (rc) {
        PQfinish(c);
        return rc;
    }
    PQsetNoticeReceiver(c, on_notice, NULL);
    *out = c;
    return 0;
}

int sg_pg_session_with(PGconn **out, const char *dsn, const char *settings, enum sg_pg_mode mode,
                       int64_t deadline_us, struct sg_error *e)
{
    return session(out, dsn, settings, mode, deadline_us, NULL, e);
}

int sg_pg_connect_awake(PGconn **out, const char *dsn, int64_t *left_us, struct sg_error *e)
{
    return session(out, dsn, NULL, SG_PG_SQL, 0, left_us, e);
}

int sg_pg_connect_within(PGconn **out, const char *dsn, int64_t deadline_us, struct sg_error *e)
{
    return sg_pg_session(out, dsn, SG_PG_SQL, deadline_us, e);
}

int sg_pg_connect(PGconn **out, const char *dsn, struct sg_error *e)
{
    int rc = sg_pg_session(out, dsn, SG_PG_SQL, sg_now_us() + connect_us, e);
    if (rc == SG_ETIMEOUT) {
        rc = SG_EUNAVAIL;
        if (e)
            e->code = rc;
    }
    return rc;
}

int sg_pg_exec(PGconn *c, const char *sql, int n, const char *const *params, PGresult **out,
               struct sg_error *e)
{
    PGresult *r = n ? PQexecParams(c, sql, n, NULL, params, NULL, NULL, 0) : PQexec(c, sql);
    ExecStatusType s = PQresultStatus(r);
    bool ok = s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK || s == PGRES_EMPTY_QUERY;
    int rc = ok ? 0 : sg_pg_fail(e, c, r);
    if (ok && out)
        *out = r;
    else
        PQclear(r);
    return rc;
}
