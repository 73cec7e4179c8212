/* segment.c - see segment.h. */
#include "tests/support/segment.h"
#include "index/segment.h"
#include <xxhash.h>

void test_segment_seal(uint8_t *p, size_t n)
{
    struct sg_segment_header h;
    if (n < sizeof h)
        return;
    memcpy(&h, p, sizeof h);
    h.bytes = n;
    h.xxh3 = XXH3_64bits(&h, offsetof(struct sg_segment_header, xxh3));
    memcpy(p, &h, sizeof h);
}
