/* store.h - the table lyrics. All on a worker: they wait. */
#pragma once
#include "api/api.h"
#include "api/http/http.h"
#include "schemas/lyrics.h"

#define SG_LYRICS_LANGUAGES_MAX 100

/* What there is of a song, without the lines. */
struct sg_lyrics_list {
    size_t n;
    struct sg_str tags[SG_LYRICS_LANGUAGES_MAX]; /* languages, the first written first */
};
int sg_lyrics_languages(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                        struct sg_lyrics_list *out, struct sg_error *e);
/* One row, without `languages`; *version: what If-Match compares. SG_ENOENT. */
int sg_lyrics_get(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                  struct sg_str language, struct sg_song_lyrics *out, uint64_t *version,
                  struct sg_error *e);
/* Who manages the song's artist: 0 nobody. SG_ENOENT: no such song. */
int sg_lyrics_owner(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                    uint64_t *user_id, struct sg_error *e);

/* lines: sg_lines_json. What is there already is replaced when q's If-Match names it: SG_EEXIST
 * without, SG_ECHANGED when it names another state. SG_ECONFLICT: too many languages. */
int sg_lyrics_put(struct sg_api *api, struct sg_http_request *q, const struct sg_song_lyrics *l,
                  struct sg_str lines, struct sg_error *e);
/* SG_ENOENT; SG_ECHANGED by If-Match, which need not be told. */
int sg_lyrics_delete(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                     struct sg_str language, struct sg_error *e);
