/* test_recommendations.c - recommendations over HTTP, from real servers over a real database:
 * before there is a model and after, with the recommender killed, with a damaged model; what a
 * listener does shows in the next answer; pages stay full.
 */
#include "core/clock.h"
#include "index/generation.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Song i of 1..SONGS is by artist (i - 1) % ARTISTS + 1, of genre artist % 3 + 1; a user plays
 * songs of artists like her number. Artists 7 and 8 have one name. Song 300 and above were never
 * played. */
enum { SONGS = 400, ARTISTS = 40, USERS = 60, PLAYED = 300 };

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t query, recsys, api;
static int port;
static char said[1 << 20];
static json_t *body;

static int artist_of(json_int_t song)
{
    return (int)((song - 1) % ARTISTS + 1);
}

static int get(const char *path)
{
    int status = test_http(port, "GET", path, NULL, NULL, said, sizeof said);
    const char *json = strstr(said, "\r\n\r\n");
    json_decref(body);
    body = json ? json_loads(json + 4, 0, NULL) : NULL;
    return status;
}

static const char *text(const char *key)
{
    const char *v = json_string_value(json_object_get(body, key));
    return v ? v : "";
}

static size_t results(void)
{
    return json_array_size(json_object_get(body, "results"));
}

static json_int_t id_at(size_t i)
{
    json_t *hit = json_array_get(json_object_get(body, "results"), i);
    return json_integer_value(json_object_get(hit, "song_id"));
}

static bool has_song(json_int_t id)
{
    for (size_t i = 0; i < results(); i++)
        if (id_at(i) == id)
            return true;
    return false;
}

static bool has_artist(int artist)
{
    for (size_t i = 0; i < results(); i++)
        if (artist_of(id_at(i)) == artist)
            return true;
    return false;
}

/* Asks until it is so, however busy the machine is. */
#define BECOMES(path, what)                                                                        \
    do {                                                                                           \
        int status_ = get(path);                                                                   \
        for (int i_ = 0; i_ < 1200 && !(status_ == 200 && (what)); i_++) {                         \
            sg_sleep_us(100000);                                                                   \
            status_ = get(path);                                                                   \
        }                                                                                          \
        ck_assert_msg(status_ == 200 && (what), "%s: %d %.2000s", path, status_, said);            \
    } while (0)

static void start(pid_t *pid, const char *program)
{
    *pid = test_program_spawn(&x, program, (const char *const[]){"serve", NULL});
}

static void stop(pid_t *pid, int signal)
{
    if (*pid)
        kill(*pid, signal);
    if (*pid)
        (void)test_wait(*pid);
    *pid = 0;
}

static int run(const char *command, const char *argument)
{
    return test_wait(
        test_program_spawn(&x, "segue-recsys", (const char *const[]){command, argument, NULL}));
}

static void make_catalogue(void)
{
    test_pg_sql(db,
                "INSERT INTO genres (genre_id, name) VALUES (1, 'Rock'), (2, 'Jazz'), (3, 'Folk')");
    test_pg_sql(db,
                "INSERT INTO artists (artist_id, name) SELECT i, CASE WHEN i IN (7, 8) THEN "
                "'Twin' ELSE 'Artist ' || i END FROM generate_series(1, %d) i",
                ARTISTS);
    test_pg_sql(db,
                "INSERT INTO albums (artist_id, album_id, title) SELECT i, i, 'Album ' || i "
                "FROM generate_series(1, %d) i",
                ARTISTS);
    test_pg_sql(
        db,
        "INSERT INTO songs (artist_id, song_id, title, album_id, genre_id, duration_s, "
        "release_date, play_count, explicit) SELECT a, i, 'Song ' || i, a, a %% 3 + 1, 200, "
        "CASE WHEN i > %d THEN current_date - 3 ELSE '2001-01-01' END, %d / i, i %% 9 = 0 "
        "FROM generate_series(1, %d) i, LATERAL (SELECT (i - 1) %% %d + 1 AS a) x",
        PLAYED, 100000, SONGS, ARTISTS);
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                    "SELECT artist_id, song_id, 1, artist_id FROM songs");
}

static void make_listeners(void)
{
    test_pg_sql(db,
                "INSERT INTO users (user_id, email, display_name) "
                "SELECT i, 'u' || i, 'U' FROM generate_series(1, %d) i",
                USERS);
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                "SELECT u, s, now() - (60 + s %% 40) * interval '1 day' - u * interval '1 second', "
                "180 FROM generate_series(1, %d) u, generate_series(1, %d) s "
                "WHERE (s %% %d) %% 3 = u %% 3 AND (s * 7 + u * 13) %% 5 < 2",
                USERS - 5, PLAYED, ARTISTS);
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                    "SELECT 50, s, now() - interval '1 hour', 180 FROM generate_series(1, 60) s");
    test_pg_sql(db, "INSERT INTO playlists (user_id, playlist_id, name, is_public) "
                    "VALUES (1, 1, 'Mine', true)");
    test_pg_sql(db, "INSERT INTO playlists (user_id, playlist_id, name) VALUES (1, 2, 'Secret')");
    test_pg_sql(db, "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id) "
                    "SELECT 1, 2, 'a' || s, s FROM generate_series(4, 64, 3) s");
    test_pg_sql(db, "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id) "
                    "SELECT 1, 1, 'a' || s, s FROM generate_series(3, 63, 3) s");
}

static void setup(void)
{
    char settings[400];
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    make_catalogue();
    make_listeners();
    port = test_free_port();
    snprintf(settings, sizeof settings,
             "api.port = %d\napi.trust_user_id = on\nrecsys.factors = 16\nrecsys.keep = "
             "4\n" TEST_PATIENT,
             port);
    test_indexer_init(&x, pg, NULL, settings);
    mkdir(test_path(x.dir, "var"), 0700);
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    test_indexer_run(&x);
    start(&query, "segue-query");
    start(&recsys, "segue-recsys");
    start(&api, "segue-api");
}

static void teardown(void)
{
    stop(&api, SIGTERM);
    stop(&recsys, SIGTERM);
    stop(&query, SIGTERM);
    test_indexer_kill(&x, SIGTERM);
    json_decref(body);
    PQfinish(db);
}

static void check_full(const char *path, size_t n)
{
    int status = get(path);
    ck_assert_msg(status == 200 && results() == n, "%s: %d, %zu results: %.3000s", path, status,
                  results(), said);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(id_at(i) != id_at(k), "%s: song %lld twice", path, (long long)id_at(i));
}

static void without_a_model_what_is_trending_answers(void)
{
    BECOMES("/api/v1/recommendations?user_id=1&limit=10", results() == 10);
    ck_assert(strstr(text("fallback"), "no model"));
    ck_assert_str_eq(text("generation"), "");
    ck_assert_int_ne(run("status", NULL), 0);
    test_pg_sql(db, "INSERT INTO feedback (user_id, target_kind, target_id, verdict) "
                    "VALUES (1, 'artist', 5, 'hide_artist')");
    BECOMES("/api/v1/recommendations?user_id=1&limit=10", results() == 10 && !has_artist(5));
}

static void a_trained_model_is_taken_up(void)
{
    ck_assert_int_eq(run("train", NULL), 0);
    ck_assert_int_eq(run("status", NULL), 0);
    BECOMES("/api/v1/recommendations?user_id=2&limit=20",
            *text("generation") && !*text("fallback"));
    ck_assert_uint_eq(results(), 20);
    for (size_t i = 0; i < 20; i++) {
        json_t *hit = json_array_get(json_object_get(body, "results"), i);
        ck_assert(*json_string_value(json_object_get(json_object_get(hit, "reason"), "text")));
    }
}

static void every_route_gives_full_pages(void)
{
    check_full("/api/v1/recommendations?user_id=2&limit=50", 50);
    check_full("/api/v1/recommendations?user_id=59&limit=20&artists=3,4&genres=jazz", 20);
    ck_assert_str_eq(text("fallback"), "");
    check_full("/api/v1/recommendations?user_id=60&limit=20", 20);
    ck_assert(strstr(text("fallback"), "nothing is known"));
    check_full("/api/v1/songs/7/similar?limit=30", 30);
    check_full("/api/v1/songs/390/similar?limit=10", 10); /* never played */
    check_full("/api/v1/songs/trending?genre=rock&limit=15", 15);
    check_full("/api/v1/playlists/1/suggestions?limit=20", 20);
    for (size_t i = 0; i < 20; i++)
        ck_assert(id_at(i) % 3 || id_at(i) > 63);
    check_full("/api/v1/radio?seeds=playlist:1&limit=10", 10);
    ck_assert_str_eq(text("fallback"), "");
    ck_assert_int_eq(get("/api/v1/radio?seeds=playlist:2&limit=10"), 404); /* not public */
    check_full("/api/v1/recommendations/new-releases?user_id=2&limit=10", 10);
    for (size_t i = 0; i < 10; i++)
        ck_assert_int_gt(id_at(i), PLAYED);
    ck_assert_int_eq(get("/api/v1/artists/4/similar?limit=10"), 200);
    ck_assert_uint_eq(results(), 10);
    ck_assert_int_eq(get("/api/v1/albums/4/similar?limit=10"), 200);
    ck_assert_uint_eq(results(), 10);
    ck_assert_int_eq(get("/api/v1/mixes?user_id=2&limit=10"), 200);
    json_t *mixes = json_object_get(body, "mixes");
    ck_assert_uint_gt(json_array_size(mixes), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(mixes, 0), "songs")), 10);
    check_full("/api/v1/recommendations?user_id=2&limit=5&explain=true&hour=8&device=car&queue=1,2",
               5);
    ck_assert(strstr(said, "\"features\":[{\"name\":\"taste\""));
}

static void a_radio_goes_on_behind_its_cursor_through_a_restart(void)
{
    enum { PAGES = 8, LIMIT = 20 };
    json_int_t heard[PAGES * LIMIT];
    char path[8192] = "/api/v1/radio?seeds=artist:4,song:9&limit=20";
    for (int p = 0; p < PAGES; p++) {
        if (p == 4) {
            stop(&recsys, SIGKILL);
            start(&recsys, "segue-recsys");
            BECOMES("/api/v1/recommendations?user_id=2&limit=2", *text("generation"));
        }
        check_full(path, LIMIT);
        for (int i = 0; i < LIMIT; i++) {
            heard[p * LIMIT + i] = id_at((size_t)i);
            for (int k = 0; k < p * LIMIT; k++)
                ck_assert_msg(heard[k] != heard[p * LIMIT + i], "page %d repeats", p);
        }
        snprintf(path, sizeof path, "/api/v1/radio?limit=20&cursor=%s", text("cursor"));
    }
}

static void bad_input_is_refused_by_name(void)
{
    static const char *const bad[][2] = {
        {"/api/v1/recommendations", "user_id"},
        {"/api/v1/recommendations?user_id=1&limit=0", "limit"},
        {"/api/v1/recommendations?user_id=1&hour=24", "hour"},
        {"/api/v1/recommendations?user_id=1&queue=1,x", "queue"},
        {"/api/v1/recommendations?user_id=1&artists=0", "artists"},
        {"/api/v1/recommendations?user_id=1&genres=polka", "genre"},
        {"/api/v1/recommendations?user_id=1&explicit=yes", "explicit"},
        {"/api/v1/recommendations?user_id=1&market=xx", "market"},
        {"/api/v1/radio", "seeds"},
        {"/api/v1/radio?seeds=song", "seeds"},
        {"/api/v1/radio?seeds=film:3", "seeds"},
        {"/api/v1/radio?seeds=song:0", "seeds"},
        {"/api/v1/radio?cursor=AAAA", "cursor"},
        {"/api/v1/mixes", "user_id"},
        {"/api/v1/mixes?user_id=1&limit=51", "limit"},
        {"/api/v1/playlists/x/suggestions", "playlist_id"},
        {"/api/v1/artists/0/similar", "artist_id"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(get(bad[i][0]) == 400, "%s: %.300s", bad[i][0], said);
        ck_assert_msg(!strcmp(text("field"), bad[i][1]), "%s: %s", bad[i][0], text("field"));
    }
    ck_assert_int_eq(get("/api/v1/artists/999/similar"), 404);
    ck_assert_int_eq(get("/api/v1/playlists/999/suggestions"), 404);
}

static void post(const char *json)
{
    int status = test_http(port, "POST", "/api/v1/feedback", "Content-Type: application/json\r\n",
                           json, said, sizeof said);
    ck_assert_msg(status == 204, "%.500s", said);
}

static bool has_just_heard(void)
{
    for (json_int_t s = 33; s < 233; s += 40)
        if (has_song(s))
            return true;
    return false;
}

static void what_a_listener_does_shows_in_the_next_answer(void)
{
    char json[100];
    check_full("/api/v1/recommendations?user_id=3&limit=20", 20);
    json_int_t first = id_at(0);
    snprintf(json, sizeof json, "{\"user_id\":3,\"kind\":\"dislike\",\"song_id\":%lld}",
             (long long)first);
    post(json);
    BECOMES("/api/v1/recommendations?user_id=3&limit=20", !has_song(first));
    check_full("/api/v1/recommendations?user_id=3&limit=20", 20);
    /* Two artists of one name: one is hidden, the other stays. */
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                    "SELECT 56, s, now() - s * interval '1 second', 180 FROM "
                    "unnest('{7,47,87,127,167,8,48,88,128,168}'::int[]) s");
    BECOMES("/api/v1/recommendations?user_id=56&limit=30", has_artist(7) && has_artist(8));
    post("{\"user_id\":56,\"kind\":\"hide_artist\",\"artist_id\":7}");
    BECOMES("/api/v1/recommendations?user_id=56&limit=30", !has_artist(7));
    check_full("/api/v1/recommendations?user_id=56&limit=30", 30);
    ck_assert(!has_artist(7) && has_artist(8));
    /* Five plays of an artist. */
    check_full("/api/v1/recommendations?user_id=57&limit=20", 20);
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                    "SELECT 57, 33 + 40 * s, now() - s * interval '1 second', 180 "
                    "FROM generate_series(0, 4) s");
    BECOMES("/api/v1/recommendations?user_id=57&limit=20", has_artist(33) && !has_just_heard());
}

static void a_song_that_is_gone_leaves_the_page_full(void)
{
    check_full("/api/v1/recommendations?user_id=4&limit=20", 20);
    json_int_t gone = id_at(1);
    test_pg_sql(db, "DELETE FROM song_artists WHERE song_id = %d", (int)gone);
    test_pg_sql(db, "DELETE FROM songs WHERE song_id = %d", (int)gone);
    BECOMES("/api/v1/recommendations?user_id=4&limit=20", !has_song(gone));
    ck_assert_uint_eq(results(), 20);
    /* One that came after the training is like its artist's. */
    test_pg_sql(
        db, "INSERT INTO songs (artist_id, song_id, title, genre_id) VALUES (4, 1000, 'New', 2)");
    test_pg_sql(db, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                    "VALUES (4, 1000, 1, 4)");
    BECOMES("/api/v1/songs/1000/similar?limit=10", results() == 10);
    ck_assert(strstr(text("fallback"), "not in the model yet"));
}

static void a_damaged_model_is_not_served(void)
{
    char before[SG_GENERATION_NAME], name[SG_GENERATION_NAME], path[400];
    const char *models = test_path(x.dir, "var/models");
    ck_assert_int_eq(sg_current_read(models, before, NULL), 0);
    stop(&recsys, SIGTERM);
    ck_assert_int_eq(run("train", NULL), 0);
    ck_assert_int_eq(sg_current_read(models, name, NULL), 0);
    snprintf(path, sizeof path, "%s/%s/near.seg", models, name);
    ck_assert_int_eq(chmod(path, 0600), 0);
    FILE *f = fopen(path, "r+b");
    ck_assert_ptr_nonnull(f);
    fseek(f, -5, SEEK_END);
    fputc(0x5a, f);
    fclose(f);
    ck_assert_int_ne(run("status", NULL), 0);
    start(&recsys, "segue-recsys");
    BECOMES("/api/v1/recommendations?user_id=2&limit=20", !strcmp(text("generation"), before));
    ck_assert_uint_eq(results(), 20);
    for (int i = 0; i < 1200; i++, sg_sleep_us(100000)) {
        get("/health");
        if (strstr(said, "near.seg"))
            break;
    }
    ck_assert_msg(strstr(said, "near.seg"), "%.2000s", said);
    ck_assert_int_eq(run("rollback", NULL), 0);
    ck_assert_int_eq(run("status", NULL), 0);
    ck_assert_int_ne(run("rollback", "gen-none"), 0);
}

static size_t folders(const char *models, const char *prefix)
{
    DIR *d = opendir(models);
    size_t n = 0;
    ck_assert_ptr_nonnull(d);
    for (struct dirent *f; (f = readdir(d));)
        n += strncmp(f->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return n;
}

static void a_model_that_lost_songs_is_refused_until_forced(void)
{
    char before[SG_GENERATION_NAME], name[SG_GENERATION_NAME];
    const char *models = test_path(x.dir, "var/models");
    test_pg_sql(db, "DELETE FROM songs WHERE song_id > 250");
    ck_assert_int_eq(sg_current_read(models, before, NULL), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(run("train", NULL), 3);
        ck_assert_int_eq(sg_current_read(models, name, NULL), 0);
        ck_assert_str_eq(name, before);
    }
    ck_assert_uint_eq(folders(models, "refused-gen-"), 2);
    ck_assert_int_eq(run("train", "--force"), 0);
    ck_assert_int_eq(sg_current_read(models, name, NULL), 0);
    ck_assert_str_ne(name, before);
    ck_assert_uint_eq(folders(models, "refused-gen-"), 1); /* the newest is kept */
    ck_assert_uint_le(folders(models, "gen-"), 4);         /* recsys.keep */
    BECOMES("/api/v1/recommendations?user_id=2&limit=20", !strcmp(text("generation"), name));
    ck_assert_uint_eq(results(), 20);
}

/* Of listeners of other artists: half for each, more or less, and the songs are theirs. Which the
 * last ones are is the day's luck, and they may be near to neither. */
static void a_blend_is_of_both_tastes(void)
{
    int of_one = 0, of_two = 0;
    test_pg_sql(db, "INSERT INTO blends (blend_id, user_id, other_user_id, accepted_at) VALUES "
                    "(1, 1, 2, now())");
    ck_assert_int_eq(
        test_http(port, "GET", "/api/v1/blends/1",
                  test_authorization(test_path(x.dir, "var"), 2, SG_ROLE_USER, SG_FREE), NULL, said,
                  sizeof said),
        200);
    json_decref(body);
    body = json_loads(strstr(said, "\r\n\r\n") + 4, 0, NULL);
    json_t *songs = json_object_get(body, "songs"), *song;
    size_t i;
    json_array_foreach(songs, i, song)
    {
        json_int_t id =
            json_integer_value(json_object_get(json_object_get(song, "song"), "song_id"));
        int whose = artist_of(id) % ARTISTS % 3;
        double you = json_real_value(json_object_get(song, "you"));
        double other = json_real_value(json_object_get(song, "other"));
        of_one += whose == 1 && other > you;
        of_two += whose == 2 && you > other;
        ck_assert_msg(whose != 2 || you > other || other < 0.05, "song %zu: %s", i, said);
    }
    ck_assert_uint_ge(json_array_size(songs), 40);
    ck_assert_msg(of_one > 10 && of_two > 10, "%d and %d", of_one, of_two);
    test_pg_sql(db, "DELETE FROM blends");
}

/* Kills the recommender. The API looks the chart up every five seconds: on a busy machine it may
 * not have one of songs yet. */
static bool falls_back(const char *path)
{
    bool told = false;
    sg_sleep_us(6000000);
    stop(&recsys, SIGKILL);
    for (int i = 0; i < 300 && !told; i++, sg_sleep_us(10000))
        told = get(path) == 200 && strstr(text("fallback"), "not answering");
    return told;
}

static void with_the_recommender_dead_the_api_answers_and_says_so(void)
{
    json_int_t first;
    check_full("/api/v1/songs/trending?limit=10", 10);
    first = id_at(0);
    test_pg_sql(db,
                "INSERT INTO feedback (user_id, target_kind, target_id, verdict) VALUES "
                "(9, 'song', %d, 'dislike'), (9, 'artist', %d, 'hide_artist')",
                (int)first, artist_of(id_at(1)));
    int hidden = artist_of(id_at(1));
    for (int tries = 0; !falls_back("/api/v1/recommendations?user_id=9&limit=10"); tries++) {
        ck_assert_msg(tries < 10, "%.2000s", said);
        start(&recsys, "segue-recsys");
        BECOMES("/api/v1/recommendations?user_id=9&limit=10", !*text("fallback"));
    }
    ck_assert_uint_eq(results(), 10);
    ck_assert(!has_song(first) && !has_artist(hidden));
    check_full("/api/v1/songs/7/similar?limit=5", 5);
    ck_assert_int_eq(get("/api/v1/mixes?user_id=9"), 200);
    start(&recsys, "segue-recsys");
    BECOMES("/api/v1/recommendations?user_id=9&limit=10", !*text("fallback"));
}

/* One story: each part goes on from the one before. */
START_TEST(recommendations_through_everything_that_happens)
{
    setup();
    without_a_model_what_is_trending_answers();
    a_trained_model_is_taken_up();
    every_route_gives_full_pages();
    a_radio_goes_on_behind_its_cursor_through_a_restart();
    bad_input_is_refused_by_name();
    what_a_listener_does_shows_in_the_next_answer();
    a_song_that_is_gone_leaves_the_page_full();
    a_damaged_model_is_not_served();
    a_blend_is_of_both_tastes();
    with_the_recommender_dead_the_api_answers_and_says_so();
    a_model_that_lost_songs_is_refused_until_forced();
    teardown();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recommendations");
    TCase *t = tcase_create("all");
    tcase_add_test(t, recommendations_through_everything_that_happens);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
