/* print.c - see print.h. */
#include "audio/fingerprint/print.h"
#include <chromaprint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOPS (SG_PRINT_SECONDS * SG_MONO_RATE / SG_MONO_HOP)

struct sg_print {
    ChromaprintContext *chroma;
    size_t hops;
};

int sg_print_new(struct sg_print **out, struct sg_error *e)
{
    struct sg_print *p = calloc(1, sizeof *p);
    if (p)
        p->chroma = chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
    if (!p || !p->chroma || !chromaprint_start(p->chroma, SG_MONO_RATE, 1)) {
        sg_print_free(p);
        return sg_fail(e, SG_ENOMEM, "fingerprint");
    }
    *out = p;
    return 0;
}

void sg_print_free(struct sg_print *p)
{
    if (p && p->chroma)
        chromaprint_free(p->chroma);
    free(p);
}

static int hop(void *ctx, const float *x, struct sg_error *e)
{
    struct sg_print *p = ctx;
    int16_t samples[SG_MONO_HOP];
    if (p->hops++ >= HOPS)
        return 0;
    for (size_t i = 0; i < SG_MONO_HOP; i++)
        samples[i] = (int16_t)lrintf(fminf(fmaxf(x[i] * 32767.0f, -32768.0f), 32767.0f));
    return chromaprint_feed(p->chroma, samples, SG_MONO_HOP)
               ? 0
               : sg_fail(e, SG_EINTERNAL, "fingerprint");
}

struct sg_mono_listener sg_print_listener(struct sg_print *p)
{
    return (struct sg_mono_listener){p, hop};
}

int sg_print_get(struct sg_print *p, struct sg_buf *packed, uint32_t items[SG_PRINT_ITEMS],
                 size_t *n, struct sg_error *e)
{
    uint32_t *raw = NULL;
    char *bytes = NULL;
    int count = 0, size = 0, rc = 0;
    *n = 0;
    if (!chromaprint_finish(p->chroma) || !chromaprint_get_raw_fingerprint(p->chroma, &raw, &count))
        return sg_fail(e, SG_EINTERNAL, "fingerprint");
    if (count > SG_PRINT_ITEMS)
        count = SG_PRINT_ITEMS;
    if (count > 0 && !chromaprint_encode_fingerprint(raw, count, CHROMAPRINT_ALGORITHM_DEFAULT,
                                                     &bytes, &size, 0))
        rc = sg_fail(e, SG_EINTERNAL, "fingerprint");
    if (!rc && count > 0) {
        sg_buf_put(packed, bytes, (size_t)size);
        memcpy(items, raw, (size_t)count * sizeof *raw);
        *n = (size_t)count;
    }
    chromaprint_dealloc(raw);
    chromaprint_dealloc(bytes);
    return rc;
}
