/* upload.h - an upload's row, as its job goes through it.
 *
 *   received --begin--> processing --> ready (song.h) | refused
 *                            ^ a later attempt begins anew
 *
 * Every change names the asset that this attempt makes, so that an attempt whose lease was lost
 * says nothing about the next one's.
 */
#pragma once
#include "core/arena.h"
#include "core/pg.h"
#include "core/uuid.h"
#include "worker/queue/queue.h"

struct encode_upload {
    struct sg_str id, artist_id, user_id;
    struct sg_str title, filename, album_id, genre_id, track_no,
        release_date; /* p NULL: not told */
    bool is_explicit;
    struct sg_str object_key; /* of the whole original; p NULL: it lies in parts */
    int64_t bytes;
    struct sg_str sha256;           /* 64 hex digits; p NULL: not known */
    struct sg_str content_key;      /* wrapped; p NULL: not sealed */
    char former[SG_UUID_CHARS + 1]; /* asset of an attempt before this one; "" none */
};

/* Sets it processing, with the asset of this attempt, while the job is held. Texts are in a.
 * SG_ENOENT: there is nothing to be done (any more). SG_ECHANGED: the job is another's. */
int encode_upload_begin(struct sg_pg_pool *pool, const struct sg_job *job, struct sg_str id,
                        const char *asset_id, struct sg_arena *a, struct encode_upload *out,
                        struct sg_error *e);
/* What people see of it. */
int encode_upload_tell(struct sg_pg_pool *pool, const struct encode_upload *u, const char *asset_id,
                       const char *stage, int percent, struct sg_error *e);
/* Refused, and the job is done: one transaction. duplicate_of: a song; NULL. */
struct refusal {
    const char *reason, *text, *duplicate_of;
};
int encode_upload_refuse(struct sg_pg_pool *pool, const struct sg_job *job,
                         const struct encode_upload *u, const char *asset_id,
                         const struct refusal *why, struct sg_error *e);
/* Last in a transaction that ends it: no row names the parts of its original any more, so that who
 * deletes the objects may be killed before. */
int encode_upload_disown(PGconn *pg, const struct encode_upload *u, struct sg_error *e);
