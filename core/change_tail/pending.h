/* pending.h - private to core/change_tail: one transaction being collected.
 *
 * A streamed transaction's messages name the (sub-)transaction they belong to.
 * When that one is rolled back its changes are passed over on reading. Its
 * relation messages are not: the server counts a description as sent for the
 * whole transaction.
 */
#pragma once
#include "core/change_tail/spool.h"

struct sg_sub {
    uint32_t xid; /* 0: free */
    bool aborted;
    size_t n_changes;
};

struct sg_pending {
    uint32_t xid;
    bool streamed;
    struct sg_spool spool;
    struct sg_sub *subs; /* open addressing, a power of two; streamed only */
    size_t n_subs, cap_subs;
    size_t n_changes; /* without aborted ones */
};

void sg_pending_init(struct sg_pending *p, const char *tmp_dir, size_t limit);
void sg_pending_reset(struct sg_pending *p, uint32_t xid, bool streamed);
void sg_pending_fini(struct sg_pending *p);
/* n_changes: how many changes the message stands for. sub_xid: 0 unless streamed. */
int sg_pending_put(struct sg_pending *p, uint32_t sub_xid, struct sg_str msg, size_t n_changes,
                   struct sg_error *e);
void sg_pending_abort(struct sg_pending *p, uint32_t sub_xid);
/* The messages that count, in order: 1, or 0 at the end. */
int sg_pending_next(struct sg_pending *p, struct sg_str *msg, struct sg_error *e);
