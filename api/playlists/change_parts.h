/* change_parts.h - private to change*.c: one edit of one list under way. */
#pragma once
#include "api/playlists/edit.h"
#include "api/playlists/parts.h"

struct change {
    struct sg_api *api;
    struct sg_http_request *q;
    uint64_t playlist_id;
    const struct sg_playlist_changes *asked;
    struct sg_buf *body;
    struct playlist p;
    struct sg_db_tx *tx;
    struct sg_edit edit;
};

/* change_rows.c. Items as they are, into c->edit; ids for as many to be; what differs, back. */
int change_load(struct change *c, size_t adding, struct sg_error *e);
int change_take_ids(struct change *c, size_t n, struct sg_error *e);
int change_write(struct change *c, uint64_t snapshot_id, struct sg_error *e);
/* All songs to be added must be there and out; one that is not is named. */
int change_check_songs(struct change *c, const struct sg_playlist_operation *o, struct sg_error *e);
/* Where an item was that was removed: SG_ENOENT when that is forgotten. ctx: the change. */
int change_place_of_gone(void *ctx, uint64_t item_id, struct sg_str *position, struct sg_error *e);
