/* sound.h - sound files for tests, written byte by byte. */
#pragma once
#include "core/buf.h"

/* How samples lie in a WAVE file. */
struct test_wav {
    int rate, channels;
    int bits;      /* 8, 16, 24, 32, 64 */
    bool is_float; /* 32 or 64 bits */
    double seconds;
    double gain; /* 1: peaks at half of full scale */
};

/* A chord with a beat in it, as a WAVE file. */
void test_wav_put(struct sg_buf *b, const struct test_wav *w);
/* The same from samples at hand: n of one channel at rate, 16 bits. */
void test_wav_of(struct sg_buf *b, const float *samples, size_t n, int rate);

/* Writes the bytes to dir/name. */
void test_file_put(const char *dir, const char *name, struct sg_str bytes);
void test_file_get(const char *dir, const char *name, struct sg_buf *b);
