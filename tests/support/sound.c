/* sound.c - see sound.h. */
#include "tests/support/sound.h"
#include "tests/support/scratch.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void le(struct sg_buf *b, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        sg_buf_putc(b, (char)(v >> 8 * i));
}

static void header(struct sg_buf *b, const struct test_wav *w, uint32_t data)
{
    uint32_t frame = (uint32_t)(w->channels * w->bits / 8);
    sg_buf_puts(b, "RIFF");
    le(b, 36 + data, 4);
    sg_buf_puts(b, "WAVEfmt ");
    le(b, 16, 4);
    le(b, w->is_float ? 3 : 1, 2);
    le(b, (uint64_t)w->channels, 2);
    le(b, (uint64_t)w->rate, 4);
    le(b, (uint64_t)w->rate * frame, 4);
    le(b, frame, 2);
    le(b, (uint64_t)w->bits, 2);
    sg_buf_puts(b, "data");
    le(b, data, 4);
}

static void sample(struct sg_buf *b, const struct test_wav *w, double v)
{
    float single = (float)v;
    uint64_t bits = 0;
    if (w->is_float && w->bits == 32)
        memcpy(&bits, &single, 4);
    else if (w->is_float)
        memcpy(&bits, &v, 8);
    else
        bits = (uint64_t)llrint(v * (double)((1ull << (w->bits - 1)) - 1));
    if (!w->is_float && w->bits == 8)
        bits += 128;
    le(b, bits, w->bits / 8);
}

void test_wav_put(struct sg_buf *b, const struct test_wav *w)
{
    uint32_t frames = (uint32_t)(w->seconds * w->rate);
    header(b, w, frames * (uint32_t)(w->channels * w->bits / 8));
    for (uint32_t i = 0; i < frames; i++) {
        double t = (double)i / w->rate, beat = exp(-12 * fmod(t, 0.5));
        double v = 0.25 * sin(2 * M_PI * 440 * t) + 0.15 * sin(2 * M_PI * 554.365 * t) +
                   0.1 * beat * sin(2 * M_PI * 110 * t);
        for (int c = 0; c < w->channels; c++)
            sample(b, w, w->gain * v * (c % 2 ? 0.8 : 1));
    }
}

void test_wav_of(struct sg_buf *b, const float *samples, size_t n, int rate)
{
    struct test_wav w = {.rate = rate, .channels = 1, .bits = 16};
    header(b, &w, (uint32_t)(n * 2));
    for (size_t i = 0; i < n; i++)
        sample(b, &w, fmax(-1, fmin(1, samples[i])));
}

void test_file_put(const char *dir, const char *name, struct sg_str bytes)
{
    FILE *f = fopen(test_path(dir, name), "wb");
    if (!f || (bytes.n && fwrite(bytes.p, 1, bytes.n, f) != bytes.n) || fclose(f)) {
        perror(name);
        abort();
    }
}

void test_file_get(const char *dir, const char *name, struct sg_buf *b)
{
    FILE *f = fopen(test_path(dir, name), "rb");
    if (!f) {
        perror(name);
        abort();
    }
    sg_buf_reset(b);
    for (size_t n = 1; n;) {
        char *at = sg_buf_reserve(b, 1 << 16);
        if (!at)
            abort();
        n = fread(at, 1, 1 << 16, f);
        b->n += n;
    }
    fclose(f);
}
