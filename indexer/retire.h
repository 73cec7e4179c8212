/* retire.h - the end of generations: old ones, refused ones, unfinished ones,
 * and replication slots that belong to none of them.
 */
#pragma once
#include "core/pg.h"
#include "index/generation.h"

#define SG_SLOTS_MAX 32
struct sg_slot_info {
    char name[64];
    bool active, lost;
    uint64_t confirmed_lsn;
    int64_t retained_bytes; /* of WAL that it holds; -1: unknown */
};
/* Slots of this index folder (by its ID) in the connection's database. */
int sg_slot_list(PGconn *c, const char *id, struct sg_slot_info *out, size_t *n,
                 struct sg_error *e);
/* Drops a slot; one that is gone is fine. A reader that has just closed lives on
 * for an instant at the server: waited for, up to two seconds. */
int sg_slot_end(PGconn *c, const char *slot, const char *why, struct sg_error *e);

/* Removes what a killed rebuild left behind: building-* folders, slots that no
 * generation names. The caller holds REBUILD.lock, or sweeps there. c NULL (JSONL, or no
 * database now): folders only. */
int sg_retire_unfinished(const char *dir, const char *id, PGconn *c, struct sg_error *e);
/* Keeps the current generation, the newest others up to keep in all, and the newest
 * refused one; drops the others' slots and removes their folders. */
int sg_retire_old(const char *dir, int64_t keep, PGconn *c, struct sg_error *e);
