/* route.h - which path is answered by whom; the same table makes the OpenAPI document. */
#pragma once
#include "api/http/http.h"
#include "api/params.h"

struct sg_api; /* what handlers share: see api.h */

/* Who may ask. A token that is told must be good everywhere but for operations. */
enum sg_access {
    SG_ANYONE,      /* a token may be told */
    SG_LISTENER,    /* logged in; 403 when the subscription has expired */
    SG_ACCOUNT,     /* logged in, expired or not: what is one's own account's */
    SG_ARTIST_ROLE, /* role artist or admin */
    SG_ADMIN,
    SG_OPERATIONS, /* neither API key nor token is looked at */
};

#define SG_ROUTE_HOLES 3

/* Statuses that a route may answer beside those that follow from its other fields. */
enum sg_answers {
    SG_ANSWERS_404 = 1,
    SG_ANSWERS_409 = 2,
    SG_ANSWERS_412 = 4, /* and takes If-Match */
    SG_ANSWERS_413 = 8,
    SG_ANSWERS_415 = 16,
    SG_ANSWERS_422 = 32,
    SG_ANSWERS_428 = 64, /* and must have If-Match */
    SG_ANSWERS_403 = 128,
    SG_ANSWERS_410 = 256,
    SG_ANSWERS_206 = 512,
    SG_ANSWERS_416 = 1024,
    SG_ANSWERS_302 = 2048,
    SG_ANSWERS_503 = 4096, /* of those that look at no token; the others may always */
    SG_ANSWERS_460 = 8192, /* tus: another checksum */
};

struct sg_route {
    /* "/api/v1/playlists/{playlist_id}/songs/{song_id}": at most SG_ROUTE_HOLES holes. {id} and
     * {..._id} are whole numbers from 1; others are text of 1 to 200 bytes, see route.c. Literal
     * segments win over holes. */
    const char *path;
    const char *name; /* "addToPlaylist", one of its kind: operationId */
    void (*handle)(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
    const char *tag, *summary, *help;
    const struct sg_param *params;     /* ends with {0}; NULL: none */
    const struct sg_record *params_of; /* the record the params fill */
    const char *method;                /* NULL: GET (and HEAD) */
    const struct sg_record *body;      /* JSON; NULL: none is read, or see body_type */
    const char *body_type;             /* of a body that is no record: any image, say */
    const struct sg_record *form;      /* its fields, of body_type multipart/form-data */
    const char *headers;               /* that it reads, by their names, with spaces between */
    size_t body_max;                   /* bytes; 0: SG_HTTP_BODY_MAX */
    bool body_optional;
    const struct sg_record *reply; /* body of a success; NULL: see content_type */
    const char *content_type;      /* of a reply that is no record */
    int status;                    /* of a success; 0: 200 with a reply, else 204 */
    unsigned answers;              /* enum sg_answers */
    enum sg_access access;
    bool for_user; /* user_id among the parameters is checked against the caller, and made hers
                      when it is not told: handlers believe it */
    int cost;      /* taken from the caller's limit; 0: 1 */
    /* Tried on the loop before handle, of routes that look at no token of theirs (SG_OPERATIONS):
     * true, r is filled; false, handle does it on a worker. Never blocks. */
    bool (*at_once)(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
    bool ends_itself; /* handle never blocks, and calls sg_route_end itself, maybe later: it runs
                         on the loop */
    /* Instead of handle, where the body goes to a sink piece by piece and is never held whole:
     * called when the caller is admitted and before anything of the body is read. False: r is the
     * refusal. The sink's end ends with sg_route_end. Idempotency-Key is its own matter. */
    bool (*stream)(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   struct sg_http_sink *out);
    const char *always; /* "Name: value", a header of every answer, refusals included */
    bool by_override;   /* POST with X-HTTP-Method-Override: its method is this route */
    const struct sg_record *problem; /* what it refuses with as application/json, where another API
                                        is spoken; NULL: problems */
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

/* The features' tables, each ended by {0}; NULL after the last. */
extern const struct sg_route *const sg_route_tables[];
/* All routes one after the other, from {0}; NULL at the end. */
struct sg_route_walk {
    size_t table, row;
};
const struct sg_route *sg_route_next(struct sg_route_walk *at);

bool sg_route_is_open(const struct sg_route *r);
/* What the path's holes stand for: numbers (checked before the handler), texts. */
uint64_t sg_route_id(const struct sg_http_request *q, size_t i);
struct sg_str sg_route_text(const struct sg_http_request *q, size_t i);
/* Whether the hole of this name is a whole number; else *format is "uuid" or NULL. */
bool sg_route_hole_is_number(struct sg_str name, const char **format);
/* Bytes of body that the path's route takes; before anything else is known of the request. */
size_t sg_route_body_max(void *ctx, struct sg_str method, struct sg_str path);
/* Answers q by its route: 404 and 405 as problems, ETag and 304 on success,
 * request id, metrics. ctx is the struct sg_api. */
void sg_route_handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
/* For sg_http_options' start: takes what routes that end themselves answer. */
bool sg_route_start(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
/* For sg_http_options' streams, begin and refused: the routes with stream. */
bool sg_route_streams(void *ctx, struct sg_str method, struct sg_str path);
/* For sg_http_options' overrides. */
bool sg_route_overrides(void *ctx, struct sg_str method, struct sg_str path);
bool sg_route_begin(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                    struct sg_http_sink *out);
void sg_route_refused(void *ctx, struct sg_http_request *q, struct sg_http_response *r);
void sg_route_end(struct sg_http_request *q, struct sg_http_response *r);
