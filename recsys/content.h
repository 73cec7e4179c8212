/* content.h - songs' vectors of what is known of them without anybody's play: words,
 * artist, genre, playlists (index/meaning.h), mapped, in lists around centroids. What
 * makes a new song reachable. A song is its row in songs.h. Thread-safe.
 *
 * Where recordings are known, a song's sound (audio/analysis/features.h) lies behind its
 * description in the same vector, of a fifth of its squared length: what is described alike and
 * sounds alike is nearest, and a song of which nothing is said is near to those that it sounds
 * like. One without a recording has zeros there.
 *
 *   segment "SGCONT01", values: songs, dimensions, lists, placed songs
 *     0 float centroids   1 u32 per list and one more: where its songs begin
 *     2 u32 per place: the song   3 int8 vectors by place   4 float per place: 1 / length
 *     5 u32 per song: its place, or UINT32_MAX
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include "index/meaning.h"

#define SG_CONTENT_SOUND 48 /* numbers of a sound, a multiple of 16 */

struct sg_content;
int sg_content_open(struct sg_content **out, const char *path,
                    struct sg_error *e); /* SG_ECORRUPT */
int sg_content_parse(struct sg_content **out, struct sg_str bytes, struct sg_error *e); /* fuzzed */
void sg_content_close(struct sg_content *c);
size_t sg_content_songs(const struct sg_content *c);
size_t sg_content_dimensions(const struct sg_content *c); /* 0: no song has a vector */
/* to += by x the song's unit vector; false when it has none. */
bool sg_content_add(const struct sg_content *c, uint32_t song, float by, float *to);
/* Inner product of query and the song's unit vector; 0 when it has none. */
float sg_content_dot(const struct sg_content *c, const float *query, uint32_t song);
/* Fetch what the two above will read of the song: first where it is, then itself. */
void sg_content_prefetch_place(const struct sg_content *c, uint32_t song);
void sg_content_prefetch(const struct sg_content *c, uint32_t song);
/* Up to k songs (doc: the row), nearest first, from the nearest `probes` lists. query: unit
 * length. Allocates nothing. */
size_t sg_content_near(const struct sg_content *c, const float *query, size_t k, size_t probes,
                       struct sg_akin *out);

struct sg_content_source {
    const struct sg_meaning_model *meaning; /* NULL: no song has a vector */
    const uint32_t *song_of; /* per docid of meaning from 0: the row, or UINT32_MAX */
    size_t docs;
    /* A song without a vector takes the mean of those of its group (artist); 0: none. */
    uint64_t (*group)(void *ctx, uint32_t song);
    void *ctx;
    size_t songs;
    const float *sound; /* SG_CONTENT_SOUND of each song, zeros: not known; NULL: of none */
};
int sg_content_write(const char *path, const struct sg_content_source *s, struct sg_error *e);
