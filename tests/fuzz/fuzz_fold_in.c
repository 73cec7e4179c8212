/* fuzz_fold_in.c - any bytes as a stored fold-in: its checksums are put right, so that all
 * of it is reached; what opens must fold a user in. */
#include "index/segment.h"
#include "recsys/fold_in.h"
#include "tests/support/segment.h"
#include <stdlib.h>
#include <xxhash.h>

static void seal_sections(uint8_t *bytes, size_t n)
{
    struct sg_segment g;
    uint64_t sum;
    if (sg_segment_parse(&g, (struct sg_str){(char *)bytes, n}, "SGFOLD01", NULL) ||
        g.section[1].p != g.section[0].p + g.section[0].n || g.section[2].n != sizeof sum)
        return;
    sum = XXH3_64bits(g.section[0].p, g.section[0].n + g.section[1].n);
    memcpy(bytes + (g.section[2].p - (char *)bytes), &sum, sizeof sum);
    test_segment_seal(bytes, n);
}

static void fold(const struct sg_fold_in *f)
{
    struct sg_fold_in_scratch *s;
    size_t d = sg_fold_in_factors(f);
    float *row = calloc(d, sizeof *row), *out = calloc(d, sizeof *out);
    const float *rows[] = {row, NULL, row};
    const float weight[] = {1, 2, -3};
    if (row && out && !sg_fold_in_scratch_new(&s, f, NULL)) {
        row[0] = 1;
        (void)sg_fold_in_user(f, s, rows, weight, 3, out, NULL);
        (void)sg_fold_in_item(f, s, rows, weight, 3, out, NULL);
        sg_fold_in_scratch_free(s);
    }
    free(row);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_fold_in *f;
    uint8_t *bytes = malloc(n + 1);
    memcpy(bytes, data, n);
    test_segment_seal(bytes, n);
    seal_sections(bytes, n);
    if (!sg_fold_in_parse(&f, (struct sg_str){(char *)bytes, n}, NULL)) {
        fold(f);
        sg_fold_in_close(f);
    }
    free(bytes);
    return 0;
}
