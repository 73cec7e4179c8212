/* snapshot.h - the source at one point in time, fed to a builder. */
#pragma once
#include "core/config.h"
#include "core/pg.h"
#include "index/builder.h"
#include "indexer/progress.h"

struct sg_snapshot {
    const struct sg_config *config;
    PGconn *holder, *reader; /* PostgreSQL: the slot's connection, the COPY's */
    char slot[64];
    uint64_t lsn, sequence;
    struct sg_buf levers;  /* copied, for sg_snapshot_note; the caller frees it */
    struct sg_buf popular; /* popular queries, for sg_snapshot_note; the caller frees it */
};
/* id: of the index folder, for the slot's name. */
int sg_snapshot_open(struct sg_snapshot *s, const struct sg_config *config, const char *id,
                     struct sg_error *e);
void sg_snapshot_close(struct sg_snapshot *s); /* the slot stays */
/* Everything, in the builder's order. gaps: songs whose credits have gaps are
 * appended, for sg_snapshot_note. */
int sg_snapshot_feed(struct sg_snapshot *s, struct sg_builder *b, struct sg_progress *p,
                     struct sg_buf *gaps, struct sg_error *e);
/* Writes the gaps and the levers into the new generation's delta. */
int sg_snapshot_note(const struct sg_snapshot *s, const struct sg_buf *gaps,
                     const char *generation_dir, struct sg_error *e);
