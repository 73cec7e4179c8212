/* spool.h - private to core/change_tail: messages kept in order until their
 * transaction commits, in memory up to a limit and then in an unlinked file.
 *
 * A record is {u32 bytes, u32 xid} and the message as it came.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"

struct sg_spool {
    const char *tmp_dir; /* the tail's */
    size_t limit;        /* bytes kept in memory */
    struct sg_buf tail;  /* what is not in the file yet: all, while fd is 0 */
    int fd;              /* 0: no file */
    uint64_t file_bytes;
    struct sg_buf window; /* reading: a part of the file */
    size_t window_at, tail_at;
    uint64_t file_at;
};

void sg_spool_init(struct sg_spool *s, const char *tmp_dir, size_t limit);
/* Forgets the records and the file; keeps a little memory for the next. */
void sg_spool_reset(struct sg_spool *s);
void sg_spool_fini(struct sg_spool *s);
int sg_spool_put(struct sg_spool *s, uint32_t xid, struct sg_str msg, struct sg_error *e);
/* The records from the first one on: 1, 0 at the end. *msg is valid until the
 * next call. Not to be mixed with puts. */
int sg_spool_next(struct sg_spool *s, uint32_t *xid, struct sg_str *msg, struct sg_error *e);
