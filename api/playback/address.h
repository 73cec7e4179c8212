/* address.h - who may read what of an asset; private to api/playback. */
#pragma once
#include "api/playback/asset.h"
#include "api/playback/playback.h"

struct media_address {
    unsigned char asset[16];
    struct sg_str path; /* "f/aac64.mp4" */
    struct sg_media_token token;
};
/* object: "audio/<asset_id>/<path>", kept by path. Everything that can be judged without the
 * database, in this order: signature, path, time, login, subscription, stream. SG_EPERM with its
 * kind, SG_EUNAVAIL. Never waits. */
int media_admit(struct sg_api *api, struct sg_str token, struct sg_str object,
                struct media_address *out, struct sg_error *e);
