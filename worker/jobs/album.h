/* album.h - on which album an upload's song is: the one it was sent for, else the one its tags
 * name.
 *
 * Tags: an album of that title (in capitals or not) of the same artist when there is one, a new one
 * when there is none; of several nobody can tell which. A file whose album is another artist's
 * (a sampler) names none. Whoever calls holds the lock of publishing (song.h), so that two songs of
 * one new album make one.
 */
#pragma once
#include "core/covers/covers.h"
#include "schemas/audio.h"
#include "worker/jobs/upload.h"

/* date: of a new album; NULL: not known. *id: in a; NULL: on none. Within a transaction. */
int encode_album_find(PGconn *pg, const struct encode_upload *u, const struct sg_audio_tags *tags,
                      const char *date, struct sg_arena *a, const char **id, struct sg_error *e);
/* Its cover, when it has none and is the uploading artist's. */
int encode_album_cover(PGconn *pg, const struct encode_upload *u, const char *id,
                       const struct sg_cover *cover, struct sg_error *e);
/* Of a song that is on none. */
int encode_song_cover(PGconn *pg, const char *song_id, const struct sg_cover *cover,
                      struct sg_error *e);
