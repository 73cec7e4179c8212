/* test_recsys_server.c - the real recommender over a trained model and a real database: what
 * is said and played shows in the next answer, over kills, and experiments take place. */
#include "core/clock.h"
#include "core/rpc.h"
#include "index/generation.h"
#include "schemas/feedback.h"
#include "schemas/recs.h"
#include "schemas/taste.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LIMIT = 20, PROBE = 100 }; /* a user who only asks to find out; below are those who count */
/* However busy the machine is: for an answer, and times of 20 ms. */
#define PATIENCE_US INT64_C(60000000)
enum { WAITS = 6000 };

static struct test_pg *pg;
static PGconn *db;
static struct test_indexer x;
static struct sg_config config;
static struct sg_rpc_client *client;
static pid_t recsys;
static struct sg_arena arena;
static struct sg_recs_reply reply;

static int run(const char *program, const char *const *args)
{
    return test_wait(test_program_spawn(&x, program, args));
}

/* Every song has one of five recordings. When the index is built comes one more, by somebody new,
 * of which nothing is known but that it sounds like every fifth. */
static void add_recordings(void)
{
    test_pg_sql(db, "INSERT INTO assets (asset_id, duration_ms, sample_rate, channels, codec, "
                    "true_peak, features, fingerprint, fingerprint_terms) SELECT "
                    "('00000000-0000-0000-0000-00000000000' || k)::uuid, 200000, 44100, 2, 'flac', "
                    "-1, (SELECT array_agg(cos((k + 1) * i)::real ORDER BY i) FROM "
                    "generate_series(1, 48) i), '', '{}' FROM generate_series(0, 4) k");
    test_pg_sql(db, "INSERT INTO song_audio (song_id, asset_id) SELECT song_id, "
                    "('00000000-0000-0000-0000-00000000000' || song_id %% 5)::uuid FROM songs");
    ck_assert_int_eq(test_indexer_command(&x, (const char *const[]){"rebuild", NULL}), 0);
    test_pg_sql(db, "WITH a AS (INSERT INTO artists (name) VALUES ('Nobody Yet') RETURNING "
                    "artist_id), s AS (INSERT INTO songs (artist_id, title, duration_s) SELECT "
                    "artist_id, 'Unheard', 200 FROM a RETURNING song_id) INSERT INTO song_audio "
                    "(song_id, asset_id) SELECT song_id, '00000000-0000-0000-0000-000000000003' "
                    "FROM s");
}

static void setup_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    test_indexer_init(&x, pg, NULL, "recsys.explore = on\nrecsys.heard_days = 365\n");
    test_indexer_config(&x, &config);
    mkdir(test_path(x.dir, "var"), 0700);
    mkdir(test_path(x.dir, "var/run"), 0700);
    ck_assert_int_eq(
        run("segue-data", (const char *const[]){"generate", "--songs", "1500", "--users", "150",
                                                "--plays", "60", NULL}),
        0);
    db = test_pg_connect(pg);
    test_pg_sql(db, "UPDATE songs SET release_date = now() - interval '5 days' WHERE song_id %% 15 "
                    "= 0");
    add_recordings();
    PQfinish(db);
    ck_assert_int_eq(run("segue-recsys", (const char *const[]){"train", NULL}), 0);
}

static int ask_within(uint64_t user_id, int64_t patience_us)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    sg_record_init(&sg_recs_request_record, &in);
    in.user_id = user_id;
    in.limit = LIMIT;
    sg_arena_reset(&arena);
    int rc = sg_rpc_call(client, SG_METHOD_RECOMMEND, &sg_recs_request_record, &in,
                         &sg_recs_reply_record, &reply, &arena, sg_now_us() + patience_us,
                         SG_STR_NONE, &e);
    return rc;
}

static int ask(uint64_t user_id)
{
    return ask_within(user_id, PATIENCE_US);
}

static void start(void)
{
    recsys = test_program_spawn(&x, "segue-recsys", (const char *const[]){"serve", NULL});
    for (int i = 0; i < WAITS && ask(1); i++)
        sg_sleep_us(20000);
    ck_assert_int_eq(ask(1), 0);
}

static void setup(void)
{
    struct sg_error e = SG_ERROR_INIT;
    db = test_pg_connect(pg);
    test_pg_sql(db, "TRUNCATE experiments CASCADE");
    test_pg_sql(db, "TRUNCATE exposures");
    ck_assert_int_eq(sg_rpc_client_open(&client, config.recsys.listen, &e), 0);
    start();
}

static void teardown(void)
{
    kill(recsys, SIGTERM);
    ck_assert_int_eq(test_wait(recsys), 0);
    sg_rpc_client_close(client);
    PQfinish(db);
    sg_arena_free(&arena);
}

static const struct sg_scored *songs(void)
{
    return reply.songs.v;
}

static bool shown(uint64_t song_id)
{
    for (size_t i = 0; i < reply.songs.n; i++)
        if (songs()[i].song_id == song_id)
            return true;
    return false;
}

static bool shown_any(const uint64_t *song_ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (shown(song_ids[i]))
            return true;
    return false;
}

/* What the API does after it has kept feedback. */
static void tell(uint64_t user_id)
{
    struct sg_person_changed who = {user_id};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_rpc_call(client, SG_METHOD_PERSON_CHANGED, &sg_person_changed_record, &who,
                                 NULL, NULL, &arena, sg_now_us() + PATIENCE_US, SG_STR_NONE, &e),
                     0);
}

static uint64_t artist_of(uint64_t song_id)
{
    uint64_t id;
    ck_assert(sg_str_to_u64(sg_str(test_pg_sql(db,
                                               "SELECT artist_id FROM songs WHERE song_id = "
                                               "%llu",
                                               (unsigned long long)song_id)),
                            &id));
    return id;
}

static size_t by_artist(uint64_t artist_id)
{
    size_t n = 0;
    for (size_t i = 0; i < reply.songs.n; i++)
        n += artist_of(songs()[i].song_id) == artist_id;
    return n;
}

START_TEST(what_is_said_holds_in_the_next_answer_and_after_a_kill)
{
    uint64_t gone[5];
    ck_assert_int_eq(ask(2), 0);
    ck_assert_uint_eq(reply.songs.n, LIMIT);
    for (int i = 0; i < 5; i++) {
        gone[i] = songs()[0].song_id;
        test_pg_sql(db, "INSERT INTO feedback VALUES (2, 'song', %llu, 'dislike')",
                    (unsigned long long)gone[i]);
        tell(2);
        ck_assert_int_eq(ask(2), 0);
        ck_assert(!shown(gone[i]));
        ck_assert_uint_eq(reply.songs.n, LIMIT);
    }
    uint64_t artist = artist_of(songs()[0].song_id);
    test_pg_sql(db, "INSERT INTO feedback VALUES (2, 'artist', %llu, 'hide_artist')",
                (unsigned long long)artist);
    tell(2);
    ck_assert_int_eq(ask(2), 0);
    ck_assert_uint_eq(by_artist(artist), 0);
    kill(recsys, SIGKILL);
    test_wait(recsys);
    start();
    ck_assert_int_eq(ask(2), 0);
    for (int i = 0; i < 5; i++)
        ck_assert(!shown(gone[i]));
    ck_assert_uint_eq(by_artist(artist), 0);
}
END_TEST

/* By the tail alone: nobody tells. */
START_TEST(five_plays_of_an_artist_bring_more_of_hers_and_none_of_those)
{
    uint64_t artist, played[5];
    ck_assert(sg_str_to_u64(
        sg_str(test_pg_sql(db, "SELECT artist_id FROM songs WHERE artist_id NOT IN (SELECT "
                               "s.artist_id FROM listening_history h JOIN songs s USING (song_id) "
                               "WHERE h.user_id = 3) GROUP BY 1 HAVING count(*) > 12 "
                               "ORDER BY sum(play_count) DESC LIMIT 1")),
        &artist));
    ck_assert_int_eq(ask(3), 0);
    size_t before = by_artist(artist);
    for (int i = 0; i < 5; i++) {
        ck_assert(sg_str_to_u64(
            sg_str(test_pg_sql(db,
                               "SELECT song_id FROM songs WHERE artist_id = %llu ORDER BY "
                               "song_id OFFSET %d LIMIT 1",
                               (unsigned long long)artist, i)),
            &played[i]));
        test_pg_sql(db,
                    "INSERT INTO listening_history (user_id, song_id, played_at) VALUES (3, "
                    "%llu, now())",
                    (unsigned long long)played[i]);
    }
    /* the tail brings them one by one */
    for (int i = 0; i < WAITS && (by_artist(artist) <= before || shown_any(played, 5)); i++) {
        sg_sleep_us(20000);
        ck_assert_int_eq(ask(3), 0);
    }
    ck_assert_uint_gt(by_artist(artist), before);
    ck_assert(!shown_any(played, 5));
}
END_TEST

static void run_experiment(const char *kind, const char *a, const char *b)
{
    test_pg_sql(db, "INSERT INTO experiments (experiment, kind) VALUES ('mix', '%s')", kind);
    test_pg_sql(db,
                "INSERT INTO experiment_variants VALUES ('mix', 'a', 1, '%s'), ('mix', 'b', 1, "
                "'%s')",
                a, b);
    bool runs = false; /* known to the server, as what the probe was shown is noted */
    for (int i = 0; i < WAITS && !runs; i++) {
        ck_assert_int_eq(ask(PROBE), 0);
        sg_sleep_us(20000);
        runs = *test_pg_sql(db,
                            "SELECT EXISTS (SELECT FROM exposures WHERE experiment = 'mix' AND "
                            "user_id = %d)",
                            PROBE) == 't';
    }
    ck_assert(runs);
}

static void becomes(const char *sql, const char *value)
{
    const char *is = "";
    for (int i = 0; i < WAITS; i++) {
        is = test_pg_sql(db, "%s", sql);
        if (strcmp(is, value) == 0)
            return;
        sg_sleep_us(20000);
    }
    test_show(&x, "segue-recsys");
    ck_abort_msg("%s: %s, not %s", sql, is, value);
}

static struct sg_str shown_as_array(struct sg_arena *a)
{
    struct sg_str s = SG_STR("");
    for (size_t i = 0; i < reply.songs.n; i++)
        s = sg_arena_printf(a, "%.*s%s%llu", SG_FMT(s), i ? "," : "",
                            (unsigned long long)songs()[i].song_id);
    return s;
}

START_TEST(variants_rank_by_their_settings_and_what_was_shown_is_noted)
{
    struct sg_arena kept = {0};
    char sql[1200];
    run_experiment("ab", "",
                   "popular=10 taste=0 near=0 lately=0 artist=0 genre=0 content=0 hour=0");
    for (uint64_t user = 10; user < 30; user++)
        ck_assert_int_eq(ask(user), 0);
    struct sg_str last = shown_as_array(&kept);
    becomes("SELECT count(*) FROM exposures WHERE experiment = 'mix' AND user_id < 100", "20");
    /* One of them has given its place to a new song. */
    snprintf(sql, sizeof sql,
             "SELECT count(*) >= %d FROM (SELECT unnest(songs) FROM exposures WHERE experiment = "
             "'mix' AND user_id = 29 INTERSECT SELECT unnest('{%.*s}'::bigint[])) s",
             LIMIT - 1, SG_FMT(last));
    becomes(sql, "t");
    /* Who has b is shown what is played most; who has a, what suits. */
    ck_assert_str_eq(test_pg_sql(db, "SELECT (SELECT avg(s.play_count) FROM exposures e, "
                                     "unnest(e.songs) i JOIN songs s ON s.song_id = i WHERE "
                                     "e.experiment = 'mix' AND user_id < 100 AND variant = 'b') > "
                                     "(SELECT "
                                     "avg(s.play_count) FROM exposures e, unnest(e.songs) i JOIN "
                                     "songs s ON s.song_id = i WHERE e.experiment = 'mix' AND "
                                     "user_id < 100 AND variant = 'a')"),
                     "t");
    sg_arena_free(&kept);
}
END_TEST

START_TEST(two_rankings_are_interleaved_and_a_wrong_setting_changes_nothing)
{
    run_experiment("interleave", "", "popular=10 near=0");
    ck_assert_int_eq(ask(40), 0);
    ck_assert_uint_eq(reply.songs.n, LIMIT);
    becomes(
        "SELECT cardinality(songs) || ' ' || (SELECT sum(t) BETWEEN 9 AND 11 FROM unnest(teams) "
        "t) FROM exposures WHERE experiment = 'mix' AND user_id < 100",
        "20 true");
    test_pg_sql(db, "UPDATE experiment_variants SET settings = 'louder=2' WHERE variant = 'b'");
    for (int i = 0; i < WAITS && !test_logged(&x, "segue-recsys", "louder"); i++) {
        ck_assert_int_eq(ask(PROBE), 0);
        sg_sleep_us(20000);
    }
    ck_assert(test_logged(&x, "segue-recsys", "louder"));
    ck_assert_int_eq(ask(41), 0);
    ck_assert_uint_eq(reply.songs.n, LIMIT);
    becomes("SELECT count(*) FROM exposures WHERE experiment = 'mix' AND user_id < 100", "1");
}
END_TEST

START_TEST(a_new_song_has_a_place_and_is_noted)
{
    for (uint64_t user = 50; user < 60; user++) {
        ck_assert_int_eq(ask(user), 0);
        ck_assert_uint_eq(reply.songs.n, LIMIT);
        for (size_t i = 0; i < LIMIT; i++)
            for (size_t j = 0; j < i; j++)
                ck_assert_uint_ne(songs()[i].song_id, songs()[j].song_id);
    }
    becomes("SELECT count(*) > 5 FROM exposures WHERE experiment = 'explore'", "t");
    /* released within recsys.new_days, the first of these included */
    ck_assert_str_eq(test_pg_sql(db, "SELECT bool_and(s.release_date >= current_date - 61) "
                                     "FROM exposures e JOIN songs s ON s.song_id = e.songs[1] "
                                     "WHERE e.experiment = 'explore'"),
                     "t");
}
END_TEST

START_TEST(a_song_that_nobody_knows_is_similar_to_those_that_sound_like_it)
{
    struct sg_recs_request in;
    struct sg_error e = SG_ERROR_INIT;
    size_t alike = 0;
    sg_record_init(&sg_recs_request_record, &in);
    in.limit = LIMIT;
    ck_assert(sg_str_to_u64(
        sg_str(test_pg_sql(db, "SELECT song_id FROM songs WHERE title = 'Unheard'")), &in.id));
    sg_arena_reset(&arena);
    ck_assert_msg(sg_rpc_call(client, SG_METHOD_SIMILAR, &sg_recs_request_record, &in,
                              &sg_recs_reply_record, &reply, &arena, sg_now_us() + PATIENCE_US,
                              SG_STR_NONE, &e) == 0,
                  "%s", e.text);
    for (size_t i = 0; i < reply.songs.n; i++)
        alike += songs()[i].song_id % 5 == 3;
    ck_assert_uint_eq(reply.songs.n, LIMIT);
    ck_assert_uint_ge(alike, LIMIT - LIMIT / 5); /* by chance a fifth would */
}
END_TEST

static void save_array(const char *path, const char *type, size_t rows, size_t columns,
                       const void *data, size_t bytes)
{
    char header[118];
    int n = snprintf(header, sizeof header,
                     "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu), }", type, rows,
                     columns);
    memset(header + n, ' ', sizeof header - (size_t)n);
    header[sizeof header - 1] = '\n';
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert(fwrite("\x93NUMPY\1\0\x76\0", 10, 1, f) == 1 &&
              fwrite(header, sizeof header, 1, f) == 1 && fwrite(data, bytes, 1, f) == 1);
    ck_assert_int_eq(fclose(f), 0);
}

/* Songs of even ids lie along one axis, the others along another. */
START_TEST(factors_trained_elsewhere_are_served)
{
    enum { SONGS = 1500, D = 4 };
    static float factors[(SONGS + 1) * D];
    static int64_t ids[SONGS + 1];
    struct sg_taste_request who = {3};
    struct sg_taste taste;
    struct sg_error e = SG_ERROR_INIT;
    float v[D];
    for (int i = 0; i <= SONGS; i++) {
        ids[i] = i + 1; /* the last one is no song */
        factors[i * D + i % 2] = 1;
    }
    const char *songs_at = test_path(x.dir, "songs.npy"), *ids_at = test_path(x.dir, "ids.npy");
    save_array(songs_at, "<f4", SONGS + 1, D, factors, sizeof factors);
    save_array(ids_at, "<i8", SONGS + 1, 1, ids, sizeof ids);
    test_pg_sql(db, "DELETE FROM listening_history WHERE user_id = 3");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s) SELECT "
                    "3, 2 * s, now() - s * interval '1 hour', 200 FROM generate_series(1, 40) s");
    ck_assert_int_eq(ask(3), 0);
    char before[SG_GENERATION_NAME];
    snprintf(before, sizeof before, "%.*s", SG_FMT(reply.generation));
    ck_assert_int_eq(
        run("segue-recsys", (const char *const[]){"train", "--factors", songs_at, NULL}), 2);
    ck_assert_int_eq(run("segue-recsys", (const char *const[]){"train", "--factors", ids_at,
                                                               "--ids", ids_at, NULL}),
                     1);
    ck_assert_int_eq(run("segue-recsys", (const char *const[]){"train", "--factors", songs_at,
                                                               "--ids", ids_at, "--force", NULL}),
                     0);
    for (int i = 0; i < WAITS && (ask(3) || sg_str_eq(reply.generation, sg_str(before))); i++)
        sg_sleep_us(20000);
    ck_assert(!sg_str_eq(reply.generation, sg_str(before)));
    ck_assert_uint_eq(reply.songs.n, LIMIT);
    ck_assert_int_eq(sg_rpc_call(client, SG_METHOD_TASTE, &sg_taste_request_record, &who,
                                 &sg_taste_record, &taste, &arena, sg_now_us() + PATIENCE_US,
                                 SG_STR_NONE, &e),
                     0);
    ck_assert_uint_eq(taste.vector.n, sizeof v);
    memcpy(v, taste.vector.p, sizeof v);
    ck_assert(v[1] > 0.2f && v[1] > 4 * v[0]); /* even ids are odd rows */
    ck_assert_int_eq(run("segue-recsys", (const char *const[]){"rollback", NULL}), 0);
}
END_TEST

START_TEST(without_the_database_nobody_is_answered_without_her_filters)
{
    ck_assert_int_eq(ask(11), 0);
    uint64_t gone = songs()[0].song_id;
    test_pg_sql(db,
                "INSERT INTO feedback VALUES (11, 'song', %llu, 'dislike') "
                "ON CONFLICT (user_id, target_kind, target_id) DO UPDATE SET verdict = 'dislike'",
                (unsigned long long)gone);
    tell(11);
    ck_assert_int_eq(ask(11), 0);
    ck_assert(!shown(gone));
    PQfinish(db);
    test_pg_stop(pg);
    ck_assert_int_eq(ask(11), 0); /* at hand */
    ck_assert_uint_eq(reply.songs.n, LIMIT);
    ck_assert(!shown(gone));
    int rc = ask_within(12, 10000000);
    ck_assert_msg(rc == SG_EUNAVAIL || rc == SG_ETIMEOUT, "%d", rc);
    ck_assert_int_eq(ask(0), 0); /* nobody's */
    test_pg_up(pg);
    db = test_pg_connect(pg);
    for (int i = 0; i < WAITS && ask(12); i++)
        sg_sleep_us(20000);
    ck_assert_int_eq(ask(12), 0);
    ck_assert_uint_eq(reply.songs.n, LIMIT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recsys server");
    TCase *t = tcase_create("recsys server");
    tcase_set_timeout(t, 600);
    tcase_add_unchecked_fixture(t, setup_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_is_said_holds_in_the_next_answer_and_after_a_kill);
    tcase_add_test(t, five_plays_of_an_artist_bring_more_of_hers_and_none_of_those);
    tcase_add_test(t, variants_rank_by_their_settings_and_what_was_shown_is_noted);
    tcase_add_test(t, two_rankings_are_interleaved_and_a_wrong_setting_changes_nothing);
    tcase_add_test(t, a_new_song_has_a_place_and_is_noted);
    tcase_add_test(t, a_song_that_nobody_knows_is_similar_to_those_that_sound_like_it);
    tcase_add_test(t, factors_trained_elsewhere_are_served);
    tcase_add_test(t, without_the_database_nobody_is_answered_without_her_filters);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
