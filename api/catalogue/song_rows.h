/* song_rows.h - one song in PostgreSQL, within a transaction. */
#pragma once
#include "api/catalogue/edit.h"
#include "schemas/edits.h"

/* What a song's values refer to, looked up before it is written. */
struct sg_song_refs {
    uint64_t genre_id; /* 0: none */
};

/* Holds the row until the end. SG_ENOENT. */
int sg_song_lock(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                 struct sg_error *e);
/* All of it as it is now. */
int sg_song_row(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_song_edit *out,
                uint64_t *version, struct sg_error *e);
/* Genre, credited artists and album must be there, and the album, when it is new to the song, be of
 * the same artist: SG_EINVAL names the field. A song without a release date is given its album's.
 */
int sg_song_refer(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                  bool new_album, struct sg_song_refs *out, struct sg_error *e);
/* song_id is set. */
int sg_song_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_song_edit *song,
                   const struct sg_song_refs *refs, struct sg_error *e);
/* The row alone; the version moves on. */
int sg_song_update(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_song_edit *song,
                   const struct sg_song_refs *refs, struct sg_error *e);
/* The credits take the place of those before. */
int sg_song_credit(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_song_edit *song,
                   struct sg_error *e);
int sg_song_delete(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e);
