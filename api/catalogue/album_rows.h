/* album_rows.h - one album in PostgreSQL, within a transaction. */
#pragma once
#include "api/catalogue/edit.h"
#include "schemas/edits.h"

/* Holds the row until the end. SG_ENOENT. */
int sg_album_lock(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                  struct sg_error *e);
int sg_album_row(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_album_edit *out,
                 uint64_t *version, struct sg_error *e);
/* album_id is set. */
int sg_album_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_album_edit *album,
                    struct sg_error *e);
/* The row alone; the version moves on. */
int sg_album_update(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_album_edit *album,
                    struct sg_error *e);
/* Songs that were to come out with it move to its new date. before: absent: they had none. */
int sg_album_move(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_str before,
                  struct sg_str now, struct sg_error *e);
/* Its songs become singles. */
int sg_album_release(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e);
/* SG_ECONFLICT: it has songs. */
int sg_album_delete(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e);
