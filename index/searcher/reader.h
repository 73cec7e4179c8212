/* reader.h - the inside of sg_index and sg_searcher; private to index/searcher. */
#pragma once
#include "index/delta/format.h"
#include "index/levers.h"
#include "index/lyrics.h"
#include "index/postings.h"
#include "index/searcher.h"
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

/* A generation held open: immutable but for the delta, which may appear later. */
struct sg_generation {
    atomic_int refs;
    char dir[PATH_MAX];
    struct sg_manifest manifest;
    struct sg_store *store;
    struct sg_facts_reader *facts[SG_KINDS];
    struct sg_suggest *suggest;
    struct sg_spell *spell;
    struct sg_lyrics_file *lyrics;
    struct sg_meaning_model *meaning; /* NULL: built before there was one */
    uint32_t counts[SG_KINDS];
    size_t n_verified; /* files of the manifest, in order of by_size; the follower's */
    uint8_t by_size[64];
    pthread_mutex_t attach_lock;
    _Atomic(struct sg_delta_env *) delta;
    bool delta_refused; /* said in the log already; under attach_lock */
    struct sg_delta_maps maps;
    atomic_bool has_maps;
};

/* generation.c. Verifies sizes, and sums of the smallest files up to verify_bytes. */
int sg_generation_open(struct sg_generation **out, const char *dir, uint64_t verify_bytes,
                       struct sg_error *e);
/* Sums of one more file: 1 when there was one, 0 when all are verified, or an error. */
int sg_generation_verify_next(struct sg_generation *g, struct sg_error *e);
void sg_generation_ref(struct sg_generation *g);
void sg_generation_unref(struct sg_generation *g);
/* The delta's environment, NULL while there is none. */
struct sg_delta_env *sg_generation_delta(struct sg_generation *g);
/* The maps, NULL while there are none that belong to the environment of this stamp. */
const struct sg_delta_maps *sg_generation_maps(struct sg_generation *g, uint64_t stamp);

/* follow.c: what is served now, with a reference for the caller; NULL: nothing. */
struct sg_generation *sg_index_take(struct sg_index *x);
bool sg_index_serves(struct sg_index *x, const struct sg_generation *g);
/* The last day (sg_release_of) whose releases are known now. */
uint16_t sg_index_day(const struct sg_index *x);

/* A posting list of the delta being read; values ascend. */
struct sg_delta_list {
    MDB_cursor *cursor;
    MDB_val key;
    uint64_t now; /* UINT64_MAX: at its end */
};
struct sg_delta_group {
    struct sg_delta_list *lists;
    size_t n;
    uint64_t count; /* of all its lists */
};
struct sg_match {
    enum sg_kind kind;
    struct sg_delta_group groups[SG_GROUPS_MAX]; /* n_wanted, rarest first, then the negated */
    size_t n_wanted, n_groups;
    uint64_t next; /* where the delta goes on */
    uint64_t delta_estimate, base_estimate, delta_found, base_found;
    bool delta_done, base_done;
    bool reads_base; /* the postings' running match is this one */
};

struct sg_searcher {
    struct sg_index *index;
    struct sg_generation *gen;
    struct sg_store_txn *base;
    struct sg_postings *postings[SG_KINDS];
    struct sg_delta_env *delta; /* gen's; NULL: none yet */
    MDB_txn *txn;               /* on delta; reset between end and begin */
    bool active;                /* between begin and end */
    uint64_t snapshot;          /* the transaction id that meta is of; 0: none */
    struct sg_delta_meta meta;  /* zeroes without a delta */
    const struct sg_delta_maps *maps;
    MDB_cursor **cursors; /* on postings, reused */
    size_t n_cursors, cap_cursors;
    struct sg_arena arena; /* of one match */
    struct sg_match match;
    struct sg_access access; /* what this request may find; kinds is set */
    bool restricted, by_market;
    uint16_t day; /* what is released later is not known */
};

/* delta_match.c: conjunctions over the delta's lists, by leapfrog. */
int sg_delta_match_begin(struct sg_searcher *s, const struct sg_term_group *groups, size_t n,
                         struct sg_error *e);
/* The next value into *out, UINT64_MAX at the end. */
int sg_delta_match_next(struct sg_searcher *s, uint64_t *out, struct sg_error *e);
/* At the list's first value; at its end when there is no such key. key's bytes stay. */
int sg_delta_list_start(struct sg_delta_list *l, MDB_cursor *cursor, MDB_val key,
                        struct sg_error *e);
int sg_delta_list_seek(struct sg_delta_list *l, uint64_t value, struct sg_error *e);

/* lookup.c */
bool sg_searcher_row(struct sg_searcher *s, uint32_t docid, struct sg_delta_row *row,
                     struct sg_facts *out);
/* levers.c: whether a restricted searcher may tell of it. */
bool sg_searcher_knows(struct sg_searcher *s, enum sg_kind kind, uint64_t id, bool is_explicit,
                       bool is_hit);
/* Whether the base's document is replaced or removed in this snapshot. */
bool sg_searcher_base_dead(struct sg_searcher *s, enum sg_kind kind, uint32_t docid);
