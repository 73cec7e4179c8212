/* test_people.c - what listeners did, packed, changed, bounded and read by many at once. */
#include "core/clock.h"
#include "recsys/people/people.h"
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define DAY_US  86400000000
#define HOUR_US 3600000000

/* A database of one truth: what load gives. */
static struct {
    atomic_int loads;
    atomic_bool away;
    size_t n_plays; /* of everybody, songs 1000.. */
    int64_t newest_us;
    void (*during)(void); /* called while a load runs */
} truth;
static struct sg_people *people;
static struct sg_arena arena;
static struct sg_person p;

static int by_song(const void *a, const void *b)
{
    const struct sg_person_song *x = a, *y = b;
    return (x->song_id > y->song_id) - (x->song_id < y->song_id);
}

static int load(void *ctx, uint64_t user_id, int64_t deadline_us, struct sg_arena *a,
                struct sg_person *out, struct sg_people_seen *seen, struct sg_error *e)
{
    static const uint64_t running[] = {95, 98};
    (void)ctx, (void)deadline_us, (void)user_id;
    *seen = (struct sg_people_seen){100, {running, 2}};
    truth.loads++;
    if (truth.away)
        return sg_fail(e, SG_EUNAVAIL, "no database");
    struct sg_person_play *plays = sg_arena_array(a, truth.n_plays + 1, sizeof *plays);
    struct sg_person_song *songs = sg_arena_array(a, truth.n_plays + 1, sizeof *songs);
    for (size_t i = 0; i < truth.n_plays; i++) {
        int64_t at = truth.newest_us - (int64_t)i * HOUR_US;
        plays[i] = (struct sg_person_play){1000 + 7 * i, at, i % 5 ? -1 : 12};
        songs[i] = (struct sg_person_song){1000 + 7 * i, at, i % 5 != 0, i % 5 == 0};
    }
    qsort(songs, truth.n_plays, sizeof *songs, by_song);
    out->known = true;
    memcpy(out->market, "SE", 3);
    out->plays = plays;
    out->n_plays = truth.n_plays < SG_PERSON_PLAYS ? truth.n_plays : SG_PERSON_PLAYS;
    out->songs = songs;
    out->n_songs = truth.n_plays;
    if (truth.during)
        truth.during();
    return 0;
}

static void open_with(size_t bytes_max, int64_t heard_days)
{
    struct sg_people_options o = {bytes_max, heard_days, {load, NULL}};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_people_open(&people, &o, &e), 0);
    sg_people_follow(people, true);
}

static void setup(void)
{
    memset(&truth, 0, sizeof truth);
    truth.newest_us = sg_wall_us() / HOUR_US * HOUR_US - HOUR_US;
    open_with(64 << 20, 30);
}

static void teardown(void)
{
    sg_people_close(people);
    sg_arena_free(&arena);
}

static int get(uint64_t user_id)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_arena_reset(&arena);
    return sg_people_get(people, user_id, sg_now_us() + 60000000, &arena, &p, &e);
}

static void play(uint64_t user_id, uint64_t song_id, int64_t at_us, int32_t played_s)
{
    sg_people_change(people, &(struct sg_person_change){.kind = SG_CHANGED_PLAY,
                                                        .user_id = user_id,
                                                        .id = song_id,
                                                        .at_us = at_us,
                                                        .played_s = played_s});
}

static void list(uint64_t user_id, enum sg_person_list which, uint64_t id, bool on)
{
    sg_people_change(
        people,
        &(struct sg_person_change){
            .kind = SG_CHANGED_LIST, .user_id = user_id, .id = id, .list = which, .on = on});
}

START_TEST(a_person_comes_out_as_read)
{
    truth.n_plays = 300;
    ck_assert_int_eq(get(9), 0);
    ck_assert_int_eq(get(9), 0);
    ck_assert_int_eq(truth.loads, 1);
    ck_assert(p.known && !p.clean && !p.stale);
    ck_assert_str_eq(p.market, "SE");
    ck_assert_uint_eq(p.user_id, 9);
    ck_assert_uint_eq(p.n_plays, SG_PERSON_PLAYS);
    ck_assert_uint_eq(p.n_songs, 300);
    for (size_t i = 0; i < 300; i++) {
        const struct sg_person_song *s = sg_person_song(&p, 1000 + 7 * i);
        ck_assert(s && s->last_us == truth.newest_us - (int64_t)i * HOUR_US);
        ck_assert_uint_eq(s->skips, i % 5 == 0);
        ck_assert(!sg_person_song(&p, 1001 + 7 * i));
    }
    ck_assert_uint_eq(p.plays[1].song_id, 1007);
    ck_assert_int_eq(p.plays[0].played_s, 12);
    ck_assert_int_eq(p.plays[1].played_s, -1);
    ck_assert(p.plays[49].at_us == truth.newest_us - 49 * HOUR_US);
}
END_TEST

START_TEST(a_play_shows_at_once_and_counts_once)
{
    truth.n_plays = 3;
    ck_assert_int_eq(get(1), 0);
    uint64_t version = p.version;
    int64_t at = truth.newest_us + 5000000;
    play(1, 77, at, 200);
    play(1, 77, at, 200);
    play(1, 1007, at + 9000000, 4);
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(truth.loads, 1);
    ck_assert(p.version != version);
    ck_assert_uint_eq(p.n_plays, 5);
    ck_assert_uint_eq(p.plays[0].song_id, 1007);
    ck_assert(sg_play_is_skip(p.plays[0].played_s));
    ck_assert_uint_eq(p.plays[1].song_id, 77);
    ck_assert_uint_eq(sg_person_song(&p, 77)->plays, 1);
    ck_assert_uint_eq(sg_person_song(&p, 1007)->plays, 1);
    ck_assert_uint_eq(sg_person_song(&p, 1007)->skips, 1);
}
END_TEST

START_TEST(heard_is_for_so_many_days)
{
    int64_t now = sg_wall_us();
    ck_assert_int_eq(get(1), 0);
    play(1, 5, now - 29 * DAY_US, -1);
    play(1, 6, now - 32 * DAY_US, -1);
    play(1, 7, now + 400 * DAY_US, 3); /* a clock that is wrong */
    ck_assert_int_eq(get(1), 0);
    ck_assert(sg_person_heard(&p, 5, 30, now));
    ck_assert(!sg_person_heard(&p, 6, 30, now));
    ck_assert(sg_person_heard(&p, 6, 33, now));
    ck_assert(sg_person_heard(&p, 7, 30, now) && !sg_person_heard(&p, 7, 30, now + 31 * DAY_US));
    ck_assert(!sg_person_heard(&p, 5, 0, now) && !sg_person_heard(&p, 8, 3650, now));
}
END_TEST

START_TEST(what_was_heard_lately_is_kept_however_much_it_is)
{
    int64_t now = sg_wall_us();
    ck_assert_int_eq(get(1), 0);
    for (uint64_t i = 0; i < 700; i++)
        play(1, 1 + i, now - 60 * DAY_US + (int64_t)i * 1000000, -1);
    for (uint64_t i = 0; i < 2000; i++)
        play(1, 10000 + i, now - 2 * DAY_US + (int64_t)i * 1000000, -1);
    ck_assert_int_eq(get(1), 0);
    ck_assert_uint_eq(p.n_songs, 2000);
    for (uint64_t i = 0; i < 2000; i++)
        ck_assert(sg_person_heard(&p, 10000 + i, 30, now));
    ck_assert_uint_eq(p.n_plays, SG_PERSON_PLAYS);
}
END_TEST

START_TEST(a_song_has_one_verdict)
{
    ck_assert_int_eq(get(1), 0);
    list(1, SG_PERSON_LIKES, 5, true);
    list(1, SG_PERSON_LIKES, 3, true);
    list(1, SG_PERSON_LIKES, 3, true);
    list(1, SG_PERSON_DISLIKES, 5, true);
    list(1, SG_PERSON_HIDDEN, 5, true);
    list(1, SG_PERSON_FOLLOWED, 8, true);
    list(1, SG_PERSON_FOLLOWED, 8, false);
    list(1, SG_PERSON_FOLLOWED, 9, false);
    ck_assert_int_eq(get(1), 0);
    ck_assert_uint_eq(p.lists[SG_PERSON_LIKES].n, 1);
    ck_assert(sg_ids_hold(p.lists[SG_PERSON_LIKES], 3));
    ck_assert(sg_ids_hold(p.lists[SG_PERSON_DISLIKES], 5));
    ck_assert(sg_ids_hold(p.lists[SG_PERSON_HIDDEN], 5));
    ck_assert_uint_eq(p.lists[SG_PERSON_FOLLOWED].n, 0);
    sg_people_change(people, &(struct sg_person_change){SG_CHANGED_SONG, .user_id = 1, .id = 5});
    ck_assert_int_eq(get(1), 0);
    ck_assert_uint_eq(p.lists[SG_PERSON_DISLIKES].n, 0);
    ck_assert_uint_eq(p.lists[SG_PERSON_HIDDEN].n, 1);
}
END_TEST

/* Any history: the store says what a plain table of plays says. */
START_TEST(random_changes_agree_with_a_plain_table)
{
    enum { SONGS = 400, ROUNDS = 6000 };
    static int64_t last[SONGS];
    static int verdict[SONGS];
    int64_t now = sg_wall_us();
    memset(last, 0, sizeof last);
    for (int i = 0; i < SONGS; i++)
        verdict[i] = -1;
    srand(5);
    ck_assert_int_eq(get(4), 0);
    for (int i = 0; i < ROUNDS; i++) {
        int s = rand() % SONGS;
        if (rand() % 3) {
            int64_t at = now - (int64_t)(rand() % 90) * DAY_US;
            last[s] = at > last[s] ? at : last[s];
            play(4, 1 + (uint64_t)s * 13, at, rand() % 60);
        } else {
            verdict[s] = rand() % 4 - 1;
            if (verdict[s] < 0)
                sg_people_change(people, &(struct sg_person_change){SG_CHANGED_SONG, .user_id = 4,
                                                                    .id = 1 + (uint64_t)s * 13});
            else
                list(4, (enum sg_person_list)verdict[s], 1 + (uint64_t)s * 13, true);
        }
    }
    ck_assert_int_eq(get(4), 0);
    ck_assert_int_eq(truth.loads, 1);
    for (int s = 0; s < SONGS; s++) {
        uint64_t id = 1 + (uint64_t)s * 13;
        ck_assert_int_eq(sg_person_heard(&p, id, 30, now + HOUR_US), last[s] > now - 30 * DAY_US);
        for (int k = 0; k < 3; k++)
            ck_assert_int_eq(sg_ids_hold(p.lists[k], id), verdict[s] == k);
    }
}
END_TEST

START_TEST(what_a_reading_saw_is_passed_over)
{
    struct sg_person_change c = {SG_CHANGED_LIST, .user_id = 1, .list = SG_PERSON_LIKES,
                                 .on = true};
    ck_assert_int_eq(get(1), 0);
    for (c.xid = 90; c.xid < 105; c.xid++) {
        c.id = c.xid;
        sg_people_change(people, &c);
    }
    c.xid = 0;
    c.id = 1;
    sg_people_change(people, &c);
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(truth.loads, 1);
    ck_assert_uint_eq(p.lists[SG_PERSON_LIKES].n, 8);
    for (uint64_t id = 90; id < 105; id++)
        ck_assert_int_eq(sg_ids_hold(p.lists[SG_PERSON_LIKES], id),
                         id >= 100 || id == 95 || id == 98);
}
END_TEST

static void change_during(void)
{
    truth.during = NULL;
    list(1, SG_PERSON_DISLIKES, 42, true);
}

START_TEST(a_change_during_a_reading_is_not_lost)
{
    truth.during = change_during;
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(truth.loads, 2);
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(truth.loads, 2);
}
END_TEST

/* By the tail: transaction 98 is running still for who reads. */
START_TEST(a_change_that_is_told_before_it_can_be_read_is_not_lost)
{
    struct sg_person_change c = {SG_CHANGED_LIST,         .user_id = 1, .id = 5, .xid = 90,
                                 .list = SG_PERSON_LIKES, .on = true};
    sg_people_change(people, &c); /* nobody is at hand yet */
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(truth.loads, 1);
    c.user_id = 2;
    c.xid = 98;
    sg_people_change(people, &c);
    ck_assert_int_eq(get(1), 0);
    ck_assert_int_eq(truth.loads, 1);
    for (int i = 2; i < 5; i++) {
        ck_assert_int_eq(get(2), 0);
        ck_assert_int_eq(truth.loads, i);
    }
    for (c.user_id = 3, c.xid = 1; c.xid < 100000; c.xid++, c.user_id += 7)
        sg_people_change(people, &c); /* others', long after it */
    ck_assert_int_eq(get(2), 0);
    ck_assert_int_eq(get(2), 0);
    ck_assert_int_eq(truth.loads, 5);
}
END_TEST

START_TEST(without_a_database_the_last_known_answers_and_says_so)
{
    ck_assert_int_eq(get(1), 0);
    truth.away = true;
    ck_assert_int_eq(get(1), 0);
    ck_assert(!p.stale);
    sg_people_forget(people);
    int64_t asked_us = sg_now_us();
    ck_assert_int_eq(get(1), 0);
    ck_assert(p.stale && p.known);
    ck_assert_int_eq(truth.loads, 2);
    ck_assert_int_eq(get(1), 0);
    ck_assert(p.stale);
    /* asked again after half a second, which a busy machine may have taken */
    ck_assert(truth.loads == 2 || sg_now_us() - asked_us > 500000);
    ck_assert_int_eq(get(2), SG_EUNAVAIL);
    struct sg_people_state s;
    sg_people_state(people, &s);
    ck_assert_uint_eq(s.people, 1);
    truth.away = false;
    ck_assert_int_eq(get(2), 0);
    ck_assert_int_eq(get(1), 0);
    ck_assert(!p.stale);
}
END_TEST

START_TEST(something_unsaid_is_read_again)
{
    ck_assert_int_eq(get(1), 0);
    sg_people_change(people, &(struct sg_person_change){SG_CHANGED_UNSAID, .user_id = 1});
    truth.n_plays = 2;
    ck_assert_int_eq(get(1), 0);
    ck_assert_uint_eq(p.n_songs, 2);
    ck_assert_int_eq(truth.loads, 2);
}
END_TEST

START_TEST(memory_is_bounded_and_small)
{
    struct sg_people_state s;
    truth.n_plays = 150;
    for (uint64_t u = 1; u <= 2000; u++)
        ck_assert_int_eq(get(u), 0);
    sg_people_state(people, &s);
    ck_assert_uint_eq(s.people, 2000);
    ck_assert_uint_lt(s.bytes / s.people, 1600);
    sg_people_close(people);
    open_with(1 << 20, 30);
    for (uint64_t u = 1; u <= 5000; u++) {
        ck_assert_int_eq(get(u), 0);
        ck_assert_uint_eq(p.n_songs, 150);
    }
    sg_people_state(people, &s);
    ck_assert_uint_le(s.bytes, 1 << 20);
    ck_assert_uint_gt(s.people, 400);
    ck_assert_uint_eq(s.people + s.evictions, 5000);
}
END_TEST

static void *reader(void *ctx)
{
    struct sg_arena a = {0};
    struct sg_person person;
    struct sg_error e = SG_ERROR_INIT;
    intptr_t bad = 0;
    unsigned seed = (unsigned)(uintptr_t)ctx;
    for (int i = 0; i < 3000; i++) {
        sg_arena_reset(&a);
        uint64_t user = 1 + (uint64_t)(rand_r(&seed) % 60);
        if (sg_people_get(people, user, sg_now_us() + 60000000, &a, &person, &e))
            bad++;
        for (size_t k = 1; k < person.n_songs; k++)
            bad += person.songs[k - 1].song_id >= person.songs[k].song_id;
    }
    sg_arena_free(&a);
    return (void *)bad;
}

START_TEST(many_read_while_changes_arrive)
{
    pthread_t t[3];
    void *bad;
    truth.n_plays = 40;
    sg_people_close(people);
    open_with(200000, 30);
    for (intptr_t i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, reader, (void *)(i + 1));
    for (uint64_t i = 0; i < 6000; i++) {
        play(1 + i % 60, i % 500 + 1, truth.newest_us + (int64_t)i * 1000000, 100);
        list(1 + i % 60, SG_PERSON_LIKES, i % 90, i % 2);
        if (i % 1000 == 0)
            sg_people_forget(people);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], &bad);
        ck_assert(bad == NULL);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("people");
    TCase *t = tcase_create("people");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_person_comes_out_as_read);
    tcase_add_test(t, a_play_shows_at_once_and_counts_once);
    tcase_add_test(t, heard_is_for_so_many_days);
    tcase_add_test(t, what_was_heard_lately_is_kept_however_much_it_is);
    tcase_add_test(t, a_song_has_one_verdict);
    tcase_add_test(t, random_changes_agree_with_a_plain_table);
    tcase_add_test(t, what_a_reading_saw_is_passed_over);
    tcase_add_test(t, a_change_during_a_reading_is_not_lost);
    tcase_add_test(t, a_change_that_is_told_before_it_can_be_read_is_not_lost);
    tcase_add_test(t, without_a_database_the_last_known_answers_and_says_so);
    tcase_add_test(t, something_unsaid_is_read_again);
    tcase_add_test(t, memory_is_bounded_and_small);
    tcase_add_test(t, many_read_while_changes_arrive);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
