/* graphs.h - the rivals of bench_vectors: navigable graphs of FAISS and of hnswlib. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct graph;
enum graph_kind { GRAPH_FAISS, GRAPH_HNSWLIB };

/* NULL: the rival is not there (no header when this was built, or no AVX2). By inner
 * product; links: 2 * 16 a row on the lowest layer, effort 120 while building. */
struct graph *graph_new(enum graph_kind kind, const float *rows, size_t n, size_t d, int threads);
void graph_free(struct graph *g);
void graph_effort(struct graph *g, int effort);
/* The rows' numbers, in any order. */
void graph_search(struct graph *g, const float *query, size_t k, uint64_t *out);
