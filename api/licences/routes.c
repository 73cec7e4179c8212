/* routes.c - routes of licences. */
#include "api/licences/licences.h"
#include "api/params.h"
#include "api/route.h"
#include "schemas/licences.h"

static const struct sg_param device_params[] = {
    {"device_id", "device_id", NULL, "A device of the caller's.", NULL}, {0}};

const struct sg_route sg_licence_routes[] = {
    {.method = "POST",
     .path = "/api/v1/licences/clearkey",
     .name = "licenceClearKey",
     .handle = sg_licence_clearkey,
     .tag = "Playback",
     .access = SG_LISTENER,
     .summary = "Keys to play protected songs by",
     .help = "Request and answer are those of Clear Key (W3C Encrypted Media Extensions, section "
             "9.1): give the `message` of a key session as it is, and the answer to `update()`. "
             "Keys of songs that may be heard are given, others left out; 404 when none is left "
             "(`device-unknown`: register the device first). "
             "Premium only (403 `premium-needed`). Type `persistent-license` is for songs that "
             "the device keeps offline, until those expire.",
     .params = device_params,
     .params_of = &sg_device_params_record,
     .body = &sg_clearkey_request_record,
     .reply = &sg_clearkey_licence_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404},
    {0},
};
