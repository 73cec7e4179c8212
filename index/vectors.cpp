/* vectors.cpp - see vectors.h; the only unit that sees FAISS's C++.
 *
 *   PATH       header | ids, ascending | rows, in the ids' order      (mapped)
 *   PATH.ann   FAISS's own file; its size and XXH3 stand in the header
 *
 * FAISS trusts what it reads, so nothing reaches it before its checksum holds.
 * Small sets are a navigable graph (Malkov and Yashunin 2018) in memory; large
 * ones inverted lists that stay mapped, for memory and for a fast start.
 * FAISS returns row numbers; PATH turns them into ids.
 */
extern "C" {
#include "index/vectors.h"
#include "core/map.h"
}
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/index_io.h>
#include <fcntl.h>
#include <memory>
#include <new>
#include <numeric>
#include <omp.h>
#include <string>
#include <unistd.h>
#include <vector>
#include <xxhash.h>

namespace
{
constexpr char magic[8] = {'S', 'G', 'V', 'E', 'C', '0', '0', '1'};
constexpr size_t graph_max = 200000; /* rows: above, the graph's memory outweighs its speed */
constexpr size_t dimension_max = 4096;
constexpr int graph_links = 24, graph_build_effort = 120, graph_search_effort = 96;

struct header {
    char magic[8];
    uint64_t rows, dimension, ann_bytes, ann_xxh3;
    uint64_t body_xxh3; /* of ids and rows */
    uint64_t self_xxh3; /* of all above */
};

uint64_t header_sum(const header &h)
{
    return XXH3_64bits(&h, offsetof(header, self_xxh3));
}

size_t body_bytes(uint64_t rows, uint64_t dimension)
{
    return rows * (sizeof(uint64_t) + dimension * sizeof(float));
}

/* FAISS reports by exceptions: none leaves this unit. */
template <class F> int guarded(struct sg_error *e, const char *what, F f)
{
    try {
        return f();
    } catch (const std::bad_alloc &) {
        return sg_fail(e, SG_ENOMEM, "%s", what);
    } catch (const std::exception &x) {
        return sg_fail(e, SG_ECORRUPT, "%s: %.300s", what, x.what());
    }
}

void normalise(float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * v[i];
    float by = sum > 0 ? (float)(1 / std::sqrt(sum)) : 0;
    for (size_t i = 0; i < n; i++)
        v[i] *= by;
}

/* About 4 sqrt(n) lists, as FAISS's guide advises, kept trainable. */
size_t list_count(size_t n)
{
    return std::max<size_t>(1, std::min<size_t>((size_t)(4 * std::sqrt((double)n)), n / 39));
}

std::unique_ptr<faiss::Index> make_ann(const float *rows, size_t n, size_t d)
{
    if (n <= graph_max) {
        auto graph = std::make_unique<faiss::IndexHNSWFlat>((int)d, graph_links,
                                                            faiss::METRIC_INNER_PRODUCT);
        graph->hnsw.efConstruction = graph_build_effort;
        if (n)
            graph->add((faiss::Index::idx_t)n, rows);
        return graph;
    }
    auto *coarse = new faiss::IndexFlatIP((faiss::Index::idx_t)d);
    auto lists = std::make_unique<faiss::IndexIVFFlat>(coarse, d, list_count(n),
                                                       faiss::METRIC_INNER_PRODUCT);
    lists->own_fields = true;
    lists->cp.niter = 8;
    lists->train((faiss::Index::idx_t)n, rows);
    lists->add((faiss::Index::idx_t)n, rows);
    return lists;
}

void set_effort(faiss::Index *index)
{
    if (auto *graph = dynamic_cast<faiss::IndexHNSW *>(index))
        graph->hnsw.efSearch = graph_search_effort;
    else if (auto *lists = dynamic_cast<faiss::IndexIVF *>(index))
        lists->nprobe = std::max<size_t>(16, lists->nlist / 64);
}

int write_all(const std::string &path, const std::vector<struct sg_str> &parts, struct sg_error *e)
{
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return sg_fail_errno(e, "create %s", path.c_str());
    int rc = 0;
    for (auto part : parts)
        while (!rc && part.n) {
            ssize_t k = write(fd, part.p, part.n);
            if (k < 0)
                rc = sg_fail_errno(e, "write %s", path.c_str());
            else
                part.p += k, part.n -= (size_t)k;
        }
    if (!rc && fsync(fd))
        rc = sg_fail_errno(e, "sync %s", path.c_str());
    close(fd);
    return rc;
}

int check_header(const header &h, size_t file_bytes, const char *path, struct sg_error *e)
{
    bool good = memcmp(h.magic, magic, sizeof magic) == 0 && h.self_xxh3 == header_sum(h) &&
                h.dimension >= 1 && h.dimension <= dimension_max && h.rows <= (uint64_t)1 << 36 &&
                file_bytes == sizeof h + body_bytes(h.rows, h.dimension);
    return good ? 0 : sg_fail(e, SG_ECORRUPT, "%s: header or size is wrong", path);
}
} // namespace

struct sg_vectors {
    struct sg_map map;
    header h;
    const uint64_t *ids;
    const float *rows;
    std::unique_ptr<faiss::Index> ann;
};

static int open_ann(struct sg_vectors *v, const char *path, struct sg_error *e)
{
    std::string ann = std::string(path) + ".ann";
    struct sg_map m = {};
    int rc = sg_map_open(&m, ann.c_str(), 1, e);
    if (rc)
        return rc;
    if (m.n != v->h.ann_bytes || XXH3_64bits(m.p, m.n) != v->h.ann_xxh3)
        rc = sg_fail(e, SG_ECORRUPT, "%s: checksum differs", ann.c_str());
    sg_map_close(&m);
    if (rc)
        return rc;
    return guarded(e, ann.c_str(), [&] {
        v->ann.reset(
            faiss::read_index(ann.c_str(), v->h.rows > graph_max ? faiss::IO_FLAG_MMAP : 0));
        if (v->ann->d != (int)v->h.dimension || v->ann->ntotal != (faiss::Index::idx_t)v->h.rows)
            return sg_fail(e, SG_ECORRUPT, "%s: shape differs from %s", ann.c_str(), path);
        set_effort(v->ann.get());
        return 0;
    });
}

static int open_rows(struct sg_vectors *v, const char *path, struct sg_error *e)
{
    int rc = sg_map_open(&v->map, path, sizeof v->h, e);
    if (rc)
        return rc;
    memcpy(&v->h, v->map.p, sizeof v->h);
    rc = check_header(v->h, v->map.n, path, e);
    if (rc)
        return rc;
    if (XXH3_64bits(v->map.p + sizeof v->h, v->map.n - sizeof v->h) != v->h.body_xxh3)
        return sg_fail(e, SG_ECORRUPT, "%s: checksum differs", path);
    v->ids = (const uint64_t *)(const void *)(v->map.p + sizeof v->h);
    v->rows = (const float *)(const void *)(v->ids + v->h.rows);
    return 0;
}

extern "C" {

int sg_vectors_open(struct sg_vectors **out, const char *path, struct sg_error *e)
{
    auto *v = new (std::nothrow) sg_vectors();
    if (!v)
        return sg_fail(e, SG_ENOMEM, "vectors");
    int rc = open_rows(v, path, e);
    if (!rc)
        rc = open_ann(v, path, e);
    if (rc)
        sg_vectors_close(v);
    else
        *out = v;
    return rc;
}

void sg_vectors_close(struct sg_vectors *v)
{
    if (!v)
        return;
    v->ann.reset();
    sg_map_close(&v->map);
    delete v;
}

size_t sg_vectors_count(const struct sg_vectors *v)
{
    return v->h.rows;
}

size_t sg_vectors_dimension(const struct sg_vectors *v)
{
    return v->h.dimension;
}

int sg_vectors_search(const struct sg_vectors *v, const float *query, size_t k,
                      struct sg_neighbour *out, struct sg_error *e)
{
    k = std::min<size_t>(k, v->h.rows);
    if (!k)
        return 0;
    return guarded(e, "nearest neighbours", [&] {
        omp_set_num_threads(1); /* one query is one thread's work */
        std::vector<float> q(query, query + v->h.dimension), scores(k);
        std::vector<faiss::Index::idx_t> found(k);
        normalise(q.data(), q.size());
        v->ann->search(1, q.data(), (faiss::Index::idx_t)k, scores.data(), found.data());
        int n = 0;
        for (size_t i = 0; i < k; i++)
            if (found[i] >= 0 && (uint64_t)found[i] < v->h.rows)
                out[n++] = {v->ids[found[i]], scores[i]};
        return n;
    });
}

bool sg_vectors_get(const struct sg_vectors *v, uint64_t id, float *out)
{
    const uint64_t *at = std::lower_bound(v->ids, v->ids + v->h.rows, id);
    if (at == v->ids + v->h.rows || *at != id)
        return false;
    memcpy(out, v->rows + (size_t)(at - v->ids) * v->h.dimension, v->h.dimension * sizeof *out);
    return true;
}

static int build(const char *path, const float *rows, const uint64_t *ids, size_t n, size_t d,
                 struct sg_error *e)
{
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return ids[a] < ids[b]; });
    std::string body(body_bytes(n, d), '\0'), ann = std::string(path) + ".ann";
    auto *sorted_ids = (uint64_t *)(void *)body.data();
    auto *sorted_rows = (float *)(void *)(sorted_ids + n);
    for (size_t i = 0; i < n; i++) {
        sorted_ids[i] = ids[order[i]];
        memcpy(sorted_rows + i * d, rows + order[i] * d, d * sizeof *rows);
        normalise(sorted_rows + i * d, d);
    }
    std::string ann_tmp = ann + ".tmp", tmp = std::string(path) + ".tmp";
    faiss::write_index(make_ann(sorted_rows, n, d).get(), ann_tmp.c_str());

    header h = {};
    struct sg_map m = {};
    int rc = sg_map_open(&m, ann_tmp.c_str(), 1, e);
    if (rc)
        return rc;
    memcpy(h.magic, magic, sizeof magic);
    h.rows = n;
    h.dimension = d;
    h.ann_bytes = m.n;
    h.ann_xxh3 = XXH3_64bits(m.p, m.n);
    h.body_xxh3 = XXH3_64bits(body.data(), body.size());
    h.self_xxh3 = header_sum(h);
    sg_map_close(&m);
    rc = write_all(tmp, {{(const char *)&h, sizeof h}, {body.data(), body.size()}}, e);
    if (!rc && (rename(ann_tmp.c_str(), ann.c_str()) || rename(tmp.c_str(), path)))
        rc = sg_fail_errno(e, "rename %s", tmp.c_str());
    return rc;
}

int sg_vectors_build(const char *path, const float *rows, const uint64_t *ids, size_t n,
                     size_t dimension, int threads, struct sg_error *e)
{
    if (dimension < 1 || dimension > dimension_max)
        return sg_fail(e, SG_EINVAL, "vectors: dimension %zu, expected 1 to %zu", dimension,
                       dimension_max);
    omp_set_num_threads(threads > 0 ? threads : 1);
    return guarded(e, path, [&] { return build(path, rows, ids, n, dimension, e); });
}
}
