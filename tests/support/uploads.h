/* uploads.h - sounds and forms for tests of uploads, over tests/support/catalogue.h. */
#pragma once
#include "core/buf.h"
#include "tests/support/catalogue.h"

/* A WAV file of noise and a tone; seed: another is another file. silent: of zeros. */
struct test_tone {
    unsigned seconds, rate, channels, bits; /* 0: 2 s, 8000, 1, 16 */
    unsigned seed;
    bool silent;
};
void test_tone(struct sg_buf *out, struct test_tone w);

/* A form: fields, a file, an end. */
#define TEST_BOUNDARY "----test7MA4YWxkTrZu0gW"
#define TEST_FORM     "Content-Type: multipart/form-data; boundary=" TEST_BOUNDARY "\r\n"
void test_form_field(struct sg_buf *form, const char *name, const char *value);
void test_form_file(struct sg_buf *form, const char *filename, struct sg_str bytes);
void test_form_end(struct sg_buf *form);
/* POST /api/v1/upload/song of it. headers: further lines, or NULL. */
int test_form_send(int who, const struct sg_buf *form, const char *headers);

/* Files below var/objects/uploads, temporary ones included. */
int test_objects(void);
/* Waits until there are n: a part of an answer's work may be done after it. How many there are. */
int test_objects_become(int n);
/* "upload_..." of the last answer's body or Location (static). */
const char *test_upload_id(void);
