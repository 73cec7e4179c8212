/* levers.c - writing levers: see index/levers.h. */
#include "index/levers.h"
#include "index/delta/lever_key.h"
#include "index/delta/writer.h"
#include <errno.h>

static int key_of(enum sg_lever lever, const void *record, unsigned char b[SG_LEVER_KEY],
                  MDB_val *key, struct sg_error *e)
{
    b[0] = (unsigned char)lever;
    if (lever == SG_LEVER_AVAILABILITY) {
        const struct sg_availability *a = record;
        enum sg_kind kind = sg_kind_of(a->kind);
        if (kind != SG_SONG && kind != SG_ALBUM)
            return sg_fail_field(e, "kind", "kind: expected song or album");
        *key = sg_availability_key(b, kind, a->id);
    } else if (lever == SG_LEVER_STOP_WORD) {
        struct sg_str word = ((const struct sg_stop_word *)record)->word;
        if (word.n == 0 || word.n >= SG_LEVER_KEY)
            return sg_fail_field(e, "word", "word: of 1 to %d bytes", SG_LEVER_KEY - 1);
        memcpy(b + 1, word.p, word.n);
        *key = (MDB_val){1 + word.n, b};
    } else {
        uint64_t be = __builtin_bswap64(*(const uint64_t *)record);
        memcpy(b + 1, &be, sizeof be);
        *key = (MDB_val){1 + sizeof be, b};
    }
    return 0;
}

static int lost(struct sg_delta *d, int lmdb_rc, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    return sg_delta_poison(d, sg_delta_fail(&why, lmdb_rc, "lever"), &why, e);
}

static int count_change(struct sg_delta *d, enum sg_lever lever, struct sg_error *e)
{
    unsigned char version = SG_LEVER_VERSION;
    MDB_dbi table = d->env->table[SG_DELTA_LEVER];
    MDB_val key = {1, &version}, value;
    uint64_t n = 0;
    if (lever == SG_LEVER_AVAILABILITY)
        return 0;
    int rc = mdb_get(d->txn, table, &key, &value);
    if (!rc)
        sg_delta_fixed(value, &n, sizeof n);
    n++;
    value = (MDB_val){sizeof n, &n};
    rc = rc && rc != MDB_NOTFOUND ? rc : mdb_put(d->txn, table, &key, &value, 0);
    return rc ? lost(d, rc, e) : 0;
}

static void pack_availability(const struct sg_availability *a, struct sg_buf *out)
{
    const struct sg_str *markets = a->markets.v;
    sg_buf_putc(out, a->excluded);
    for (size_t i = 0; i < a->markets.n; i++)
        if (markets[i].n == 2)
            sg_buf_put(out, markets[i].p, 2);
}

int sg_delta_put_lever(struct sg_delta *d, enum sg_lever lever, const void *record,
                       struct sg_error *e)
{
    unsigned char b[SG_LEVER_KEY];
    MDB_val key, value;
    int rc = key_of(lever, record, b, &key, e);
    if (!rc)
        rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    sg_buf_reset(&d->fresh);
    if (lever == SG_LEVER_AVAILABILITY)
        pack_availability(record, &d->fresh);
    else
        sg_record_freeze(sg_lever_records[lever], record, &d->fresh);
    if (sg_buf_failed(&d->fresh))
        return sg_fail(e, SG_ENOMEM, "lever");
    value = (MDB_val){d->fresh.n, d->fresh.p};
    rc = mdb_put(d->txn, d->env->table[SG_DELTA_LEVER], &key, &value, 0);
    return rc ? lost(d, rc, e) : count_change(d, lever, e);
}

int sg_delta_remove_lever(struct sg_delta *d, enum sg_lever lever, const void *record,
                          struct sg_error *e)
{
    unsigned char b[SG_LEVER_KEY];
    MDB_val key;
    int rc = key_of(lever, record, b, &key, e);
    if (!rc)
        rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    rc = mdb_del(d->txn, d->env->table[SG_DELTA_LEVER], &key, NULL);
    if (rc && rc != MDB_NOTFOUND)
        return lost(d, rc, e);
    return count_change(d, lever, e);
}

int sg_delta_clear_levers(struct sg_delta *d, enum sg_lever lever, struct sg_error *e)
{
    MDB_cursor *c;
    unsigned char first = (unsigned char)lever;
    MDB_val key = {1, &first}, value;
    int rc = sg_delta_begin(d, e);
    if (rc)
        return rc;
    rc = mdb_cursor_open(d->txn, d->env->table[SG_DELTA_LEVER], &c);
    if (rc)
        return lost(d, rc, e);
    rc = mdb_cursor_get(c, &key, &value, MDB_SET_RANGE);
    while (!rc && *(unsigned char *)key.mv_data == first) {
        rc = mdb_cursor_del(c, 0);
        if (!rc)
            rc = mdb_cursor_get(c, &key, &value, MDB_GET_CURRENT);
    }
    mdb_cursor_close(c);
    /* After its last entry a cursor has no current one: EINVAL in LMDB 0.9. */
    if (rc && rc != MDB_NOTFOUND && rc != EINVAL)
        return lost(d, rc, e);
    return count_change(d, lever, e);
}
