/* graphs.cpp - see graphs.h. */
extern "C" {
#include "tests/bench/graphs.h"
}
#include <algorithm>
#include <faiss/IndexHNSW.h>
#include <memory>
#include <omp.h>
#include <vector>
#ifdef SEGUE_HNSWLIB
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include <hnswlib/hnswlib.h>
#pragma GCC diagnostic pop
#endif

namespace
{
constexpr int links = 16, build_effort = 120;
}

struct graph {
    virtual ~graph() = default;
    virtual void effort(int effort) = 0;
    virtual void search(const float *query, size_t k, uint64_t *out) = 0;
};

namespace
{
struct faiss_graph final : graph {
    faiss::IndexHNSWFlat index;
    faiss_graph(const float *rows, size_t n, size_t d)
        : index((int)d, links, faiss::METRIC_INNER_PRODUCT)
    {
        index.hnsw.efConstruction = build_effort;
        index.add((faiss::Index::idx_t)n, rows);
    }
    void effort(int effort) override
    {
        index.hnsw.efSearch = effort;
    }
    void search(const float *query, size_t k, uint64_t *out) override
    {
        std::vector<float> score(k);
        std::vector<faiss::Index::idx_t> row(k);
        omp_set_num_threads(1);
        index.search(1, query, (faiss::Index::idx_t)k, score.data(), row.data());
        for (size_t i = 0; i < k; i++)
            out[i] = (uint64_t)row[i];
    }
};

#ifdef SEGUE_HNSWLIB
struct hnswlib_graph final : graph {
    hnswlib::InnerProductSpace space;
    hnswlib::HierarchicalNSW<float> index;
    hnswlib_graph(const float *rows, size_t n, size_t d)
        : space(d), index(&space, n, links, build_effort)
    {
        index.addPoint(rows, 0);
#pragma omp parallel for schedule(dynamic, 256)
        for (size_t i = 1; i < n; i++)
            index.addPoint(rows + i * d, i);
    }
    void effort(int effort) override
    {
        index.setEf((size_t)effort);
    }
    void search(const float *query, size_t k, uint64_t *out) override
    {
        auto found = index.searchKnn(query, k);
        for (size_t i = 0; i < k; i++) {
            out[i] = found.empty() ? UINT64_MAX : found.top().second;
            if (!found.empty())
                found.pop();
        }
    }
};
#endif
} // namespace

extern "C" {
struct graph *graph_new(enum graph_kind kind, const float *rows, size_t n, size_t d, int threads)
{
    omp_set_num_threads(threads);
    if (kind == GRAPH_FAISS)
        return new faiss_graph(rows, n, d);
#ifdef SEGUE_HNSWLIB
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return new hnswlib_graph(rows, n, d);
#endif
    return nullptr;
}

void graph_free(struct graph *g)
{
    delete g;
}

void graph_effort(struct graph *g, int effort)
{
    g->effort(effort);
}

void graph_search(struct graph *g, const float *query, size_t k, uint64_t *out)
{
    g->search(query, k, out);
}
}
