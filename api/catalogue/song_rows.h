/* song_rows.h - one song in PostgreSQL, within a transaction.
 *
 * Genre, credited artists and album must be there, and an album that is new to the song be of the
 * same artist: SG_EINVAL names the field. A song without a release date is given its album's. */
#pragma once
#include "api/db/db.h"
#include "schemas/edits.h"

/* song_id is set. */
int sg_song_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                   struct sg_error *e);
/* The row alone; the version moves on. */
int sg_song_update(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                   bool new_album, struct sg_error *e);
/* The credits take the place of those before. */
int sg_song_credit(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_song_edit *song,
                   struct sg_error *e);
