/* test_exactly_once.c - the index equals the catalogue whatever is killed.
 *
 * A writer changes the catalogue, a reader asks the index without pause, and
 * meanwhile the indexer, its rebuilds, the database or the disk fail. In the
 * end `verify --search` must find no difference, and the reader must not have
 * met an error. $SEGUE_FAULT_SEED repeats a run.
 */
#include "core/clock.h"
#include "index/searcher.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include "tests/support/writer.h"
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND(...) test_indexer_command(&x, (const char *const[]){__VA_ARGS__, NULL})

static struct test_pg *pg;
static struct test_indexer x;

struct reader {
    pthread_t thread;
    atomic_bool stop;
    atomic_ulong asked;
    char error[600]; /* of the first failure; "" */
};

static int ask_kind(struct sg_searcher *s, enum sg_kind kind, struct sg_arena *a,
                    struct sg_error *e)
{
    union {
        struct sg_song song;
        struct sg_artist artist;
        struct sg_album album;
        struct sg_playlist playlist;
    } record;
    struct sg_str every = SG_STR("Q");
    struct sg_term_group all = {&every, 1, false};
    sg_docref docs[40];
    int rc = sg_match_begin(s, kind, &all, 1, e);
    int n = rc ? rc : sg_match_next(s, docs, 40, e);
    for (int i = 0; i < n; i++) {
        struct sg_facts f;
        if (!sg_searcher_facts(s, kind, docs[i], &f))
            return sg_fail(e, SG_ECORRUPT, "no facts of %s document %u", sg_kind_names[kind],
                           docs[i]);
        rc = sg_searcher_record(s, kind, f.id, a, &record, e);
        if (rc)
            return sg_wrap(e, "%s %llu", sg_kind_names[kind], (unsigned long long)f.id);
    }
    return n < 0 ? n : 0;
}

static int ask_once(struct sg_searcher *s, struct sg_arena *a, struct sg_error *e)
{
    int rc = sg_searcher_begin(s, e);
    if (rc)
        return rc;
    for (int k = 0; !rc && k < SG_KINDS; k++)
        rc = ask_kind(s, (enum sg_kind)k, a, e);
    sg_searcher_end(s);
    sg_arena_reset(a);
    return rc;
}

static void *read_on(void *arg)
{
    struct reader *r = arg;
    struct sg_index *index = NULL;
    struct sg_searcher *s = NULL;
    struct sg_index_options o = {.dir = x.index, .poll_ms = 20};
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_index_open(&index, &o, &e);
    if (!rc)
        rc = sg_searcher_open(&s, index, &e);
    while (!rc && !atomic_load(&r->stop)) {
        rc = ask_once(s, &a, &e);
        atomic_fetch_add(&r->asked, 1);
        sg_sleep_us(2000);
    }
    if (rc)
        snprintf(r->error, sizeof r->error, "%s", e.text);
    if (s)
        sg_searcher_close(s);
    if (index)
        sg_index_close(index);
    sg_arena_free(&a);
    return NULL;
}

static void reader_start(struct reader *r)
{
    memset(r, 0, sizeof *r);
    ck_assert_int_eq(pthread_create(&r->thread, NULL, read_on, r), 0);
}

static void reader_stop(struct reader *r)
{
    atomic_store(&r->stop, true);
    pthread_join(r->thread, NULL);
    ck_assert_msg(!r->error[0], "the reader met: %s", r->error);
    ck_assert_uint_gt(atomic_load(&r->asked), 10);
}

static void seed_catalogue(void)
{
    PGconn *c = test_pg_connect(pg);
    test_writer_seed(c);
    PQfinish(c);
}

static void drop_slots(void)
{
    PGconn *c = test_pg_connect(pg);
    for (int i = 0; i < 100; i++) {
        if (!strcmp(test_pg_sql(c, "SELECT count(*) FROM pg_replication_slots WHERE active"), "0"))
            break;
        sg_sleep_us(20000);
    }
    test_pg_sql(c, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    PQfinish(c);
}

static void set_up(void)
{
    seed_catalogue();
    test_indexer_init(&x, pg, NULL, "indexer.rebuild_after = 100000\n");
}

static void tear_down(void)
{
    test_indexer_kill(&x, SIGTERM);
    drop_slots();
}

static uint64_t seed(void)
{
    const char *given = getenv("SEGUE_FAULT_SEED");
    uint64_t s = given ? strtoull(given, NULL, 10) : (uint64_t)sg_wall_us();
    fprintf(stderr, "SEGUE_FAULT_SEED=%llu\n", (unsigned long long)s);
    return s;
}

/* One more death of the indexer; now and then of a rebuild beside it too. */
static void kill_once(uint64_t *random, int i)
{
    const char *const rebuild[] = {"rebuild", NULL};
    pid_t other = i % 5 == 4 ? test_indexer_spawn(&x, rebuild) : 0;
    sg_sleep_us(20000 + (int64_t)(test_random(random) % 500000));
    test_indexer_kill(&x, SIGKILL);
    if (other > 0 && i % 10 == 9)
        ck_assert_int_eq(test_wait(other), 0);
    else if (other > 0) {
        kill(other, SIGKILL);
        test_wait(other);
    }
    test_indexer_run(&x);
}

START_TEST(ten_thousand_changes_survive_fifty_kills)
{
    struct test_writer w;
    struct reader r;
    uint64_t random = seed();
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_indexer_run(&x);
    reader_start(&r);
    test_writer_start(&w, pg, random, 10000, 400);
    for (int i = 0; i < 50; i++)
        kill_once(&random, i);
    uint64_t changes = test_writer_join(&w);
    ck_assert_uint_ge(changes, 10000);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    reader_stop(&r);
    fprintf(stderr, "%llu changes, 50 kills, %lu answers\n", (unsigned long long)changes,
            atomic_load(&r.asked));
}
END_TEST

START_TEST(the_database_may_be_killed_too)
{
    struct test_writer w;
    struct reader r;
    uint64_t random = seed();
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_indexer_run(&x);
    reader_start(&r);
    test_writer_start(&w, pg, random, 3000, 500);
    for (int i = 0; i < 3; i++) {
        sg_sleep_us(700000);
        test_pg_crash(pg);
        sg_sleep_us(200000);
        test_pg_up(pg);
    }
    test_writer_join(&w);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    reader_stop(&r);
}
END_TEST

static void wait_for_log(const char *text)
{
    for (int i = 0; i < 400 && !test_indexer_logged(&x, text); i++)
        sg_sleep_us(50000);
    if (!test_indexer_logged(&x, text))
        test_indexer_show_log(&x);
    ck_assert_msg(test_indexer_logged(&x, text), "never logged: %s", text);
}

/* Takes all that is left of the disk. */
static void fill_disk(const char *path)
{
    static char zeros[1 << 16];
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    for (size_t n = sizeof zeros; n >= 512; n /= 2) {
        while (write(fd, zeros, n) == (ssize_t)n)
            ;
    }
    close(fd);
}

START_TEST(a_full_disk_delays_and_loses_nothing)
{
    const char *disk = test_scratch_small(96 << 20);
    if (!disk) {
        fprintf(stderr, "SKIPPED: a_full_disk_delays_and_loses_nothing: only root can mount\n");
        return;
    }
    struct test_writer w;
    struct reader r;
    char filler[256];
    test_indexer_init(&x, pg, disk, NULL);
    snprintf(filler, sizeof filler, "%s/filler", disk);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_indexer_run(&x);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    reader_start(&r);
    fill_disk(filler);
    test_writer_start(&w, pg, seed(), 2000, 2000);
    test_writer_join(&w);
    wait_for_log("disk full");
    ck_assert_int_eq(kill(x.pid, 0), 0);
    ck_assert_int_eq(COMMAND("rebuild"), 1);
    unlink(filler);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    reader_stop(&r);
    ck_assert_int_eq(test_indexer_kill(&x, SIGTERM), 0);
}
END_TEST

START_TEST(a_corrupt_generation_is_refused_and_the_previous_one_serves)
{
    char first[SG_GENERATION_NAME], second[SG_GENERATION_NAME], served[SG_GENERATION_NAME];
    char path[512], refused[256];
    struct sg_index *index;
    struct sg_index_options o = {.dir = x.index};
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    ck_assert_int_eq(sg_current_read(x.index, first, NULL), 0);
    sg_sleep_us(1100000);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    ck_assert_int_eq(sg_current_read(x.index, second, NULL), 0);
    snprintf(path, sizeof path, "%s/%s/store.mdb", x.index, second);
    int fd = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(fd, "damage", 6, 9000), 6);
    close(fd);
    ck_assert_int_eq(sg_index_open(&index, &o, NULL), 0);
    sg_index_status(index, served, refused);
    sg_index_close(index);
    ck_assert_str_eq(served, first);
    ck_assert_ptr_nonnull(strstr(refused, "store.mdb"));
    ck_assert_int_eq(COMMAND("gate"), 3);
}
END_TEST

int main(void)
{
    pg = test_pg_start_migrated(NULL);
    Suite *s = suite_create("exactly once");
    TCase *t = tcase_create("faults");
    tcase_set_timeout(t, 550);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, ten_thousand_changes_survive_fifty_kills);
    tcase_add_test(t, the_database_may_be_killed_too);
    tcase_add_test(t, a_full_disk_delays_and_loses_nothing);
    tcase_add_test(t, a_corrupt_generation_is_refused_and_the_previous_one_serves);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
