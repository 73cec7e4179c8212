/* wire.h - private to core/change_tail: the replication connection.
 *
 * Carries pgoutput messages in and positions out. What it may report as flushed
 * is decided here and nowhere else:
 *
 *   confirmed  the caller's word: everything up to it is durable
 *   given      end of the last transaction handed to the caller
 *   keepalive  the server's word: every transaction that ends up to it was sent
 *              before this message; `barrier` is what had been given by then
 *
 *   flushed = confirmed >= barrier ? max(confirmed, keepalive) : confirmed
 *
 * so an idle tail follows the server's WAL, and no transaction can lie between
 * what the caller confirmed and what is reported. Transactions still running
 * (also streamed ones) commit beyond the keepalive and will be sent again.
 */
#pragma once
#include "core/change_tail.h"

struct sg_wire {
    PGconn *c;
    char *bytes; /* the message last read, libpq's */
    uint64_t server_lsn;
    uint64_t start_lsn, confirmed, given;
    uint64_t keepalive, barrier;
    uint64_t flushed; /* last reported; never goes back */
    bool in_txn;      /* between BEGIN and COMMIT: keepalives are not trusted */
    int64_t reported_us, heard_us, asked_us;
};

int sg_wire_open(struct sg_wire *w, const char *dsn, const char *slot, const char *publication,
                 uint64_t start_lsn, struct sg_error *e);
/* Makes the slot first, for this connection only. */
int sg_wire_open_temporary(struct sg_wire *w, const char *dsn, const char *slot,
                           const char *publication, const atomic_bool *cut, struct sg_error *e);
void sg_wire_close(struct sg_wire *w);
/* Next pgoutput message: 1 and *msg, valid until the next call; 0 when none came
 * before deadline_us or sg_stopping(). */
int sg_wire_read(struct sg_wire *w, struct sg_str *msg, int64_t deadline_us, struct sg_error *e);
/* Reports positions if it is time to, or now. */
int sg_wire_report(struct sg_wire *w, bool now, struct sg_error *e);
/* SG_EINVAL beyond anything given or heard. */
int sg_wire_confirm(struct sg_wire *w, uint64_t lsn, struct sg_error *e);
