/* journal.h - records that outlive a crash until somebody has dealt with them.
 *
 *   <dir>/LOCK                       held by the one process that has it open
 *   <dir>/<first sequence>.journal   segments: records one after the other
 *   <dir>/position                   the last record dealt with
 *
 *   record   magic u32 | bytes u32 | sequence u64 | XXH3 of all of it u64 | bytes
 *
 * Many callers add; one thread writes what has gathered and syncs it once (group
 * commit), then tells those who wait. A record is there for its reader until it is
 * acknowledged, over restarts, and comes again when the reader died before that:
 * what is done with it must bear repetition. Every opening begins a new segment;
 * what cannot be read, the end of a write that was cut off or damage, is passed
 * over up to the next whole record. Only a write that failed, of which all who
 * wait are told, is cut off again.
 *
 * Bounded: adding is refused when unread records fill max_bytes. Thread-safe to add;
 * one thread at a time reads and acknowledges.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define SG_JOURNAL_RECORD_MAX (1u << 20)

struct sg_journal;
struct sg_journal_options {
    const char *dir;        /* made when missing */
    uint64_t max_bytes;     /* of unread records; 0: 256 MiB */
    uint64_t segment_bytes; /* 0: 4 MiB */
    int lazy_ms;            /* how long what nobody waits for may lie in memory; 0: 200 */
};
/* SG_EBUSY: another process has it. */
int sg_journal_open(struct sg_journal **out, const struct sg_journal_options *o,
                    struct sg_error *e);
/* Writes what was added, tells who waits, then frees. */
void sg_journal_close(struct sg_journal *j);

/* Called once, by the writing thread, when the record is safe on disk (0) or could not be
 * written (SG_EIO, SG_ENOSPC). May not block, nor call the journal. */
typedef void (*sg_journal_done)(void *ctx, int rc, const struct sg_error *e);
/* Adds a record (1..SG_JOURNAL_RECORD_MAX bytes, copied). done NULL: nobody waits, and a crash
 * may lose the last lazy_ms; refused already at half of max_bytes, so that those who wait have
 * room. SG_EBUSY: full; done is then not called. */
int sg_journal_add(struct sg_journal *j, struct sg_str record, sg_journal_done done, void *ctx,
                   struct sg_error *e);
/* The same, waiting. */
int sg_journal_add_wait(struct sg_journal *j, struct sg_str record, struct sg_error *e);

struct sg_journal_record {
    uint64_t sequence; /* from 1, ascending; never used twice */
    struct sg_str bytes;
};
/* Up to cap records behind the last read, written by now; 0: none. Views until the next read.
 * Reading begins behind the last acknowledged record at every opening. */
int sg_journal_read(struct sg_journal *j, struct sg_journal_record *out, size_t cap, size_t *n,
                    struct sg_error *e);
/* Everything up to this sequence is dealt with: it is forgotten. */
int sg_journal_acknowledge(struct sg_journal *j, uint64_t sequence, struct sg_error *e);
/* Reading goes back to behind the last acknowledged record. */
void sg_journal_rewind(struct sg_journal *j);

struct sg_journal_state {
    uint64_t added, acknowledged; /* sequences */
    uint64_t bytes;               /* on disk and waiting to be written */
    uint64_t passed_over;         /* bytes that could not be read, since opening */
};
void sg_journal_state(struct sg_journal *j, struct sg_journal_state *out);

/* Of the journal in a folder that another process may have open, which goes on: the last record on
 * disk, and the last that was acknowledged. 0, 0: there is none. */
int sg_journal_look(const char *dir, uint64_t *last, uint64_t *acknowledged, struct sg_error *e);

/* The next whole record in *bytes with a sequence above `after`, which is taken off with all
 * before it; *passed grows by the bytes passed over. False: none is left, and *bytes is
 * where one may still be being written. The one way segments are read; fuzzed. */
bool sg_journal_next(struct sg_str *bytes, uint64_t after, struct sg_journal_record *out,
                     uint64_t *passed);
