/* test_generate.c - the demo world: the same again, well formed, and with the
 * statistics that make it worth searching. */
#include "core/text.h"
#include "data/calendar.h"
#include "data/generate/generate.h"
#include <check.h>
#include <jansson.h>
#include <stdlib.h>

static struct sg_world world;
static const struct sg_world_options options = {.songs = 60000,
                                                .users = 300,
                                                .seed = 7,
                                                .until = 20000,
                                                .history_days = 90,
                                                .plays_per_user = 100};

static void open_world(void)
{
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_world_open(&world, &options, &e) == 0, "%s", e.text);
}

static void close_world(void)
{
    sg_world_close(&world);
}

static char *written(const struct sg_world_options *o, size_t *n)
{
    char *bytes;
    FILE *f = open_memstream(&bytes, n);
    struct sg_progress p = {0};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_generate_jsonl(f, o, &p, &e) == 0, "%s", e.text);
    fclose(f);
    return bytes;
}

START_TEST(same_options_give_the_same_bytes_and_another_seed_gives_others)
{
    struct sg_world_options o = options;
    o.songs = 3000;
    size_t n, m, k;
    char *a = written(&o, &n), *b = written(&o, &m);
    o.seed++;
    char *c = written(&o, &k);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(a, b, n);
    ck_assert(k != n || memcmp(a, c, n) != 0);
    free(a);
    free(b);
    free(c);
}
END_TEST

START_TEST(some_songs_have_timed_lyrics_in_their_own_language)
{
    struct sg_buf text = {0}, once = {0}, again = {0};
    size_t songs = 0, sung = 0;
    world.o.lyrics = 0.05;
    for (uint64_t a = 0; a < world.n_artists; a++)
        for (size_t j = 0; j < world.artists[a].n_songs; j++, songs++) {
            if (!sg_world_has_lyrics(&world, a, j))
                continue;
            if (sung++ % 100)
                continue;
            const char *language = sg_world_lyrics(&world, a, j, &text, &once);
            sg_world_lyrics(&world, a, j, &text, &again);
            ck_assert(sg_str_eq(sg_buf_str(&once), sg_buf_str(&again)));
            json_t *lines = json_loadb(once.p, once.n, 0, NULL);
            ck_assert_uint_eq(strlen(language), 2);
            ck_assert_uint_eq(json_array_size(lines), 24);
            json_t *last = json_array_get(lines, 23);
            int length = sg_world_duration(&world, a, j);
            ck_assert(json_number_value(json_object_get(last, "end_time")) <=
                      (length < 28 ? 28 : length));
            ck_assert(json_equal(json_object_get(json_array_get(lines, 4), "text"),
                                 json_object_get(json_array_get(lines, 12), "text")));
            json_decref(lines);
        }
    ck_assert_uint_gt(sung * 100, songs * 4);
    ck_assert_uint_lt(sung * 100, songs * 6);
    sg_buf_free(&text);
    sg_buf_free(&once);
    sg_buf_free(&again);
}
END_TEST

START_TEST(tiny_worlds_are_worlds_too)
{
    for (uint64_t songs = 1; songs < 40; songs += 6) {
        struct sg_world_options o = options;
        o.songs = songs;
        o.users = songs % 3;
        size_t n;
        free(written(&o, &n));
        ck_assert_uint_gt(n, 100);
    }
}
END_TEST

struct tally {
    size_t songs, love, several, remixed, remastered;
};

static bool has_word(struct sg_str title, const char *word)
{
    struct sg_words w;
    sg_text_words(&w, title);
    for (size_t i = 0; i < w.n; i++)
        if (sg_str_eq(w.v[i].text, sg_str(word)))
            return true;
    return false;
}

static void check_song(uint64_t artist, size_t j, int32_t date, struct sg_buf *title,
                       struct tally *t)
{
    struct sg_demo_song s;
    sg_world_song(&world, artist, j, date, title, &s);
    ck_assert_uint_gt(s.title.n, 0);
    ck_assert(sg_str_is_utf8(s.title));
    ck_assert_uint_le(sg_utf8_count(s.title), 500);
    ck_assert_ptr_null(memchr(s.title.p, '$', s.title.n));
    ck_assert_int_ge(s.duration_s, 1);
    ck_assert_uint_eq(s.artists[0], artist);
    for (size_t a = 0; a < s.n_artists; a++)
        for (size_t b = 0; b < a; b++)
            ck_assert_uint_ne(s.artists[a], s.artists[b]);
    t->songs++;
    t->love += has_word(s.title, "love");
    t->several += s.n_artists > 1;
    t->remixed += s.remix;
    t->remastered += memmem(s.title.p, s.title.n, "Remaster", 8) != NULL;
}

START_TEST(songs_are_well_formed_and_as_varied_as_real_ones)
{
    struct sg_release releases[SG_DEMO_SONGS_MAX];
    struct sg_buf title = {0};
    struct tally t = {0};
    for (uint64_t a = 0; a < world.n_artists; a++) {
        size_t n = sg_world_releases(&world, a, releases);
        ck_assert_uint_eq(n, world.artists[a].n_albums);
        for (size_t k = 0; k < n; k++) {
            ck_assert_int_lt(releases[k].date, options.until);
            ck_assert(k == 0 || releases[k].date >= releases[k - 1].date);
            for (size_t j = 0; j < releases[k].n; j++)
                check_song(a, releases[k].first + j, releases[k].date, &title, &t);
        }
    }
    sg_buf_free(&title);
    ck_assert_uint_eq(t.songs, options.songs);
    ck_assert_uint_gt(t.love, t.songs * 15 / 1000);
    ck_assert_uint_lt(t.love, t.songs * 80 / 1000);
    ck_assert_uint_gt(t.several, t.songs * 12 / 100);
    ck_assert_uint_lt(t.several, t.songs * 19 / 100);
    ck_assert_uint_gt(t.remixed, t.songs / 100);
    ck_assert_uint_gt(t.remastered, t.songs / 100);
}
END_TEST

START_TEST(popularity_has_a_long_tail)
{
    double top = 0, all = 0;
    for (uint64_t a = 0; a < world.n_artists; a++)
        all += world.artists[a].popularity;
    for (uint64_t a = 0; a < world.n_artists; a++)
        if (world.artists[a].popularity > 60)
            top += world.artists[a].popularity;
    ck_assert(top > all / 10 && top < all * 9 / 10);
}
END_TEST

START_TEST(plays_are_in_order_inside_the_period_and_of_songs_that_exist)
{
    static struct sg_demo_play plays[SG_DEMO_PLAYS_MAX];
    struct sg_demo_user u;
    size_t total = 0;
    for (uint64_t i = 0; i < options.users; i++) {
        sg_world_user(&world, i, &u, NULL);
        size_t n = sg_world_plays(&world, i, &u, plays);
        for (size_t k = 0; k < n; k++) {
            ck_assert_uint_lt(plays[k].song, options.songs);
            ck_assert(k == 0 || plays[k].at >= plays[k - 1].at);
            ck_assert_int_lt(plays[k].at, options.until * 86400);
            ck_assert_int_ge(plays[k].at, (options.until - options.history_days) * 86400);
            ck_assert_int_ge(plays[k].played_s, 1);
        }
        total += n;
    }
    ck_assert_uint_gt(total, options.users * 60);
    ck_assert_uint_lt(total, options.users * 150);
}
END_TEST

static uint64_t artist_of(uint64_t song)
{
    uint64_t lo = 0, hi = world.n_artists - 1;
    while (lo < hi) {
        uint64_t mid = (lo + hi + 1) / 2;
        if (world.artists[mid].first_song <= song)
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

START_TEST(listeners_keep_to_their_scenes)
{
    static struct sg_demo_play plays[SG_DEMO_PLAYS_MAX];
    struct sg_demo_user u;
    size_t total = 0, inside = 0;
    for (uint64_t i = 0; i < options.users; i++) {
        sg_world_user(&world, i, &u, NULL);
        size_t n = sg_world_plays(&world, i, &u, plays);
        for (size_t k = 0; k < n; k++) {
            size_t scene = world.artists[artist_of(plays[k].song)].scene, s = 0;
            while (s < u.n_scenes && u.scenes[s] != scene)
                s++;
            inside += s < u.n_scenes;
        }
        total += n;
    }
    ck_assert_uint_gt(inside, total * 85 / 100);
}
END_TEST

START_TEST(feedback_says_one_thing_of_each_and_spares_favourites)
{
    struct sg_demo_feedback v[SG_DEMO_LIST_MAX], again[SG_DEMO_LIST_MAX];
    struct sg_demo_user u;
    size_t said[4] = {0};
    for (uint64_t i = 0; i < 300; i++) {
        sg_world_user(&world, i, &u, NULL);
        size_t n = sg_world_feedback(&world, i, &u, v);
        ck_assert_uint_eq(sg_world_feedback(&world, i, &u, again), n);
        for (size_t k = 0; k < n; k++) {
            bool artist = v[k].verdict == SG_DEMO_HIDE;
            said[v[k].verdict]++;
            ck_assert(again[k].verdict == v[k].verdict && again[k].target == v[k].target);
            ck_assert_uint_lt(v[k].target, artist ? world.n_artists : world.o.songs);
            for (size_t j = 0; j < k; j++)
                ck_assert(v[j].target != v[k].target || (v[j].verdict == SG_DEMO_HIDE) != artist);
            for (size_t j = 0; artist && j < u.n_favourites; j++)
                ck_assert_uint_ne(u.favourites[j], v[k].target);
        }
    }
    ck_assert(said[SG_DEMO_LIKE] > 5 * said[SG_DEMO_DISLIKE] && said[SG_DEMO_DISLIKE] > 50);
    ck_assert(said[SG_DEMO_NOT_INTERESTED] > 0 && said[SG_DEMO_HIDE] > 0);
}
END_TEST

START_TEST(follows_and_playlists_hold_nothing_twice)
{
    struct sg_demo_follow f[SG_DEMO_LIST_MAX];
    struct sg_demo_playlist list;
    struct sg_demo_user u;
    struct sg_buf name = {0};
    for (uint64_t i = 0; i < options.users; i++) {
        sg_world_user(&world, i, &u, NULL);
        size_t n = sg_world_follows(&world, i, &u, f);
        for (size_t k = 1; k < n; k++)
            ck_assert(f[k].kind != f[k - 1].kind || f[k].target > f[k - 1].target);
    }
    for (uint64_t i = 0; i < world.n_playlists; i++) {
        sg_world_playlist(&world, i, &list, &name);
        ck_assert_uint_gt(name.n, 0);
        ck_assert_uint_gt(list.n_songs, 0);
        for (size_t a = 0; a < list.n_songs; a++)
            for (size_t b = 0; b < a; b++)
                ck_assert_uint_ne(list.songs[a], list.songs[b]);
    }
    sg_buf_free(&name);
}
END_TEST

START_TEST(dates_are_real_days_only)
{
    int64_t day;
    char text[11], instant[23];
    ck_assert(sg_date_parse(SG_STR("2024-02-29"), &day));
    sg_date_format(day, text);
    ck_assert_str_eq(text, "2024-02-29");
    ck_assert(sg_date_parse(SG_STR("1970-01-01"), &day) && day == 0);
    ck_assert(!sg_date_parse(SG_STR("2023-02-29"), &day));
    ck_assert(!sg_date_parse(SG_STR("2023-13-01"), &day));
    ck_assert(!sg_date_parse(SG_STR("0000-01-01"), &day));
    ck_assert(!sg_date_parse(SG_STR("2023-1-01x"), &day));
    ck_assert(!sg_date_parse(SG_STR(""), &day));
    sg_instant_format(86399, instant);
    ck_assert_str_eq(instant, "1970-01-01 23:59:59+00");
    sg_instant_format(-1, instant);
    ck_assert_str_eq(instant, "1969-12-31 23:59:59+00");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("generate");
    TCase *t = tcase_create("world");
    tcase_add_unchecked_fixture(t, open_world, close_world);
    tcase_add_test(t, same_options_give_the_same_bytes_and_another_seed_gives_others);
    tcase_add_test(t, tiny_worlds_are_worlds_too);
    tcase_add_test(t, some_songs_have_timed_lyrics_in_their_own_language);
    tcase_add_test(t, songs_are_well_formed_and_as_varied_as_real_ones);
    tcase_add_test(t, popularity_has_a_long_tail);
    tcase_add_test(t, plays_are_in_order_inside_the_period_and_of_songs_that_exist);
    tcase_add_test(t, listeners_keep_to_their_scenes);
    tcase_add_test(t, feedback_says_one_thing_of_each_and_spares_favourites);
    tcase_add_test(t, follows_and_playlists_hold_nothing_twice);
    tcase_add_test(t, dates_are_real_days_only);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
