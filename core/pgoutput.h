/* pgoutput.h - decoder of PostgreSQL's logical replication messages, protocol
 * versions 1 and 2 (PostgreSQL manual, "Logical Replication Message Formats").
 *
 * Pure: bytes in, struct out, no connection. Every length is checked against
 * the message. Thread-compatible.
 */
#pragma once
#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

enum sg_pgoutput_kind {
    SG_PGO_BEGIN,
    SG_PGO_COMMIT,
    SG_PGO_RELATION,
    SG_PGO_INSERT,
    SG_PGO_UPDATE,
    SG_PGO_DELETE,
    SG_PGO_TRUNCATE,
    SG_PGO_STREAM_START,
    SG_PGO_STREAM_STOP,
    SG_PGO_STREAM_COMMIT,
    SG_PGO_STREAM_ABORT,
    SG_PGO_OTHER, /* origin, type, message: skipped */
};

#define SG_PGO_COLUMNS_MAX 256

enum sg_cell_kind { SG_CELL_NULL, SG_CELL_UNCHANGED /* TOAST */, SG_CELL_TEXT };
struct sg_cell {
    enum sg_cell_kind kind;
    struct sg_str text;
};
struct sg_tuple {
    size_t n;
    struct sg_cell *cells;
};
struct sg_relation_column {
    struct sg_str name;
    uint32_t type_oid;
    bool key;
};
struct sg_relation {
    uint32_t oid;
    struct sg_str schema, name;
    size_t n;
    struct sg_relation_column *columns;
};
struct sg_pgoutput {
    enum sg_pgoutput_kind kind;
    uint32_t xid;                 /* begin, stream; of the change inside a stream */
    uint32_t sub_xid;             /* stream abort */
    uint64_t commit_lsn;          /* begin (final), commit, stream commit */
    uint64_t end_lsn;             /* commit, stream commit */
    int64_t commit_us;            /* wall clock since 1970 */
    uint32_t relation;            /* oid, of a change */
    struct sg_relation described; /* relation */
    bool has_old;
    struct sg_tuple old_tuple, new_tuple;
    size_t n_truncated;
    uint32_t *truncated; /* oids */
};

/* in_stream: between STREAM_START and STREAM_STOP, where changes carry an xid.
 * Views point into msg; arrays are in a. SG_ECORRUPT names the offset. */
int sg_pgoutput_decode(struct sg_pgoutput *out, struct sg_str msg, bool in_stream,
                       struct sg_arena *a, struct sg_error *e);
