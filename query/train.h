/* train.h - fitting the ranker's weights to judged queries.
 *
 * A judged query is a line of a TSV file:
 *
 *   query <tab> type <tab> expected [<tab> group]
 *
 * type: song, artist, album, playlist, or any. expected: "title", or
 * "title | artist" with the lead artist's name; several acceptable answers are
 * joined by " || ". Names are compared folded. Lines that start with '#' and
 * empty lines are skipped. A third of the queries, by a hash of their text, is
 * held out: it is reported and never fitted to.
 *
 * Each query is asked once; its candidates' features are kept and the weights
 * are moved one at a time (coordinate ascent; Metzler and Croft, "Linear
 * feature-based models for information retrieval", 2007) while the mean
 * reciprocal rank in the first ten rises. Evidence keeps its weight: it must
 * outweigh the rest together.
 */
#pragma once
#include "core/service.h"
#include "query/ask.h"
#include "query/weights.h"

struct sg_judged {
    struct sg_str query, type, expected, group; /* group: "" when there is none */
    bool held_out;
};
/* Queries of a file's bytes, in the arena, pointing into text. SG_EINVAL: "name:line: ...". */
int sg_judged_parse(struct sg_list *out, const char *name, struct sg_str text, struct sg_arena *a,
                    struct sg_error *e);
/* Whether the hit is what was expected. */
bool sg_judged_is_answer(const struct sg_judged *j, const struct sg_hit *h);

/* What one query gave: n candidates, each with its features. */
struct sg_observed {
    const struct sg_judged *judged;
    size_t n;
    int rank; /* of the answer as served, from 1; 0: not in the first ten */
    float (*values)[SG_FEATURES];
    bool *is_answer;
};
/* Mean reciprocal rank in the first ten under w, of the held-out queries or the others. */
double sg_train_mrr(const struct sg_observed *o, size_t n, const struct sg_weights *w,
                    bool held_out);
/* Moves w, rounds times through all features but those of the bit set keep; returns the
 * final figure. */
double sg_train_fit(const struct sg_observed *o, size_t n, struct sg_weights *w, int rounds,
                    uint64_t keep);

/* segue-query train-ranker. */
int sg_cli_train(const struct sg_config *c, int argc, char **argv);
