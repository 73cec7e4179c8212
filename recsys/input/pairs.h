/* pairs.h - who played what, as a list: read from files or from the listening history.
 *
 *   pairs   user item [weight] [time]     separated by tabs, commas or spaces
 *   lists   user item item item ...       the LightGCN repositories' files
 *   lastfm  userID artistID weight        tab separated, behind a header (HetRec 2011)
 *
 * Plain or gzip. Ids are whole numbers, or any text, which then counts by its 64-bit XXH3
 * (two of a million texts meet with probability 3e-8). Lines starting with # and empty
 * ones are skipped; any other line that does not fit is refused with its number: figures
 * must not come from half a file.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include "recsys/interactions.h"

struct sg_pair {
    uint64_t user, item;
    float weight; /* > 0 */
    int64_t time; /* seconds since 1970, or 0: unknown */
};
struct sg_pairs { /* zero-initialised is empty */
    struct sg_pair *v;
    size_t n, cap;
    bool timed; /* every one has a time */
};
enum sg_pairs_format { SG_PAIRS, SG_PAIRS_LISTS, SG_PAIRS_LASTFM };

/* "pairs", "lists", "lastfm": SG_EINVAL. */
int sg_pairs_format(struct sg_str name, enum sg_pairs_format *out, struct sg_error *e);
/* Appends a file's. SG_ENOENT, SG_EINVAL (a line, by number), SG_ECORRUPT (gzip), SG_ELIMIT. */
int sg_pairs_read(struct sg_pairs *p, const char *path, enum sg_pairs_format format,
                  struct sg_error *e);
/* Appends the database's plays of 30 s or more (or of unknown length), one a row. */
int sg_pairs_from_database(struct sg_pairs *p, const char *dsn, struct sg_error *e);
int sg_pairs_add(struct sg_pairs *p, struct sg_pair one, struct sg_error *e);
void sg_pairs_free(struct sg_pairs *p);

/* Sorts by user and item; repeated ones become one: weights add up, the last time holds. */
void sg_pairs_merge(struct sg_pairs *p);

enum sg_pairs_weights { SG_WEIGHTS_BINARY, SG_WEIGHTS_LOG, SG_WEIGHTS_COUNT };
/* 1, 1 + ln(weight) (at least 1), or as they are. */
void sg_pairs_weigh(struct sg_pairs *p, enum sg_pairs_weights how);

/* An id: the number it is, or the hash of its text. */
uint64_t sg_pairs_id(struct sg_str text);
