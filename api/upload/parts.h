/* parts.h - the inside of api/upload; private to it. */
#pragma once
#include "api/upload/fields.h"
#include "api/upload/upload.h"
#include "core/objects/objects.h"
#include "core/pause.h"
#include "core/vault/vault.h"
#include "schemas/audio.h"
#include <pthread.h>
#include <stdatomic.h>

#define UPLOAD_SHA256 32

/* A file that waits for its turn to be looked at: in check.c's queue, then on a thread of its. */
struct upload_task {
    struct upload_task *next;
    void (*run)(struct upload_task *t);
};

struct upload_viewer; /* who looks on: events.c */
struct sg_uploads {
    struct sg_api *api;
    struct sg_objects *objects; /* the API's */
    struct sg_vault *vault;     /* the API's */
    struct sg_metric *taken, *refused, *waiting;

    struct sg_pause
        pause; /* of the thread that looks after what is unfinished, and tells viewers */
    pthread_t keeper;
    bool keeping;
    uint64_t rounds; /* of its questions for the viewers */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;
    struct upload_task *first, *last;
    int queued;
    bool over;
    pthread_t *checkers;
    int n_checkers;
    struct upload_viewer *viewers;

    atomic_bool cut; /* checks under way are given up */
    _Atomic int64_t cut_at_us;
};

/* What becomes a row. Texts live as long as the arena they were read into. */
struct upload {
    char id[SG_OBJECT_KEY_MAX];
    uint64_t user_id, artist_id, genre_id;
    struct upload_fields fields;
    struct sg_str title;             /* the field's, else the file's own */
    char key[SG_OBJECT_KEY_MAX + 1]; /* of the original; "": its parts have keys */
    bool sealed;
    unsigned char content_key[SG_CONTENT_KEY];
    char wrapped[2 * SG_WRAPPED_BYTES + 3]; /* "\x..." for SQL; "": not sealed */
    int64_t bytes;
    unsigned char sha256[UPLOAD_SHA256];
    struct sg_audio_facts facts;
};

/* rows.c */
void upload_name(struct upload *u); /* a new id */
/* A new object key of the upload's. */
void upload_key(const struct upload *u, char out[SG_OBJECT_KEY_MAX + 1]);
int upload_seal(struct sg_uploads *s, struct upload *u, struct sg_error *e); /* a new content key */
const unsigned char *upload_seal_of(const struct upload *u);                 /* NULL: not sealed */
/* Whose, of which genre and album: ids filled in; SG_ENOENT, SG_EINVAL. */
int upload_resolve(struct sg_uploads *s, struct sg_http_request *q, struct upload *u,
                   struct sg_error *e);
/* SG_ERATE: as many uploads of the caller are not done as may be. Of many that ask at once all may
 * be told that there is room. */
int upload_has_room(struct sg_uploads *s, struct sg_http_request *q, struct sg_error *e);
/* The uploads of one user are accepted one after the other, from here to the transaction's end. */
int upload_hold(struct sg_db_tx *tx, struct sg_arena *a, uint64_t user_id, struct sg_error *e);
/* The same question as upload_has_room, once they are held. */
int upload_keep_room(struct sg_uploads *s, struct sg_db_tx *tx, struct sg_arena *a,
                     uint64_t user_id, struct sg_error *e);
/* As it is kept for `facts`: without what is only of use to the workers. */
const char *upload_facts_text(struct sg_arena *a, const struct sg_audio_facts *f);

/* check.c */
int upload_checkers_start(struct sg_uploads *s, struct sg_error *e);
void upload_checkers_stop(struct sg_uploads *s);
/* SG_EBUSY: too many wait. */
int upload_queue(struct sg_uploads *s, struct upload_task *t, struct sg_error *e);
/* On a checker's thread: decodes the file. SG_EMEDIA with the kind of the refusal in e->kind; facts
 * and title are filled in. */
int upload_check(struct sg_uploads *s, struct upload *u, int fd, struct sg_arena *a,
                 struct sg_error *e);

/* accept.c: a whole and good upload becomes a row and a job; or, where the same user has sent the
 * same file and it is not yet done, that upload's id comes into u->id and *known is set. */
int upload_accept(struct sg_uploads *s, struct sg_http_request *q, struct upload *u,
                  struct sg_arena *a, bool *known, struct sg_error *e);
/* The same for one that has a row and parts. SG_ECONFLICT: it is no longer being received. */
int upload_accept_parts(struct sg_uploads *s, struct upload *u, struct sg_arena *a,
                        struct sg_error *e);
/* 202 with Location. */
void upload_answer(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
                   const struct upload *u);

/* tus_rows.c */
struct tus_upload {
    struct upload u;
    char status[16];
    int64_t offset, declared;
    struct sg_str metadata, expires;
};
/* The caller's own, or any to an admin. q NULL: whose it is does not matter. SG_ENOENT. */
int tus_find(struct sg_uploads *s, struct sg_http_request *q, struct sg_arena *a, struct sg_str id,
             struct tus_upload *out, struct sg_error *e);
int tus_create(struct sg_uploads *s, struct sg_http_request *q, struct tus_upload *t,
               struct sg_error *e);
/* The part that begins at offset is there. SG_ECONFLICT: another was first, or it is no longer
 * being received. */
int tus_add_part(struct sg_uploads *s, struct sg_http_request *q, const struct tus_upload *t,
                 const char *key, int64_t bytes, struct sg_error *e);
/* Ends any upload as `status`, with why; its objects and its waiting job are deleted.
 * SG_ECONFLICT: it has ended already. */
int upload_end(struct sg_uploads *s, const char *id, const char *status, const char *reason,
               const char *error, struct sg_error *e);

/* finish.c: all of it has come. q NULL: nobody waits. Takes t's contents. SG_EBUSY: later. */
int tus_finish(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
               const char *id, struct sg_error *e);
/* The headers that every answer of tus has. */
void tus_headers(struct sg_http_request *q, struct sg_http_response *r, int64_t offset);

/* sweep.c: what was given up, and what was complete when its API died. */
void upload_sweep(struct sg_uploads *s);

/* status.c: the caller's, or any to an admin, that the path names. SG_ENOENT. */
struct sg_upload;
int upload_view(struct sg_api *api, struct sg_http_request *q, struct sg_upload *out,
                struct sg_error *e);

/* events.c */
void upload_tell_viewers(struct sg_uploads *s);
