/* fuzz_lrc.c - any bytes as lyrics: what was read, written and read again is the same. */
#include "api/lyrics/lrc.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sg_lrc *l)
{
    if (l->n > SG_LRC_LINES)
        abort();
    for (size_t i = 0; i < l->n; i++) {
        const struct sg_lrc_line *x = &l->lines[i];
        if (x->text.n > SG_LRC_LINE_BYTES || (i && x->start_ms < x[-1].start_ms))
            abort();
        for (size_t w = 0; w < x->n_words; w++)
            if (w && x->words[w].start_ms < x->words[w - 1].start_ms)
                abort();
    }
}

static void write_again(const struct sg_lrc *l, enum sg_lrc_kind as, struct sg_arena *a)
{
    struct sg_buf first = {0}, second = {0};
    struct sg_lrc again;
    sg_lrc_write(l, as, &first);
    if (sg_buf_str(&first).n <= SG_LRC_BYTES && !sg_buf_failed(&first)) {
        if (sg_lrc_read(&again, sg_buf_str(&first), a, NULL))
            abort();
        sg_lrc_write(&again, as, &second);
        if (!sg_str_eq(sg_buf_str(&first), sg_buf_str(&second)))
            abort();
    }
    sg_buf_free(&first);
    sg_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena a = {0};
    struct sg_lrc l;
    if (!sg_lrc_read(&l, (struct sg_str){(const char *)data, size}, &a, NULL)) {
        check(&l);
        /* Timed lines written without times may look like times themselves. */
        for (int as = l.kind ? SG_LRC_TIMED : SG_LRC_PLAIN; as <= SG_LRC_WORDWISE; as++)
            write_again(&l, (enum sg_lrc_kind)as, &a);
    }
    sg_arena_free(&a);
    return 0;
}
