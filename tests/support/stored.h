/* stored.h - a recording as the worker would leave it, for tests of who plays it: files in the
 * store, their rows, and the song that has it. The bytes are no sound; they can be told from each
 * other.
 */
#pragma once
#include "core/config.h"
#include <libpq-fe.h>

struct test_stored {
    char id[37];
    unsigned char key[32]; /* of its content */
};
struct test_stored_file {
    const char *path, *content_type, *codec; /* codec NULL: no rendition */
    int bitrate;
    size_t bytes;
    bool sealed;
};
extern const struct test_stored_file test_stored_files[]; /* ends with {0} */

/* Byte i of that file's clear. */
unsigned char test_stored_byte(const char *path, size_t i);
/* Everything of a new recording, and (song_id not 0) that the song has it. seals: files of f/ that
 * are sound lie sealed, as with objects.seal. */
void test_stored_make(struct test_stored *a, const struct sg_config *c, PGconn *db,
                      uint64_t song_id, bool seals);
