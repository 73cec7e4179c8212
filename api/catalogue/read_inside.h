/* read_inside.h - private to api/catalogue/read*.c: from the cache, from the database, to the
 * caller. */
#pragma once
#include "api/catalogue/read.h"

/* "song:{id}:metadata" */
struct song_key {
    char text[48];
    size_t n;
};
struct song_key song_key_of(uint64_t song_id);

/* What is kept of the song, appended to out and read. A fresh one that names what was changed
 * since is SG_CACHE_MISS. */
enum sg_cache_found song_get(struct sg_api *api, uint64_t song_id, struct sg_buf *out,
                             struct song_value *v);
/* Reads songs from the database into the cache. each is told those that were found. */
typedef void (*song_found_fn)(void *ctx, uint64_t song_id, struct sg_str value);
struct song_wanted {
    const uint64_t *ids;
    size_t n;
    uint64_t lsn; /* of sg_db_needs */
    int64_t deadline_us;
};
int song_load(struct sg_api *api, const struct song_wanted *w, struct sg_arena *a,
              song_found_fn each, void *ctx, struct sg_error *e);
/* False: the songs come from a file (indexer.source), and only the index has them. */
bool song_database_has_all(const struct sg_api *api);
/* When the database is what failed. */
bool song_may_be_old(int rc);

/* Released, or the caller's own; for the market and by the rules of the caller's key. */
bool song_is_for(const struct sg_http_request *q, const struct song_value *v, struct sg_str market);
struct sg_str song_market_of(const struct sg_http_request *q);
int song_to_hit(const struct song_value *v, struct sg_arena *a, struct sg_hit *out,
                struct sg_error *e);
void song_from_hit(const struct sg_hit *hit, struct sg_song_view *out);

/* Takes q: r is answered and the request ended, now or later. lsn: what q needs; stale: copied
 * value, or none. */
void song_loader_ask(struct sg_song_loader *l, struct sg_http_request *q,
                     struct sg_http_response *r, uint64_t song_id, uint64_t lsn,
                     struct sg_str stale);
/* The value as q's answer, or 404 when it is not for q. */
void song_answer(struct sg_http_request *q, struct sg_http_response *r, uint64_t song_id,
                 struct sg_str value);
void song_answer_nothing(struct sg_http_request *q, struct sg_http_response *r, uint64_t song_id);
