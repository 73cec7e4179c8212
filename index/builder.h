/* builder.h - makes the base of a generation from a catalogue snapshot.
 *
 * Feed genres and artists first, then albums, then songs, then playlists: a
 * song's names come from what was fed before. finish() sorts by static rank
 * and writes all structures, on `threads` threads. Spills to disk what does not
 * need to stay in memory. Thread-compatible.
 */
#pragma once
#include "index/generation.h"
#include "schemas/catalogue.h"

struct sg_builder;
struct sg_embeddings;
struct sg_embeddings_cache;
struct sg_builder_options {
    const char *dir; /* the generation's folder; made, must not exist */
    int threads;     /* >= 1 */
    /* progress: phase and how much of it is done; may be NULL. */
    void (*progress)(void *ctx, const char *phase, uint64_t done, uint64_t total);
    void *progress_ctx;
    /* Songs' vectors from there (core/embeddings.h), all or none of them: when it does not
     * answer, own ones, and an error is logged. Both or neither; the caller's until finish. */
    struct sg_embeddings *embeddings;
    struct sg_embeddings_cache *embeddings_cache; /* of sg_embeddings_dimensions bytes */
};
int sg_builder_open(struct sg_builder **out, const struct sg_builder_options *o,
                    struct sg_error *e);
/* Views need to live only for the call. */
int sg_builder_genre(struct sg_builder *b, const struct sg_genre *g, struct sg_error *e);
int sg_builder_artist(struct sg_builder *b, const struct sg_artist *a, struct sg_error *e);
int sg_builder_album(struct sg_builder *b, const struct sg_album *a, struct sg_error *e);
int sg_builder_song(struct sg_builder *b, const struct sg_song *s, struct sg_error *e);
int sg_builder_playlist(struct sg_builder *b, const struct sg_playlist *p, struct sg_error *e);
/* A song's packed lyrics (index/lyrics.h), at any time; the last of a song's holds. */
int sg_builder_lyrics(struct sg_builder *b, uint64_t song_id, struct sg_str packed,
                      struct sg_error *e);
/* Songs that somebody put together, and the text they did it under: a playlist's name; empty:
 * a session of listening. At any time; ids that are never fed are ignored. What words mean
 * is learnt from these (index/meaning.h). */
int sg_builder_context(struct sg_builder *b, struct sg_str text, const uint64_t *song_ids, size_t n,
                       struct sg_error *e);
/* Writes everything except MANIFEST.json; fills counts; frees b whatever it returns. */
int sg_builder_finish(struct sg_builder *b, struct sg_manifest *m, struct sg_error *e);
void sg_builder_abort(struct sg_builder *b); /* frees b, removes dir */
