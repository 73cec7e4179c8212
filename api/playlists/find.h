/* find.h - private to api/playlists: which songs the entries of a file mean. */
#pragma once
#include "api/api.h"
#include "api/playlists/formats/sheet.h"
#include "schemas/playlists.h"

struct playlist_found {
    uint64_t song_id; /* 0: none */
    double confidence;
    const char *how, *why_not; /* static */
};

/* In the arena, one an entry: by our own ids, by ISRC, then by search for as long as the
 * request's deadline lets it. */
int playlist_find_entries(struct sg_api *api, struct sg_http_request *q,
                          const struct sg_sheet *sheet, struct playlist_found **out,
                          struct sg_error *e);
