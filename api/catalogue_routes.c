/* routes.c - routes of songs, artists, albums, genres. */
#include "api/api.h"
#include "api/route.h"
#include "schemas/views.h"

const struct sg_route sg_catalogue_routes[] = {
    {.path = "/api/v1/artists/{artist_id}",
     .name = "getArtist",
     .handle = sg_api_artist,
     .tag = "Catalogue",
     .summary = "An artist with top songs and albums",
     .params = sg_market_params,
     .params_of = &sg_lookup_request_record,
     .reply = &sg_artist_page_record},
    {.path = "/api/v1/albums/{album_id}",
     .name = "getAlbum",
     .handle = sg_api_album,
     .tag = "Catalogue",
     .summary = "An album with its songs",
     .params = sg_market_params,
     .params_of = &sg_lookup_request_record,
     .reply = &sg_album_page_record},
    {.path = "/api/v1/genres",
     .name = "listGenres",
     .handle = sg_api_genres,
     .tag = "Catalogue",
     .summary = "Every genre",
     .reply = &sg_genres_reply_record},
    {0},
};
