/* dots.h - inner products of a query with rows that lie one after another, in the widest
 * vectors of the processor. Private to index/vectors. */
#pragma once
#include <stddef.h>

/* out[i] = rows[i].query, i < n; stride: a multiple of 16 floats, the query's length too. */
typedef void vectors_dots_fn(const float *rows, size_t n, size_t stride, const float *query,
                             float *out);
vectors_dots_fn *vectors_dots(void);
