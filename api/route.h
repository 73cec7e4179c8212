/* route.h - which path is answered by whom; the same table makes the OpenAPI document. */
#pragma once
#include "api/http/http.h"
#include "api/params.h"

struct sg_api; /* what handlers share: see api.h */

struct sg_route {
    const char *path; /* "/api/v1/songs/{id}": one {id}, a whole number, or
                         {search_id}, a UUID */
    void (*handle)(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
    const char *tag, *summary, *help;  /* tag "Operations": asks for no API key */
    const struct sg_param *params;     /* ends with {0}; NULL: none */
    const struct sg_record *params_of; /* the record the params fill */
    const struct sg_record *reply;     /* 200's body; NULL: see content_type */
    const char *content_type;          /* of a reply that is no record */
    /* handle never blocks, and calls sg_route_end itself, maybe later: it runs on the loop. */
    bool ends_itself;
    const char *method;           /* NULL: GET (and HEAD) */
    const struct sg_record *body; /* of POST; NULL: none is read */
};

struct sg_recommend_params { /* recommend/params.c */
    uint64_t user_id;        /* 0: nobody */
    int64_t limit, hour;
    struct sg_str genre, region, device, cursor;
    struct sg_list artists, genres, seeds, queue; /* sg_str */
    bool is_clean, explain;
};
/* Of who asks: user_id must be there; of songs: limit 50. */
extern const struct sg_record sg_recommend_params_record, sg_user_params_record,
    sg_trending_params_record, sg_mixes_params_record;
extern const struct sg_param sg_market_params[], sg_search_params[], sg_suggest_params[],
    sg_trending_params[], sg_similar_params[], sg_recommend_params[], sg_new_releases_params[],
    sg_mixes_params[], sg_radio_params[];
/* search_log/params.c */
extern const struct sg_param sg_popular_params[], sg_recent_params[], sg_forget_params[];

/* feedback.c */
extern const struct sg_param sg_feedback_params[], sg_feedback_removal_params[];

/* Every route, ends with {0}. */
extern const struct sg_route sg_routes[];

bool sg_route_is_open(const struct sg_route *r);
/* Answers q by its route: 404 and 405 as problems, ETag and 304 on success,
 * request id, metrics. ctx is the struct sg_api. */
void sg_route_handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
/* For sg_http_options' start: takes what routes that end themselves answer. */
bool sg_route_start(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
void sg_route_end(struct sg_http_request *q, struct sg_http_response *r);
