/* search_log.h - what is remembered of searches, and what comes back of it. */
#pragma once
#include "core/record.h"
#include "schemas/search.h"

#define SG_SEARCH_ID_CHARS 36 /* a UUID (RFC 9562, version 7) */

enum sg_search_event_kind { SG_EVENT_SEARCH, SG_EVENT_SUGGEST, SG_EVENT_CHOICE, SG_EVENT_FORGET };
/* One record of the API's journal; may only grow at its end, by optional fields. */
struct sg_search_event {
    uint64_t what;        /* enum sg_search_event_kind */
    struct sg_str id;     /* of the search; absent: not one (forget) */
    int64_t at_us;        /* wall */
    struct sg_str q;      /* searches: as typed; forget: this one alone; absent: all */
    int64_t total;        /* results there were */
    int64_t shown, first; /* how many on the page, position of the first */
    struct sg_str person; /* 8 bytes, keyed hash; absent: unknown */
    int64_t period;       /* of its key */
    uint64_t user_id;     /* whose recent search it is; 0: nobody's */
    struct sg_str market, lang, action, type;
    uint64_t entity;
    int64_t position;
};

/* POST .../click and .../play */
struct sg_search_choice {
    struct sg_str type; /* song, artist, album, playlist, query */
    uint64_t id;        /* 0: a query has none */
    int64_t position;   /* in the list, from 1; 0: unknown */
};

/* GET .../recent */
struct sg_recent_request {
    uint64_t user_id;
    int64_t limit;
    struct sg_str q; /* DELETE: this one alone */
};
struct sg_recent_search {
    struct sg_str q;
    struct sg_str searched_at; /* RFC 3339 */
};
struct sg_recent_reply {
    struct sg_list searches; /* sg_recent_search, newest first */
};

/* trending and popular queries: asked of the query server */
struct sg_popular_request {
    int64_t limit;
    struct sg_str market, lang;
};
struct sg_popular_query {
    struct sg_str q;
    double trend;  /* how far above its usual */
    double weight; /* choices, decayed */
};
struct sg_popular_reply {
    struct sg_list queries; /* sg_popular_query, best first */
};

extern const struct sg_record sg_search_event_record, sg_search_choice_record,
    sg_recent_request_record, sg_recent_reply_record, sg_popular_request_record,
    sg_popular_reply_record;

#define SG_METHOD_POPULAR "popular"
