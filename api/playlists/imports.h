/* imports.h - private to api/playlists: how many files are imported at one time.
 *
 * An import holds a worker for as long as its names are looked up, half a minute at most: one a
 * user, and a quarter of the workers together, so that nobody keeps others from being answered.
 */
#pragma once
#include "core/err.h"
#include <stdint.h>

/* SG_ERATE: this user's import is under way; SG_EBUSY: so are as many as there may be (one at
 * least). 0: playlist_import_end must be called. Thread-safe. */
int playlist_import_begin(uint64_t user_id, int64_t workers, struct sg_error *e);
void playlist_import_end(uint64_t user_id);
