/* serve.c - see serve.h. Peers may be down at start: their routes answer 503. */
#include "api/serve.h"
#include "api/accounts/accounts.h"
#include "api/api.h"
#include "api/cache/tail.h"
#include "api/catalogue/read.h"
#include "api/contract/client.h"
#include "api/contract/openapi.h"
#include "api/discovery/taste.h"
#include "api/hold.h"
#include "api/keys/keys.h"
#include "api/limits/limits.h"
#include "api/playback/playback.h"
#include "api/playlists/live.h"
#include "api/plays/now_share.h"
#include "api/plays/plays.h"
#include "api/recommend/recommend.h"
#include "api/route.h"
#include "api/search_log/search_log.h"
#include "api/social/fan_out.h"
#include "api/upload/upload.h"
#include "api/web.h"
#include "core/clock.h"
#include "core/covers/covers.h"
#include "core/objects/objects.h"
#include "core/service.h"
#include "core/vault/vault.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_peer(struct sg_rpc_client **out, const char *urls, const char *name,
                     struct sg_error *e)
{
    int rc = sg_rpc_client_open(out, urls, e);
    if (!rc)
        sg_rpc_client_call_it(*out, name);
    return rc;
}

static int open_peers(struct sg_api *api, struct sg_error *e)
{
    const struct sg_config *c = api->config;
    char indexer[SG_CONFIG_TEXT + 32], worker[SG_CONFIG_TEXT + 32];
    snprintf(worker, sizeof worker, "ipc://%s/run/worker.ipc", c->var_dir);
    snprintf(indexer, sizeof indexer, "ipc://%s/run/indexer.ipc", c->var_dir);
    int rc = open_peer(&api->query, c->query.listen, "the query server", e);
    if (!rc)
        rc = open_peer(&api->recsys, c->recsys.listen, "the recommender", e);
    if (!rc)
        rc = open_peer(&api->indexer, indexer, "the indexer", e);
    if (!rc)
        rc = open_peer(&api->worker, worker, "the worker", e);
    if (!rc)
        rc = sg_tastes_open(&api->tastes, api->recsys, e);
    if (!rc)
        rc = sg_db_open(&api->db, c, e);
    if (!rc)
        rc = sg_cache_open(&api->cache, c, e);
    if (!rc)
        rc = sg_song_loader_open(&api->songs, api, e);
    if (!rc)
        rc = sg_covers_open(&api->covers, c->var_dir, e);
    if (!rc)
        rc = sg_accounts_open(&api->accounts, c, api->db, e);
    if (!rc)
        rc = sg_vault_open(&api->vault, c, e);
    if (!rc)
        rc = sg_objects_open(&api->objects, c, e);
    if (!rc)
        rc = sg_playback_open(&api->playback, api, e);
    if (!rc)
        rc = sg_limits_open(&api->limits, c, e);
    return rc;
}

static int open_page(struct sg_api *api, struct sg_error *e)
{
    const struct sg_config *c = api->config;
    int rc = sg_openapi_json(&api->openapi, e);
    if (!rc)
        rc = sg_client_js(&api->client, e);
    return rc ? rc
              : sg_web_open(&api->web,
                            &(struct sg_web_sources){.dir = c->api.web_dir,
                                                     .vendor_dir = c->api.vendor_dir,
                                                     .media_url = c->playback.public_url,
                                                     .client = sg_buf_str(&api->client)},
                            e);
}

/* What is one API's alone, as its journals are, or works by itself: no part of a check. */
static int begin_work(struct sg_api *api, struct sg_error *e)
{
    const struct sg_config *c = api->config;
    struct sg_pg_guard *guard = sg_db_guard(api->db);
    int rc = sg_cache_tail_open(&api->cache_tail, api->cache, api->db, c, e);
    if (!rc)
        rc = sg_playlist_live_open(&api->playlists, api, e);
    if (!rc)
        rc = sg_uploads_open(&api->uploads, api, e);
    if (!rc && c->searchlog.enabled)
        rc = sg_search_log_open(&api->log, c, guard, e);
    if (!rc && !(api->now = sg_now_open()))
        rc = sg_fail(e, SG_ENOMEM, "playing now");
    if (!rc)
        rc = sg_plays_open(&api->plays, c, api->query, api->now, guard, e);
    if (!rc)
        rc = sg_now_share_start(&api->now_share, api->now, c, guard, e);
    if (!rc)
        rc = sg_api_keys_open(&api->keys, c, guard, e);
    if (!rc)
        rc = sg_trending_cache_open(&api->trending, api->recsys, e);
    if (!rc)
        rc = sg_fan_out_start(&api->fan_out, api->db, c, e);
    return rc;
}

static void close_peers(struct sg_api *api)
{
    sg_uploads_close(api->uploads);
    sg_playlist_live_close(api->playlists);
    sg_playback_close(api->playback);
    sg_objects_close(api->objects);
    sg_song_loader_close(api->songs);
    sg_covers_close(api->covers);
    sg_fan_out_stop(api->fan_out);
    sg_trending_cache_close(api->trending);
    sg_plays_close(api->plays);
    sg_now_share_stop(api->now_share);
    sg_now_close(api->now);
    if (api->query)
        sg_rpc_client_close(api->query);
    if (api->recsys)
        sg_rpc_client_close(api->recsys);
    if (api->indexer)
        sg_rpc_client_close(api->indexer);
    if (api->worker)
        sg_rpc_client_close(api->worker);
    sg_cache_tail_close(api->cache_tail);
    sg_cache_close(api->cache);
    sg_vault_close(api->vault);
    sg_accounts_close(api->accounts);
    sg_tastes_close(api->tastes);
    sg_search_log_close(api->log);
    sg_api_keys_close(api->keys);
    sg_db_close(api->db);
    sg_limits_close(api->limits);
    sg_web_close(api->web);
    sg_buf_free(&api->openapi);
    sg_buf_free(&api->client);
}

struct lists {
    struct sg_networks proxies;
    struct sg_origins origins;
};

static int read_lists(struct lists *l, const struct sg_config *c, struct sg_error *e)
{
    if (sg_networks_read(&l->proxies, sg_str(c->api.trusted_proxies), e))
        return sg_wrap(e, "api.trusted_proxies");
    if (sg_origins_read(&l->origins, sg_str(c->api.cors_origins), e))
        return sg_wrap(e, "api.cors_origins");
    return 0;
}

static int answer_until_stopped(struct sg_api *api, const struct lists *lists, struct sg_error *e)
{
    const struct sg_config *c = api->config;
    struct sg_http_options o = {
        .host = c->api.host,
        .port = (int)c->api.port,
        .listener = sg_api_held_listener(),
        .loops = (int)c->api.threads,
        .workers = (int)c->api.workers,
        .timeout_us = c->api.timeout_ms * 1000,
        .handle = sg_route_handle,
        .start = sg_route_start,
        .body_max = sg_route_body_max,
        .streams = sg_route_streams,
        .overrides = sg_route_overrides,
        .begin = sg_route_begin,
        .refused = sg_route_refused,
        .ctx = api,
        .bodies_max = (size_t)c->api.bodies_mb << 20,
        .connections_max = (int)c->api.connections,
        .connections_per_address = (int)c->api.connections_per_address,
        .streams_max = (int)c->api.streams,
        .drain_us = c->api.drain_ms * 1000,
        .grace_us = c->api.grace_ms * 1000,
        .reuse_port = c->api.reuse_port,
        .hsts_s = c->api.hsts_s,
        .by_forwarded = c->api.forwarded,
        .proxies = &lists->proxies,
        .origins = &lists->origins,
    };
    struct sg_http_server *http;
    int rc = sg_http_open(&http, &o, e);
    if (rc)
        return rc;
    sg_log(SG_LOG_INFO, "answering", "host=%s port=%d", o.host, sg_http_port(http));
    sg_wait_stop(-1);
    sg_log(SG_LOG_INFO, "stopping", NULL);
    sg_uploads_hurry(api->uploads, o.drain_us);
    sg_http_close(http);
    return 0;
}

static int open_all(struct sg_api *api, struct lists *lists, struct sg_error *e)
{
    mkdir(api->config->var_dir, 0755); /* whoever makes something in it tells what is wrong */
    int rc = read_lists(lists, api->config, e);
    if (!rc)
        rc = open_page(api, e);
    return rc ? rc : open_peers(api, e);
}

int sg_api_serve(const struct sg_config *config, struct sg_error *e)
{
    struct sg_api api = {.config = config, .started_us = sg_now_us()};
    struct lists lists;
    int rc = open_all(&api, &lists, e);
    if (!rc)
        rc = begin_work(&api, e);
    if (!rc)
        rc = answer_until_stopped(&api, &lists, e);
    close_peers(&api);
    return rc;
}

int sg_api_check(const struct sg_config *config, bool bind, struct sg_error *e)
{
    struct sg_api api = {.config = config, .started_us = sg_now_us()};
    struct lists lists;
    int listener = -1, rc = open_all(&api, &lists, e);
    if (!rc && bind)
        rc = sg_http_listen(&listener, config->api.host, (int)config->api.port,
                            config->api.reuse_port, e);
    if (listener >= 0)
        close(listener);
    close_peers(&api);
    return rc;
}
