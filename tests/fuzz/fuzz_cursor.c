/* fuzz_cursor.c - a radio's cursor: any text; what is read is written back as it was. */
#include "recsys/base64url.h"
#include "recsys/cursor.h"
#include <stdlib.h>
#include <xxhash.h>

/* As text, and as bytes that a cursor's text stands for, with the sum they need. */
static void read(struct sg_str text)
{
    struct sg_radio_state s;
    struct sg_arena a = {0};
    if (sg_cursor_read(text, &s, NULL) == 0) {
        struct sg_radio_state back;
        struct sg_str again = sg_cursor_write(&s, &a);
        if (sg_cursor_read(again, &back, NULL) || memcmp(&s, &back, sizeof s) != 0)
            abort();
        for (uint64_t i = 1; i < 100; i++) {
            sg_played_add(&s.played, i);
            if (!sg_played_holds(&s.played, i))
                abort();
        }
        if (sg_cursor_write(&s, &a).n > SG_CURSOR_TEXT)
            abort();
    }
    sg_arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read((struct sg_str){(const char *)data, size});
    if (size > 3000)
        return 0;
    char *bytes = malloc(size + 4), *text = malloc(sg_base64url_length(size + 4) + 1);
    uint32_t sum = (uint32_t)XXH3_64bits(data, size);
    if (bytes && text) {
        memcpy(bytes, data, size);
        memcpy(bytes + size, &sum, sizeof sum);
        read((struct sg_str){text, sg_base64url_write((struct sg_str){bytes, size + 4}, text)});
    }
    free(bytes);
    free(text);
    return 0;
}
