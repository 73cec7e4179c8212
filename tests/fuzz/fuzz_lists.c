/* fuzz_lists.c - any bytes as a file of posting lists.
 *
 *   u8 n | n bytes of term | segment, whose size and checksum are put right
 */
#include "index/lists.h"
#include "tests/support/segment.h"
#include <stdlib.h>

/* Seeks must go forward, whatever the containers hold. */
static void read_list(const struct sg_lists *l, struct sg_str term, uint32_t step)
{
    struct sg_postlist list = sg_postlist_open(l, term);
    for (uint32_t before = 0, n = 0; list.at != SG_LIST_END && n < 100000; n++) {
        if (list.at <= before)
            abort();
        before = list.at;
        sg_postlist_seek(&list, before < SG_LIST_END - step ? before + step : SG_LIST_END);
    }
}

static void read_windows(const struct sg_lists *l, struct sg_str term)
{
    static uint64_t bits[SG_WINDOW_WORDS];
    struct sg_postlist list = sg_postlist_open(l, term);
    for (uint32_t w = 0; w < 8; w++)
        sg_postlist_window(&list, w, bits);
    for (uint32_t w = 8; w < 65536; w *= 3)
        sg_postlist_window(&list, w, bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_lists *l;
    if (n < 1 || data[0] > n - 1)
        return 0;
    struct sg_str term = {(const char *)data + 1, data[0]};
    size_t size = n - 1 - term.n;
    uint8_t *segment = malloc(size + 1);
    memcpy(segment, data + 1 + term.n, size);
    test_segment_seal(segment, size);
    if (!sg_lists_open_bytes(&l, (struct sg_str){(char *)segment, size}, NULL)) {
        sg_lists_frequency(l, term);
        read_list(l, term, 1);
        read_list(l, term, 1000);
        read_windows(l, term);
        sg_lists_close(l);
    }
    free(segment);
    return 0;
}
