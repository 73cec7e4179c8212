/* urls.c - where a song's files are fetched from: addresses of the login that asks and of the
 * device, of no stream. */
#include "api/offline/parts.h"
#include "api/playback/playback.h"
#include "core/uuid.h"

static int below(struct sg_http_request *q, struct sg_str base, struct sg_str *at,
                 struct sg_error *e)
{
    if (!at->p)
        return 0;
    *at = sg_arena_printf(q->arena, "%.*s%.*s", SG_FMT(base), SG_FMT(*at));
    return at->p ? 0 : sg_fail(e, SG_ENOMEM, "an address");
}

/* "/media/<token>/audio/<asset_id>/" */
static struct sg_str sign(struct sg_api *api, struct sg_http_request *q, const char *device,
                          struct sg_str asset_id)
{
    const struct sg_config *c = api->config;
    unsigned char asset[16], of[16];
    char token[SG_MEDIA_TOKEN_CHARS + 1];
    struct sg_media_token t = {.user_id = q->caller.user_id,
                               .session_id = q->caller.session_id,
                               .expires_s = sg_media_expiry(api, &q->caller),
                               .premium = true};
    if (!sg_uuid_parse(asset_id, asset) || !sg_uuid_parse(sg_str(device), of))
        return SG_STR_NONE;
    t.playback_id = sg_media_of_device(of);
    sg_media_sign(sg_playback_keys(api->playback), &t, asset, token);
    return sg_arena_printf(q->arena, "%s/media/%s/audio/%.*s/", c->playback.public_url, token,
                           SG_FMT(asset_id));
}

int offline_urls(struct sg_api *api, struct sg_http_request *q, const char *device,
                 struct sg_offline_song *song, struct sg_error *e)
{
    song->base_url = sign(api, q, device, song->asset_id);
    int rc = song->base_url.p ? 0 : sg_fail(e, SG_ENOMEM, "an address");
    if (!rc)
        rc = below(q, song->base_url, &song->url, e);
    if (!rc)
        rc = below(q, song->base_url, &song->manifest_url, e);
    return rc ? rc : below(q, song->base_url, &song->waveform_url, e);
}
