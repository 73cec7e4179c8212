/* handlers.h - private to api/playlists: its routes' handlers and parameters. */
#pragma once
#include "api/api.h"
#include "api/params.h"

/* details.c */
SG_HANDLER(sg_playlist_create);
SG_HANDLER(sg_playlist_put);
SG_HANDLER(sg_playlist_patch);
SG_HANDLER(sg_playlist_delete);
/* pages.c */
SG_HANDLER(sg_playlist_get);
SG_HANDLER(sg_playlist_songs_get);
/* covers.c */
SG_HANDLER(sg_playlist_cover);
/* items.c */
SG_HANDLER(sg_playlist_add);
SG_HANDLER(sg_playlist_remove_song);
SG_HANDLER(sg_playlist_edit);
SG_HANDLER(sg_playlist_duplicates_get);
/* lists.c */
SG_HANDLER(sg_playlists_mine);
SG_HANDLER(sg_playlists_of_user);
SG_HANDLER(sg_playlist_follow);
SG_HANDLER(sg_playlist_unfollow);
/* members.c */
SG_HANDLER(sg_playlist_collaborators_get);
SG_HANDLER(sg_playlist_collaborator_put);
SG_HANDLER(sg_playlist_collaborator_remove);
/* shares.c */
SG_HANDLER(sg_playlist_shares_get);
SG_HANDLER(sg_playlist_share_make);
SG_HANDLER(sg_playlist_share_revoke);
SG_HANDLER(sg_playlist_shared_get);
SG_HANDLER(sg_playlist_shared_join);
/* files.c */
SG_HANDLER(sg_playlist_export_m3u8);
SG_HANDLER(sg_playlist_export_xspf);
SG_HANDLER(sg_playlist_export_jspf);
SG_HANDLER(sg_playlist_import_m3u8);
SG_HANDLER(sg_playlist_import_xspf);
SG_HANDLER(sg_playlist_import_jspf);

extern const struct sg_param sg_playlist_cover_params[], sg_playlist_page_params[],
    sg_playlist_mine_params[], sg_playlist_removal_params[], sg_playlist_events_params[],
    sg_playlist_import_params[];

struct playlist;
struct sg_playlist_new;
/* Makes it as the caller's (details.c); a page of it as the answer (pages.c). */
int playlist_make(struct sg_api *api, struct sg_http_request *q, struct sg_playlist_new *in,
                  uint64_t *id, struct sg_error *e);
/* Deletes what was just made by the caller and did not become whole. */
void playlist_take_back(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id);
int playlist_page(struct sg_api *api, struct sg_http_request *q, struct playlist *p,
                  struct sg_http_response *r, struct sg_error *e);
