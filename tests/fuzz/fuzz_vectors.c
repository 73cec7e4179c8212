/* fuzz_vectors.c - any bytes as a vectors file, its checksums put right; what opens is
 * searched both ways. */
#include "index/segment.h"
#include "index/vectors/format.h"
#include "tests/support/segment.h"
#include <stdlib.h>
#include <xxhash.h>

static void seal(uint8_t *bytes, size_t n)
{
    struct sg_segment g;
    struct sg_segment_header h;
    test_segment_seal(bytes, n);
    if (sg_segment_parse(&g, (struct sg_str){(char *)bytes, n}, VECTORS_MAGIC, NULL))
        return;
    memcpy(&h, bytes, sizeof h);
    h.value[V_SUM] = 0;
    for (int i = 0; i < S_N; i++)
        h.value[V_SUM] = XXH3_64bits_withSeed(g.section[i].p, g.section[i].n, h.value[V_SUM]);
    memcpy(bytes, &h, sizeof h);
    test_segment_seal(bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_vectors *v;
    static float query[VECTORS_DIMENSION_MAX];
    struct sg_neighbour found[7];
    uint8_t *bytes = malloc(n + 1);
    memcpy(bytes, data, n);
    seal(bytes, n);
    if (!sg_vectors_open_bytes(&v, (struct sg_str){(char *)bytes, n}, NULL)) {
        query[0] = 1;
        query[sg_vectors_dimension(v) - 1] = -2;
        (void)vectors_search(v, query, 7, v->spread, found, NULL);
        (void)sg_vectors_search_all(v, query, 7, found, NULL);
        (void)sg_vectors_row(v, 3);
        sg_vectors_close(v);
    }
    free(bytes);
    return 0;
}
