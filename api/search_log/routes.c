/* routes.c - routes of what is searched for and chosen. */
#include "api/api.h"
#include "api/route.h"
#include "schemas/search_log.h"

const struct sg_route sg_search_log_routes[] = {
    {.path = "/api/v1/search/trending",
     .name = "trendingSearches",
     .handle = sg_api_search_trending,
     .tag = "Discovery",
     .summary = "Searches on the rise",
     .help = "What many people search for and choose from, above its own usual first. With a "
             "market, its "
             "own ones, filled up with those of all.",
     .params = sg_popular_params,
     .params_of = &sg_popular_request_record,
     .reply = &sg_popular_reply_record,
     .ends_itself = true},
    {.path = "/api/v1/search/recent",
     .name = "recentSearches",
     .handle = sg_api_search_recent,
     .tag = "Discovery",
     .summary = "A user's recent searches",
     .help = "Newest first, each text once.",
     .params = sg_recent_params,
     .params_of = &sg_recent_request_record,
     .reply = &sg_recent_reply_record},
    {.method = "DELETE",
     .path = "/api/v1/search/recent",
     .name = "forgetSearches",
     .handle = sg_api_search_forget,
     .tag = "Discovery",
     .summary = "Forget recent searches",
     .help =
         "All of the user's, or with `q` that one; what was logged of them no longer belongs to "
         "anybody.",
     .params = sg_forget_params,
     .params_of = &sg_recent_request_record},
    {.method = "POST",
     .path = "/api/v1/search/{search_id}/click",
     .name = "tellSearchClick",
     .handle = sg_api_search_click,
     .tag = "Discovery",
     .summary = "Tell what was chosen of a search's results",
     .help = "Answered when it is safely kept. Repeating it does no harm.",
     .body = &sg_search_choice_record,
     .ends_itself = true},
    {.method = "POST",
     .path = "/api/v1/search/{search_id}/play",
     .name = "tellSearchPlay",
     .handle = sg_api_search_play,
     .tag = "Discovery",
     .summary = "Tell what was played of a search's results",
     .help = "As a click.",
     .body = &sg_search_choice_record,
     .ends_itself = true},
    {0},
};
