/* meaning.h - what words mean by the company they keep: vectors of words, artists
 * and genres, and of songs, trained on the catalogue itself.
 *
 * Terms are words (of titles, albums, genres, decades, and of what people call
 * their playlists), artists and genres. Two terms are alike when the same songs
 * and the same playlists and listening sessions hold them: the matrix of those by
 * terms is factorised by a randomised SVD (Halko, Martinsson, Tropp 2011). A song's
 * vector is the sum of its terms', rare ones weighing more (SIF: Arora, Liang, Ma
 * 2017), and of the playlists and sessions it is in; a query's is that of its words.
 * A word without a vector of its own gets one of the letters it is made of.
 *
 * Songs' vectors may come from elsewhere (core/embeddings.h) instead, all of them: then a
 * query's must come from the same source, and words only say whether it describes music.
 */
#pragma once
#include "core/err.h"
#include "index/facts.h"

#define SG_MEANING_DIMENSIONS     64
#define SG_MEANING_DIMENSIONS_MAX 128
#define SG_MEANING_PLACED_MAX     1536 /* of songs' vectors that come from elsewhere */

struct sg_meaning_model; /* mapped, immutable: thread-safe */
int sg_meaning_open(struct sg_meaning_model **out, const char *path,
                    struct sg_error *e); /* SG_ECORRUPT */
void sg_meaning_close(struct sg_meaning_model *m);
/* The same of bytes that outlive it, any bytes at all (fuzzed). */
int sg_meaning_parse(struct sg_meaning_model **out, struct sg_str bytes, struct sg_error *e);
size_t sg_meaning_songs(const struct sg_meaning_model *m);
/* Of the songs' vectors: 0 own, else as given to sg_meaning_place; and their dimensions. */
uint64_t sg_meaning_source(const struct sg_meaning_model *m);
size_t sg_meaning_song_dimensions(const struct sg_meaning_model *m);

/* What a query's words came to. */
struct sg_meaning_sense {
    float v[SG_MEANING_DIMENSIONS_MAX]; /* unit length */
    size_t known;                       /* words with a vector of their own */
    float describing; /* 0 to 1: how much of the words' evidence comes from playlists, genres
                         and decades rather than from titles; an unknown word has none */
};
/* words: folded. False when they say nothing: no word known, nor made of known letters. */
bool sg_meaning_of_words(const struct sg_meaning_model *m, const struct sg_str *words, size_t n,
                         struct sg_meaning_sense *out);
/* The songs' lists: a list's centroid (song dimensions floats) and the places of its songs, from
 * `from` up to `to`; a place's docid and vector, valid as long as m. list and place: below their
 * counts. */
size_t sg_meaning_lists(const struct sg_meaning_model *m);
const float *sg_meaning_list(const struct sg_meaning_model *m, size_t list, size_t *from,
                             size_t *to);
uint32_t sg_meaning_song_at(const struct sg_meaning_model *m, size_t place, const int8_t **vector);
/* The vector of a song the model has not seen, by its terms; false when none is known. */
bool sg_meaning_of_song(const struct sg_meaning_model *m, const struct sg_facts *f,
                        int8_t out[SG_MEANING_DIMENSIONS_MAX]);
/* Of vectors of the model's own. */
float sg_meaning_cosine(const struct sg_meaning_model *m, const float *query, const int8_t *v);

struct sg_akin {
    uint32_t doc; /* base docid of a song; not checked against the base */
    float cosine;
};
/* query: of the songs' dimensions. Up to k songs, nearest first; the nearest `probes` lists are
 * read (0: the default). Allocates nothing. */
size_t sg_meaning_near(const struct sg_meaning_model *m, const float *query, size_t k,
                       size_t probes, struct sg_akin *out);
/* Keeps the k best in out, a heap until sorted: offer each, then sort. */
void sg_akin_offer(struct sg_akin *out, size_t *n, size_t k, struct sg_akin one);
void sg_akin_sort(struct sg_akin *v, size_t n);

/* Training. The same input and seed give the same file. Takes memory for the terms and
 * about 40 bytes a song. Thread-compatible. */
struct sg_meaning_trainer;
struct sg_meaning_options {
    size_t dimensions; /* a multiple of 16, at most SG_MEANING_DIMENSIONS_MAX; 0: the default */
    uint64_t seed;
};
int sg_meaning_trainer_open(struct sg_meaning_trainer **out, const struct sg_meaning_options *o,
                            struct sg_error *e);
void sg_meaning_trainer_free(struct sg_meaning_trainer *t);
/* In docid order from 1. genre: the genre's name, absent when unknown. */
int sg_meaning_add_song(struct sg_meaning_trainer *t, const struct sg_facts *f, struct sg_str genre,
                        struct sg_error *e);
/* After the songs: a text said of them together (a playlist's name; empty for a session
 * of listening). docids: of songs added. */
int sg_meaning_add_context(struct sg_meaning_trainer *t, struct sg_str text, const uint32_t *docids,
                           size_t n, struct sg_error *e);
/* Vectors of all songs added, in docid order, instead of own ones: n * dimensions bytes
 * (sg_meaning_quantise), which must live until trained. dimensions: a multiple of 16 up to
 * SG_MEANING_PLACED_MAX. source: not 0. */
int sg_meaning_place(struct sg_meaning_trainer *t, const int8_t *vectors, size_t dimensions,
                     uint64_t source, struct sg_error *e);
/* A vector as bytes; false when it has no length. */
bool sg_meaning_quantise(const float *v, size_t d, int8_t *out);
/* Writes the segment; SG_ECANCELED when sg_stopping(). */
int sg_meaning_train(struct sg_meaning_trainer *t, const char *path, struct sg_error *e);
