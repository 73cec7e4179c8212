/* recording.h - small recordings, and uploads of them as the API leaves them for the worker.
 */
#pragma once
#include "core/buf.h"
#include "core/objects/objects.h"
#include "core/vault/vault.h"
#include <libpq-fe.h>

/* A WAV, 16 bit, 44.1 kHz, stereo: a few notes that `seed` chooses, no two seeds alike. */
void test_wav(struct sg_buf *out, double seconds, unsigned seed);
/* RIFF "INFO" tags are put behind the samples: a title. */
void test_wav_title(struct sg_buf *wav, const char *title);

struct test_upload {
    const char *id;    /* upload_... */
    const char *title; /* NULL: the file's own */
    int parts;         /* 0: one object; else so many, as tus leaves them */
    bool sealed;
    bool damaged; /* what lies in the store is not what was received */
    uint64_t artist_id, user_id;
    int attempts; /* of its job; 0: five */
};
/* Objects, then row and job in one transaction. false: the database or the store refused. */
bool test_upload_put(const struct test_upload *u, struct sg_str file, struct sg_objects *o,
                     struct sg_vault *v, PGconn *db);

/* The same as its artist does, over HTTP, in one attempt: the status, 0: no answer. */
long test_upload_send(int port, const char *token, const char *title, struct sg_str wav,
                      struct sg_buf *said);
