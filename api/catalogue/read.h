/* read.h - songs as the database has them, through the cache.
 *
 *   cache (song:{id}:metadata) --> loader, which gathers what is asked at a time into one
 *   question to PostgreSQL --> while that is away: what was last known, else the index
 *
 * What may be seen depends on who asks and is judged on every answer: a song not yet released is
 * for its artist's manager and admins, a market and the rules of the caller's key hide songs.
 */
#pragma once
#include "api/api.h"
#include "api/catalogue/read_value.h"

struct sg_song_loader;
int sg_song_loader_open(struct sg_song_loader **out, struct sg_api *api, struct sg_error *e);
void sg_song_loader_close(struct sg_song_loader *l);

/* The songs of these ids (n <= 100) in that order; those that are missing or not for the caller
 * are left out. On a worker: it waits. hits: sg_hit. */
int sg_songs_read(struct sg_api *api, struct sg_http_request *q, const uint64_t *ids, size_t n,
                  struct sg_list *hits, struct sg_error *e);
/* Answers {"songs": [SongDetails ...]} in the same way. */
void sg_api_songs_by_id(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                        const uint64_t *ids, size_t n);
/* After a commit that changed the song. */
void sg_song_forget(struct sg_api *api, uint64_t song_id);
