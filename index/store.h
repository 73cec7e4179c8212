/* store.h - the base's records: LMDB, one file, written once, read by all.
 *
 * Records by kind and id, frozen (core/record.h), each with its base docid; genres;
 * and three relations, of an id to ids. store_format.h says how they lie in it.
 *
 * liblmdb trusts the pages it maps: a damaged file can crash the reader. So the
 * file's sum in the manifest is what guards it, checked before it is opened.
 */
#pragma once
#include "index/generation.h"
#include "schemas/catalogue.h"

struct sg_store; /* thread-safe; every reading thread uses its own struct sg_store_txn */
int sg_store_open(struct sg_store **out, const char *path, struct sg_error *e);
void sg_store_close(struct sg_store *s);

struct sg_store_txn;
int sg_store_begin(struct sg_store *s, struct sg_store_txn **out, struct sg_error *e);
void sg_store_end(struct sg_store_txn *t);
/* The frozen record, a view valid for the transaction: SG_ENOENT. */
int sg_store_get(struct sg_store_txn *t, enum sg_kind kind, uint64_t id, struct sg_str *frozen,
                 struct sg_error *e);
uint32_t sg_store_docid(struct sg_store_txn *t, enum sg_kind kind, uint64_t id); /* 0: none */
int sg_store_genre(struct sg_store_txn *t, uint64_t id, struct sg_str *frozen, struct sg_error *e);
typedef int (*sg_id_fn)(void *ctx, uint64_t id);
/* Ids of a kind, ascending. A non-zero return of fn stops and is returned. */
int sg_store_each(struct sg_store_txn *t, enum sg_kind kind, sg_id_fn fn, void *ctx);
int sg_store_each_genre(struct sg_store_txn *t, sg_id_fn fn, void *ctx);
enum sg_relation_of { SG_ARTIST_SONGS, SG_ARTIST_ALBUMS, SG_ALBUM_SONGS };
int sg_store_related(struct sg_store_txn *t, enum sg_relation_of r, uint64_t id, sg_id_fn fn,
                     void *ctx);
