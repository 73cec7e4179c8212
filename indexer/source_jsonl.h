/* source_jsonl.h - a catalogue without a database: a snapshot file and an
 * append-only file of changes beside it.
 *
 *   PATH           {"type":"song","song_id":1,"title":...}    a record a line, any order;
 *                  {"type":"snapshot","seq":17} says which changes are in it already
 *   PATH.changes   {"seq":18,"op":"put","type":"song","song_id":1,...}
 *                  {"seq":19,"op":"delete","type":"song","song_id":1}
 *
 * seq rises from line to line. Changes are whole records, so one that is in the
 * snapshot too does no harm. A line that is no record is logged and skipped.
 */
#pragma once
#include "indexer/source_pg.h"

struct sg_source_jsonl; /* the changes, followed as they grow */

/* Every record of one table; credits are NULL. */
int sg_source_jsonl_each(const char *path, enum sg_table t, sg_source_row_fn fn, void *ctx,
                         struct sg_error *e);
/* The snapshot's own sequence; 0 when it says none. */
int sg_source_jsonl_sequence(const char *path, uint64_t *seq, struct sg_error *e);

/* path: of the snapshot. Changes up to `after` are passed over. A missing file
 * of changes is no error: it may come. */
int sg_source_jsonl_open(struct sg_source_jsonl **out, const char *path, uint64_t after,
                         struct sg_error *e);
void sg_source_jsonl_close(struct sg_source_jsonl *s);
struct sg_jsonl_change {
    uint64_t seq;
    enum sg_table table;
    bool removed;
    uint64_t id;
    struct sg_row row; /* unless removed; views until the next call */
};
/* 1: the next change; 0: none now. */
int sg_source_jsonl_next(struct sg_source_jsonl *s, struct sg_jsonl_change *out,
                         struct sg_error *e);
/* Bytes of changes not read yet. */
int64_t sg_source_jsonl_lag(const struct sg_source_jsonl *s);
