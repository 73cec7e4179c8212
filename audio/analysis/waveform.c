/* waveform.c - see waveform.h. */
#include "audio/analysis/waveform.h"
#include <math.h>
#include <stdlib.h>

#define FINE  8192 /* stretches while gathering */
#define FIRST 8    /* samples of one at first: a second at 8 kHz has its thousand */

struct stretch {
    float least, greatest;
};

struct sg_waveform {
    int sample_rate, channels;
    uint64_t samples; /* of a stretch */
    uint64_t filled;  /* of the last one */
    size_t n;
    struct stretch fine[FINE];
};

int sg_waveform_new(struct sg_waveform **out, struct sg_error *e)
{
    struct sg_waveform *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "waveform");
    w->samples = FIRST;
    *out = w;
    return 0;
}

static void join(struct stretch *into, const struct stretch *s)
{
    into->least = fminf(into->least, s->least);
    into->greatest = fmaxf(into->greatest, s->greatest);
}

static void halve(struct sg_waveform *w)
{
    for (size_t i = 0; i < FINE / 2; i++) {
        w->fine[i] = w->fine[2 * i];
        join(&w->fine[i], &w->fine[2 * i + 1]);
    }
    w->n = FINE / 2;
    w->samples *= 2;
    w->filled = w->samples;
}

static int begin(void *ctx, const struct sg_pcm_format *f, struct sg_error *e)
{
    struct sg_waveform *w = ctx;
    (void)e;
    w->sample_rate = f->sample_rate;
    w->channels = f->channels;
    return 0;
}

static int block(void *ctx, const float *const *planes, size_t frames, struct sg_error *e)
{
    struct sg_waveform *w = ctx;
    (void)e;
    for (size_t i = 0; i < frames; i++) {
        if (w->n == 0 || w->filled == w->samples) {
            if (w->n == FINE)
                halve(w);
            w->fine[w->n++] = (struct stretch){INFINITY, -INFINITY};
            w->filled = 0;
        }
        for (int c = 0; c < w->channels; c++)
            join(&w->fine[w->n - 1], &(struct stretch){planes[c][i], planes[c][i]});
        w->filled++;
    }
    return 0;
}

static int end(void *ctx, struct sg_error *e)
{
    (void)ctx, (void)e;
    return 0;
}

struct sg_pcm_sink sg_waveform_sink(struct sg_waveform *w)
{
    return (struct sg_pcm_sink){w, begin, block, end};
}

static int to_byte(float v)
{
    float scaled = rintf(v * 127.0f);
    return (int)fminf(fmaxf(scaled, -128.0f), 127.0f);
}

void sg_waveform_json(const struct sg_waveform *w, struct sg_buf *out)
{
    size_t each = (w->n + SG_WAVEFORM_PEAKS - 1) / SG_WAVEFORM_PEAKS;
    size_t length = each ? (w->n + each - 1) / each : 0;
    sg_buf_printf(out,
                  "{\"version\":2,\"channels\":1,\"sample_rate\":%d,\"samples_per_pixel\":%llu,"
                  "\"bits\":8,\"length\":%zu,\"data\":[",
                  w->sample_rate, (unsigned long long)w->samples * each, length);
    for (size_t i = 0; i < w->n; i += each) {
        struct stretch s = w->fine[i];
        for (size_t k = i + 1; k < i + each && k < w->n; k++)
            join(&s, &w->fine[k]);
        sg_buf_printf(out, "%s%d,%d", i ? "," : "", to_byte(s.least), to_byte(s.greatest));
    }
    sg_buf_puts(out, "]}\n");
}

void sg_waveform_free(struct sg_waveform *w)
{
    free(w);
}
