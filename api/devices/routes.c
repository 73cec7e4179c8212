/* routes.c - routes of a listener's devices. */
#include "api/devices/devices.h"
#include "api/route.h"
#include "schemas/licences.h"

const struct sg_route sg_device_routes[] = {
    {.method = "POST",
     .path = "/api/v1/me/devices",
     .name = "registerDevice",
     .handle = sg_device_register,
     .tag = "Playback",
     .access = SG_LISTENER,
     .summary = "Register a device",
     .help = "Licences are given to devices. A player does this once and keeps the id. The least "
             "recently seen of more than 50 that keep no songs is forgotten.",
     .body = &sg_device_new_record,
     .reply = &sg_device_record,
     .status = 201,
     .answers = SG_ANSWERS_404,
     .cost = 5},
    {.path = "/api/v1/me/devices",
     .name = "listDevices",
     .handle = sg_device_list,
     .tag = "Playback",
     .access = SG_ACCOUNT,
     .summary = "My devices",
     .help = "Latest use first; with how many of them may keep songs, and how often another may "
             "still take a place within 30 days.",
     .reply = &sg_device_list_record,
     .answers = SG_ANSWERS_404},
    {.method = "DELETE",
     .path = "/api/v1/me/devices/{device_id}",
     .name = "removeDevice",
     .handle = sg_device_remove,
     .tag = "Playback",
     .access = SG_ACCOUNT,
     .summary = "Remove a device",
     .help = "Its licences end and are not renewed, the addresses that it was given for what it "
             "keeps are refused from now on (403 `device-removed`), streams that named it end, and "
             "its place is free for another.",
     .answers = SG_ANSWERS_404},
    {0},
};
