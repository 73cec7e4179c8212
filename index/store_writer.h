/* store_writer.h - writes store.mdb once, in key order.
 *
 * Private to index. Thread-compatible. Everything is appended, so pages are
 * full and the file has no free ones but a few. First records, by kind, then
 * genres, then relations, in the order of their enums; SG_EINVAL when not.
 */
#pragma once
#include "index/store.h"

struct sg_store_writer;
/* map_bytes: more than the file will need; only address space. */
int sg_store_writer_open(struct sg_store_writer **out, const char *path, uint64_t map_bytes,
                         struct sg_error *e);
/* In ascending order of (kind, id), each once. */
int sg_store_writer_put(struct sg_store_writer *w, enum sg_kind kind, uint64_t id, uint32_t docid,
                        struct sg_str frozen, struct sg_error *e);
/* In ascending order of (r, id, related), each once. */
int sg_store_writer_relate(struct sg_store_writer *w, enum sg_relation_of r, uint64_t id,
                           uint64_t related, struct sg_error *e);
/* In ascending order of id, each once. */
int sg_store_writer_genre(struct sg_store_writer *w, uint64_t id, struct sg_str frozen,
                          struct sg_error *e);
/* Writes, trims the map, syncs, makes the file read-only and frees w, whatever it returns. */
int sg_store_writer_finish(struct sg_store_writer *w, struct sg_error *e);
void sg_store_writer_abort(struct sg_store_writer *w); /* of NULL too */
