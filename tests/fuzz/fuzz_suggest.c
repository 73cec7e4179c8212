/* fuzz_suggest.c - any bytes as a completion segment.
 *
 *   u8 n | n bytes of prefix | segment, whose size and checksum are put right
 */
#include "index/suggest.h"
#include "tests/support/segment.h"
#include <math.h>
#include <stdlib.h>

static float worth(const struct sg_completion *c, int order, size_t i)
{
    float loss = order == SG_NEARLY_TYPED ? sg_suggest_length_loss(c[i].letters) : 0;
    return floorf(c[i].score * 8) - floorf(loss * 8 + 0.5f);
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
    test_segment_seal(segment, size);
    if (!sg_suggest_open_bytes(&s, (struct sg_str){(char *)segment, size}, &e)) {
        for (unsigned kinds = 1; kinds < 16; kinds += 7)
            for (int order = SG_BEST_KNOWN; order <= SG_LATER_WORD; order++) {
                size_t found = sg_suggest_match(s, prefix, kinds, order, out, 64);
                for (size_t i = 0; i < found; i++)
                    if (!(kinds >> out[i].kind & 1) ||
                        (i && worth(out, order, i) > worth(out, order, i - 1) + 1e-3f))
                        abort();
            }
        struct sg_near near[32];
        for (int open = 0; open < 2; open++) {
            size_t found = sg_suggest_near(s, prefix, open, near, 32);
            for (size_t i = 0; i < found; i++)
                if (near[i].n > sizeof near[i].text || (i && near[i].worth > near[i - 1].worth))
                    abort();
            sg_suggest_word(s, prefix, open);
        }
        sg_suggest_close(s);
    }
    free(segment);
    return 0;
}
