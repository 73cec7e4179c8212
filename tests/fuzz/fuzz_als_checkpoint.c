/* fuzz_als_checkpoint.c - any bytes as a training's checkpoint, the header's checksum put
 * right; what parses must have its rows inside of the bytes. */
#include "recsys/als_checkpoint.h"
#include "tests/support/segment.h"
#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_als_checkpoint c;
    uint8_t *bytes = malloc(n + 1);
    memcpy(bytes, data, n);
    test_segment_seal(bytes, n);
    if (!sg_als_checkpoint_parse(&c, (struct sg_str){(char *)bytes, n}, NULL)) {
        volatile uint64_t sum = XXH3_64bits(c.user_rows.p, c.user_rows.n);
        sum += XXH3_64bits(c.item_rows.p, c.item_rows.n);
        if (c.user_rows.n != c.users * c.stride * 4 || c.item_rows.n != c.items * c.stride * 4)
            abort();
    }
    free(bytes);
    return 0;
}
