/* model.h - a recommender's model of a small world made for it, for tests and benchmarks.
 *
 * Song s of 0..songs-1 has id test_song_id(s), is by artist 10 + s % artists, of genre
 * 1 + artist % genres (its artist's), on an album of five songs of its artist. Songs are the
 * more popular the smaller s; the last tenth was never played. A listener likes two genres.
 * Song s is explicit when s % 7 == 3, to be had in SE only when s % 11 == 5, everywhere but SE
 * when s % 11 == 6, features artist 10 + (s + 1) % artists when s % 5 == 0, and came out s % 400
 * days before test_model_now.
 */
#pragma once
#include "recsys/model.h"

struct test_model_shape {
    size_t songs, artists, genres, users, plays; /* plays: of each user */
    size_t factors, sweeps, threads;
    uint64_t seed;
};
#define TEST_MODEL_SMALL                                                                           \
    {                                                                                              \
        .songs = 2000, .artists = 120, .genres = 6, .users = 400, .plays = 40, .factors = 16,      \
        .sweeps = 3, .threads = 1, .seed = 1                                                       \
    }
#define TEST_MODEL_NOW 1767225600000000ll /* 2026-01-01, us since 1970 */

uint64_t test_song_id(size_t s);
size_t test_song_of(uint64_t id);
bool test_is_unreleased(size_t s); /* on the day of TEST_MODEL_NOW */
uint64_t test_artist_of(const struct test_model_shape *x, size_t s);
uint64_t test_genre_of(const struct test_model_shape *x, size_t s);
/* The s of the i-th play of a listener: the same each time. */
size_t test_play_of(const struct test_model_shape *x, uint64_t user, uint64_t i);
uint64_t test_model_random(uint64_t x);

/* Writes dir/name, complete; ends the program when it fails. */
void test_model_write(const struct test_model_shape *x, const char *dir, const char *name);
/* As above below a scratch folder, and opened; sg_models_give it. */
struct sg_model *test_model_open(const struct test_model_shape *x);
