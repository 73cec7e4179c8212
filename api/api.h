/* api.h - what the API's handlers share. */
#pragma once
#include "api/cache/cache.h"
#include "api/db/db.h"
#include "api/http/http.h"
#include "core/config.h"
#include "core/pg.h"
#include "core/rpc.h"

struct sg_web;
struct sg_search_log;
struct sg_api_keys;
struct sg_trending_cache;
struct sg_tastes;
struct sg_limits;
struct sg_song_loader;
struct sg_cache_tail;
struct sg_covers;
struct sg_fan_out;
struct sg_accounts;
struct sg_plays;
struct sg_now;
struct sg_now_share;
struct sg_playlist_live;
struct sg_vault;
struct sg_objects;
struct sg_playback;
struct sg_uploads;
struct sg_api {
    const struct sg_config *config;
    struct sg_rpc_client *query, *recsys, *indexer, *worker;
    struct sg_db *db;
    struct sg_cache *cache;
    struct sg_cache_tail *cache_tail;
    struct sg_song_loader *songs;
    struct sg_covers *covers;
    struct sg_web *web;
    struct sg_tastes *tastes;
    struct sg_search_log *log;          /* NULL: searches are not logged */
    struct sg_api_keys *keys;           /* NULL: none is asked for or looked at */
    struct sg_accounts *accounts;       /* NULL: nobody can be logged in */
    struct sg_vault *vault;             /* content keys */
    struct sg_trending_cache *trending; /* NULL: none is kept */
    struct sg_buf openapi, client;      /* made once */
    struct sg_plays *plays;
    struct sg_now *now; /* what people play at this moment: api/plays/now.h */
    struct sg_now_share *now_share;
    struct sg_fan_out *fan_out;
    struct sg_playlist_live *playlists; /* who looks on: api/playlists/live.h */
    struct sg_uploads *uploads;         /* api/upload/upload.h */
    struct sg_limits *limits;           /* NULL: there are none */
    struct sg_objects *objects;
    struct sg_playback *playback;
    int64_t started_us;
};

/* Handlers, by file. */
#define SG_HANDLER(name)                                                                           \
    void name(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
/* discovery.c */
SG_HANDLER(sg_api_search);
SG_HANDLER(sg_api_suggest);
/* search_log/handlers.c */
SG_HANDLER(sg_api_search_click);
SG_HANDLER(sg_api_search_play);
SG_HANDLER(sg_api_search_recent);
SG_HANDLER(sg_api_search_forget);
SG_HANDLER(sg_api_search_trending);
/* feedback.c */
SG_HANDLER(sg_api_feedback);
SG_HANDLER(sg_api_feedback_give);
SG_HANDLER(sg_api_feedback_take_back);
/* recommend/handlers.c */
SG_HANDLER(sg_api_trending);
SG_HANDLER(sg_api_recommendations);
SG_HANDLER(sg_api_new_releases);
SG_HANDLER(sg_api_mixes);
SG_HANDLER(sg_api_radio);
SG_HANDLER(sg_api_similar);
SG_HANDLER(sg_api_similar_artists);
SG_HANDLER(sg_api_similar_albums);
SG_HANDLER(sg_api_suggestions);
/* catalogue/read.c */
SG_HANDLER(sg_api_song);
/* operations.c */
SG_HANDLER(sg_api_health);
SG_HANDLER(sg_api_metrics);
SG_HANDLER(sg_api_metrics_of);
SG_HANDLER(sg_api_openapi);
SG_HANDLER(sg_api_client);

/* A record as the 200 answer. */
void sg_api_answer(struct sg_http_response *r, const struct sg_record *record, const void *value);
