/* fuzz_suggest.c - any bytes as a completion segment.
 *
 *   u8 n | n bytes of prefix | segment, whose size and checksum are put right
 */
#include "index/segment.h"
#include "index/suggest.h"
#include <stdlib.h>
#include <xxhash.h>

static void seal(uint8_t *p, size_t n)
{
    struct sg_segment_header h;
    if (n < sizeof h)
        return;
    memcpy(&h, p, sizeof h);
    h.bytes = n;
    h.xxh3 = XXH3_64bits(&h, offsetof(struct sg_segment_header, xxh3));
    memcpy(p, &h, sizeof h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_completion out[64];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest *s = NULL;
    if (n < 1 || data[0] > n - 1)
        return 0;
    struct sg_str prefix = {(const char *)data + 1, data[0]};
    size_t size = n - 1 - prefix.n;
    uint8_t *segment = malloc(size + 1);
    memcpy(segment, data + 1 + prefix.n, size);
    seal(segment, size);
    if (!sg_suggest_open_bytes(&s, (struct sg_str){(char *)segment, size}, &e)) {
        for (unsigned kinds = 1; kinds < 16; kinds += 7) {
            size_t found = sg_suggest_match(s, prefix, kinds, out, 64);
            for (size_t i = 0; i < found; i++) {
                if (!(kinds >> out[i].kind & 1) || (i && out[i].weight > out[i - 1].weight))
                    abort();
            }
        }
        sg_suggest_close(s);
    }
    free(segment);
    return 0;
}
