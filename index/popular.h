/* popular.h - queries that may be shown to everybody, as they lie in a generation's delta.
 *
 * Rows of the table popular_queries: text, weight and trend by market. They are among the
 * delta's notes, so that they come and go with its commits; a reader that wants them all copies
 * them when their version has changed.
 */
#pragma once
#include "index/delta.h"
#include "index/searcher.h"

struct sg_popular_row {
    struct sg_str folded; /* 1..512 bytes */
    struct sg_str market; /* two capitals; empty: all */
    struct sg_str query;  /* for display, 1..512 characters */
    struct sg_str lang;   /* empty: unknown */
    float weight, trend;
};
/* Part of the open batch. SG_EINVAL: a text is too long or holds a zero byte. */
int sg_popular_put(struct sg_delta *d, const struct sg_popular_row *r, struct sg_error *e);
int sg_popular_remove(struct sg_delta *d, struct sg_str folded, struct sg_str market,
                      struct sg_error *e);
int sg_popular_clear(struct sg_delta *d, struct sg_error *e);

/* Between sg_searcher_begin and _end. Another number after every commit that changed any, of
 * one generation; 0: there are none. */
uint64_t sg_popular_version(struct sg_searcher *s);
/* In no order; views for the call. A non-zero return stops it and is returned. */
typedef int (*sg_popular_fn)(void *ctx, const struct sg_popular_row *r);
int sg_popular_each(struct sg_searcher *s, sg_popular_fn fn, void *ctx, struct sg_error *e);

/* A row as bytes, and back: views into them. Write gives how many, 0 when the row does not fit
 * or has a zero byte. */
#define SG_POPULAR_BYTES 3000
size_t sg_popular_write(char out[SG_POPULAR_BYTES], const struct sg_popular_row *r);
bool sg_popular_read(struct sg_str bytes, struct sg_popular_row *out);

/* Keys of the notes; private to writer and reader. */
#define SG_POPULAR_PREFIX  "popular:"
#define SG_POPULAR_VERSION "popular-version"
