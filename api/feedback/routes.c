/* routes.c - routes of what listeners say of songs and artists. */
#include "api/api.h"
#include "api/route.h"
#include "schemas/feedback.h"

const struct sg_route sg_feedback_routes[] = {
    {.path = "/api/v1/feedback",
     .name = "listFeedback",
     .for_user = true,
     .handle = sg_api_feedback,
     .tag = "Feedback",
     .summary = "What a user said of songs and artists",
     .help = "Newest first.",
     .params = sg_feedback_params,
     .params_of = &sg_feedback_request_record,
     .reply = &sg_feedback_reply_record},
    {.method = "POST",
     .path = "/api/v1/feedback",
     .name = "giveFeedback",
     .handle = sg_api_feedback_give,
     .tag = "Feedback",
     .summary = "Like, dislike, not interested, hide an artist, or undo",
     .help = "Kept when it is answered; the user's next recommendations show it. A song has one "
             "verdict, "
             "the latest. Repeating it does no harm.",
     .body = &sg_feedback_record},
    {.method = "DELETE",
     .path = "/api/v1/feedback",
     .name = "takeBackFeedback",
     .for_user = true,
     .handle = sg_api_feedback_take_back,
     .tag = "Feedback",
     .summary = "Take feedback back",
     .help = "All of the user's, or what was said of one song or artist.",
     .params = sg_feedback_removal_params,
     .params_of = &sg_feedback_request_record},
    {0},
};
