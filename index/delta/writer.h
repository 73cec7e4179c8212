/* writer.h - the writer of a delta from inside; private to index/delta.
 *
 * A batch is one LMDB write transaction, begun by the first call that needs it.
 * Puts go into it at once; what has to be documented again is only noted, and
 * done by commit, once an entity. A failure inside poisons the batch: every
 * further call repeats the error until rollback (or commit, which rolls back),
 * so that a caller cannot commit half of it.
 */
#pragma once
#include "index/delta.h"
#include "index/delta/format.h"
#include "index/facts.h"
#include "index/lyrics.h"

union sg_delta_record {
    uint64_t id; /* every kind's struct begins with it */
    struct sg_song song;
    struct sg_artist artist;
    struct sg_album album;
    struct sg_playlist playlist;
};
struct sg_delta_entity {
    uint64_t id;
    enum sg_kind kind;
};
/* A set that is sorted when it is read; duplicates are squeezed out as it grows. */
struct sg_delta_set {
    struct sg_delta_entity *v;
    size_t n, cap, squeezed;
};
/* What the maps are told after the commit. */
struct sg_delta_effect {
    enum sg_kind kind;
    uint32_t docid;
    bool plays;
    uint64_t count;
};

struct sg_delta {
    char *dir;
    int lock_fd;
    struct sg_delta_env *env;
    struct sg_store *store;
    struct sg_store_txn *base;
    struct sg_facts_reader *facts[SG_KINDS];
    struct sg_lyrics_file *lyrics;
    struct sg_delta_maps maps;
    struct sg_delta_meta committed, meta; /* meta: as the open batch makes it */
    MDB_txn *txn;                         /* NULL: no open batch */
    int poisoned;                         /* 0 or the error, with its text in why */
    struct sg_error why;
    struct sg_delta_set dirty;   /* to be documented again */
    struct sg_delta_set renamed; /* and so is what carries these names */
    struct sg_delta_effect *effects;
    size_t n_effects, cap_effects;
    uint64_t commits;
    struct sg_arena arena; /* of one call */
    struct sg_buf fresh, present, text, terms, old_text, old_terms, row;
};

/* writer.c */
int sg_delta_begin(struct sg_delta *d, struct sg_error *e);
/* Records that the batch is lost, and why, also into e; returns the code. */
int sg_delta_poison(struct sg_delta *d, int rc, struct sg_error *why, struct sg_error *e);
int sg_delta_note_effect(struct sg_delta *d, struct sg_delta_effect effect, struct sg_error *e);

/* look.c: reads as the open batch sees it; views until the next write. */
int sg_delta_frozen(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_str *out,
                    struct sg_error *e);
int sg_delta_look(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                  union sg_delta_record *out, struct sg_error *e);
/* The row of `of`; zeroes when there is none. */
int sg_delta_get_of(struct sg_delta *d, enum sg_kind kind, uint64_t id, struct sg_delta_of *out,
                    bool *found, struct sg_error *e);
int sg_delta_get_plays(struct sg_delta *d, uint64_t song_id, struct sg_delta_plays *out,
                       bool *found, struct sg_error *e);
/* The song's packed lyrics; absent: none. */
int sg_delta_lyrics(struct sg_delta *d, uint64_t song_id, struct sg_str *packed,
                    struct sg_error *e);
/* Ids related in base or delta, the same one maybe twice, some maybe no longer. */
int sg_delta_related(struct sg_delta *d, enum sg_relation_of r, uint64_t id, sg_id_fn fn, void *ctx,
                     struct sg_error *e);

/* document.c: documents d's dirty set again, in the open batch. */
int sg_delta_document_all(struct sg_delta *d, struct sg_error *e);

/* set.c */
int sg_delta_set_add(struct sg_delta_set *s, enum sg_kind kind, uint64_t id, struct sg_error *e);
void sg_delta_set_squeeze(struct sg_delta_set *s);
void sg_delta_set_free(struct sg_delta_set *s);
