/* test_recsys_live.c - listening and feedback from a real database to the people and trends at
 * hand: at once, in full, through crashes and restarts. */
#include "core/clock.h"
#include "recsys/live.h"
#include "tests/support/indexer.h"
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

static struct test_pg *pg;
static PGconn *db;
static struct test_indexer x;
static struct sg_config config;
static struct sg_live *live;
static struct sg_arena arena;
static struct sg_person p;

/* However busy the machine is. */
#define PATIENCE_US 120000000

static void await_following(void)
{
    for (int64_t until = sg_now_us() + PATIENCE_US; sg_live_lag(live) < 0;) {
        ck_assert_int_lt(sg_now_us(), until);
        sg_sleep_us(20000);
    }
}

static void start(void)
{
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_live_start(&live, &config, &e) == 0, "%s", e.text);
    await_following();
}

static void restart(void)
{
    sg_live_stop(live);
    start();
}

static void setup_database(void)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    test_indexer_init(&x, pg, NULL, "recsys.heard_days = 3650\n");
    test_indexer_config(&x, &config);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name, country) "
                    "SELECT i, 'u' || i, 'U', 'SE' FROM generate_series(1, 9) i");
    PQfinish(db);
}

static void setup(void)
{
    db = test_pg_connect(pg);
    start();
}

static void teardown(void)
{
    sg_live_stop(live);
    PQfinish(db);
    sg_arena_free(&arena);
}

static void get(uint64_t user_id)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_arena_reset(&arena);
    ck_assert_msg(sg_people_get(sg_live_people(live), user_id, sg_now_us() + PATIENCE_US, &arena,
                                &p, &e) == 0,
                  "%s", e.text);
}

/* Asks until it is so: the tail, not the one who asks, must bring it. */
#define BECOMES(user, what)                                                                        \
    do {                                                                                           \
        get(user);                                                                                 \
        for (int i_ = 0; i_ < PATIENCE_US / 10000 && !(what); i_++) {                              \
            sg_sleep_us(10000);                                                                    \
            get(user);                                                                             \
        }                                                                                          \
        ck_assert(what);                                                                           \
    } while (0)

static bool in(enum sg_person_list list, uint64_t id)
{
    return sg_ids_hold(p.lists[list], id);
}

static uint64_t loads(void)
{
    struct sg_people_state s;
    sg_people_state(sg_live_people(live), &s);
    return s.loads;
}

static void play(int user, int song, const char *ago, const char *played_s)
{
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at, played_s, region) "
                "VALUES (%d, %d, now() - interval '%s', %s, 'SE')",
                user, song, ago, played_s);
}

static void say(int user, const char *kind, int id, const char *verdict)
{
    test_pg_sql(db,
                "INSERT INTO feedback VALUES (%d, '%s', %d, '%s') ON CONFLICT (user_id, "
                "target_kind, target_id) DO UPDATE SET verdict = excluded.verdict",
                user, kind, id, verdict);
}

START_TEST(what_happens_arrives_without_asking_the_database_again)
{
    get(1);
    ck_assert(p.known && p.n_songs == 0);
    ck_assert_str_eq(p.market, "SE");
    uint64_t before = loads();
    play(1, 5, "1 minute", "NULL");
    BECOMES(1, p.n_plays == 1);
    ck_assert_uint_eq(p.plays[0].song_id, 5);
    play(1, 6, "0", "12");
    BECOMES(1, p.n_plays == 2);
    ck_assert(sg_play_is_skip(p.plays[0].played_s));
    ck_assert(sg_person_heard(&p, 6, 30, sg_wall_us()));
    say(1, "song", 7, "like");
    BECOMES(1, in(SG_PERSON_LIKES, 7));
    say(1, "song", 7, "dislike");
    BECOMES(1, in(SG_PERSON_DISLIKES, 7));
    ck_assert(!in(SG_PERSON_LIKES, 7));
    say(1, "song", 8, "not_interested");
    say(1, "artist", 7, "hide_artist");
    BECOMES(1, in(SG_PERSON_NOT_INTERESTED, 8) && in(SG_PERSON_HIDDEN, 7));
    test_pg_sql(db, "DELETE FROM feedback WHERE user_id = 1 AND target_id = 7");
    BECOMES(1, !in(SG_PERSON_HIDDEN, 7) && !in(SG_PERSON_DISLIKES, 7));
    test_pg_sql(db, "INSERT INTO follows VALUES (1, 'artist', 3), (1, 'user', 4)");
    BECOMES(1, in(SG_PERSON_FOLLOWED, 3));
    ck_assert(!in(SG_PERSON_FOLLOWED, 4));
    test_pg_sql(db, "DELETE FROM follows WHERE user_id = 1");
    BECOMES(1, p.lists[SG_PERSON_FOLLOWED].n == 0);
    ck_assert_uint_eq(loads(), before);
}
END_TEST

START_TEST(preferences_removed_plays_and_removed_users_arrive)
{
    play(2, 5, "1 hour", "200");
    play(2, 6, "2 hours", "200");
    say(2, "song", 9, "like");
    get(2);
    test_pg_sql(db, "UPDATE users SET preferences = '{\"explicit\": false, \"market\": \"DE\"}' "
                    "WHERE user_id = 2");
    BECOMES(2, p.clean);
    ck_assert_str_eq(p.market, "DE");
    test_pg_sql(db, "DELETE FROM listening_history WHERE user_id = 2 AND song_id = 5");
    BECOMES(2, p.n_songs == 1);
    test_pg_sql(db, "DELETE FROM users WHERE user_id = 2");
    BECOMES(2, !p.known && !in(SG_PERSON_LIKES, 9));
    test_pg_sql(db, "TRUNCATE listening_history");
    BECOMES(2, p.n_songs == 0);
}
END_TEST

START_TEST(all_that_was_heard_is_there_however_long_ago)
{
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) SELECT 3, i, "
                    "now() - i * interval '20 hours' FROM generate_series(1, 4000) i");
    get(3);
    ck_assert_uint_eq(p.n_plays, SG_PERSON_PLAYS);
    for (uint64_t i = 1; i <= 4000; i++)
        ck_assert(sg_person_heard(&p, i, 3650, sg_wall_us()));
    ck_assert(!sg_person_heard(&p, 4000, 3330, sg_wall_us()));
    struct sg_people_state s;
    sg_people_state(sg_live_people(live), &s);
    ck_assert_uint_lt(s.bytes, 4000 * 7);
}
END_TEST

START_TEST(an_old_play_beyond_the_window_is_still_known)
{
    sg_live_stop(live);
    config.recsys.heard_days = 30;
    play(4, 5, "3 years", "NULL");
    start();
    get(4);
    ck_assert(sg_person_song(&p, 5) && !sg_person_heard(&p, 5, 30, sg_wall_us()));
}
END_TEST

static double trending(uint64_t song_id)
{
    struct sg_trend top[20];
    struct sg_trends *t = sg_live_take(live);
    size_t n = sg_trends_top(t, 0, sg_wall_us(), NULL, NULL, top, 20);
    sg_live_give(live);
    for (size_t i = 0; i < n; i++)
        if (top[i].song_id == song_id)
            return top[i].plays;
    return 0;
}

START_TEST(a_restart_loses_nothing_and_counts_nothing_twice)
{
    get(5);
    for (int i = 0; i < 20; i++)
        play(5, 11, "1 minute", "200");
    say(5, "song", 12, "dislike");
    BECOMES(5, in(SG_PERSON_DISLIKES, 12));
    for (int i = 0; i < PATIENCE_US / 10000 && trending(11) < 19; i++)
        sg_sleep_us(10000);
    ck_assert(trending(11) > 19 && trending(11) <= 20);
    sg_live_stop(live);
    play(5, 13, "0", "200");
    say(5, "song", 14, "dislike");
    start();
    get(5);
    ck_assert(in(SG_PERSON_DISLIKES, 12) && in(SG_PERSON_DISLIKES, 14));
    ck_assert(sg_person_heard(&p, 13, 1, sg_wall_us()));
    ck_assert(trending(11) > 19 && trending(11) <= 20);
    restart();
    ck_assert(trending(11) > 19 && trending(11) <= 20);
}
END_TEST

START_TEST(a_crash_of_the_database_loses_nothing)
{
    get(6);
    say(6, "song", 1, "dislike");
    for (int round = 0; round < 3; round++) {
        play(6, 100 + round, "0", "200");
        test_pg_crash(pg);
        get(6); /* known, if late */
        ck_assert(p.known);
        test_pg_up(pg);
        PQfinish(db);
        db = test_pg_connect(pg);
        say(6, "song", 10 + round, "dislike"); /* before anybody follows again */
        BECOMES(6, in(SG_PERSON_DISLIKES, 10 + (uint64_t)round) && !p.stale);
        ck_assert(in(SG_PERSON_DISLIKES, 1));
        ck_assert(sg_person_song(&p, 100 + (uint64_t)round)->plays == 1);
    }
    await_following();
    play(6, 200, "0", "200");
    uint64_t before = loads();
    BECOMES(6, sg_person_song(&p, 200));
    ck_assert_uint_le(loads(), before + 1);
}
END_TEST

/* The server's sender sleeps while things happen and are read; then it tells of them. */
START_TEST(a_late_tail_counts_nothing_twice)
{
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) SELECT 9, i, "
                    "now() - interval '1 hour' FROM generate_series(1, 60) i");
    get(9);
    pid_t sender = atoi(test_pg_sql(db, "SELECT active_pid FROM pg_replication_slots "
                                        "WHERE slot_name = 'segue_recsys_live'"));
    ck_assert_int_gt(sender, 1); /* it follows */
    ck_assert_int_eq(kill(sender, SIGSTOP), 0);
    for (int i = 0; i < 3; i++)
        play(9, 77, "2 days", "200");
    sg_people_change(sg_live_people(live),
                     &(struct sg_person_change){SG_CHANGED_UNSAID, .user_id = 9});
    get(9);
    ck_assert_uint_eq(sg_person_song(&p, 77)->plays, 3);
    play(9, 77, "2 days", "200"); /* not seen by the reading */
    ck_assert_int_eq(kill(sender, SIGCONT), 0);
    say(9, "song", 999998, "like");
    BECOMES(9, in(SG_PERSON_LIKES, 999998));
    ck_assert_uint_eq(sg_person_song(&p, 77)->plays, 4);
    test_pg_sql(db, "DELETE FROM listening_history WHERE user_id = 9");
    test_pg_sql(db, "DELETE FROM feedback WHERE user_id = 9");
}
END_TEST

/* While a commit waits for a replica the tail tells of it already, and nobody can read it. */
START_TEST(a_change_that_is_told_before_it_can_be_read_is_not_lost)
{
    PGconn *waits = test_pg_connect(pg);
    test_pg_sql(db, "DELETE FROM feedback WHERE user_id = 8");
    test_pg_commits_wait_for(pg, db, "nobody");
    ck_assert_int_eq(PQsendQuery(waits, "INSERT INTO feedback VALUES (8, 'song', 5, 'like')"), 1);
    test_pg_await_waiting_commit(db, waits);
    get(9);
    say(9, "song", 999997, "like"); /* comes behind it */
    BECOMES(9, in(SG_PERSON_LIKES, 999997));
    get(8);
    ck_assert(!in(SG_PERSON_LIKES, 5));
    test_pg_commits_wait_for(pg, db, "");
    PQclear(PQgetResult(waits));
    get(8);
    ck_assert(in(SG_PERSON_LIKES, 5));
    PQfinish(waits);
    test_pg_sql(db, "DELETE FROM feedback WHERE user_id IN (8, 9)");
}
END_TEST

static void random_statement(unsigned *seed)
{
    int user = 7 + rand_r(seed) % 3, thing = 1 + rand_r(seed) % 40;
    static const char *const verdicts[] = {"like", "dislike", "not_interested"};
    switch (rand_r(seed) % 8) {
    case 0:
        say(user, "song", thing, verdicts[rand_r(seed) % 3]);
        break;
    case 1:
        say(user, "artist", thing, "hide_artist");
        break;
    case 2:
        test_pg_sql(db, "DELETE FROM feedback WHERE user_id = %d AND target_id = %d", user, thing);
        break;
    case 3:
        test_pg_sql(db, "INSERT INTO follows VALUES (%d, 'artist', %d) ON CONFLICT DO NOTHING",
                    user, thing);
        break;
    case 4:
        test_pg_sql(db, "DELETE FROM follows WHERE user_id = %d AND target_id = %d", user, thing);
        break;
    case 5:
        test_pg_sql(db,
                    "DELETE FROM listening_history WHERE ctid = ANY (ARRAY(SELECT ctid FROM "
                    "listening_history WHERE user_id = %d AND song_id = %d LIMIT 1)) "
                    "AND user_id = %d",
                    user, thing, user);
        break;
    default:
        test_pg_sql(db,
                    "INSERT INTO listening_history (user_id, song_id, played_at, played_s) "
                    "VALUES (%d, %d, now() - %d * interval '7 hours', %d)",
                    user, thing, rand_r(seed) % 400, rand_r(seed) % 60);
    }
}

static atomic_bool asking;

/* Asks all the time, and has people read again in the middle of changes. */
static void *ask_all_the_time(void *ctx)
{
    struct sg_arena a = {0};
    struct sg_person person;
    unsigned seed = 9;
    intptr_t failed = 0;
    (void)ctx;
    while (asking) {
        uint64_t user = 7 + (uint64_t)(rand_r(&seed) % 3);
        sg_arena_reset(&a);
        if (rand_r(&seed) % 4 == 0)
            sg_people_change(sg_live_people(live),
                             &(struct sg_person_change){SG_CHANGED_UNSAID, .user_id = user});
        failed += sg_people_get(sg_live_people(live), user, sg_now_us() + PATIENCE_US, &a, &person,
                                NULL) != 0;
    }
    sg_arena_free(&a);
    return (void *)failed;
}

static void same(const struct sg_person *a, const struct sg_person *b)
{
    ck_assert_uint_eq(a->n_plays, b->n_plays);
    for (size_t i = 0; i < a->n_plays; i++)
        ck_assert(a->plays[i].at_us / 1000000 == b->plays[i].at_us / 1000000);
    ck_assert_uint_eq(a->n_songs, b->n_songs);
    for (size_t i = 0; i < a->n_songs; i++) {
        const struct sg_person_song *s = &a->songs[i], *t = &b->songs[i];
        ck_assert(s->song_id == t->song_id && s->last_us == t->last_us);
        ck_assert_msg(s->plays == t->plays && s->skips == t->skips, "song %d: %u %u, not %u %u",
                      (int)s->song_id, s->plays, s->skips, t->plays, t->skips);
    }
    for (int k = 0; k < SG_PERSON_LISTS; k++) {
        ck_assert_uint_eq(a->lists[k].n, b->lists[k].n);
        for (size_t i = 0; i < a->lists[k].n; i++)
            ck_assert_uint_eq(a->lists[k].v[i], b->lists[k].v[i]);
    }
}

START_TEST(random_histories_end_as_the_database_has_them)
{
    struct sg_pg_pool *pool;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_people *fresh;
    struct sg_arena a = {0};
    struct sg_person truth;
    pthread_t asker;
    void *failed;
    unsigned seed = 4;
    asking = true;
    pthread_create(&asker, NULL, ask_all_the_time, NULL);
    for (int i = 0; i < 1200; i++)
        random_statement(&seed);
    asking = false;
    pthread_join(asker, &failed);
    ck_assert(failed == NULL);
    ck_assert_int_eq(sg_pg_pool_open(&pool, config.pg.dsn, 1, &e), 0);
    struct sg_people_database d = {pool, config.recsys.heard_days};
    struct sg_people_options o = {1 << 20, d.heard_days, sg_people_source(&d)};
    ck_assert_int_eq(sg_people_open(&fresh, &o, &e), 0);
    for (uint64_t user = 7; user < 10; user++) {
        say((int)user, "song", 999999, "like");
        BECOMES(user, in(SG_PERSON_LIKES, 999999));
        ck_assert_int_eq(sg_people_get(fresh, user, sg_now_us() + PATIENCE_US, &a, &truth, &e), 0);
        same(&p, &truth);
    }
    sg_people_close(fresh);
    sg_pg_pool_close(pool);
    sg_arena_free(&a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recsys live");
    TCase *t = tcase_create("recsys live");
    tcase_set_timeout(t, 600);
    tcase_add_unchecked_fixture(t, setup_database, NULL);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_happens_arrives_without_asking_the_database_again);
    tcase_add_test(t, preferences_removed_plays_and_removed_users_arrive);
    tcase_add_test(t, all_that_was_heard_is_there_however_long_ago);
    tcase_add_test(t, an_old_play_beyond_the_window_is_still_known);
    tcase_add_test(t, a_restart_loses_nothing_and_counts_nothing_twice);
    tcase_add_test(t, a_crash_of_the_database_loses_nothing);
    tcase_add_test(t, a_late_tail_counts_nothing_twice);
    tcase_add_test(t, a_change_that_is_told_before_it_can_be_read_is_not_lost);
    tcase_add_test(t, random_histories_end_as_the_database_has_them);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
