/* edit.h - how a song, an album, an artist is made, changed and deleted: what the three have in
 * common, around what each says of itself.
 *
 *   body --record, check--> wanted --one transaction--> thing --answer with its version as ETag
 *                                    |
 *             locked, seen, the caller's, the version she means (hold): before a change, a removal
 */
#pragma once
#include "api/api.h"
#include "core/record.h"

struct sg_edit_head {
    uint64_t version, owner; /* owner: the account that manages its artist; 0: nobody */
    bool hidden;             /* not out yet */
};

struct sg_edit;
struct sg_edit_kind {
    const char *what, *path; /* "song", "/api/v1/songs/" */
    const char *name;        /* the text that a change may not clear: "title" */
    /* Of one struct all three: bodies of a new one and of a change, and the answer. */
    const struct sg_record *made, *change, *thing;
    /* What the body says, before it is laid over anything: an old value that would not pass today
     * does not stand in the way of a change of another. */
    int (*check)(struct sg_arena *a, void *wanted, struct sg_error *e);
    int (*lock)(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                struct sg_error *e);
    /* Within the transaction: they leave thing, version and (create) id as they are then; change
     * and remove find the thing held. */
    int (*create)(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e);
    int (*update)(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e);
    int (*remove)(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e);
    /* After it: what is kept of it elsewhere is old. */
    void (*forget)(struct sg_api *api, uint64_t id);
};
struct sg_edit {
    const struct sg_edit_kind *kind;
    struct sg_http_request *q;
    uint64_t id;
    void *wanted;  /* as the body says */
    uint64_t seen; /* a change: the fields that the body has */
    void *thing;   /* as it is in the end */
    uint64_t version;
    bool keep_songs; /* removal of an album: they become singles */
};

void sg_edit_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    const struct sg_edit_kind *kind);
/* Of the path's first id. */
void sg_edit_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    const struct sg_edit_kind *kind);
void sg_edit_remove(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    const struct sg_edit_kind *kind, bool keep_songs);
bool sg_edit_has(const struct sg_edit *x, const char *field); /* the body has it */

/* A row of version, owner and hidden, held by the statement ($1 the id). SG_ENOENT. */
int sg_edit_lock(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_pg_statement *lock,
                 const char *what, uint64_t id, struct sg_edit_head *out, struct sg_error *e);
/* A row of the thing's JSON and its version. SG_ENOENT. */
int sg_edit_row(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_pg_statement *read,
                const char *what, uint64_t id, const struct sg_record *record, void *out,
                uint64_t *version, struct sg_error *e);
