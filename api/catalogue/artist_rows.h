/* artist_rows.h - one artist in PostgreSQL, within a transaction. */
#pragma once
#include "api/catalogue/edit.h"
#include "schemas/edits.h"

/* Holds the row until the end. SG_ENOENT. */
int sg_artist_lock(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                   struct sg_error *e);
int sg_artist_row(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_artist_edit *out,
                  uint64_t *version, struct sg_error *e);
/* artist_id is set. user_id 0: nobody manages it. */
int sg_artist_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_artist_edit *artist,
                     struct sg_error *e);
int sg_artist_update(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_artist_edit *artist,
                     struct sg_error *e);
/* SG_ECONFLICT: songs, albums, credits or uploads are left. */
int sg_artist_delete(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e);
/* How many the account manages; holds the account's row, so that two at once count. SG_ENOENT. */
int sg_artist_count(struct sg_db_tx *tx, struct sg_arena *a, uint64_t user_id, uint64_t *out,
                    struct sg_error *e);
/* user_id 0: nobody from now on. The account gets the role. */
int sg_artist_give(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, uint64_t user_id,
                   struct sg_error *e);
