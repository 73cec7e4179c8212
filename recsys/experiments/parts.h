/* parts.h - the inside of experiments; private to recsys/experiments. */
#pragma once
#include "core/journal.h"
#include "core/metrics.h"
#include "core/mover.h"
#include "core/pg.h"
#include "core/record.h"
#include "recsys/experiments/experiments.h"
#include <pthread.h>

/* assign.c: the experiments as last read. */
struct variant_row {
    struct sg_str surface, experiment, name, settings; /* in the table's arena */
    enum sg_experiment_kind kind;
    double weight;
};
struct variant_table { /* sorted by surface, experiment and name; one experiment a surface */
    struct sg_arena arena;
    struct variant_row *v;
    size_t n;
};
/* The enabled ones, into *t, empty before. */
int variants_read(struct variant_table *t, PGconn *c, struct sg_error *e);
bool variants_assign(const struct variant_table *t, struct sg_str surface, uint64_t user_id,
                     struct sg_arena *a, struct sg_assignment *out);

/* explore.c: what is known of new songs. */
struct arm {
    uint64_t song_id; /* 0: free */
    uint32_t exposures, plays;
};
struct arms { /* open addressing; cap a power of two, 0: empty */
    struct arm *v;
    size_t n, cap;
};
void arms_free(struct arms *t);
/* The song's, added when it is not there; NULL: no memory, or too many. */
struct arm *arms_put(struct arms *t, uint64_t song_id);
const struct arm *arms_find(const struct arms *t, uint64_t song_id);
int arms_read(struct arms *t, PGconn *c, struct sg_error *e);
size_t arms_pick(const struct arms *t, const uint64_t *candidates, size_t n, uint64_t seed);

/* One record of the journal; may only grow at its end, by optional fields. */
struct exposure_event {
    uint64_t id, user_id;
    int64_t at_us;
    struct sg_str experiment, variant, surface;
    struct sg_list songs; /* uint64_t */
    struct sg_str teams;  /* bytes; none: not interleaved */
};
extern const struct sg_record exposure_event_record;

struct sg_experiments {
    const struct sg_config *config;
    struct sg_journal *journal;
    struct sg_metric *logged, *dropped, *moved;
    pthread_rwlock_t lock; /* guards variants and arms */
    struct variant_table variants;
    struct arms arms;
    _Atomic uint64_t draws;
    struct sg_mover *mover;
    struct exposure_carrier *carrier; /* the mover's */
};
/* move.c: between journal, database and tables. */
int experiments_mover_start(struct sg_experiments *x, struct sg_error *e);
void exposure_carrier_free(struct exposure_carrier *c);
