/* cluster.c - songs into lists of near ones: spherical k-means on a sample, then all. */
#include "index/meaning/format.h"
#include <cblas.h>
#include <stdlib.h>

enum { BLOCK = 512, SWEEPS = 6, SAMPLE = 48 /* rows a list */ };

struct clusters {
    const int8_t *rows;
    size_t n, d, k;
    float *centroids, *sums, *block, *products;
    uint32_t *counts;
};

static void load(const struct clusters *c, size_t row, float *out)
{
    memset(out, 0, c->d * sizeof *out);
    meaning_add_bytes(out, c->rows + row * c->d, c->d, 1);
}

static uint32_t best_of(const float *products, size_t k)
{
    size_t best = 0;
    for (size_t i = 1; i < k; i++)
        if (products[i] > products[best])
            best = i;
    return (uint32_t)best;
}

/* The nearest centroid of rows first, first + step ...; sums them up when asked. */
static void assign(struct clusters *c, size_t step, uint32_t *list, bool sum)
{
    for (size_t at = 0; at < c->n;) {
        size_t n = 0, rows[BLOCK];
        for (; n < BLOCK && at < c->n; at += step, n++) {
            rows[n] = at;
            load(c, at, c->block + n * c->d);
        }
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)c->k, (int)c->d, 1,
                    c->block, (int)c->d, c->centroids, (int)c->d, 0, c->products, (int)c->k);
        for (size_t i = 0; i < n; i++) {
            uint32_t best = best_of(c->products + i * c->k, c->k);
            if (list)
                list[rows[i]] = best;
            if (sum)
                cblas_saxpy((int)c->d, 1, c->block + i * c->d, 1, c->sums + best * c->d, 1);
            if (sum)
                c->counts[best]++;
        }
    }
}

/* An empty list takes a row by chance. */
static void move(struct clusters *c, uint64_t seed)
{
    for (size_t i = 0; i < c->k; i++) {
        float *to = c->centroids + i * c->d;
        if (c->counts[i])
            memcpy(to, c->sums + i * c->d, c->d * sizeof *to);
        else
            load(c, meaning_random(seed + i) % c->n, to);
        meaning_normalise(to, c->d);
    }
    memset(c->sums, 0, c->k * c->d * sizeof *c->sums);
    memset(c->counts, 0, c->k * sizeof *c->counts);
}

int meaning_cluster(const int8_t *rows, size_t n, size_t d, size_t k, uint64_t seed, uint32_t *list,
                    float **centroids, struct sg_error *e)
{
    struct clusters c = {rows, n, d, k, NULL, NULL, NULL, NULL, NULL};
    size_t step = n > SAMPLE * k ? n / (SAMPLE * k) : 1;
    int rc = 0;
    c.centroids = calloc(k * d, sizeof(float));
    c.sums = calloc(k * d, sizeof(float));
    c.block = malloc(BLOCK * d * sizeof(float));
    c.products = malloc(BLOCK * k * sizeof(float));
    c.counts = calloc(k, sizeof *c.counts);
    if (!c.centroids || !c.sums || !c.block || !c.products || !c.counts)
        rc = sg_fail(e, SG_ENOMEM, "meaning: %zu lists", k);
    if (!rc) {
        move(&c, seed);
        for (int i = 0; i < SWEEPS; i++) {
            assign(&c, step, NULL, true);
            move(&c, seed + (uint64_t)(i + 1) * k);
        }
        assign(&c, 1, list, false);
        *centroids = c.centroids;
    } else
        free(c.centroids);
    free(c.sums);
    free(c.block);
    free(c.products);
    free(c.counts);
    return rc;
}
