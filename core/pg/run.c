/* run.c - statements that stay prepared on their connection, and answers that are waited for
 * only so long: see core/pg.h.
 *
 * What is prepared is remembered beside the connection itself (libpq's event data), in a small
 * table of the statements' addresses. The socket is watched with poll, never libpq's own
 * unbounded wait: a server that neither answers nor hangs up holds nobody past the deadline.
 */
#include "core/clock.h"
#include "core/pg/session.h"
#include <errno.h>
#include <libpq-events.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { NAME_MAX_BYTES = 64, CUT_EVERY_MS = 50, TRIES = 3 };

struct prepared {
    const struct sg_pg_statement **slots; /* open addressing; NULL: free */
    size_t n, room;                       /* room: a power of two, or 0 */
    bool stale; /* the server holds them under these names, but for other results */
};

static int on_event(PGEventId id, void *info, void *unused)
{
    (void)unused;
    if (id != PGEVT_CONNDESTROY)
        return 1;
    struct prepared *p = PQinstanceData(((PGEventConnDestroy *)info)->conn, on_event);
    if (p)
        free(p->slots);
    free(p);
    return 1;
}

static struct prepared *prepared_of(PGconn *c)
{
    struct prepared *p = PQinstanceData(c, on_event);
    if (p)
        return p;
    p = calloc(1, sizeof *p);
    if (p && PQregisterEventProc(c, on_event, "segue", NULL) && PQsetInstanceData(c, on_event, p))
        return p;
    free(p);
    return NULL;
}

static size_t slot_of(const struct prepared *p, const struct sg_pg_statement *s)
{
    size_t at = (size_t)((uintptr_t)s * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (p->room - 1);
    while (p->slots[at] && p->slots[at] != s)
        at = (at + 1) & (p->room - 1);
    return at;
}

static bool is_prepared(const struct prepared *p, const struct sg_pg_statement *s)
{
    return p->room && p->slots[slot_of(p, s)] == s;
}

static bool grow(struct prepared *p)
{
    struct prepared more = {NULL, p->n, p->room ? 2 * p->room : 32, p->stale};
    more.slots = calloc(more.room, sizeof(void *));
    if (!more.slots)
        return false;
    for (size_t i = 0; i < p->room; i++)
        if (p->slots[i])
            more.slots[slot_of(&more, p->slots[i])] = p->slots[i];
    free(p->slots);
    *p = more;
    return true;
}

/* Out of memory: it is prepared again, which the server refuses as known, and that is well. */
static void remember(struct prepared *p, const struct sg_pg_statement *s)
{
    if (is_prepared(p, s) || (2 * p->n >= p->room && !grow(p)))
        return;
    p->slots[slot_of(p, s)] = s;
    p->n++;
}

static void forget_all(struct prepared *p)
{
    free(p->slots);
    *p = (struct prepared){0};
}

static void name_of(const struct sg_pg_statement *s, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%.40s_%016llx", s->name,
             (unsigned long long)XXH3_64bits(s->sql, strlen(s->sql)));
}

/* Milliseconds to wait at most; an error when the wait is over. */
static int next_wait(const struct sg_pg_limit *l, int *ms, struct sg_error *e)
{
    *ms = -1;
    if (!l)
        return 0;
    if (l->cut && *l->cut)
        return sg_fail(e, SG_EUNAVAIL, "the database does not answer");
    int64_t left_us = l->left_us ? *l->left_us : l->deadline_us - sg_now_us();
    if (left_us <= 0)
        return sg_fail(e, SG_ETIMEOUT, "the database took too long");
    *ms = left_us > 60000000 ? 60000 : (int)(left_us / 1000) + 1;
    if (l->cut && *ms > CUT_EVERY_MS)
        *ms = CUT_EVERY_MS;
    return 0;
}

/* Sends what is left and reads until a whole result is here. */
static int await(PGconn *c, const struct sg_pg_limit *l, struct sg_error *e)
{
    for (;;) {
        int ms, unsent = PQflush(c);
        if (unsent < 0 || (!unsent && !PQisBusy(c)))
            return unsent < 0 ? sg_pg_fail(e, c, NULL) : 0;
        int rc = next_wait(l, &ms, e);
        if (rc)
            return rc;
        struct pollfd p = {.fd = PQsocket(c), .events = (short)(POLLIN | (unsent ? POLLOUT : 0))};
        int n = l && l->left_us ? sg_pg_wait_awake(c, p.events, l->left_us) : poll(&p, 1, ms);
        if (n < 0 && errno != EINTR)
            return sg_fail_errno(e, "poll");
        if (n > 0 && l && l->left_us)
            p.revents = POLLIN;
        if (p.revents & ~POLLOUT && !PQconsumeInput(c))
            return sg_pg_fail(e, c, NULL);
    }
}

/* Takes all results of what was sent: the last one that is no error, or the first error. */
static int collect(PGconn *c, const struct sg_pg_limit *l, PGresult **out, struct sg_error *e)
{
    PGresult *kept = NULL;
    for (;;) {
        int rc = await(c, l, e);
        if (rc) {
            PQclear(kept);
            return rc;
        }
        PGresult *r = PQgetResult(c);
        if (!r)
            break;
        if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(r);
        } else {
            PQclear(kept);
            kept = r;
        }
    }
    if (!kept)
        return sg_pg_fail(e, c, NULL);
    *out = kept;
    return 0;
}

/* *r: what the server said, also an error; the return value is of the connection. */
static int prepare(PGconn *c, struct prepared *p, const struct sg_pg_statement *s,
                   const struct sg_pg_limit *l, PGresult **r, struct sg_error *e)
{
    char name[NAME_MAX_BYTES];
    name_of(s, name);
    if (!PQsendPrepare(c, name, s->sql, 0, NULL))
        return sg_pg_fail(e, c, NULL);
    int rc = collect(c, l, r, e);
    if (!rc && PQresultStatus(*r) == PGRES_COMMAND_OK)
        remember(p, s);
    return rc;
}

static int execute(PGconn *c, const struct sg_pg_statement *s, const char *const *params,
                   const struct sg_pg_limit *l, PGresult **r, struct sg_error *e)
{
    char name[NAME_MAX_BYTES];
    name_of(s, name);
    if (!PQsendQueryPrepared(c, name, s->n, params, NULL, NULL, 0))
        return sg_pg_fail(e, c, NULL);
    return collect(c, l, r, e);
}

/* DEALLOCATE ALL: what one migration changed, it changed for others too. */
static int unprepare(PGconn *c, struct prepared *p, const struct sg_pg_limit *l, struct sg_error *e)
{
    PGresult *r = NULL;
    forget_all(p);
    if (!PQsendQuery(c, "DEALLOCATE ALL"))
        return sg_pg_fail(e, c, NULL);
    int rc = collect(c, l, &r, e);
    PQclear(r);
    return rc;
}

enum verdict { DONE, FAILED, UNKNOWN, CHANGED, KNOWN };

static enum verdict judge(const PGresult *r)
{
    if (PQresultStatus(r) != PGRES_FATAL_ERROR)
        return DONE;
    const char *state = sg_pg_sqlstate(r);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (!strcmp(state, "26000"))
        return UNKNOWN;
    if (!strcmp(state, "42P05"))
        return KNOWN;
    if (!strcmp(state, "0A000") && text && strstr(text, "cached plan"))
        return CHANGED;
    return FAILED;
}

static int attempt(PGconn *c, struct prepared *p, const struct sg_pg_statement *s,
                   const char *const *params, const struct sg_pg_limit *l, PGresult **r,
                   struct sg_error *e)
{
    if (!is_prepared(p, s)) {
        int rc = prepare(c, p, s, l, r, e);
        enum verdict v = rc ? FAILED : judge(*r);
        if (v != DONE && v != KNOWN)
            return rc;
        if (v == KNOWN) {
            remember(p, s);
            if (PQtransactionStatus(c) != PQTRANS_IDLE)
                return 0; /* the transaction is lost */
        }
        PQclear(*r);
        *r = NULL;
    }
    return execute(c, s, params, l, r, e);
}

static int run(PGconn *c, struct prepared *p, const struct sg_pg_statement *s,
               const char *const *params, const struct sg_pg_limit *l, PGresult **out,
               struct sg_error *e)
{
    for (int tries = 1;; tries++) {
        PGresult *r = NULL;
        int rc = 0;
        if (p->stale && PQtransactionStatus(c) == PQTRANS_IDLE)
            rc = unprepare(c, p, l, e);
        if (!rc)
            rc = attempt(c, p, s, params, l, &r, e);
        enum verdict v = rc ? FAILED : judge(r);
        if (rc || v == DONE) {
            *out = r;
            return rc;
        }
        bool alone = PQtransactionStatus(c) == PQTRANS_IDLE;
        if (v == FAILED)
            rc = sg_pg_fail(e, c, r);
        else if (!alone || tries == TRIES)
            rc = sg_fail(e, SG_EBUSY, "the database was being changed: %s",
                         PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
        PQclear(r);
        if (v == UNKNOWN)
            forget_all(p);
        else if (v == CHANGED)
            p->stale = true;
        if (rc)
            return rc;
    }
}

static int run_unnamed(PGconn *c, const struct sg_pg_statement *s, const char *const *params,
                       const struct sg_pg_limit *l, PGresult **out, struct sg_error *e)
{
    if (!PQsendQueryParams(c, s->sql, s->n, NULL, params, NULL, NULL, 0))
        return sg_pg_fail(e, c, NULL);
    int rc = collect(c, l, out, e);
    return !rc && judge(*out) != DONE ? sg_pg_fail(e, c, *out) : rc;
}

int sg_pg_run_within(PGconn *c, const struct sg_pg_statement *s, const char *const *params,
                     const struct sg_pg_limit *limit, PGresult **out, struct sg_error *e)
{
    PGresult *r = NULL;
    struct prepared *p = prepared_of(c);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "prepared statements");
    if (PQsetnonblocking(c, 1))
        return sg_pg_fail(e, c, NULL);
    int rc = s->name ? run(c, p, s, params, limit, &r, e) : run_unnamed(c, s, params, limit, &r, e);
    if (!rc || PQtransactionStatus(c) != PQTRANS_ACTIVE)
        PQsetnonblocking(c, 0);
    if (!rc && out)
        *out = r;
    else
        PQclear(r);
    return rc;
}

int sg_pg_run(PGconn *c, const struct sg_pg_statement *s, const char *const *params, PGresult **out,
              struct sg_error *e)
{
    return sg_pg_run_within(c, s, params, NULL, out, e);
}

int sg_pg_exec_within(PGconn *c, const char *sql, const struct sg_pg_limit *limit, PGresult **out,
                      struct sg_error *e)
{
    PGresult *r = NULL;
    if (PQsetnonblocking(c, 1) || !PQsendQuery(c, sql))
        return sg_pg_fail(e, c, NULL);
    int rc = collect(c, limit, &r, e);
    if (!rc && judge(r) != DONE)
        rc = sg_pg_fail(e, c, r);
    if (PQtransactionStatus(c) != PQTRANS_ACTIVE)
        PQsetnonblocking(c, 0);
    if (!rc && out)
        *out = r;
    else
        PQclear(r);
    return rc;
}
