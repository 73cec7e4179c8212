/* packaging.c - see packaging.h. */
#include "tests/support/packaging.h"
#include "core/arena.h"
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static float noise(uint64_t i)
{
    i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9u;
    i = (i ^ i >> 27) * 0x94d049bb133111ebu;
    return (float)((double)((i ^ i >> 31) >> 11) / 4503599627370496.0 - 1);
}

static double sine(double turns)
{
    enum { STEPS = 8192 };
    static double table[STEPS];
    if (table[1] == 0)
        for (int i = 0; i < STEPS; i++)
            table[i] = sin(2 * M_PI * i / STEPS);
    return table[(uint64_t)(turns * STEPS) % STEPS];
}

static float sample(const struct test_sound *s, int64_t i, int channel)
{
    static const double notes[] = {220, 277.18, 329.63, 440, 246.94, 311.13, 369.99, 493.88};
    double t = (double)i / s->rate, beat = fmod(t, 0.5), decay = exp(-2 * beat), v = 0;
    int chord = (int)(t / 0.5) % 2 * 4;
    for (int k = 0; k < 4; k++) {
        double loud = 1;
        for (int h = 1; h <= 6; h++) {
            double hz = notes[chord + k] * h * (1 + 0.002 * channel);
            loud *= decay;
            if (hz < s->rate * 0.45)
                v += sine(hz * t) * loud / h;
        }
    }
    double hiss = noise((uint64_t)i * 8 + (uint64_t)channel) * (0.02 + 0.2 * pow(decay, 15));
    return (float)(0.12 * v + hiss);
}

void test_sound_fill(const struct test_sound *s, int64_t from, float *const *planes, size_t n)
{
    float scale = (float)(1u << (s->bits - 1));
    for (int c = 0; c < s->channels; c++)
        for (size_t i = 0; i < n; i++) {
            float v = sample(s, from + (int64_t)i, c);
            planes[c][i] = rintf(fminf(fmaxf(v, -0.99f), 0.99f) * scale) / scale;
        }
}

static const uint64_t layouts[] = {0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x70f, 0x63f};

static int feed(const struct test_sound *s, struct sg_pcm_sink sink, struct sg_error *e)
{
    static float room[8][SG_PCM_FRAMES_MAX];
    float *planes[8];
    for (int c = 0; c < 8; c++)
        planes[c] = room[c];
    struct sg_pcm_format format = {s->rate, s->channels, layouts[s->channels - 1], s->bits};
    int rc = sink.begin(sink.ctx, &format, e);
    for (int64_t at = 0; at < s->samples && !rc;) {
        size_t n = 1 + (size_t)(at * 7919 % SG_PCM_FRAMES_MAX); /* of all sizes */
        n = s->samples - at < (int64_t)n ? (size_t)(s->samples - at) : n;
        test_sound_fill(s, at, planes, n);
        rc = sink.block(sink.ctx, (const float *const *)planes, n, e);
        at += (int64_t)n;
    }
    return rc ? rc : sink.end(sink.ctx, e);
}

int test_package(const struct test_sound *s, const struct sg_package_job *job, const char *dir,
                 struct sg_tree *tree, struct sg_arena *a, struct sg_error *e)
{
    struct sg_packager *p = NULL;
    *tree = (struct sg_tree){.dir = -1};
    if (mkdir(dir, 0755))
        return sg_fail_errno(e, "%s", dir);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? sg_fail_errno(e, "%s", dir) : sg_tree_init(tree, fd, a, e);
    if (!rc)
        rc = sg_packager_new(&p, tree, job, e);
    if (!rc)
        rc = feed(s, sg_packager_sink(p), e);
    sg_packager_free(p);
    sg_tree_close(tree);
    close(fd);
    return rc;
}

static void put_le(FILE *f, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        fputc((int)(v >> (8 * i) & 255), f);
}

void test_sound_wav(const struct test_sound *s, const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        abort();
    uint32_t frame = (uint32_t)(s->channels * s->bits / 8), bytes = (uint32_t)s->samples * frame;
    fputs("RIFF", f), put_le(f, 36 + bytes, 4), fputs("WAVEfmt ", f), put_le(f, 16, 4);
    put_le(f, 1, 2), put_le(f, (uint32_t)s->channels, 2), put_le(f, (uint32_t)s->rate, 4);
    put_le(f, (uint32_t)s->rate * frame, 4), put_le(f, frame, 2), put_le(f, (uint32_t)s->bits, 2);
    fputs("data", f), put_le(f, bytes, 4);
    float room[8], *planes[8];
    for (int c = 0; c < 8; c++)
        planes[c] = &room[c];
    for (int64_t i = 0; i < s->samples; i++) {
        test_sound_fill(s, i, planes, 1);
        for (int c = 0; c < s->channels; c++)
            put_le(f, (uint32_t)(int32_t)lrintf(room[c] * (float)(1u << (s->bits - 1))),
                   s->bits / 8);
    }
    if (fclose(f))
        abort();
}

struct sg_str test_output(struct sg_arena *a, const char *fmt, ...)
{
    char command[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    FILE *f = popen(command, "r");
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    for (int c; f && to && (c = fgetc(f)) != EOF;)
        fputc(c, to);
    if (!f || !to || fclose(to) || pclose(f)) {
        fprintf(stderr, "failed: %s\n", command);
        abort();
    }
    struct sg_str out =
        sg_arena_copy(a, (struct sg_str){text, n && text[n - 1] == '\n' ? n - 1 : n});
    free(text);
    return out;
}
