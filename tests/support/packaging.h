/* packaging.h - sound made up for encoders, and what they make of it, read again.
 */
#pragma once
#include "audio/package/package.h"

struct test_sound {
    int rate, channels, bits;
    int64_t samples;
};

/* Chords of a few notes with overtones that decay, and noise below them: what an encoder finds in
 * music. The same for the same arguments; whole numbers of `bits` bits as floats. */
void test_sound_fill(const struct test_sound *s, int64_t from, float *const *planes, size_t n);

/* Everything of it into dir, which is made. SG_... of the packager. */
int test_package(const struct test_sound *s, const struct sg_package_job *job, const char *dir,
                 struct sg_tree *tree, struct sg_arena *a, struct sg_error *e);
/* The sound as a WAV file. */
void test_sound_wav(const struct test_sound *s, const char *path);
/* What a shell command writes to standard output, without the last newline; the arena's. Fails the
 * program with the command when it does not end with 0. */
struct sg_str test_output(struct sg_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
