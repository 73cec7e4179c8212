/* wire.c - see wire.h. Protocol: PostgreSQL manual, "Streaming Replication
 * Protocol". */
#include "core/change_tail/wire.h"
#include "core/clock.h"
#include "core/pg/session.h"
#include "core/service.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

static const int64_t connect_us = 10 * 1000000;
static const int64_t report_every_us = 5 * 1000000;
static const int64_t ask_after_us = 30 * 1000000; /* silence until we ask for a sign of life */
static const int64_t give_up_after_us = 60 * 1000000;
static const int slice_ms = 250; /* longest sleep between looks at sg_stopping */
static const int64_t pg_epoch_us = INT64_C(946684800) * 1000000;
static const int message_max = 1 << 30; /* PostgreSQL's MaxAllocSize */

static bool is_name(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n <= 63 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* One or several, comma separated: only what needs no quoting passes. */
static bool are_publications(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n < 1024 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_,") == n &&
           s[0] != ',' && s[n - 1] != ',' && !strstr(s, ",,");
}

static int check_slot(PGconn *c, const char *slot, struct sg_error *e)
{
    char sql[256];
    PGresult *r = NULL;
    snprintf(sql, sizeof sql,
             "SELECT plugin, wal_status FROM pg_replication_slots WHERE slot_name = '%s'", slot);
    int rc = sg_pg_exec(c, sql, 0, NULL, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r) != 1)
        rc = sg_fail(e, SG_ENOENT, "the database has no replication slot %s", slot);
    else if (strcmp(PQgetvalue(r, 0, 0), "pgoutput") != 0)
        rc = sg_fail(e, SG_EINVAL, "replication slot %s is not of plugin pgoutput", slot);
    else if (!strcmp(PQgetvalue(r, 0, 1), "lost"))
        rc = sg_fail(e, SG_ENOENT,
                     "replication slot %s was lost: it fell behind "
                     "max_slot_wal_keep_size",
                     slot);
    PQclear(r);
    return rc;
}

static int check_publications(PGconn *c, const char *names, struct sg_error *e)
{
    char sql[1280];
    PGresult *r = NULL;
    snprintf(sql, sizeof sql,
             "SELECT n FROM unnest(string_to_array('%s', ',')) n"
             " WHERE n NOT IN (SELECT pubname FROM pg_publication)",
             names);
    int rc = sg_pg_exec(c, sql, 0, NULL, &r, e);
    if (!rc && PQntuples(r))
        rc = sg_fail(e, SG_EINVAL, "the database has no publication %s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc;
}

/* The server's ways to say that the slot is of no use any more. */
static bool tells_lost(const char *text)
{
    return strstr(text, "has already been removed") || strstr(text, "slot has been invalidated") ||
           (strstr(text, "replication slot") &&
            (strstr(text, "can no longer") || strstr(text, "does not exist")));
}

static int stream_failed(struct sg_wire *w, const PGresult *r, struct sg_error *e)
{
    struct sg_error local;
    struct sg_error *err = e ? e : &local;
    int rc = sg_pg_fail(err, w->c, r);
    if (tells_lost(err->text))
        rc = err->code = SG_ENOENT;
    else if (rc == SG_ENOENT) /* a publication, say: no reason to give the slot up */
        rc = err->code = SG_EINVAL;
    return rc;
}

static int start_stream(struct sg_wire *w, const char *slot, const char *publication,
                        struct sg_error *e)
{
    char sql[1280], lsn[24];
    sg_lsn_format(w->start_lsn, lsn);
    snprintf(sql, sizeof sql,
             "START_REPLICATION SLOT \"%s\" LOGICAL %s"
             " (proto_version '2', publication_names '%s', streaming 'on')",
             slot, lsn, publication);
    PGresult *r = PQexec(w->c, sql);
    int rc = PQresultStatus(r) == PGRES_COPY_BOTH ? 0 : stream_failed(w, r, e);
    PQclear(r);
    return rc;
}

/* Whoever waits for running transactions is told to stop by cut, or gives up after a minute. */
static int create_slot(PGconn *c, const char *slot, const atomic_bool *cut, struct sg_error *e)
{
    char sql[160];
    struct sg_pg_limit limit = {.deadline_us = sg_now_us() + give_up_after_us, .cut = cut};
    snprintf(sql, sizeof sql,
             "CREATE_REPLICATION_SLOT \"%s\" TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')",
             slot);
    return sg_pg_exec_within(c, sql, &limit, NULL, e);
}

static int connect_wire(struct sg_wire *w, const char *dsn, const char *slot,
                        const char *publication, struct sg_error *e)
{
    if (!is_name(slot))
        return sg_fail(e, SG_EINVAL, "'%.64s' is no name of a replication slot", slot);
    if (!are_publications(publication))
        return sg_fail(e, SG_EINVAL, "'%.64s' names no publications", publication);
    int rc = sg_pg_session(&w->c, dsn, SG_PG_REPLICATION, sg_now_us() + connect_us, e);
    return rc ? rc : check_publications(w->c, publication, e);
}

static int opened(struct sg_wire *w, int rc, struct sg_error *e)
{
    w->heard_us = sg_now_us();
    if (rc == SG_ETIMEOUT && e)
        e->code = SG_EUNAVAIL;
    return rc == SG_ETIMEOUT ? SG_EUNAVAIL : rc;
}

int sg_wire_open(struct sg_wire *w, const char *dsn, const char *slot, const char *publication,
                 uint64_t start_lsn, struct sg_error *e)
{
    *w = (struct sg_wire){.start_lsn = start_lsn, .confirmed = start_lsn};
    int rc = connect_wire(w, dsn, slot, publication, e);
    if (!rc)
        rc = check_slot(w->c, slot, e);
    if (!rc)
        rc = start_stream(w, slot, publication, e);
    return opened(w, rc, e);
}

int sg_wire_open_temporary(struct sg_wire *w, const char *dsn, const char *slot,
                           const char *publication, const atomic_bool *cut, struct sg_error *e)
{
    *w = (struct sg_wire){0};
    int rc = connect_wire(w, dsn, slot, publication, e);
    if (!rc)
        rc = create_slot(w->c, slot, cut, e);
    if (!rc)
        rc = start_stream(w, slot, publication, e);
    return opened(w, rc, e);
}

void sg_wire_close(struct sg_wire *w)
{
    PQfreemem(w->bytes);
    PQfinish(w->c);
    *w = (struct sg_wire){0};
}

static void put_u64(char *to, uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        to[i] = (char)(v & 0xff);
}

static uint64_t get_u64(const char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

static void advance(uint64_t *lsn, uint64_t to)
{
    if (*lsn < to)
        *lsn = to;
}

static void update_flushed(struct sg_wire *w)
{
    advance(&w->flushed, w->confirmed);
    if (w->confirmed >= w->barrier)
        advance(&w->flushed, w->keepalive);
}

static int send_status(struct sg_wire *w, bool ask, struct sg_error *e)
{
    char m[34] = {'r'};
    update_flushed(w);
    uint64_t written = w->flushed;
    advance(&written, w->server_lsn);
    put_u64(m + 1, written);
    put_u64(m + 9, w->flushed);
    put_u64(m + 17, w->flushed);
    put_u64(m + 25, (uint64_t)(sg_wall_us() - pg_epoch_us));
    m[33] = ask;
    if (PQputCopyData(w->c, m, sizeof m) != 1 || PQflush(w->c) != 0)
        return stream_failed(w, NULL, e);
    w->reported_us = sg_now_us();
    return 0;
}

int sg_wire_report(struct sg_wire *w, bool now, struct sg_error *e)
{
    if (!now && sg_now_us() - w->reported_us < report_every_us)
        return 0;
    return send_status(w, false, e);
}

int sg_wire_confirm(struct sg_wire *w, uint64_t lsn, struct sg_error *e)
{
    if (lsn > w->given && lsn > w->server_lsn && lsn > w->start_lsn) {
        char text[24];
        sg_lsn_format(lsn, text);
        return sg_fail(e, SG_EINVAL, "%s is beyond everything received", text);
    }
    advance(&w->confirmed, lsn);
    return sg_wire_report(w, true, e);
}

static int on_keepalive(struct sg_wire *w, struct sg_str m, struct sg_error *e)
{
    if (m.n != 18)
        return sg_fail(e, SG_ECORRUPT, "keepalive of %zu bytes", m.n);
    uint64_t lsn = get_u64(m.p + 1);
    if (!w->in_txn) {
        advance(&w->server_lsn, lsn);
        advance(&w->keepalive, lsn);
        w->barrier = w->given;
    }
    return sg_wire_report(w, m.p[17] != 0, e);
}

static int on_data(struct sg_wire *w, struct sg_str m, struct sg_str *msg, struct sg_error *e)
{
    if (m.n < 26)
        return sg_fail(e, SG_ECORRUPT, "replication data of %zu bytes", m.n);
    advance(&w->server_lsn, get_u64(m.p + 9));
    *msg = (struct sg_str){m.p + 25, m.n - 25};
    return 1;
}

/* 1 and *msg, or 0: it was for us. */
static int dispatch(struct sg_wire *w, struct sg_str m, struct sg_str *msg, struct sg_error *e)
{
    switch (m.n ? m.p[0] : '\0') {
    case 'w':
        return on_data(w, m, msg, e);
    case 'k':
        return on_keepalive(w, m, e);
    default:
        return sg_fail(e, SG_ECORRUPT, "unknown replication message");
    }
}

static int stream_ended(struct sg_wire *w, struct sg_error *e)
{
    int rc = 0;
    PGresult *r = PQgetResult(w->c);
    if (r && PQresultStatus(r) == PGRES_FATAL_ERROR)
        rc = stream_failed(w, r, e);
    else
        rc = sg_fail(e, SG_EUNAVAIL, "the database ended the replication");
    PQclear(r);
    return rc;
}

/* Once as much silence has passed, asks for an answer, later gives up. */
static int on_silence(struct sg_wire *w, struct sg_error *e)
{
    int64_t now = sg_now_us();
    if (now - w->heard_us < ask_after_us)
        return 0;
    if (w->asked_us < w->heard_us) {
        w->asked_us = now;
        return send_status(w, true, e);
    }
    if (now - w->asked_us < give_up_after_us - ask_after_us)
        return 0;
    return sg_fail(e, SG_EUNAVAIL, "the database has been silent for a minute");
}

/* Sleeps until there is something to read, a slice has passed or the deadline. */
static int wait_input(struct sg_wire *w, int64_t deadline_us, struct sg_error *e)
{
    int64_t left_us = deadline_us - sg_now_us();
    int ms = left_us >= slice_ms * 1000 ? slice_ms
             : left_us > 0              ? (int)((left_us + 999) / 1000)
                                        : 0;
    struct pollfd p = {.fd = PQsocket(w->c), .events = POLLIN};
    int n = poll(&p, 1, ms);
    if (n < 0 && errno != EINTR)
        return sg_fail_errno(e, "poll");
    if (n <= 0)
        return on_silence(w, e);
    return PQconsumeInput(w->c) ? 0 : stream_failed(w, NULL, e);
}

int sg_wire_read(struct sg_wire *w, struct sg_str *msg, int64_t deadline_us, struct sg_error *e)
{
    for (;;) {
        PQfreemem(w->bytes);
        w->bytes = NULL;
        int n = PQgetCopyData(w->c, &w->bytes, 1);
        int rc = sg_wire_report(w, false, e);
        if (n == -1)
            return stream_ended(w, e);
        if (n == -2)
            return stream_failed(w, NULL, e);
        if (n > message_max)
            return sg_fail(e, SG_ELIMIT, "replication message of %d bytes", n);
        if (n > 0 && !rc) {
            w->heard_us = sg_now_us();
            rc = dispatch(w, (struct sg_str){w->bytes, (size_t)n}, msg, e);
        } else if (!rc && (sg_now_us() >= deadline_us || sg_stopping())) {
            return 0;
        } else if (!rc) {
            rc = wait_input(w, deadline_us, e);
        }
        if (rc)
            return rc;
    }
}
