/* cached.h - private to api/playlists: a playlist as everybody sees it (row, mosaic, first songs),
 * kept under playlist:{id} for a quarter of an hour at most and forgotten as it changes, by its
 * writers here and the change tail elsewhere. What is the caller's own, her role and whether she
 * follows it, is never kept. */
#pragma once
#include "api/playlists/parts.h"

#define PLAYLIST_FIRST 50 /* songs kept */

/* As playlist_of_path for whoever sees it; *first: its first PLAYLIST_FIRST songs, not joined
 * (none of a smart one). */
int playlist_cached(struct sg_api *api, struct sg_http_request *q, struct playlist *out,
                    struct sg_playlist_songs *first, struct sg_error *e);
