/* generation.h - a generation on disk: immutable base and a small live delta.
 *
 *   <index dir>/CURRENT                  text: name of the generation being served
 *   <index dir>/gen-<utc>-<lsn>/
 *     MANIFEST.json     format, created, base LSN, slot, counts, sizes, XXH3 of each file, gate
 *     text-<kind>/      Xapian base, one per kind, docid = static-rank order
 *     facts-<kind>.seg  what the ranker reads
 *     lyrics.seg        what songs say (lyrics.h)
 *     store.mdb         LMDB: records by (kind, id), secondary indexes, genres
 *     suggest.seg       completion        spell.seg  words and their deletion neighbourhood
 *     delta/data.mdb    LMDB: all that changed since, with the applied LSN, in one commit
 *     delta/dead.map    a bit per base document that the delta replaced or removed (derived)
 *     LOCK              flock'ed by the one writer of the delta
 *
 * Building: sg_builder. Writing the delta: sg_delta. Reading: sg_index and
 * sg_searcher. Files of the base are never written after publish.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include "index/document.h"

#define SG_GENERATION_NAME   96
#define SG_GENERATION_FORMAT 5 /* of base and delta; another one is refused and rebuilt */

struct sg_file_sum {
    char name[64];
    uint64_t bytes, xxh3;
};
struct sg_manifest {
    int format;
    char name[SG_GENERATION_NAME];
    char slot[64];      /* replication slot; "" for a JSONL source */
    uint64_t lsn;       /* of the snapshot the base was built from */
    int64_t created_us; /* wall */
    uint64_t counts[SG_KINDS];
    uint64_t sequence; /* JSONL source: last change sequence in the base */
    double canary_mrr; /* gate result; -1: not run */
    struct sg_file_sum files[64];
    size_t n_files;
};

int sg_manifest_read(struct sg_manifest *m, const char *generation_dir, struct sg_error *e);
int sg_manifest_write(const struct sg_manifest *m, const char *generation_dir, struct sg_error *e);
/* Fills files by reading every base file. */
int sg_manifest_sum(struct sg_manifest *m, const char *generation_dir, struct sg_error *e);
/* Compares sizes, and with full also checksums: SG_ECORRUPT names the file. */
int sg_manifest_check(const struct sg_manifest *m, const char *generation_dir, bool full,
                      struct sg_error *e);

/* The same of one listed file, i < n_files. */
int sg_manifest_check_file(const struct sg_manifest *m, size_t i, const char *generation_dir,
                           bool full, struct sg_error *e);

/* CURRENT: SG_ENOENT when nothing was published. */
int sg_current_read(const char *index_dir, char name[SG_GENERATION_NAME], struct sg_error *e);
/* Atomic: temporary file, fsync, rename, fsync of the directory. */
int sg_current_publish(const char *index_dir, const char *name, struct sg_error *e);
/* Complete generations (those with a manifest), newest first; returns how many. */
size_t sg_generation_list(const char *index_dir, struct sg_manifest *out, size_t cap);
/* SG_EBUSY: it is CURRENT. Readers holding it open are not disturbed. */
int sg_generation_remove(const char *index_dir, const char *name, struct sg_error *e);
