/* delta.h - the writer's side of a generation's delta: one LMDB environment
 * whose every commit carries records, documents, tombstones and the applied
 * LSN together. One writer (flock on LOCK), any number of readers in any
 * process, who see whole commits only.
 *
 * Why LMDB and not a second Xapian database: one atomic commit for all of it,
 * no reopen cost, no DatabaseModifiedError, and posting lists as short as
 * these are merged at once.
 *
 * Document maintenance is the writer's own business: after sg_delta_put or
 * _remove of any record, sg_delta_commit re-documents whatever depends on it
 * (an artist's songs and albums after a rename, an album's songs ...).
 *
 * Thread-compatible between batches; a batch belongs to the thread that began
 * it. When a call fails for another reason than its own arguments (SG_EINVAL)
 * or SG_ENOENT, the batch is lost: every further call repeats the error until
 * commit (which then rolls back) or rollback.
 */
#pragma once
#include "index/generation.h"
#include "schemas/catalogue.h"

struct sg_delta;
/* Opens for writing, making it when missing; completes derived state after a
 * crash. SG_EBUSY: another writer. */
int sg_delta_open(struct sg_delta **out, const char *generation_dir, struct sg_error *e);
void sg_delta_close(struct sg_delta *d); /* an uncommitted batch is dropped */

/* Applied position: LSN (PostgreSQL) and sequence (JSONL). 0 when none. */
uint64_t sg_delta_lsn(const struct sg_delta *d);
uint64_t sg_delta_sequence(const struct sg_delta *d);
uint64_t sg_delta_documents(const struct sg_delta *d); /* committed delta documents + tombstones */

/* Whole-record upserts, idempotent; part of the open batch. record: the struct
 * of its kind (struct sg_song ...). A private playlist is removed, not put. */
int sg_delta_put(struct sg_delta *d, enum sg_kind kind, const void *record, struct sg_error *e);
int sg_delta_remove(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_error *e);
int sg_delta_put_genre(struct sg_delta *d, const struct sg_genre *g, struct sg_error *e);
int sg_delta_remove_genre(struct sg_delta *d, uint64_t id, struct sg_error *e);
/* The body (index/lyrics.h) of a song's lyrics in a language; empty: removed. The song may come
 * later or never. SG_EINVAL leaves the batch as it is. */
int sg_delta_put_lyrics(struct sg_delta *d, uint64_t song_id, struct sg_str language,
                        struct sg_str body, struct sg_error *e);
/* The body as the open batch sees it; absent: none. A view until the next write. */
int sg_delta_get_lyrics(struct sg_delta *d, uint64_t song_id, struct sg_str language,
                        struct sg_str *body, struct sg_error *e);
int sg_delta_clear_lyrics(struct sg_delta *d, struct sg_error *e); /* of all songs */
/* Only the song's play count: no re-documenting. Unknown song: ignored. */
int sg_delta_plays(struct sg_delta *d, uint64_t song_id, uint64_t play_count, struct sg_error *e);
/* The record as the open batch sees it (batch, delta, base): SG_ENOENT. Views live
 * until the next call that writes. out: struct of the kind. */
int sg_delta_get(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_arena *a, void *out,
                 struct sg_error *e);
/* The album's songs / artist's songs and albums as the batch sees them, for TRUNCATE and checks. */
typedef int (*sg_entity_fn)(void *ctx, enum sg_kind kind, uint64_t id);
int sg_delta_each(struct sg_delta *d, enum sg_kind kind, sg_entity_fn fn, void *ctx,
                  struct sg_error *e); /* every live id of the kind, ascending */
/* The writer's own notes, committed and rolled back with the batch, never seen by
 * searchers (the indexer keeps what a record cannot hold there). Keys up to 64
 * bytes, values up to 4096; put with value.n == 0 removes. get sees the open
 * batch: SG_ENOENT; value lives in a. */
int sg_delta_note_put(struct sg_delta *d, struct sg_str key, struct sg_str value,
                      struct sg_error *e);
int sg_delta_note_get(struct sg_delta *d, struct sg_str key, struct sg_arena *a,
                      struct sg_str *value, struct sg_error *e);
/* Every live genre id as the batch sees it, for TRUNCATE. */
int sg_delta_each_genre(struct sg_delta *d, int (*fn)(void *ctx, uint64_t id), void *ctx,
                        struct sg_error *e);
/* Durable when it returns 0. SG_ENOSPC: nothing of the batch is visible, retry later. */
int sg_delta_commit(struct sg_delta *d, uint64_t lsn, uint64_t sequence, struct sg_error *e);
void sg_delta_rollback(struct sg_delta *d);
