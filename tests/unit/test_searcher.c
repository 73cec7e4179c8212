/* Following CURRENT, and searching while everything moves. */
#include "core/clock.h"
#include "core/metrics.h"
#include "tests/support/live.h"
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SONGS 300

static char dir[128];
static struct sg_error e;
static struct sg_index *x;
static struct sg_searcher *s;
static const char *self; /* this program, to be run again as another process */

static void set_up(void)
{
    live_dir(dir);
}

static void tear_down(void)
{
    sg_searcher_close(s);
    sg_index_close(x);
    live_remove(dir);
    s = NULL;
    x = NULL;
}

static void open_index(uint64_t verify_bytes)
{
    struct sg_index_options o = {.dir = dir, .verify_bytes = verify_bytes, .poll_ms = 10};
    ck_assert_msg(sg_index_open(&x, &o, &e) == 0, "%s", e.text);
    ck_assert_int_eq(sg_searcher_open(&s, x, &e), 0);
}

static struct sg_delta *open_delta(const char *name)
{
    char path[256];
    struct sg_delta *d;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(sg_delta_open(&d, path, &e) == 0, "%s", e.text);
    return d;
}

static void damage(const char *name, long at)
{
    char path[256], c;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDWR);
    ck_assert_int_eq(pread(fd, &c, 1, at), 1);
    c = (char)~c;
    ck_assert_int_eq(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static bool serves(const char *name)
{
    char is[SG_GENERATION_NAME], refused[256];
    sg_index_status(x, is, refused);
    return strcmp(is, name) == 0;
}

static bool comes_to_serve(const char *name)
{
    for (int i = 0; i < 6000 && !serves(name); i++)
        sg_sleep_us(10000);
    return serves(name);
}

static bool is_refused_for(const char *text)
{
    char is[SG_GENERATION_NAME], refused[256] = "";
    for (int i = 0; i < 6000 && !strstr(refused, text); i++) {
        sg_index_status(x, is, refused);
        sg_sleep_us(10000);
    }
    return strstr(refused, text) != NULL;
}

START_TEST(without_a_generation_nothing_is_found_until_one_is_published)
{
    open_index(0);
    ck_assert(serves(""));
    ck_assert_int_eq(sg_searcher_begin(s, &e), SG_ENOENT);
    live_publish(dir, "gen-1", SONGS, 1);
    ck_assert(comes_to_serve("gen-1"));
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_str_eq(sg_searcher_generation(s), "gen-1");
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), SONGS);
    ck_assert(live_finds_only(s, SG_SONG, "track 17", 17));
    ck_assert_ptr_nonnull(sg_searcher_suggest(s));
    ck_assert_ptr_nonnull(sg_searcher_spell(s));
    ck_assert_int_eq(sg_searcher_begin(s, &e), SG_EINTERNAL);
}
END_TEST

START_TEST(a_newer_generation_is_taken_at_the_next_begin)
{
    live_publish(dir, "gen-1", SONGS, 1);
    open_index(0);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    live_publish(dir, "gen-2", SONGS + 50, 2);
    ck_assert(comes_to_serve("gen-2"));
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), SONGS);
    ck_assert(live_finds_only(s, SG_SONG, "track 18", 18));
    sg_searcher_end(s);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), SONGS + 50);
    sg_searcher_end(s);
    ck_assert_int_eq(sg_current_publish(dir, "gen-1", &e), 0);
    ck_assert(comes_to_serve("gen-1"));
}
END_TEST

START_TEST(a_corrupt_newest_generation_is_refused_and_the_previous_goes_on)
{
    live_publish(dir, "gen-1", SONGS, 1);
    open_index(0);
    live_build(dir, "gen-2", SONGS, 2);
    damage("gen-2/store.mdb", 9000);
    ck_assert_int_eq(sg_current_publish(dir, "gen-2", &e), 0);
    ck_assert(is_refused_for("gen-2: store.mdb: checksum differs"));
    ck_assert(serves("gen-1"));
    damage("gen-2/store.mdb", 9000);
    ck_assert_int_eq(sg_current_publish(dir, "gen-2", &e), 0);
    ck_assert(comes_to_serve("gen-2"));
    char name[SG_GENERATION_NAME], refused[256];
    sg_index_status(x, name, refused);
    ck_assert_str_eq(refused, "");
}
END_TEST

START_TEST(at_start_the_newest_good_one_older_than_a_corrupt_one_is_served)
{
    struct sg_buf text = {0};
    live_build(dir, "gen-1", SONGS, 1);
    live_build(dir, "gen-2", SONGS, 2);
    live_build(dir, "gen-3", SONGS, 3);
    live_publish(dir, "gen-4", SONGS, 4);
    damage("gen-4/spell.seg", 100);
    damage("gen-3/facts-song.seg", 2000);
    open_index(0);
    ck_assert(serves("gen-2"));
    ck_assert(is_refused_for("gen-4: spell.seg"));
    sg_metrics_expose(&text);
    sg_buf_putc(&text, '\0');
    ck_assert_ptr_nonnull(strstr(text.p, "segue_index_refused_total 2"));
    ck_assert_ptr_nonnull(strstr(text.p, "segue_index_generation_info{generation=\"gen-2\"} 1"));
    sg_buf_free(&text);
}
END_TEST

START_TEST(what_is_verified_later_falls_back_the_same_way)
{
    live_build(dir, "gen-1", SONGS, 1);
    live_publish(dir, "gen-2", SONGS, 2);
    damage("gen-2/store.mdb", 20000);
    open_index(1);
    ck_assert(comes_to_serve("gen-1"));
    ck_assert(is_refused_for("gen-2: store.mdb: checksum differs"));
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_str_eq(sg_searcher_generation(s), "gen-1");
}
END_TEST

START_TEST(only_one_folder_can_be_served_before_publish)
{
    struct sg_index_options o = {.dir = dir, .only = "building-1"};
    char from[256], to[256];
    live_build(dir, "gen-9", SONGS, 1);
    snprintf(from, sizeof from, "%s/gen-9", dir);
    snprintf(to, sizeof to, "%s/building-1", dir);
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_int_eq(sg_index_open(&x, &o, &e), 0);
    ck_assert_int_eq(sg_searcher_open(&s, x, &e), 0);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_str_eq(sg_searcher_generation(s), "gen-9");
    sg_searcher_close(s);
    sg_index_close(x);
    s = NULL;
    x = NULL;
    damage("building-1/suggest.seg", 300);
    ck_assert_int_eq(sg_index_open(&x, &o, &e), SG_ECORRUPT);
}
END_TEST

START_TEST(groups_are_or_within_and_across_and_not)
{
    struct sg_str colours[] = {SG_STR("Wred"), SG_STR("Wblue")}, album = SG_STR("L4");
    struct sg_str none = SG_STR("Wnothing");
    struct sg_term_group groups[] = {{colours, 2, false}, {&album, 1, false}, {&none, 1, true}};
    sg_docref docs[SONGS];
    bool exact;
    live_publish(dir, "gen-1", SONGS, 1);
    struct sg_delta *d = open_delta("gen-1");
    live_put_song(d, (struct live_song){600, 1, 4, 1, "New blue"});
    live_put_song(d, (struct live_song){601, 1, 4, 9, "New red"});
    live_put_song(d, (struct live_song){602, 1, 4, 5, "New red nothing"});
    live_put_song(d, (struct live_song){603, 1, 5, 5, "New red"});
    ck_assert_int_eq(sg_delta_commit(d, 1, 1, &e), 0);
    open_index(0);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_int_eq(sg_match_begin(s, SG_SONG, groups, 3, &e), 0);
    ck_assert_int_eq(sg_match_next(s, docs, 1, &e), 1);
    ck_assert_uint_ge(sg_match_total(s, &exact), 1);
    ck_assert(!exact);
    int n = 1, more;
    while ((more = sg_match_next(s, docs + n, 3, &e)) > 0)
        n += more;
    ck_assert_int_eq(more, 0);
    uint64_t expected = 2;
    for (int i = 1; i <= SONGS; i++)
        expected += i % 20 + 1 == 4 && (i % 5 == 0 || i % 5 == 2);
    ck_assert_uint_eq(sg_match_total(s, &exact), expected);
    ck_assert(exact);
    ck_assert_int_eq(n, (int)expected);
    struct sg_facts f;
    ck_assert(sg_searcher_facts(s, SG_SONG, docs[0], &f) && f.id == 601);
    ck_assert(sg_searcher_facts(s, SG_SONG, docs[1], &f) && f.id == 600);
    ck_assert(!sg_searcher_facts(s, SG_ARTIST, docs[0], &f));
    ck_assert(!sg_searcher_facts(s, SG_SONG, SG_DELTA_DOC | 77777, &f));
    ck_assert(!sg_searcher_facts(s, SG_SONG, 0, &f));
    ck_assert_uint_eq(sg_term_frequency(s, SG_SONG, SG_STR("Wnew")), 4);
    ck_assert_uint_eq(sg_term_frequency(s, SG_SONG, SG_STR("Wtrack")), SONGS);
    ck_assert_int_eq(sg_match_begin(s, SG_SONG, groups + 2, 1, &e), SG_EINVAL);
    ck_assert_int_eq(sg_match_begin(s, SG_SONG, groups, 0, &e), SG_EINVAL);
    ck_assert_int_eq(sg_match_next(s, docs, 5, &e), 0);
    sg_delta_close(d);
}
END_TEST

START_TEST(new_entities_complete_heaviest_first)
{
    struct sg_overlay_entry out[8];
    live_publish(dir, "gen-1", SONGS, 1);
    struct sg_delta *d = open_delta("gen-1");
    live_put_song(d, (struct live_song){600, 1, 0, 10, "Zebra Crossing"});
    live_put_song(d, (struct live_song){601, 1, 0, 30, "Zebra Dance"});
    live_put_song(d, (struct live_song){602, 1, 0, 20, "The Zebra"});
    live_put_playlist(d, 60, "Zen", 20);
    ck_assert_int_eq(sg_delta_commit(d, 1, 1, &e), 0);
    open_index(0);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_uint_eq(sg_searcher_overlay(s, SG_STR("ze"), out, 8), 3);
    ck_assert(out[0].id == 601 && out[1].id == 60 && out[2].id == 600);
    ck_assert_int_eq(out[1].kind, SG_PLAYLIST);
    ck_assert_uint_eq(out[0].popularity, 30);
    ck_assert_uint_eq(sg_searcher_overlay(s, SG_STR("ze"), out, 1), 1);
    ck_assert_uint_eq(out[0].id, 601);
    ck_assert_uint_eq(sg_searcher_overlay(s, SG_STR("zebra c"), out, 8), 1);
    ck_assert_uint_eq(out[0].id, 600);
    ck_assert_uint_eq(sg_searcher_overlay(s, SG_STR("zebra"), out, 8), 2);
    ck_assert_uint_eq(sg_searcher_overlay(s, SG_STR("nobody"), out, 8), 0);
    ck_assert_uint_eq(sg_searcher_overlay(s, SG_STR_NONE, out, 8), 0);
    sg_delta_close(d);
}
END_TEST

/* --- everything at once --- */

static atomic_bool stopping;
static atomic_uint rounds;
static uint64_t last_lsn_seen;

/* Every song 1..SONGS once, whatever is being written: 0 when so. */
static int check_all_songs(struct sg_searcher *r)
{
    static _Thread_local uint64_t ids[SONGS * 2];
    static _Thread_local uint8_t times[SONGS + 1];
    memset(times, 0, sizeof times);
    size_t n = live_find(r, SG_SONG, "Q", ids, SONGS * 2);
    if (n != SONGS)
        fprintf(stderr, "%zu songs instead of %d\n", n, SONGS);
    for (size_t i = 0; i < n; i++)
        if (ids[i] == 0 || ids[i] > SONGS || times[ids[i]]++) {
            fprintf(stderr, "song %llu is doubled or foreign\n", (unsigned long long)ids[i]);
            return 1;
        }
    return n != SONGS;
}

static void *search_on(void *arg)
{
    struct sg_searcher *r;
    struct sg_arena a = {0};
    size_t bad = sg_searcher_open(&r, arg, NULL) != 0;
    while (!bad && !atomic_load(&stopping)) {
        struct sg_error why = SG_ERROR_INIT;
        struct sg_song song;
        if (sg_searcher_begin(r, &why)) {
            fprintf(stderr, "begin: %s\n", why.text);
            bad++;
            break;
        }
        bad += check_all_songs(r) != 0;
        bad += sg_searcher_record(r, SG_SONG, 1 + rounds % SONGS, &a, &song, &why) != 0;
        sg_searcher_end(r);
        sg_arena_reset(&a);
        atomic_fetch_add(&rounds, 1);
    }
    sg_searcher_close(r);
    sg_arena_free(&a);
    return (void *)bad;
}

static void start_readers(pthread_t *t, size_t n)
{
    atomic_store(&stopping, false);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, search_on, x), 0);
}

static void stop_readers(pthread_t *t, size_t n)
{
    atomic_store(&stopping, true);
    for (size_t i = 0; i < n; i++) {
        void *bad;
        pthread_join(t[i], &bad);
        ck_assert_ptr_null(bad);
    }
}

static void write_round(struct sg_delta *d, uint64_t i)
{
    char title[64];
    for (uint64_t j = 0; j < 5; j++) {
        snprintf(title, sizeof title, "Round %u", (unsigned)i);
        live_put_song(d, (struct live_song){(i * 5 + j) % SONGS + 1, 1, 1, i, title});
    }
    ck_assert_int_eq(sg_delta_plays(d, i % SONGS + 1, i, &e), 0);
    ck_assert_msg(sg_delta_commit(d, i + 1, i + 1, &e) == 0, "%s", e.text);
}

START_TEST(readers_never_miss_or_double_a_song_while_it_is_written)
{
    pthread_t t[4];
    live_publish(dir, "gen-1", SONGS, 1);
    open_index(0);
    start_readers(t, 4);
    struct sg_delta *d = open_delta("gen-1");
    for (uint64_t i = 0; i < 150 || (rounds <= 20 && i < 100000); i++)
        write_round(d, i);
    stop_readers(t, 4);
    ck_assert_uint_gt(rounds, 20);
    sg_delta_close(d);
}
END_TEST

START_TEST(generations_are_swapped_under_searching_threads)
{
    pthread_t t[4];
    live_publish(dir, "gen-1", SONGS, 1);
    open_index(0);
    start_readers(t, 4);
    for (int i = 2; i < 10; i++) {
        char name[32], old[32];
        snprintf(name, sizeof name, "gen-%d", i);
        snprintf(old, sizeof old, "gen-%d", i - 1);
        live_publish(dir, name, SONGS, i);
        ck_assert(comes_to_serve(name));
        struct sg_delta *d = open_delta(name);
        for (uint64_t j = 0; j < 5 || (rounds <= 20 && i == 9 && j < 100000); j++)
            write_round(d, j);
        sg_delta_close(d);
        ck_assert_int_eq(sg_generation_remove(dir, old, &e), 0);
    }
    stop_readers(t, 4);
    ck_assert_uint_gt(rounds, 20);
}
END_TEST

/* Runs as another process until it has seen the last commit. */
static int read_in_another_process(const char *index_dir, uint64_t last)
{
    struct sg_index_options o = {.dir = index_dir, .poll_ms = 10};
    int bad = sg_index_open(&x, &o, &e) || sg_searcher_open(&s, x, &e);
    int64_t until = sg_now_us() + 240000000;
    while (!bad && last_lsn_seen < last && sg_now_us() < until) {
        bad = sg_searcher_begin(s, &e) != 0 || check_all_songs(s) != 0 ||
              sg_searcher_lsn(s) < last_lsn_seen;
        last_lsn_seen = sg_searcher_lsn(s);
        sg_searcher_end(s);
    }
    if (bad)
        fprintf(stderr, "reader: %s\n", e.text);
    return bad || last_lsn_seen < last;
}

START_TEST(a_reader_in_another_process_sees_whole_commits)
{
    int status;
    live_publish(dir, "gen-1", SONGS, 1);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        execl(self, self, "reader", dir, "100", (char *)NULL);
        _exit(127);
    }
    struct sg_delta *d = open_delta("gen-1");
    for (uint64_t i = 0; i < 100; i++)
        write_round(d, i);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    sg_delta_close(d);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("searcher");
    TCase *t = tcase_create("searcher");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, without_a_generation_nothing_is_found_until_one_is_published);
    tcase_add_test(t, a_newer_generation_is_taken_at_the_next_begin);
    tcase_add_test(t, a_corrupt_newest_generation_is_refused_and_the_previous_goes_on);
    tcase_add_test(t, at_start_the_newest_good_one_older_than_a_corrupt_one_is_served);
    tcase_add_test(t, what_is_verified_later_falls_back_the_same_way);
    tcase_add_test(t, only_one_folder_can_be_served_before_publish);
    tcase_add_test(t, groups_are_or_within_and_across_and_not);
    tcase_add_test(t, new_entities_complete_heaviest_first);
    tcase_add_test(t, readers_never_miss_or_double_a_song_while_it_is_written);
    tcase_add_test(t, generations_are_swapped_under_searching_threads);
    tcase_add_test(t, a_reader_in_another_process_sees_whole_commits);
    suite_add_tcase(all, t);
    return all;
}

int main(int argc, char **argv)
{
    self = "/proc/self/exe";
    if (argc == 4 && strcmp(argv[1], "reader") == 0) {
        int bad = read_in_another_process(argv[2], strtoull(argv[3], NULL, 10));
        sg_searcher_close(s);
        sg_index_close(x);
        return bad ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
