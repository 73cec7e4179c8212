/* edit.h - how a song, an album, an artist is made, changed and deleted: what the three have in
 * common, around what each says of itself.
 *
 *   body --record, check--> wanted --one transaction--> thing --answer with its version as ETag
 *                                    |
 *             locked, seen, the caller's, the version she means (hold): before a change, a removal
 */
#pragma once
#include "api/api.h"
#include "api/catalogue/extras.h"

struct sg_edit_head {
    uint64_t version, owner; /* owner: the account that manages its artist; 0: nobody */
    bool hidden;             /* not out yet */
};

struct sg_edit;
struct sg_edit_kind {
    enum sg_kind kind;
    const char *name; /* the text that a change may not clear: "title" */
    /* Of one struct all three: bodies of a new one and of a change, and the answer. */
    const struct sg_record *made, *change, *thing;
    /* $1 its id. A row of version, owner and hidden, held until the end; of JSON and version. */
    struct sg_pg_statement lock, read;
    /* What the body says, before it is laid over anything: an old value that would not pass today
     * does not stand in the way of a change of another. */
    int (*check)(struct sg_arena *a, void *wanted, struct sg_error *e);
    /* Before a change: what was read and what is wanted take the same form. May be NULL. */
    int (*align)(struct sg_edit *x, struct sg_error *e);
    /* Within the transaction, the row and what only this kind has beside it: insert sets id,
     * update moves the version on and, as remove, finds the thing held. */
    int (*insert)(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e);
    int (*update)(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e);
    int (*remove)(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e);
    struct sg_extras (*extras)(const void *thing);
    /* After it: what is kept of it elsewhere is old. */
    void (*forget)(struct sg_api *api, uint64_t id);
};
extern const struct sg_edit_kind sg_song_kind, sg_album_kind, sg_artist_kind;

struct sg_edit {
    const struct sg_edit_kind *kind;
    struct sg_http_request *q;
    uint64_t id;
    void *wanted;  /* as the body says */
    uint64_t seen; /* a change: the fields that the body has */
    void *was;     /* a change: as it was */
    void *thing;   /* as it is to be, and in the end is */
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

/* The row is held until the end. SG_ENOENT. */
int sg_edit_lock(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_edit_kind *kind,
                 uint64_t id, struct sg_edit_head *out, struct sg_error *e);
/* Locked, and the caller may edit it, in the version that she means: SG_ENOENT, SG_EPERM,
 * SG_ECHANGED. */
int sg_edit_hold(struct sg_db_tx *tx, struct sg_http_request *q, const struct sg_edit_kind *kind,
                 uint64_t id, struct sg_error *e);
/* All of it as it is now; out: the kind's struct. SG_ENOENT. */
int sg_edit_read(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_edit_kind *kind,
                 uint64_t id, void *out, uint64_t *version, struct sg_error *e);
/* Runs an INSERT that returns the id. */
int sg_edit_insert(struct sg_db_tx *tx, const struct sg_pg_statement *insert,
                   const char *const *params, uint64_t *id, struct sg_error *e);
