/* model.c - see model.h. */
#include "tests/support/model.h"
#include "core/config.h"
#include "recsys/train/write.h"
#include "recsys/trends.h"
#include "tests/support/scratch.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void must(int rc, const struct sg_error *e)
{
    if (!rc)
        return;
    fprintf(stderr, "model for tests: %s\n", e->text);
    exit(1);
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t test_model_random(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t test_song_id(size_t s)
{
    return 1000 + 3 * (uint64_t)s;
}

bool test_is_unreleased(size_t s)
{
    return s % 97 == 41;
}

size_t test_song_of(uint64_t id)
{
    return (size_t)((id - 1000) / 3);
}

uint64_t test_artist_of(const struct test_model_shape *x, size_t s)
{
    return 10 + s % x->artists;
}

uint64_t test_genre_of(const struct test_model_shape *x, size_t s)
{
    return 1 + s % x->artists % x->genres;
}

/* One of the first nine tenths, the first ones more often; mostly of two genres. */
size_t test_play_of(const struct test_model_shape *x, uint64_t user, uint64_t i)
{
    uint64_t r = test_model_random(x->seed * 7919 + user * 104729 + i);
    uint64_t genre = 1 + (r % 10 < 6 ? user : r % 10 < 9 ? user * 5 + 1 : r >> 8) % x->genres;
    for (uint64_t k = 0;; k++) {
        double u = (double)(test_model_random(r + k) >> 11) * 0x1p-53;
        size_t s = (size_t)(u * u * u * (double)(x->songs - x->songs / 10));
        if (test_genre_of(x, s) == genre || k > 50 * x->genres)
            return s;
    }
}

static struct sg_song_row row_of(const struct test_model_shape *x, size_t s)
{
    uint64_t artist = test_artist_of(x, s);
    size_t nth = s / x->artists; /* of its artist's songs */
    return (struct sg_song_row){
        .song_id = test_song_id(s),
        .artist_id = artist,
        .album_id = artist * 100000 + nth / 5,
        .genre_id = test_genre_of(x, s),
        .plays = s < x->songs - x->songs / 10 ? 1000000 / (s + 1) : 0,
        .released = (int32_t)(TEST_MODEL_NOW / 86400000000ll) - (int32_t)(s % 400) +
                    (test_is_unreleased(s) ? 401 : 0),
        .duration_s = 200,
        .is_explicit = s % 7 == 3,
        .n_credits = s % 5 == 0,
        .first_credit = (uint32_t)(s / 5),
        .markets = s % 11 == 5   ? 1
                   : s % 11 == 6 ? 2
                                 : 0,
    };
}

static void make_songs(const struct test_model_shape *x, struct sg_train_input *in)
{
    unsigned se = sg_region(SG_STR("SE"));
    in->n_songs = x->songs;
    in->n_credits = (x->songs + 4) / 5;
    in->n_sets = 2;
    in->songs = calloc(x->songs + 1, sizeof *in->songs);
    in->credits = calloc(in->n_credits + 1, sizeof *in->credits);
    in->sets = calloc(2, sizeof *in->sets);
    for (size_t s = 0; s < x->songs; s++)
        in->songs[s] = row_of(x, s);
    for (size_t i = 0; i < in->n_credits; i++)
        in->credits[i] = 10 + (5 * i + 1) % x->artists;
    in->sets[0].allowed[0] = 1;
    in->sets[0].allowed[se / 64] |= 1ull << se % 64;
    memset(&in->sets[1], 0xff, sizeof in->sets[1]);
    in->sets[1].allowed[se / 64] &= ~(1ull << se % 64);
}

static void make_plays(const struct test_model_shape *x, struct sg_train_input *in)
{
    struct sg_interactions_builder *b;
    struct sg_error e = SG_ERROR_INIT;
    must(sg_interactions_begin(&b, &e), &e);
    for (uint64_t u = 1; u <= x->users; u++)
        for (uint64_t i = 0; i < x->plays; i++)
            must(sg_interactions_add(b, u, test_play_of(x, u, i), 1, &e), &e);
    must(sg_interactions_finish(b, &in->plays, &e), &e);
}

static uint64_t no_group(void *ctx, uint32_t song)
{
    (void)ctx;
    (void)song;
    return 0;
}

/* Of words: a title of its own, the artist's name, the genre's. */
static void describe(const struct test_model_shape *x, const char *dir)
{
    struct sg_meaning_trainer *t;
    struct sg_meaning_options o = {.dimensions = 64, .seed = 1};
    struct sg_meaning_model *m;
    struct sg_error e = SG_ERROR_INIT;
    char path[PATH_MAX], title[64], artist[64], genre[64];
    uint32_t *song_of = malloc((x->songs + 1) * sizeof *song_of);
    must(sg_meaning_trainer_open(&t, &o, &e), &e);
    song_of[0] = SG_NO_SONG;
    for (size_t s = 0; s < x->songs; s++) {
        song_of[s + 1] = (uint32_t)s;
        snprintf(title, sizeof title, "t%zu w%zu", s % 97, s % 31);
        snprintf(artist, sizeof artist, "a%llu", (unsigned long long)test_artist_of(x, s));
        snprintf(genre, sizeof genre, "g%llu", (unsigned long long)test_genre_of(x, s));
        struct sg_facts f = {.id = test_song_id(s),
                             .genre_id = (uint32_t)test_genre_of(x, s),
                             .title = sg_str(title),
                             .artists = sg_str(artist)};
        must(sg_meaning_add_song(t, &f, sg_str(genre), &e), &e);
    }
    snprintf(path, sizeof path, "%s/../meaning.seg", dir);
    must(sg_meaning_train(t, path, &e), &e);
    sg_meaning_trainer_free(t);
    must(sg_meaning_open(&m, path, &e), &e);
    struct sg_content_source c = {m, song_of, x->songs + 1, no_group, NULL, x->songs, NULL};
    snprintf(path, sizeof path, "%s/content.seg", dir);
    must(sg_content_write(path, &c, &e), &e);
    sg_meaning_close(m);
    free(song_of);
}

void test_model_write(const struct test_model_shape *x, const char *models, const char *name)
{
    char dir[PATH_MAX];
    struct sg_train_input in = {0};
    struct sg_error e = SG_ERROR_INIT;
    static struct sg_config config;
    sg_config_defaults(&config);
    config.recsys.factors = (int64_t)x->factors;
    snprintf(config.index.dir, sizeof config.index.dir, "%s/none", models);
    snprintf(dir, sizeof dir, "%s/%s", models, name);
    if (mkdir(dir, 0755))
        must(sg_fail_errno(&e, "make %s", dir), &e);
    make_songs(x, &in);
    make_plays(x, &in);
    struct sg_als_options als = SG_ALS_DEFAULTS;
    als.factors = x->factors;
    als.threads = (int)x->threads;
    must(sg_model_write(&config, &in, &als, dir, &e), &e);
    describe(x, dir);
    must(sg_model_write_manifest(dir, name, x->songs, -1, &e), &e);
    must(sg_current_publish(models, name, &e), &e);
    sg_train_input_free(&in);
}

struct sg_model *test_model_open(const struct test_model_shape *x)
{
    const char *dir = test_scratch();
    struct sg_model *m;
    struct sg_error e = SG_ERROR_INIT;
    test_model_write(x, dir, "gen-test");
    must(sg_model_open(&m, dir, "gen-test", &e), &e);
    return m;
}
