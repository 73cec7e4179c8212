/* routes.c - routes of songs kept offline. */
#include "api/offline/parts.h"
#include "api/params.h"
#include "api/route.h"

#define TAG .tag = "Playback"
const struct sg_route sg_offline_routes[] = {
    {.method = "POST",
     .path = "/api/v1/offline/downloads",
     .name = "keepOffline",
     .handle = sg_offline_keep,
     TAG,
     .access = SG_LISTENER,
     .summary = "Keep songs, an album or a playlist on a device",
     .help = "Premium only (403 `premium-needed`). Answers the songs with where to fetch them and "
             "the licences to play them by. At most 500 are told here; `next_cursor` is for the "
             "list. An album and a playlist are followed: the list tells what was added and "
             "removed since. 409 `device-limit`: other devices have all places; `offline-limit`: "
             "it would be more than 10,000 songs; `smart-playlist`: its songs are not followed. "
             "Asked again, licences are given again, revoked ones too.",
     .body = &sg_offline_request_record,
     .reply = &sg_offline_reply_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404 | SG_ANSWERS_409,
     .cost = 5},
    {.path = "/api/v1/offline/downloads",
     .name = "listOffline",
     .handle = sg_offline_list,
     TAG,
     .access = SG_ACCOUNT,
     .summary = "What is to be on a device",
     .help =
         "Whatever is not here with state `kept` is not to be played; `removed` and `revoked` "
         "songs, and those that are not here at all, are to be deleted. 404 `device-unknown`: the "
         "device "
         "was removed, all of it is to be deleted. Addresses are good for a while: ask again for "
         "new ones.",
     .params = offline_list_params,
     .params_of = &sg_offline_params_record,
     .reply = &sg_offline_reply_record,
     .answers = SG_ANSWERS_404,
     .cost = 2},
    {.method = "POST",
     .path = "/api/v1/offline/renew",
     .name = "renewOffline",
     .handle = sg_offline_renew,
     TAG,
     .access = SG_ACCOUNT,
     .summary = "Renew all licences of a device",
     .help = "Of songs that are still to be kept there, new ones included, unless they were "
             "licensed within a day; what is to be kept no more is forgotten. 403 "
             "`premium-needed`: the subscription is no longer paid, and everything on the device "
             "has been revoked; `downloads-revoked`: it was, by a removal or the end of its "
             "session. Answers as the list's first 500 songs.",
     .body = &sg_offline_device_record,
     .reply = &sg_offline_reply_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404,
     .cost = 5},
    {.method = "DELETE",
     .path = "/api/v1/offline/downloads",
     .name = "forgetOffline",
     .handle = sg_offline_forget,
     TAG,
     .access = SG_ACCOUNT,
     .summary = "Keep something on a device no more",
     .help = "A song, an album, a playlist, or everything. A song of an album or a playlist that "
             "is kept stays with it.",
     .params = offline_forget_params,
     .params_of = &sg_offline_params_record,
     .answers = SG_ANSWERS_404,
     .cost = 2},
    {0},
};
