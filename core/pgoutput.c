/* pgoutput.c - see pgoutput.h.
 *
 * One reader walks the message; after the first thing that does not fit it
 * yields zeros, and the failure is told once, at the end.
 */
#include "core/pgoutput.h"

/* 2000-01-01, the epoch of PostgreSQL's timestamps. */
static const int64_t pg_epoch_us = INT64_C(946684800) * 1000000;

struct reader {
    struct sg_str msg;
    size_t at;
    int code;
    const char *why;
    struct sg_arena *arena;
};

static void bad(struct reader *r, int code, const char *why)
{
    if (!r->code) {
        r->code = code;
        r->why = why;
    }
}

static const unsigned char *take(struct reader *r, size_t n)
{
    if (r->code || r->msg.n - r->at < n) {
        bad(r, SG_ECORRUPT, "message ends early");
        return NULL;
    }
    const char *p = r->msg.p + r->at;
    r->at += n;
    return (const unsigned char *)p;
}

static uint8_t take_u8(struct reader *r)
{
    const unsigned char *p = take(r, 1);
    return p ? *p : 0;
}

static unsigned take_u16(struct reader *r)
{
    const unsigned char *p = take(r, 2);
    return p ? (unsigned)p[0] << 8 | p[1] : 0;
}

static uint32_t take_u32(struct reader *r)
{
    const unsigned char *p = take(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static uint64_t take_u64(struct reader *r)
{
    uint64_t high = take_u32(r);
    return high << 32 | take_u32(r);
}

static int64_t take_time(struct reader *r)
{
    int64_t us;
    if (__builtin_add_overflow((int64_t)take_u64(r), pg_epoch_us, &us)) {
        bad(r, SG_ECORRUPT, "time out of range");
        return 0;
    }
    return us;
}

static struct sg_str take_zstr(struct reader *r)
{
    size_t left = r->code ? 0 : r->msg.n - r->at;
    const char *p = left ? r->msg.p + r->at : NULL;
    const char *zero = p ? memchr(p, 0, left) : NULL;
    if (!zero) {
        bad(r, SG_ECORRUPT, "text without its end");
        return SG_STR_NONE;
    }
    r->at += (size_t)(zero - p) + 1;
    return (struct sg_str){p, (size_t)(zero - p)};
}

static void *take_array(struct reader *r, size_t count, size_t size)
{
    void *p = r->code ? NULL : sg_arena_array(r->arena, count + 1, size);
    if (!p)
        bad(r, SG_ENOMEM, "out of memory");
    return p;
}

static size_t take_columns(struct reader *r)
{
    size_t n = take_u16(r);
    if (n > SG_PGO_COLUMNS_MAX)
        bad(r, SG_ELIMIT, "too many columns");
    return r->code ? 0 : n;
}

static struct sg_cell take_cell(struct reader *r)
{
    struct sg_cell cell = {SG_CELL_NULL, SG_STR_NONE};
    switch (take_u8(r)) {
    case 'n':
        break;
    case 'u':
        cell.kind = SG_CELL_UNCHANGED;
        break;
    case 't':
        cell.kind = SG_CELL_TEXT;
        cell.text.n = take_u32(r);
        cell.text.p = (const char *)take(r, cell.text.n);
        break;
    default:
        bad(r, SG_ECORRUPT, "unknown kind of cell");
    }
    return cell;
}

static struct sg_tuple take_tuple(struct reader *r)
{
    struct sg_tuple t = {.n = take_columns(r)};
    t.cells = take_array(r, t.n, sizeof *t.cells);
    for (size_t i = 0; i < t.n && !r->code; i++)
        t.cells[i] = take_cell(r);
    return t;
}

static void take_relation(struct reader *r, struct sg_pgoutput *out)
{
    struct sg_relation *d = &out->described;
    out->relation = d->oid = take_u32(r);
    d->schema = take_zstr(r);
    if (!r->code && !d->schema.n)
        d->schema = SG_STR("pg_catalog");
    d->name = take_zstr(r);
    take_u8(r); /* replica identity */
    d->n = take_columns(r);
    d->columns = take_array(r, d->n, sizeof *d->columns);
    for (size_t i = 0; i < d->n && !r->code; i++) {
        d->columns[i].key = take_u8(r) & 1;
        d->columns[i].name = take_zstr(r);
        d->columns[i].type_oid = take_u32(r);
        take_u32(r); /* type modifier */
    }
}

static void expect_new(struct reader *r, struct sg_pgoutput *out, uint8_t tag)
{
    if (tag != 'N')
        bad(r, SG_ECORRUPT, "no new row");
    out->new_tuple = take_tuple(r);
}

static void take_insert(struct reader *r, struct sg_pgoutput *out)
{
    out->relation = take_u32(r);
    expect_new(r, out, take_u8(r));
}

static void take_update(struct reader *r, struct sg_pgoutput *out)
{
    out->relation = take_u32(r);
    uint8_t tag = take_u8(r);
    if (tag == 'K' || tag == 'O') {
        out->has_old = true;
        out->old_tuple = take_tuple(r);
        tag = take_u8(r);
    }
    expect_new(r, out, tag);
}

static void take_delete(struct reader *r, struct sg_pgoutput *out)
{
    out->relation = take_u32(r);
    uint8_t tag = take_u8(r);
    if (tag != 'K' && tag != 'O')
        bad(r, SG_ECORRUPT, "no old row");
    out->has_old = true;
    out->old_tuple = take_tuple(r);
}

static void take_truncate(struct reader *r, struct sg_pgoutput *out)
{
    size_t n = take_u32(r);
    take_u8(r); /* cascade, restart identity */
    if (n > (r->msg.n - r->at) / 4)
        bad(r, SG_ECORRUPT, "message ends early");
    out->n_truncated = r->code ? 0 : n;
    out->truncated = take_array(r, out->n_truncated, sizeof *out->truncated);
    for (size_t i = 0; i < n && !r->code; i++)
        out->truncated[i] = take_u32(r);
}

static void take_begin(struct reader *r, struct sg_pgoutput *out)
{
    out->commit_lsn = take_u64(r);
    out->commit_us = take_time(r);
    out->xid = take_u32(r);
}

static void take_commit(struct reader *r, struct sg_pgoutput *out)
{
    if (take_u8(r))
        bad(r, SG_ECORRUPT, "unknown commit flags");
    out->commit_lsn = take_u64(r);
    out->end_lsn = take_u64(r);
    out->commit_us = take_time(r);
}

static void take_stream_start(struct reader *r, struct sg_pgoutput *out)
{
    out->xid = take_u32(r);
    if (take_u8(r) > 1)
        bad(r, SG_ECORRUPT, "unknown stream flags");
}

static void take_stream_commit(struct reader *r, struct sg_pgoutput *out)
{
    out->xid = take_u32(r);
    take_commit(r, out);
}

static void take_stream_abort(struct reader *r, struct sg_pgoutput *out)
{
    out->xid = take_u32(r);
    out->sub_xid = take_u32(r);
}

static void take_nothing(struct reader *r, struct sg_pgoutput *out)
{
    (void)r;
    (void)out;
}

/* Origin, type, message: nothing in them is ours. */
static void skip_rest(struct reader *r, struct sg_pgoutput *out)
{
    (void)out;
    r->at = r->msg.n;
}

static const struct form {
    char type;
    bool xid_in_stream;
    enum sg_pgoutput_kind kind;
    void (*take)(struct reader *r, struct sg_pgoutput *out);
} forms[] = {
    {'B', false, SG_PGO_BEGIN, take_begin},
    {'C', false, SG_PGO_COMMIT, take_commit},
    {'R', true, SG_PGO_RELATION, take_relation},
    {'I', true, SG_PGO_INSERT, take_insert},
    {'U', true, SG_PGO_UPDATE, take_update},
    {'D', true, SG_PGO_DELETE, take_delete},
    {'T', true, SG_PGO_TRUNCATE, take_truncate},
    {'S', false, SG_PGO_STREAM_START, take_stream_start},
    {'E', false, SG_PGO_STREAM_STOP, take_nothing},
    {'c', false, SG_PGO_STREAM_COMMIT, take_stream_commit},
    {'A', false, SG_PGO_STREAM_ABORT, take_stream_abort},
    {'O', false, SG_PGO_OTHER, skip_rest},
    {'Y', false, SG_PGO_OTHER, skip_rest},
    {'M', false, SG_PGO_OTHER, skip_rest},
};

static const struct form *find_form(char type)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].type == type)
            return &forms[i];
    return NULL;
}

int sg_pgoutput_decode(struct sg_pgoutput *out, struct sg_str msg, bool in_stream,
                       struct sg_arena *a, struct sg_error *e)
{
    struct reader r = {.msg = msg, .arena = a};
    struct sg_pgoutput m = {0};
    uint8_t type = take_u8(&r);
    const struct form *f = r.code ? NULL : find_form((char)type);
    if (f) {
        m.kind = f->kind;
        if (in_stream && f->xid_in_stream)
            m.xid = take_u32(&r);
        f->take(&r, &m);
    } else {
        bad(&r, SG_ECORRUPT, "unknown type of message");
    }
    if (!r.code && r.at != msg.n)
        bad(&r, SG_ECORRUPT, "bytes behind the end");
    if (r.code)
        return sg_fail(e, r.code, "replication message 0x%02x: %s at byte %zu of %zu", type, r.why,
                       r.at, msg.n);
    *out = m;
    return 0;
}
