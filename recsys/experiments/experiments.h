/* experiments.h - who gets which variant, what was shown, which new song is tried.
 *
 *   rows of experiments, experiment_variants --(every second)--> variant of a user
 *   answer --> sg_experiments_expose --> journal, nobody waits --> table exposures, in batches
 *   exposures, plays --(every ten minutes)--> posteriors of new songs --> sg_experiments_explore
 *
 * Assignment is weighted rendezvous hashing of (experiment, variant, user): the same on every
 * replica, and changing a weight moves only the users that it must (Thaler and Ravishankar,
 * 1998; with weights, Schindelhauer and Schomaker, 2005). Without a database the experiments
 * last read hold. What was shown in the last 200 ms before a kill may be missing from the log;
 * all else reaches the database once. Thread-safe.
 */
#pragma once
#include "core/arena.h"
#include "core/config.h"

#define SG_EXPOSED_MAX 200 /* songs of one exposure */
#define SG_EXPLORE     "explore"

struct sg_experiments;
/* Its journal lies below var_dir/experiments. SG_EBUSY: another process has it. */
int sg_experiments_open(struct sg_experiments **out, const struct sg_config *config,
                        struct sg_error *e);
void sg_experiments_close(struct sg_experiments *x);

enum sg_experiment_kind { SG_EXPERIMENT_AB, SG_EXPERIMENT_INTERLEAVE };
struct sg_variant {
    struct sg_str name, settings;
};
struct sg_assignment {
    struct sg_str experiment;
    enum sg_experiment_kind kind;
    struct sg_variant variant; /* A/B: the user's; interleaved: the first in order of names */
    struct sg_variant other;   /* interleaved: the second */
};
/* Of the experiment that runs on a surface ("recommendations"). Texts in a. False: there is none
 * (interleaved: of two variants), or no memory: the user gets what everybody gets. */
bool sg_experiments_assign(struct sg_experiments *x, struct sg_str surface, uint64_t user_id,
                           struct sg_arena *a, struct sg_assignment *out);

struct sg_exposure {
    uint64_t user_id;
    struct sg_str experiment, variant; /* variant "": interleaved */
    struct sg_str surface;             /* "recommendations", 1..32 bytes */
    const uint64_t *songs;             /* as shown; what is beyond SG_EXPOSED_MAX is left out */
    size_t n;
    const unsigned char *teams; /* interleaved: as of sg_interleave; else NULL */
};
/* Never blocks. SG_EBUSY: the journal is full, as nobody takes it; counted and left out. */
int sg_experiments_expose(struct sg_experiments *x, const struct sg_exposure *p,
                          struct sg_error *e);

/* Which of n candidates, songs that are new, fills the slot for them: by Thompson sampling, each
 * draw from its own Beta(1 + plays, 1 + exposures without). The same seed and counts give the
 * same. SIZE_MAX: recsys.explore is off, or n is 0. Tell by sg_experiments_expose, experiment
 * SG_EXPLORE, that it was shown. */
size_t sg_experiments_explore(struct sg_experiments *x, const uint64_t *candidates, size_t n,
                              uint64_t seed);

/* Team-draft interleaving (Radlinski, Kurup and Joachims, CIKM 2008) of two rankings into
 * out[k], nothing twice; team[i] 0: a's pick, 1: b's. How many; the same seed gives the same. */
size_t sg_interleave(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b, uint64_t seed,
                     uint64_t *out, unsigned char *team, size_t k);
