/* fuzz_audio_child.c - what a decoder that a file has taken over may say: progress and refusals. */
#include "core/audio_child/hearing.h"
#include <stdlib.h>

static void progress(void *ctx, int percent, struct sg_str stage)
{
    (void)ctx;
    if (percent < 0 || percent > 100 || stage.n > 40)
        abort();
    for (size_t i = 0; i < stage.n; i++)
        if (stage.p[i] != '-' && (stage.p[i] < 'a' || stage.p[i] > 'z'))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct audio_hearing h = {.progress = progress};
    struct sg_audio_verdict why = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_arena a = {0};
    const char *p = (const char *)data;
    size_t half = n ? data[0] * n / 256 : 0; /* as two reads bring it */
    audio_hear_progress(&h, p, half);
    audio_hear_progress(&h, p + half, n - half);
    audio_hear_end(&h);
    int rc = audio_read_refusal((struct sg_str){p, n}, &a, &why, &e);
    if (rc == SG_EMEDIA && (!*why.code || !*why.detail))
        abort();
    sg_buf_free(&h.answer);
    sg_arena_free(&a);
    return 0;
}
