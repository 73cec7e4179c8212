/* source_pg.h - the catalogue as a snapshot of PostgreSQL has it. */
#pragma once
#include "core/pg.h"
#include "indexer/credits.h"
#include "indexer/row.h"

#define SG_PUBLICATION "segue_catalogue"

/* Makes the publication of the catalogue's tables when there is none. */
int sg_source_pg_publication(PGconn *c, struct sg_error *e);
/* A read-only transaction at an exported snapshot; name NULL: at one of its own. */
int sg_source_pg_begin(PGconn *c, const char *snapshot, struct sg_error *e);

/* credits: of songs, else NULL. row and credits live for the call. */
typedef int (*sg_source_row_fn)(void *ctx, enum sg_table t, const struct sg_row *row,
                                const struct sg_credits *credits, struct sg_error *e);
/* Every row of a table with a record, by COPY in constant memory; playlists:
 * the public ones. A song's row has its artist_ids, a row with aliases these. by_id: ascending by
 * id. Rows that no record can hold are logged and skipped. */
int sg_source_pg_each(PGconn *c, enum sg_table t, bool by_id, sg_source_row_fn fn, void *ctx,
                      struct sg_error *e);
/* One row as it is now, without credits and aliases; strings in a. SG_ENOENT. */
int sg_source_pg_row(PGconn *c, enum sg_table t, uint64_t id, struct sg_row *row,
                     struct sg_arena *a, struct sg_error *e);
/* About how many rows the table has; 0: unknown. */
uint64_t sg_source_pg_estimate(PGconn *c, enum sg_table t);
/* pg_current_wal_lsn, a number out of one cell, and the like. */
int sg_source_pg_lsn(PGconn *c, uint64_t *lsn, struct sg_error *e);
