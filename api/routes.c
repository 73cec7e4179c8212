/* routes.c - the table of everything the API answers. */
#include "api/api.h"
#include "api/route.h"
#include "schemas/feedback.h"
#include "schemas/recs.h"
#include "schemas/search_log.h"
#include "schemas/views.h"

static const char text_metrics[] = "text/plain; version=0.0.4";

const struct sg_route sg_routes[] = {
    {"/api/v1/search", sg_api_search, "Discovery", "Search songs, artists, albums and playlists",
     "Results of several types come in one list, best first. `total` is exact when `total_exact` "
     "says so, else an estimate.",
     sg_search_params, &sg_search_request_record, &sg_search_reply_record, NULL, true, NULL, NULL},
    {"/api/v1/suggest", sg_api_suggest, "Discovery", "Complete what is being typed",
     "At most 20 completions, heaviest first.", sg_suggest_params, &sg_suggest_request_record,
     &sg_suggest_reply_record, NULL, true, NULL, NULL},
    {"/api/v1/search/trending", sg_api_search_trending, "Discovery", "Searches on the rise",
     "What many people search for and choose from, above its own usual first. With a market, its "
     "own ones, filled up with those of all.",
     sg_popular_params, &sg_popular_request_record, &sg_popular_reply_record, NULL, true, NULL,
     NULL},
    {"/api/v1/search/recent", sg_api_search_recent, "Discovery", "A user's recent searches",
     "Newest first, each text once.", sg_recent_params, &sg_recent_request_record,
     &sg_recent_reply_record, NULL, false, NULL, NULL},
    {"/api/v1/search/recent", sg_api_search_forget, "Discovery", "Forget recent searches",
     "All of the user's, or with `q` that one; what was logged of them no longer belongs to "
     "anybody.",
     sg_forget_params, &sg_recent_request_record, NULL, NULL, false, "DELETE", NULL},
    {"/api/v1/search/{search_id}/click", sg_api_search_click, "Discovery",
     "Tell what was chosen of a search's results",
     "Answered when it is safely kept. Repeating it does no harm.", NULL, NULL, NULL, NULL, true,
     "POST", &sg_search_choice_record},
    {"/api/v1/search/{search_id}/play", sg_api_search_play, "Discovery",
     "Tell what was played of a search's results", "As a click.", NULL, NULL, NULL, NULL, true,
     "POST", &sg_search_choice_record},
    {"/api/v1/songs/trending", sg_api_trending, "Discovery", "Songs on the rise",
     "Plays of the last days, newer ones counting more.", sg_trending_params,
     &sg_trending_view_record, &sg_song_list_record, NULL, false, NULL, NULL},
    {"/api/v1/songs/{id}", sg_api_song, "Catalogue", "One song", NULL, sg_market_params,
     &sg_lookup_request_record, &sg_hit_record, NULL, false, NULL, NULL},
    {"/api/v1/songs/{id}/similar", sg_api_similar, "Discovery", "Songs like this one",
     "Nearest by what the same people listen to; popular songs of its artist and genre when it "
     "has no plays yet, and `fallback` then says so.",
     sg_similar_params, &sg_similar_request_record, &sg_song_list_record, NULL, false, NULL, NULL},
    {"/api/v1/artists/{id}", sg_api_artist, "Catalogue", "An artist with top songs and albums",
     NULL, sg_market_params, &sg_lookup_request_record, &sg_artist_page_record, NULL, false, NULL,
     NULL},
    {"/api/v1/albums/{id}", sg_api_album, "Catalogue", "An album with its songs", NULL,
     sg_market_params, &sg_lookup_request_record, &sg_album_page_record, NULL, false, NULL, NULL},
    {"/api/v1/genres", sg_api_genres, "Catalogue", "Every genre", NULL, NULL, NULL,
     &sg_genres_reply_record, NULL, false, NULL, NULL},
    {"/api/v1/recommendations", sg_api_recommendations, "Discovery", "Songs for a user", NULL,
     sg_recommend_params, &sg_recommend_request_record, &sg_song_list_record, NULL, false, NULL,
     NULL},
    {"/api/v1/feedback", sg_api_feedback, "Feedback", "What a user said of songs and artists",
     "Newest first.", sg_feedback_params, &sg_feedback_request_record, &sg_feedback_reply_record,
     NULL, false, NULL, NULL},
    {"/api/v1/feedback", sg_api_feedback_give, "Feedback",
     "Like, dislike, not interested, hide an artist, or undo",
     "Kept when it is answered; the user's next recommendations show it. A song has one verdict, "
     "the latest. Repeating it does no harm.",
     NULL, NULL, NULL, NULL, false, "POST", &sg_feedback_record},
    {"/api/v1/feedback", sg_api_feedback_take_back, "Feedback", "Take feedback back",
     "All of the user's, or what was said of one song or artist.", sg_feedback_removal_params,
     &sg_feedback_request_record, NULL, NULL, false, "DELETE", NULL},
    {"/health", sg_api_health, "Operations", "Health of every dependency",
     "Answers 503 with the same body when one of them is down.", NULL, NULL, &sg_health_view_record,
     NULL, false, NULL, NULL},
    {"/metrics", sg_api_metrics, "Operations", "This process's metrics for Prometheus", NULL, NULL,
     NULL, NULL, text_metrics, false, NULL, NULL},
    {"/metrics/query", sg_api_metrics_of, "Operations", "The query server's metrics", NULL, NULL,
     NULL, NULL, text_metrics, false, NULL, NULL},
    {"/metrics/recsys", sg_api_metrics_of, "Operations", "The recommender's metrics", NULL, NULL,
     NULL, NULL, text_metrics, false, NULL, NULL},
    {"/metrics/indexer", sg_api_metrics_of, "Operations", "The indexer's metrics", NULL, NULL, NULL,
     NULL, text_metrics, false, NULL, NULL},
    {"/openapi.json", sg_api_openapi, "Operations", "This description", NULL, NULL, NULL, NULL,
     "application/json", false, NULL, NULL},
    {0},
};
