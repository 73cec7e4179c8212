/* gc.h - objects that no row of the database names are deleted: what a killed writer or a lost
 * transaction left in the store.
 *
 *   uploads/<upload_id>/...    kept: the upload is unfinished (receiving, received, processing), or
 *                              not cancelled, and its object_key or a part of it names the object
 *   audio/<asset_id>/<path>    kept: asset_files names it and a song plays it, or an unfinished
 *                              upload makes the asset
 *
 * A recording that is so old and that no song plays (its song was deleted) goes with its rows.
 *
 * Only objects older than an age are looked at, so that what has been stored and not been written
 * into the database yet stays. Nothing else in the store is touched. It may run anywhere and as
 * often as one likes; two at once do no harm.
 */
#pragma once
#include "core/objects/objects.h"
#include "core/pg.h"

struct sg_gc_report {
    int64_t seen, young, kept, deleted; /* objects */
    int64_t deleted_bytes;
    int64_t swept; /* temporary files and unfinished multipart uploads */
};

struct sg_gc_options {
    int64_t older_s; /* age from which an object may go; worker.gc_h has the usual one */
    bool dry_run;    /* deletes nothing, counts what would go */
    void (*progress)(void *ctx, const struct sg_gc_report *so_far); /* may be NULL */
    /* What goes (or would go); may be NULL. */
    void (*orphan)(void *ctx, const char *key, int64_t bytes);
    void *ctx;
};

/* report: also when it fails half-way. SG_ECONFLICT: the database knows of no upload and no asset
 * at all, but the store has some: it is likely another database's. SG_ECANCELED: stopping. Takes
 * no locks and holds no transaction. */
int sg_objects_gc(struct sg_objects *o, PGconn *pg, const struct sg_gc_options *how,
                  struct sg_gc_report *report, struct sg_error *e);
