/* read_routes.c - the route of one song as it is read. */
#include "api/api.h"
#include "api/route.h"
#include "schemas/song_view.h"

const struct sg_route sg_read_routes[] = {
    {.path = "/api/v1/songs/{song_id}",
     .name = "getSong",
     .handle = sg_api_song,
     .ends_itself = true,
     .tag = "Catalogue",
     .summary = "One song",
     .help = "One not yet released is for its artist and admins only. The ETag's first part is the "
             "song's version, which If-Match of an edit goes by. While the database is away: as "
             "last known, or as the search knows it, without credits, release date and markets.",
     .params = sg_market_params,
     .params_of = &sg_lookup_request_record,
     .reply = &sg_song_view_record,
     .answers = SG_ANSWERS_404},
    {0},
};
