/* routes.c - the tables of everything the API answers, one a feature. */
#include "api/route.h"

/* One a line. */
/* clang-format off */
extern const struct sg_route
    sg_discovery_routes[],
    sg_search_log_routes[],
    sg_recommend_routes[],
    sg_read_routes[],
    sg_catalogue_routes[],
    sg_song_routes[],
    sg_feedback_routes[], sg_accounts_routes[],
    sg_plays_routes[],
    sg_playlist_routes[],
    sg_lyrics_routes[],
    sg_library_routes[],
    sg_social_routes[],
    sg_sharing_routes[],
    sg_device_routes[], sg_licence_routes[], sg_offline_routes[],
    sg_playback_routes[],
    sg_upload_routes[],
    sg_operations_routes[];

const struct sg_route *const sg_route_tables[] = {
    sg_discovery_routes,
    sg_search_log_routes,
    sg_recommend_routes,
    sg_read_routes,
    sg_catalogue_routes,
    sg_song_routes,
    sg_feedback_routes, sg_accounts_routes,
    sg_plays_routes,
    sg_playlist_routes,
    sg_lyrics_routes,
    sg_library_routes,
    sg_social_routes,
    sg_sharing_routes,
    sg_device_routes, sg_licence_routes, sg_offline_routes,
    sg_playback_routes,
    sg_upload_routes,
    sg_operations_routes,
    NULL,
};
/* clang-format on */
