/* store_format.h - store.mdb as its reader and writer know it; private to both.
 *
 * A table maps ids to bytes. An entry of LMDB's own would cost 18 bytes a row, so
 * rows of neighbouring ids share one, which fills a quarter of a page:
 *
 *   key    table u8 | the chunk's last id u64 big-endian
 *   value  rows: id varint (after the first: what it is more than the one before) |
 *                length varint | bytes
 *
 * The first key not below (table, id) is that of the only chunk that may hold id.
 *
 *   record tables (0 + kind)   docid varint | the record frozen
 *   genre                      the record frozen
 *   relations                  related ids, each varint: more than the one before
 */
#pragma once
#include "index/store.h"
#include <lmdb.h>

enum {
    store_genre = SG_KINDS,
    store_relation, /* + enum sg_relation_of */
    store_tables = store_relation + SG_ALBUM_SONGS + 1,
    store_key_bytes = 9,
    store_chunk_bytes = 1000, /* with its key and LMDB's 10 bytes, four to a page of 4096 */
    store_varint_bytes = 10,
};

static inline void store_key(unsigned char to[store_key_bytes], unsigned table, uint64_t id)
{
    uint64_t big = __builtin_bswap64(id);
    to[0] = (unsigned char)table;
    memcpy(to + 1, &big, sizeof big);
}

static inline size_t store_varint_put(unsigned char to[store_varint_bytes], uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        to[n++] = (unsigned char)(v | 0x80);
    to[n++] = (unsigned char)v;
    return n;
}

/* Takes a varint off *s; false when it is cut short or too long. */
static inline bool store_varint_take(struct sg_str *s, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s->n && i < store_varint_bytes; i++) {
        unsigned char c = (unsigned char)s->p[i];
        v |= (uint64_t)(c & 0x7f) << 7 * i;
        if (c < 0x80) {
            s->p += i + 1;
            s->n -= i + 1;
            *out = v;
            return true;
        }
    }
    return false;
}

/* sg_error code and text of an LMDB error. */
int store_fail(struct sg_error *e, int rc, const char *what, const char *path);
int store_env_open(MDB_env **out, const char *path, uint64_t map_bytes, unsigned flags);
int store_table_open(MDB_txn *txn, unsigned flags, MDB_dbi *out);
