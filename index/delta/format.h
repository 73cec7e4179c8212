/* format.h - what a delta is on disk; private to its writer (index/delta) and
 * its readers (index/searcher).
 *
 *   delta/data.mdb, lock.mdb   LMDB, the truth; one commit carries everything:
 *     record      kind u8, id u64be   -> frozen record; empty: removed
 *     of          kind u8, id u64be   -> struct sg_delta_of: what replaces the base's document
 *     document    docid u32           -> struct sg_delta_row, folded text, terms
 *     posting     kind u8, term       -> u64 values, ascending = static-rank order
 *     artist-song, artist-album, album-song   id u64be -> ids u64be (additions only)
 *     genre       id u64be            -> frozen genre; empty: removed
 *     title       folded title        -> kind u8, id u64be, popularity u64be
 *     lyrics      song id u64be       -> packed lyrics (lyrics.h); empty: removed
 *     plays       song id u64be       -> struct sg_delta_plays: count that moved alone
 *     note        key                 -> the writer's own notes
 *     lever       see index/levers.h
 *     meta        "state"             -> struct sg_delta_meta
 *
 *   A posting's value is (~rank << 32) | docid, where rank is the popularity as
 *   the bits of a float, which order as the numbers do: good to seven digits,
 *   and equal ranks fall back to the docid. A document keeps its place while
 *   its popularity moves by less than an eighth.
 *
 *   delta/dead.map, plays.map  derived, mapped, written in place after the commit,
 *   never synced and good for one boot of the machine:
 *     dead.map   header | per kind: a bit per base docid that has an entry in `of`
 *     plays.map  header | per base song docid: u64 count + 1; 0: as in the base
 *
 * Commit and maps are not one atom, so the header counts transactions: `started`
 * is stored before the bits of a commit are set, `applied` after. Bits are
 * never taken back within a generation. A reader of snapshot T takes a set bit
 * as true when started <= T, a clear one when applied >= T, and otherwise asks
 * `of` in its own snapshot; so it sees no document twice and misses none. The
 * writer completes the maps whenever it opens.
 */
#pragma once
#include "core/buf.h"
#include "index/store.h"
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

enum sg_delta_table {
    SG_DELTA_RECORD,
    SG_DELTA_OF,
    SG_DELTA_DOCUMENT,
    SG_DELTA_POSTING,
    SG_DELTA_ARTIST_SONG, /* these three in the order of enum sg_relation_of */
    SG_DELTA_ARTIST_ALBUM,
    SG_DELTA_ALBUM_SONG,
    SG_DELTA_GENRE,
    SG_DELTA_TITLE,
    SG_DELTA_PLAYS,
    SG_DELTA_NOTE,
    SG_DELTA_META,
    SG_DELTA_LEVER,
    SG_DELTA_LYRICS,
    SG_DELTA_TABLES
};

#define SG_DELTA_FORMAT    3
#define SG_DELTA_TITLE_MAX 200 /* bytes of a folded title used as a key */

struct sg_delta_meta {
    uint32_t format, next_docid;
    uint64_t stamp; /* random, of this environment; the maps are signed with it */
    uint64_t lsn, sequence;
    uint64_t entities; /* rows of `of` */
    uint64_t plays;    /* rows of `plays` */
    uint64_t documents[SG_KINDS];
    uint64_t base_dead[SG_KINDS];
    uint64_t lyrics; /* rows of `lyrics` */
};
struct sg_delta_of {
    uint32_t docid;      /* in the delta; 0: removed */
    uint32_t base_docid; /* 0: the base does not know it */
};
struct sg_delta_plays {
    uint64_t count;
    uint32_t base_docid, zero;
};
struct sg_delta_row {
    uint64_t id;
    uint64_t popularity; /* now */
    uint64_t posted;     /* popularity that its postings and title were filed under */
    uint32_t base_docid, genre_id;
    uint32_t text_bytes, terms_bytes;
    uint16_t year;
    uint8_t kind, is_explicit;
    uint16_t release, zero;
    /* text: as sg_facts_pack; terms: sorted, each a length byte and its bytes */
};

#define SG_DELTA_KEY_BYTES 9
static inline MDB_val sg_delta_key(unsigned char b[SG_DELTA_KEY_BYTES], enum sg_kind kind,
                                   uint64_t id)
{
    uint64_t be = __builtin_bswap64(id);
    b[0] = (unsigned char)kind;
    memcpy(b + 1, &be, 8);
    return (MDB_val){SG_DELTA_KEY_BYTES, b};
}
static inline MDB_val sg_delta_id_key(uint64_t *be, uint64_t id)
{
    *be = __builtin_bswap64(id);
    return (MDB_val){8, be};
}
static inline uint64_t sg_delta_id_of(const void *be)
{
    uint64_t v;
    memcpy(&v, be, 8);
    return __builtin_bswap64(v);
}
/* The posting key of a term; n + 1 bytes of b. */
#define SG_DELTA_POSTING_KEY (SG_TERM_MAX + 1)
static inline MDB_val sg_delta_posting_key(unsigned char b[SG_DELTA_POSTING_KEY], enum sg_kind kind,
                                           struct sg_str term)
{
    b[0] = (unsigned char)kind;
    memcpy(b + 1, term.p, term.n);
    return (MDB_val){term.n + 1, b};
}
static inline uint64_t sg_delta_posting(uint64_t popularity, uint32_t docid)
{
    float f = (float)popularity;
    uint32_t rank;
    memcpy(&rank, &f, 4);
    return (uint64_t)~rank << 32 | docid;
}

/* A row with bounds checked: false when corrupt. Views as long as v. */
bool sg_delta_row_read(MDB_val v, struct sg_delta_row *row, struct sg_str *text,
                       struct sg_str *terms);
/* Copies a fixed-size value; false when its size is another. */
bool sg_delta_fixed(MDB_val v, void *out, size_t n);
/* An LMDB code as ours, with the text set: MDB_MAP_FULL and ENOSPC give SG_ENOSPC. */
int sg_delta_fail(struct sg_error *e, int lmdb_rc, const char *what);

/* env.c: LMDB must not open one environment twice in a process, so all users of
 * a delta here share one handle. Thread-safe. */
struct sg_delta_env {
    MDB_env *env;
    MDB_dbi table[SG_DELTA_TABLES];
    atomic_bool ready;         /* table[] is filled */
    pthread_mutex_t open_lock; /* of filling table[] */
    int refs;
    struct sg_delta_env *next;
};
/* SG_ENOENT when there is none (or it is still being made) and create is false. */
int sg_delta_env_acquire(struct sg_delta_env **out, const char *generation_dir, bool create,
                         struct sg_error *e);
void sg_delta_env_release(struct sg_delta_env *env);

/* maps.c */
struct sg_delta_maps {
    unsigned char *dead, *plays; /* NULL: not attached */
    size_t dead_bytes, plays_bytes;
    uint32_t counts[SG_KINDS];
    size_t first[SG_KINDS]; /* offset of each kind's bits */
};
/* Writable: makes or replaces what is missing or foreign. Read-only: SG_ENOENT
 * when there is none, SG_ECORRUPT when they belong to another environment. */
int sg_delta_maps_open(struct sg_delta_maps *m, const char *generation_dir,
                       const uint32_t counts[SG_KINDS], uint64_t stamp, bool writable,
                       struct sg_error *e);
void sg_delta_maps_close(struct sg_delta_maps *m);
void sg_delta_maps_start(struct sg_delta_maps *m, uint64_t txn);
void sg_delta_maps_finish(struct sg_delta_maps *m, uint64_t txn);
void sg_delta_maps_kill(struct sg_delta_maps *m, enum sg_kind kind, uint32_t docid);
void sg_delta_maps_plays(struct sg_delta_maps *m, uint32_t docid, uint64_t count);
enum sg_delta_fate { SG_FATE_LIVE, SG_FATE_DEAD, SG_FATE_UNSURE };
enum sg_delta_fate sg_delta_maps_fate(const struct sg_delta_maps *m, enum sg_kind kind,
                                      uint32_t docid, uint64_t snapshot);
/* False: the count has not moved. */
bool sg_delta_maps_get_plays(const struct sg_delta_maps *m, uint32_t docid, uint64_t *count);

/* ids.c: every live id of a kind ascending, base and delta merged. txn NULL: base only. */
int sg_delta_live_ids(struct sg_store_txn *base, MDB_txn *txn, MDB_dbi record, enum sg_kind kind,
                      sg_id_fn fn, void *ctx, struct sg_error *e);
int sg_delta_live_genres(struct sg_store_txn *base, MDB_txn *txn, MDB_dbi genre, sg_id_fn fn,
                         void *ctx, struct sg_error *e);
