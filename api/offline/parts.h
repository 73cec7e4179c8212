/* parts.h - the inside of api/offline; private to it. */
#pragma once
#include "api/offline/offline.h"
#include "api/params.h"
#include "schemas/offline.h"

extern const struct sg_param offline_list_params[], offline_forget_params[];

/* Locks the account and looks at the device, which from now on belongs to the session that asks.
 * SG_ENOENT: it is not hers. place: it must have one of the places for songs kept offline, or
 * takes one: SG_ECONFLICT "device-limit". */
int offline_device(struct sg_api *api, struct sg_http_request *q, struct sg_db_tx *tx,
                   const char *device, bool place, struct sg_error *e);

/* Licences for what is wanted on the device: of kind ("song", "album", "playlist") with these
 * target ids as an array; kind NULL: of everything that was not revoked and was not licensed
 * within a day. *ids: the new licences, as an array; "{}": none were needed. In the arena. */
int offline_grant(struct sg_api *api, struct sg_http_request *q, struct sg_db_tx *tx,
                  const char *device, const char *kind, const char *targets, const char **ids,
                  struct sg_error *e);
/* SG_ECONFLICT "offline-limit": more songs are wanted than a device may keep. */
int offline_check_count(struct sg_http_request *q, struct sg_db_tx *tx, const char *device,
                        struct sg_error *e);
/* What is not wanted any more, or may not be heard: its licences end, it is forgotten. The place
 * is free when nothing is kept. */
int offline_prune(struct sg_http_request *q, struct sg_db_tx *tx, const char *device,
                  struct sg_error *e);

struct offline_page {
    const char *device;
    const char *after; /* song_id; NULL: from the beginning */
    const char *limit;
    const char *licences; /* only songs of these, an array; NULL: all */
};
/* The songs of a device with their states, signed addresses and licences. */
int offline_view(struct sg_api *api, struct sg_http_request *q, const struct offline_page *page,
                 struct sg_offline_reply *out, struct sg_error *e);
/* Signs it: fills token from the other members. */
int offline_token(struct sg_api *api, struct sg_http_request *q, const char *device,
                  struct sg_offline_licence *l, struct sg_error *e);
/* Fills the signed addresses from what the database says lies below the asset's folder. They end
 * with the login that asks and with the device. */
int offline_urls(struct sg_api *api, struct sg_http_request *q, const char *device,
                 struct sg_offline_song *song, struct sg_error *e);
