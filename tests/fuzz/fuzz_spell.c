/* fuzz_spell.c - any bytes as a spelling segment.
 *
 *   u8 n | n bytes of word | segment, whose size and checksum are put right
 */
#include "index/spell.h"
#include "tests/support/segment.h"
#include <stdlib.h>

static void ask(const struct sg_spell *s, struct sg_str word)
{
    struct sg_spelling out[16];
    bool more;
    sg_spell_frequency(s, word);
    sg_spell_prefix(s, word, out, 16, &more);
    for (int d = 1; d <= 2; d++) {
        size_t n = sg_spell_correct(s, word, d, out, 16);
        for (size_t i = 0; i < n; i++) {
            if (sg_spell_distance(word, out[i].word, 2) != out[i].distance)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_spell *s = NULL;
    if (n < 1 || data[0] > n - 1)
        return 0;
    struct sg_str word = {(const char *)data + 1, data[0]};
    size_t size = n - 1 - word.n;
    uint8_t *segment = malloc(size + 1);
    memcpy(segment, data + 1 + word.n, size);
    test_segment_seal(segment, size);
    if (!sg_spell_open_bytes(&s, (struct sg_str){(char *)segment, size}, &e)) {
        ask(s, word);
        sg_spell_close(s);
    }
    free(segment);
    return 0;
}
