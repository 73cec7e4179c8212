/* bench_vectors.c - ten nearest of many vectors: recall against exact search, time, size,
 * beside the graphs of FAISS and hnswlib on the same vectors.
 *
 *   bench_vectors [--songs N] [--no-graphs 1]
 *                 [--rows FILE --queries FILE]   raw floats, 64 a row, e.g. trained factors
 *
 * Without files: songs about 1,000 genres, as far from them as trained ones are, their
 * lengths log-normal; queries are listeners of two or three genres (inner product), and
 * songs (cosine). Times are of the processor, one thread.
 */
#include "core/str.h"
#include "index/vectors.h"
#include "tests/bench/graphs.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { D = 64, K = 10, QUERIES = 500, GENRES = 1000 };
static const double recall_wanted = 0.97;

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t state = 7;
static double uniform(void) /* 0 < u < 1; xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return ((double)((state * 0x2545f4914f6cdd1du) >> 11) + 0.5) * 0x1p-53;
}

static float normal(void)
{
    return (float)(sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform()));
}

static void *need(void *p)
{
    if (!p) {
        fprintf(stderr, "bench_vectors: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return p;
}

struct set {
    float *rows, *queries;
    size_t n;
};

static struct set generate(size_t n)
{
    static float genre[GENRES * D];
    struct set s = {.n = n};
    s.rows = need(malloc(n * D * sizeof(float)));
    s.queries = need(calloc(QUERIES * D, sizeof(float)));
    for (size_t i = 0; i < GENRES * D; i++)
        genre[i] = normal();
    for (size_t i = 0; i < n; i++) {
        float length = 0.08f * expf(0.7f * normal());
        for (size_t f = 0; f < D; f++)
            s.rows[i * D + f] = length * (genre[i % GENRES * D + f] + normal());
    }
    for (size_t i = 0; i < QUERIES; i++)
        for (int taste = 0; taste < 3; taste++) {
            size_t g = (size_t)(uniform() * GENRES);
            float share = (float)uniform();
            for (size_t f = 0; f < D; f++)
                s.queries[i * D + f] += share * (genre[g * D + f] + 0.5f * normal());
        }
    return s;
}

static float *read_floats(const char *path, size_t *rows)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    *rows = (size_t)st.st_size / (D * sizeof(float));
    float *v = need(malloc((*rows + 1) * D * sizeof *v));
    *rows = fread(v, D * sizeof *v, *rows, f);
    fclose(f);
    return v;
}

static struct set read_set(const char *rows, const char *queries)
{
    struct set s;
    size_t n;
    s.rows = read_floats(rows, &s.n);
    float *all = read_floats(queries, &n);
    s.queries = need(malloc(QUERIES * D * sizeof(float)));
    for (size_t i = 0; i < QUERIES; i++)
        memcpy(s.queries + i * D, all + i * (n / QUERIES) * D, D * sizeof(float));
    free(all);
    return s;
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void tell(const char *name, double recall, double t[QUERIES], double build, double bytes)
{
    double sum = 0;
    for (int i = 0; i < QUERIES; i++)
        sum += t[i];
    qsort(t, QUERIES, sizeof *t, smaller);
    printf("%-30s recall@10 %.4f   p50 %7.0f us   p99 %7.0f us   %7.0f/s a core   build %6.1f s   "
           "%5.0f MB\n",
           name, recall, t[QUERIES / 2] * 1e6, t[QUERIES * 99 / 100] * 1e6, QUERIES / sum, build,
           bytes / 1e6);
    fflush(stdout);
}

static uint64_t truth[QUERIES][K];

static size_t hits(const uint64_t *found, const uint64_t *want)
{
    size_t n = 0;
    for (int i = 0; i < K; i++)
        for (int k = 0; k < K; k++)
            n += found[i] == want[k];
    return n;
}

typedef int search_fn(const struct sg_vectors *, const float *, size_t, struct sg_neighbour *,
                      struct sg_error *);

static double ask(const struct sg_vectors *v, search_fn *search, const float *queries,
                  double t[QUERIES], bool is_truth)
{
    size_t n = 0;
    for (size_t i = 0; i < QUERIES; i++) {
        struct sg_neighbour found[K];
        uint64_t id[K];
        double from = seconds(CLOCK_THREAD_CPUTIME_ID);
        if (search(v, queries + i * D, K, found, NULL) != K)
            exit(EXIT_FAILURE);
        t[i] = seconds(CLOCK_THREAD_CPUTIME_ID) - from;
        for (int k = 0; k < K; k++)
            id[k] = found[k].id;
        if (is_truth)
            memcpy(truth[i], id, sizeof id);
        n += hits(id, truth[i]);
    }
    return (double)n / (QUERIES * K);
}

static void measure(const struct set *s, enum sg_vectors_metric metric, const float *queries)
{
    char path[] = "/tmp/segue-bench-vectors-XXXXXX", name[64];
    const char *kind = metric == SG_VECTORS_COSINE ? "cosine" : "inner product";
    struct sg_error e = SG_ERROR_INIT;
    struct sg_vectors *v;
    struct stat st;
    double t[QUERIES];
    uint64_t *ids = need(malloc(s->n * sizeof *ids));
    for (size_t i = 0; i < s->n; i++)
        ids[i] = i;
    close(mkstemp(path));
    struct sg_vectors_options o = {.metric = metric, .threads = 2};
    double from = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (sg_vectors_build_for(path, s->rows, ids, s->n, D, &o, &e) ||
        sg_vectors_open(&v, path, &e)) {
        fprintf(stderr, "bench_vectors: %s\n", e.text);
        exit(EXIT_FAILURE);
    }
    double build = seconds(CLOCK_PROCESS_CPUTIME_ID) - from;
    double bytes = stat(path, &st) ? 0 : (double)st.st_size;
    double all = ask(v, sg_vectors_search_all, queries, t, true);
    snprintf(name, sizeof name, "every row, %s", kind);
    tell(name, all, t, 0, bytes);
    double recall = ask(v, sg_vectors_search, queries, t, false);
    snprintf(name, sizeof name, "Segue, %s", kind);
    tell(name, recall, t, build, bytes);
    sg_vectors_close(v);
    unlink(path);
    free(ids);
}

static double resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* With the least effort that finds what is wanted. */
static void measure_graph(enum graph_kind kind, const struct set *s, const float *queries)
{
    double before = resident(), from = seconds(CLOCK_PROCESS_CPUTIME_ID), t[QUERIES], recall = 0;
    struct graph *g = graph_new(kind, s->rows, s->n, D, 2);
    if (!g) {
        printf("hnswlib: SKIPPED, no header when built, or no AVX2\n");
        return;
    }
    double build = seconds(CLOCK_PROCESS_CPUTIME_ID) - from, bytes = resident() - before;
    int effort = 24;
    for (; effort < 2000 && recall < recall_wanted; effort += effort / 3) {
        size_t n = 0;
        graph_effort(g, effort);
        for (size_t i = 0; i < QUERIES; i++) {
            uint64_t found[K];
            from = seconds(CLOCK_THREAD_CPUTIME_ID);
            graph_search(g, queries + i * D, K, found);
            t[i] = seconds(CLOCK_THREAD_CPUTIME_ID) - from;
            n += hits(found, truth[i]);
        }
        recall = (double)n / (QUERIES * K);
    }
    char name[64];
    snprintf(name, sizeof name, "%s graph, effort %d", kind == GRAPH_FAISS ? "FAISS" : "hnswlib",
             effort * 3 / 4);
    tell(name, recall, t, build, bytes);
    graph_free(g);
}

static void normalise(float *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t f = 0; f < D; f++)
            sum += (double)v[i * D + f] * v[i * D + f];
        for (size_t f = 0; f < D; f++)
            v[i * D + f] *= (float)(sum > 0 ? 1 / sqrt(sum) : 0);
    }
}

int main(int argc, char **argv)
{
    const char *rows = NULL, *queries = NULL;
    uint64_t songs = 1000000, no_graphs = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rows") == 0)
            rows = argv[i + 1];
        else if (strcmp(argv[i], "--queries") == 0)
            queries = argv[i + 1];
        else if (!sg_str_to_u64(sg_str(argv[i + 1]),
                                strcmp(argv[i], "--songs") == 0 ? &songs : &no_graphs))
            return 2;
    }
    struct set s = rows && queries ? read_set(rows, queries) : generate((size_t)songs);
    printf("vectors: %zu rows of %d floats, %d queries, the %d best\n", s.n, D, QUERIES, K);
    measure(&s, SG_VECTORS_INNER_PRODUCT, s.queries);
    for (int kind = GRAPH_FAISS; !no_graphs && kind <= GRAPH_HNSWLIB; kind++)
        measure_graph((enum graph_kind)kind, &s, s.queries);
    float *like = need(malloc(QUERIES * D * sizeof *like));
    for (size_t i = 0; i < QUERIES; i++)
        memcpy(like + i * D, s.rows + i * (s.n / QUERIES) * D, D * sizeof *like);
    normalise(like, QUERIES);
    measure(&s, SG_VECTORS_COSINE, like);
    normalise(s.rows, s.n);
    for (int kind = GRAPH_FAISS; !no_graphs && kind <= GRAPH_HNSWLIB; kind++)
        measure_graph((enum graph_kind)kind, &s, like);
    free(like);
    free(s.rows);
    free(s.queries);
    return 0;
}
