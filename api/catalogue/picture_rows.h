/* picture_rows.h - which pictures are kept, and whose they are. */
#pragma once
#include "api/db/db.h"
#include "core/covers/covers.h"
#include "schemas/catalogue.h"

/* Committed by itself: it is kept from now on, a day at least. */
int sg_picture_know(struct sg_db *db, struct sg_http_request *q, const struct sg_cover *cover,
                    struct sg_error *e);
/* The song, artist or album, whose row is held, has this picture from now on; NULL: none. */
int sg_picture_use(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const char *name, uint64_t *version, struct sg_error *e);
/* Removes a few that nobody has had for a day. */
int sg_pictures_sweep(struct sg_db *db, struct sg_covers *covers, struct sg_error *e);
