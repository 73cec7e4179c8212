/* playback.h - songs to players: signed addresses, media, and who plays what on which device.
 *
 *   GET /songs/{id}/stream --> a session (counted) and addresses signed for it     stream.c
 *   GET /media/<token>/audio/<asset_id>/...  verified in memory, sent by sendfile    media.c
 *   PUT /playback/sessions/{id} --> live (memory) --batches--> playback_sessions   follow.c
 *   transfer, commands, ends --> NOTIFY segue_playback --> every API --> events     events.c
 *
 * Sessions are counted in the database, so that several APIs count alike; while it is away
 * everybody may play. A heartbeat touches memory alone and is written with the others of its
 * second. Thread-safe.
 */
#pragma once
#include "api/api.h"
#include "api/playback/token.h"

struct sg_playback;
int sg_playback_open(struct sg_playback **out, struct sg_api *api, struct sg_error *e);
void sg_playback_close(struct sg_playback *p); /* after the HTTP server */
/* What addresses of media are signed with: see token.h. */
struct sg_media_keys *sg_playback_keys(struct sg_playback *p);

/* Addresses that were signed for it, a stream or sg_media_of_device, are refused here from now on;
 * other processes are told by the notice 'revoked' of segue_playback. */
void sg_playback_revoke(struct sg_playback *p, uint64_t playback_id);

/* When an address ends that is given to this caller now, in seconds since 1970: as configured, but
 * not after the subscription. */
int64_t sg_media_expiry(const struct sg_api *api, const struct sg_caller *who);

SG_HANDLER(sg_stream_get);
SG_HANDLER(sg_media_get);
SG_HANDLER(sg_media_key);
SG_HANDLER(sg_media_verify_for_cache);
bool sg_media_at_once(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
bool sg_media_verify_at_once(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r);
SG_HANDLER(sg_playback_begin);
SG_HANDLER(sg_playback_list);
SG_HANDLER(sg_playback_tell);
SG_HANDLER(sg_playback_end);
SG_HANDLER(sg_playback_transfer);
SG_HANDLER(sg_playback_command);
SG_HANDLER(sg_playback_events);
