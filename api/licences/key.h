/* key.h - the content key of an asset as a player gets it; private to api/licences. */
#pragma once
#include "api/api.h"
#include "schemas/licences.h"

/* Fills kid and k of `out`, in the arena, from the wrapped key that the database has, in hex. */
int licence_key(struct sg_api *api, struct sg_arena *a, const unsigned char kid[16],
                struct sg_str wrapped_hex, struct sg_clearkey_key *out, struct sg_error *e);
