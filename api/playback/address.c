/* address.c - see address.h. */
#include "api/playback/address.h"
#include "api/accounts/accounts.h"
#include "api/playback/live.h"
#include "core/clock.h"
#include "core/uuid.h"

static bool split(struct sg_str object, struct media_address *out)
{
    struct sg_str folder = SG_STR("audio/");
    size_t head = folder.n + SG_UUID_CHARS;
    if (object.n <= head + 1 || !sg_str_starts(object, folder) || object.p[head] != '/' ||
        !sg_uuid_parse((struct sg_str){object.p + folder.n, SG_UUID_CHARS}, out->asset))
        return false;
    /* One address for one thing: caches go by it. */
    for (size_t i = folder.n; i < head; i++)
        if (object.p[i] >= 'A' && object.p[i] <= 'F')
            return false;
    out->path = (struct sg_str){object.p + head + 1, object.n - head - 1};
    return true;
}

int media_admit(struct sg_api *api, struct sg_str token, struct sg_str object,
                struct media_address *out, struct sg_error *e)
{
    if (!split(object, out))
        return sg_fail_kind(e, SG_EPERM, "media-token", "the address is not signed for this");
    int rc = sg_media_verify(sg_playback_keys(api->playback), token, out->asset, out->path,
                             sg_wall_us() / 1000000, &out->token, e);
    const struct sg_media_token *t = &out->token;
    if (!rc)
        rc = sg_accounts_stands(api->accounts, t->user_id, t->session_id, t->premium, e);
    if (rc || !t->playback_id || !playback_live_ended(api->playback, t->playback_id))
        return rc;
    return sg_media_is_of_device(t->playback_id)
               ? sg_fail_kind(e, SG_EPERM, "device-removed",
                              "the device that it was given to was removed")
               : sg_fail_kind(e, SG_EPERM, "playback-ended",
                              "the stream was ended, as another device took its place");
}
