/* fuzz_meaning.c - the vectors' segment: any bytes are refused or read within bounds. The
 * header's checksum is made right, so that what lies behind it is reached. */
#include "index/meaning.h"
#include "index/segment.h"
#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ask(const struct sg_meaning_model *m)
{
    struct sg_meaning_sense sense;
    struct sg_akin near[32];
    int8_t v[SG_MEANING_DIMENSIONS_MAX];
    struct sg_facts f = {
        .title = SG_STR("some title"), .artists = SG_STR("one\x1ftwo"), .year = 1987};
    struct sg_str words[] = {SG_STR("sad"), SG_STR("piano"), SG_STR("80s")};
    float query[SG_MEANING_PLACED_MAX] = {1, 0.5f};
    if (sg_meaning_of_words(m, words, 3, &sense))
        memcpy(query, sense.v, sizeof sense.v);
    sg_meaning_near(m, query, 32, 0, near);
    sg_meaning_of_song(m, &f, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_segment_header h;
    struct sg_meaning_model *m;
    if (n < sizeof h)
        return 0;
    char *bytes = aligned_alloc(8, (n + 7) / 8 * 8);
    memcpy(bytes, data, n);
    memcpy(&h, bytes, sizeof h);
    memcpy(h.magic, "SGMEAN01", 8);
    h.bytes = n;
    h.xxh3 = XXH3_64bits(&h, offsetof(struct sg_segment_header, xxh3));
    memcpy(bytes, &h, sizeof h);
    if (!sg_meaning_parse(&m, (struct sg_str){bytes, n}, NULL)) {
        ask(m);
        sg_meaning_close(m);
    }
    free(bytes);
    return 0;
}
