/* tail.c - see core/change_tail.h.
 *
 *   wire -> messages -> pending transactions -> (commit) -> the caller
 *
 * An ordinary transaction arrives whole, at its commit. A streamed one arrives in
 * blocks between others and is collected by its xid. Messages stay as they came
 * until the caller reads them: table descriptions are thus learnt in commit
 * order, which is the order the server reckons with.
 */
#include "core/change_tail/pending.h"
#include "core/change_tail/relations.h"
#include "core/change_tail/wire.h"
#include "core/clock.h"
#include <stdlib.h>

static const size_t ordinary_limit = 16 << 20; /* bytes in memory before a file is used */
static const size_t streamed_limit = 1 << 20;

struct sg_tail {
    struct sg_wire wire;
    struct sg_relations relations;
    struct sg_arena arena; /* the message being decoded */
    char *tmp_dir;

    struct sg_pending ordinary;
    struct sg_pending **streams; /* not yet committed */
    size_t n_streams, cap_streams;
    struct sg_pending *in_stream; /* between STREAM START and STOP */

    struct sg_pending *current;  /* handed out; &ordinary or owned */
    struct sg_pgoutput truncate; /* rest of a TRUNCATE of several tables */
    size_t truncate_at;
    struct sg_tuple old_tuple, new_tuple;
    unsigned n_read; /* messages, to keep the server informed now and then */
};

static struct sg_tail *make(const char *tmp_dir)
{
    struct sg_tail *t = calloc(1, sizeof *t);
    if (!t || !(t->tmp_dir = strdup(tmp_dir))) {
        free(t);
        return NULL;
    }
    sg_pending_init(&t->ordinary, t->tmp_dir, ordinary_limit);
    return t;
}

static int opened(struct sg_tail **out, struct sg_tail *t, int rc)
{
    if (rc)
        sg_tail_close(t);
    else
        *out = t;
    return rc;
}

int sg_tail_open(struct sg_tail **out, const char *dsn, const char *slot, const char *publication,
                 uint64_t start_lsn, const char *tmp_dir, struct sg_error *e)
{
    struct sg_tail *t = make(tmp_dir);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "change tail");
    return opened(out, t, sg_wire_open(&t->wire, dsn, slot, publication, start_lsn, e));
}

int sg_tail_open_temporary(struct sg_tail **out, const char *dsn, const char *slot,
                           const char *publication, const char *tmp_dir, const atomic_bool *cut,
                           struct sg_error *e)
{
    struct sg_tail *t = make(tmp_dir);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "change tail");
    return opened(out, t, sg_wire_open_temporary(&t->wire, dsn, slot, publication, cut, e));
}

static void free_pending(struct sg_pending *p)
{
    sg_pending_fini(p);
    free(p);
}

static void release_current(struct sg_tail *t)
{
    if (t->current == &t->ordinary)
        sg_pending_reset(t->current, 0, false);
    else if (t->current)
        free_pending(t->current);
    t->current = NULL;
    t->truncate.n_truncated = t->truncate_at = 0;
}

void sg_tail_close(struct sg_tail *t)
{
    if (!t)
        return;
    release_current(t);
    for (size_t i = 0; i < t->n_streams; i++)
        free_pending(t->streams[i]);
    free(t->streams);
    sg_pending_fini(&t->ordinary);
    sg_relations_fini(&t->relations);
    sg_arena_free(&t->arena);
    sg_wire_close(&t->wire);
    free(t->tmp_dir);
    free(t);
}

static size_t find_stream(const struct sg_tail *t, uint32_t xid)
{
    size_t i = 0;
    while (i < t->n_streams && t->streams[i]->xid != xid)
        i++;
    return i;
}

static struct sg_pending *take_stream(struct sg_tail *t, uint32_t xid)
{
    size_t i = find_stream(t, xid);
    if (i == t->n_streams)
        return NULL;
    struct sg_pending *p = t->streams[i];
    t->streams[i] = t->streams[--t->n_streams];
    return p;
}

static struct sg_pending *add_stream(struct sg_tail *t, uint32_t xid)
{
    if (t->n_streams == t->cap_streams) {
        size_t cap = t->cap_streams ? t->cap_streams * 2 : 8;
        struct sg_pending **v = realloc(t->streams, cap * sizeof *v);
        if (!v)
            return NULL;
        t->streams = v;
        t->cap_streams = cap;
    }
    struct sg_pending *p = malloc(sizeof *p);
    if (!p)
        return NULL;
    sg_pending_init(p, t->tmp_dir, streamed_limit);
    sg_pending_reset(p, xid, true);
    return t->streams[t->n_streams++] = p;
}

static int start_stream(struct sg_tail *t, uint32_t xid, struct sg_error *e)
{
    size_t i = find_stream(t, xid);
    t->in_stream = i < t->n_streams ? t->streams[i] : add_stream(t, xid);
    return t->in_stream ? 0 : sg_fail(e, SG_ENOMEM, "streamed transaction");
}

static void abort_stream(struct sg_tail *t, uint32_t xid, uint32_t sub_xid)
{
    size_t i = find_stream(t, xid);
    if (i == t->n_streams)
        return;
    if (xid == sub_xid)
        free_pending(take_stream(t, xid));
    else
        sg_pending_abort(t->streams[i], sub_xid);
}

/* What the caller left unread may describe tables of later transactions. */
static int finish_current(struct sg_tail *t, struct sg_error *e)
{
    struct sg_change ignored;
    int rc = 0;
    while (t->current && (rc = sg_tail_change(t, &ignored, e)) == 1)
        ;
    release_current(t);
    return rc;
}

/* 1; or 0 for one that changed nothing published, as streams may. */
static int hand_out(struct sg_tail *t, struct sg_pending *p, const struct sg_pgoutput *m,
                    struct sg_txn *txn, struct sg_error *e)
{
    t->current = p;
    if (!p->n_changes)
        return finish_current(t, e);
    t->wire.given = m->end_lsn;
    *txn = (struct sg_txn){.xid = p->xid,
                           .commit_lsn = m->commit_lsn,
                           .end_lsn = m->end_lsn,
                           .commit_us = m->commit_us,
                           .n_changes = p->n_changes};
    return 1;
}

static int out_of_place(struct sg_str msg, struct sg_error *e)
{
    return sg_fail(e, SG_ECORRUPT, "replication message '%c' out of place", msg.p[0]);
}

/* Keeps a message of the transaction that is open: its changes are counted here
 * and decoded when they are read. */
static int keep(struct sg_tail *t, struct sg_str msg, struct sg_error *e)
{
    size_t n_changes = 1;
    uint32_t sub_xid = 0;
    struct sg_pending *p = t->in_stream ? t->in_stream : t->wire.in_txn ? &t->ordinary : NULL;
    if (!p)
        return out_of_place(msg, e);
    if (msg.p[0] == 'R' || msg.p[0] == 'T') {
        struct sg_pgoutput m;
        int rc = sg_pgoutput_decode(&m, msg, t->in_stream, &t->arena, e);
        if (rc)
            return rc;
        n_changes = m.n_truncated;
    }
    if (t->in_stream) {
        if (msg.n < 5)
            return sg_fail(e, SG_ECORRUPT, "replication message '%c' ends early", msg.p[0]);
        const unsigned char *b = (const unsigned char *)msg.p;
        sub_xid = (uint32_t)b[1] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 8 | b[4];
    }
    return sg_pending_put(p, sub_xid, msg, n_changes, e);
}

static int on_begin(struct sg_tail *t, const struct sg_pgoutput *m)
{
    sg_pending_reset(&t->ordinary, m->xid, false);
    t->wire.in_txn = true;
    return 0;
}

static int on_commit(struct sg_tail *t, const struct sg_pgoutput *m, struct sg_txn *txn,
                     struct sg_error *e)
{
    t->wire.in_txn = false;
    return hand_out(t, &t->ordinary, m, txn, e);
}

static int on_stream_commit(struct sg_tail *t, const struct sg_pgoutput *m, struct sg_txn *txn,
                            struct sg_error *e)
{
    struct sg_pending *p = take_stream(t, m->xid);
    if (!p)
        return sg_fail(e, SG_ECORRUPT, "commit of transaction %u that was not streamed", m->xid);
    return hand_out(t, p, m, txn, e);
}

/* Beginnings and ends of transactions. 1: one is complete. */
static int on_boundary(struct sg_tail *t, struct sg_str msg, struct sg_txn *txn, struct sg_error *e)
{
    struct sg_pgoutput m;
    int rc = sg_pgoutput_decode(&m, msg, t->in_stream, &t->arena, e);
    if (rc)
        return rc;
    bool open = t->wire.in_txn || t->in_stream;
    if (m.kind != SG_PGO_OTHER && open != (m.kind == SG_PGO_COMMIT || m.kind == SG_PGO_STREAM_STOP))
        return out_of_place(msg, e);
    switch (m.kind) {
    case SG_PGO_BEGIN:
        return on_begin(t, &m);
    case SG_PGO_COMMIT:
        return t->in_stream ? out_of_place(msg, e) : on_commit(t, &m, txn, e);
    case SG_PGO_STREAM_START:
        return start_stream(t, m.xid, e);
    case SG_PGO_STREAM_STOP:
        t->in_stream = NULL;
        return 0;
    case SG_PGO_STREAM_COMMIT:
        return on_stream_commit(t, &m, txn, e);
    case SG_PGO_STREAM_ABORT:
        abort_stream(t, m.xid, m.sub_xid);
        return 0;
    default:
        return 0;
    }
}

static int on_message(struct sg_tail *t, struct sg_str msg, struct sg_txn *txn, struct sg_error *e)
{
    sg_arena_reset(&t->arena);
    if (msg.n && strchr("RIUDT", msg.p[0]) && msg.p[0])
        return keep(t, msg, e);
    return on_boundary(t, msg, txn, e);
}

int sg_tail_next(struct sg_tail *t, struct sg_txn *txn, int timeout_ms, struct sg_error *e)
{
    int64_t deadline_us =
        sg_now_us() + (timeout_ms < 0 ? INT64_MAX / 2 : timeout_ms * INT64_C(1000));
    int rc = finish_current(t, e);
    while (!rc) {
        struct sg_str msg;
        rc = sg_wire_read(&t->wire, &msg, deadline_us, e);
        if (rc != 1)
            return rc;
        rc = on_message(t, msg, txn, e);
    }
    return rc;
}

static int table_of(struct sg_tail *t, uint32_t oid, const struct sg_relation **out,
                    struct sg_error *e)
{
    *out = sg_relations_get(&t->relations, oid);
    return *out ? 0 : sg_fail(e, SG_ECORRUPT, "a change of table %u, never described", oid);
}

static int next_truncated(struct sg_tail *t, struct sg_change *change, struct sg_error *e)
{
    const struct sg_relation *r;
    int rc = table_of(t, t->truncate.truncated[t->truncate_at++], &r, e);
    if (rc)
        return rc;
    *change = (struct sg_change){.kind = SG_CHANGE_TRUNCATE, .relation = r};
    return 1;
}

static enum sg_change_kind kind_of(enum sg_pgoutput_kind k)
{
    return k == SG_PGO_INSERT   ? SG_CHANGE_INSERT
           : k == SG_PGO_UPDATE ? SG_CHANGE_UPDATE
                                : SG_CHANGE_DELETE;
}

static int row_change(struct sg_tail *t, const struct sg_pgoutput *m, struct sg_change *change,
                      struct sg_error *e)
{
    const struct sg_relation *r;
    int rc = table_of(t, m->relation, &r, e);
    if (rc)
        return rc;
    bool has_new = m->kind != SG_PGO_DELETE;
    if ((m->has_old && m->old_tuple.n != r->n) || (has_new && m->new_tuple.n != r->n))
        return sg_fail(e, SG_ECORRUPT, "a row of %.*s does not fit its description",
                       SG_FMT(r->name));
    t->old_tuple = m->old_tuple;
    t->new_tuple = m->new_tuple;
    *change = (struct sg_change){.kind = kind_of(m->kind),
                                 .relation = r,
                                 .old_tuple = m->has_old ? &t->old_tuple : NULL,
                                 .new_tuple = has_new ? &t->new_tuple : NULL};
    return 1;
}

/* 0: a description, or a TRUNCATE whose tables come next. */
static int read_message(struct sg_tail *t, struct sg_str msg, struct sg_change *change,
                        struct sg_error *e)
{
    struct sg_pgoutput m;
    sg_arena_reset(&t->arena);
    int rc = sg_pgoutput_decode(&m, msg, t->current->streamed, &t->arena, e);
    if (rc)
        return rc;
    if (m.kind == SG_PGO_RELATION)
        return sg_relations_learn(&t->relations, &m.described, e);
    if (m.kind != SG_PGO_TRUNCATE)
        return row_change(t, &m, change, e);
    t->truncate = m;
    t->truncate_at = 0;
    return 0;
}

int sg_tail_change(struct sg_tail *t, struct sg_change *change, struct sg_error *e)
{
    while (t->current) {
        struct sg_str msg;
        if (t->truncate_at < t->truncate.n_truncated)
            return next_truncated(t, change, e);
        int rc = ++t->n_read % 256 ? 0 : sg_wire_report(&t->wire, false, e);
        if (rc)
            return rc;
        rc = sg_pending_next(t->current, &msg, e);
        if (rc == 1)
            rc = read_message(t, msg, change, e);
        else if (rc == 0)
            release_current(t);
        if (rc)
            return rc;
    }
    return 0;
}

int sg_tail_confirm(struct sg_tail *t, uint64_t lsn, struct sg_error *e)
{
    return sg_wire_confirm(&t->wire, lsn, e);
}

uint64_t sg_tail_server_lsn(const struct sg_tail *t)
{
    return t->wire.server_lsn;
}
