/* fuzz_tune.c - any bytes as a record of trials, the checksums put right; what parses must
 * be within its bounds. */
#include "index/segment.h"
#include "recsys/tune_record.h"
#include "tests/support/segment.h"
#include <stdlib.h>
#include <xxhash.h>

static void seal(uint8_t *bytes, size_t n)
{
    struct sg_segment g;
    struct sg_segment_header h;
    test_segment_seal(bytes, n);
    if (sg_segment_parse(&g, (struct sg_str){(char *)bytes, n}, "SGTUNE01", NULL))
        return;
    memcpy(&h, bytes, sizeof h);
    h.value[2] = XXH3_64bits(g.section[0].p, g.section[0].n);
    memcpy(bytes, &h, sizeof h);
    test_segment_seal(bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct sg_tune_record r;
    uint8_t *bytes = malloc(n + 1);
    memcpy(bytes, data, n);
    seal(bytes, n);
    if (!sg_tune_record_parse(&r, (struct sg_str){(char *)bytes, n}, NULL) &&
        (r.n > SG_TUNE_TRIALS_MAX ||
         (r.n && sg_tune_best(r.trial, r.n)->loss.weighting >= SG_WEIGHTINGS)))
        abort();
    free(bytes);
    return 0;
}
