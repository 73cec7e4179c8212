/* asset.h - recordings as the database has them, through the cache.
 *
 * An asset never changes, so its facts are good for an hour wherever they lie; which one a song
 * has, and whether any has it that is out, is forgotten by the change tail. Files of an asset are
 * objects "audio/<asset_id>/<path>".
 */
#pragma once
#include "api/api.h"
#include "schemas/playback.h"

/* In the arena of q. now: only what is kept, so that an event loop may ask; SG_EBUSY: it is not
 * kept. SG_ENOENT: there is no such asset. */
int sg_asset_read(struct sg_api *api, struct sg_http_request *q, const unsigned char id[16],
                  bool now, struct sg_asset *out, struct sg_error *e);
/* SG_ENOENT with the kind "no-audio-yet": the song has none yet. */
int sg_asset_of_song(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                     unsigned char id[16], struct sg_error *e);
/* Whether it may still be read by who was given an address of it; preview: of one that was not out
 * yet. SG_EPERM with the kind "media-withdrawn". */
int sg_asset_stands(const struct sg_asset *a, bool preview, struct sg_error *e);
bool sg_asset_is_out(const struct sg_asset *a); /* today */
/* NULL: it has no such file. */
const struct sg_asset_file *sg_asset_file(const struct sg_asset *a, struct sg_str path);
bool sg_asset_is_protected(const struct sg_asset *a, const struct sg_asset_file *f);
