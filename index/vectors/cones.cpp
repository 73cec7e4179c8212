/* cones.cpp - axes by FAISS's k-means on the sphere; the only unit that sees FAISS's C++. */
extern "C" {
#include "index/vectors/cones.h"
}
#include <cblas.h>
#include <cstring>
#include <exception>
#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <new>
#include <omp.h>
#include <vector>

namespace
{
constexpr int rounds = 8, rows_of_an_axis = 48; /* FAISS's guide: 39 to 256 */
constexpr size_t batch = 1 << 16;

void find(const float *rows, size_t n, size_t stride, size_t n_cones, float *axes, uint32_t *cone,
          float *cosine)
{
    faiss::ClusteringParameters p;
    p.niter = rounds;
    p.spherical = true;
    p.min_points_per_centroid = 1;
    p.max_points_per_centroid = rows_of_an_axis;
    faiss::Clustering means((int)stride, (int)n_cones, p);
    faiss::IndexFlatIP index((faiss::Index::idx_t)stride);
    means.train((faiss::Index::idx_t)n, rows, index);
    memcpy(axes, means.centroids.data(), n_cones * stride * sizeof *axes);
    std::vector<faiss::Index::idx_t> nearest(batch);
    for (size_t from = 0; from < n; from += batch) {
        size_t k = n - from < batch ? n - from : batch;
        index.search((faiss::Index::idx_t)k, rows + from * stride, 1, cosine + from,
                     nearest.data());
        for (size_t i = 0; i < k; i++) /* rows of no length may have no nearest axis */
            cone[from + i] = nearest[i] >= 0 ? (uint32_t)nearest[i] : 0;
    }
}
} // namespace

extern "C" int vectors_find_cones(const float *rows, size_t n, size_t stride, size_t n_cones,
                                  int threads, float *axes, uint32_t *cone, float *cosine,
                                  struct sg_error *e)
{
    omp_set_num_threads(threads > 0 ? threads : 1);
    openblas_set_num_threads(threads > 0 ? threads : 1);
    int rc = 0;
    try {
        find(rows, n, stride, n_cones, axes, cone, cosine);
    } catch (const std::bad_alloc &) {
        rc = sg_fail(e, SG_ENOMEM, "vectors");
    } catch (const std::exception &x) {
        rc = sg_fail(e, SG_EINTERNAL, "vectors: %.300s", x.what());
    }
    openblas_set_num_threads(1); /* as the rest of a service wants it */
    return rc;
}
