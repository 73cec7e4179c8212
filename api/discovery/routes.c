/* routes.c - routes of search and completion. */
#include "api/api.h"
#include "api/route.h"
#include "schemas/search.h"

const struct sg_route sg_discovery_routes[] = {
    {.path = "/api/v1/search",
     .name = "search",
     .for_user = true,
     .handle = sg_api_search,
     .tag = "Discovery",
     .summary = "Search songs, artists, albums and playlists",
     .help = "Results of several types come in one list, best first. `total` is exact when "
             "`total_exact` "
             "says so, else an estimate.",
     .params = sg_search_params,
     .params_of = &sg_search_request_record,
     .reply = &sg_search_reply_record,
     .ends_itself = true},
    {.path = "/api/v1/suggest",
     .name = "suggest",
     .for_user = true,
     .handle = sg_api_suggest,
     .tag = "Discovery",
     .summary = "Complete what is being typed",
     .help = "At most 20 completions, heaviest first.",
     .params = sg_suggest_params,
     .params_of = &sg_suggest_request_record,
     .reply = &sg_suggest_reply_record,
     .ends_itself = true},
    {0},
};
