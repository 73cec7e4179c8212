/* test_journal.c - group commit, bounds, killed writers, torn and damaged segments. */
#include "core/clock.h"
#include "core/journal.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *dir;
static struct sg_journal *j;
static struct sg_error e;
static struct sg_journal_options options;

static void reopen(void)
{
    sg_journal_close(j);
    j = NULL;
    ck_assert_msg(sg_journal_open(&j, &options, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    dir = test_path(test_scratch(), "journal");
    dir = strdup(dir);
    options = (struct sg_journal_options){.dir = dir};
    reopen();
}

static void teardown(void)
{
    sg_journal_close(j);
    j = NULL;
    free((void *)dir);
}

static void add(const char *text)
{
    ck_assert_msg(sg_journal_add_wait(j, sg_str(text), &e) == 0, "%s", e.text);
}

/* Reads everything: the texts joined by commas; *last: the last sequence. */
static const char *read_all(uint64_t *last)
{
    static char text[4000];
    struct sg_journal_record r[3];
    size_t n, at = 0;
    text[0] = '\0';
    do {
        ck_assert_int_eq(sg_journal_read(j, r, 3, &n, &e), 0);
        for (size_t i = 0; i < n; i++) {
            if (at)
                text[at++] = ',';
            at += (size_t)snprintf(text + at, sizeof text - at, "%.*s", SG_FMT(r[i].bytes));
            *last = r[i].sequence;
        }
    } while (n);
    return text;
}

START_TEST(what_was_added_is_read_in_order_and_again_until_acknowledged)
{
    uint64_t last = 0;
    add("a"), add("b"), add("c"), add("d");
    ck_assert_str_eq(read_all(&last), "a,b,c,d");
    reopen();
    add("e");
    ck_assert_str_eq(read_all(&last), "a,b,c,d,e");
    sg_journal_rewind(j);
    ck_assert_str_eq(read_all(&last), "a,b,c,d,e");
    ck_assert_int_eq(sg_journal_acknowledge(j, 2, &e), 0);
    reopen();
    ck_assert_str_eq(read_all(&last), "c,d,e");
    ck_assert_int_eq(sg_journal_acknowledge(j, last, &e), 0);
    reopen();
    ck_assert_str_eq(read_all(&last), "");
    add("f");
    ck_assert_str_eq(read_all(&last), "f");
}
END_TEST

START_TEST(nobody_need_wait_and_it_is_read_soon)
{
    uint64_t last = 0;
    int64_t until = sg_now_us() + 60000000;
    ck_assert_int_eq(sg_journal_add(j, SG_STR("x"), NULL, NULL, &e), 0);
    const char *text = "";
    while (!*text && sg_now_us() < until)
        text = read_all(&last);
    ck_assert_str_eq(text, "x");
}
END_TEST

START_TEST(two_processes_do_not_share_one)
{
    struct sg_journal *other = NULL;
    ck_assert_int_eq(sg_journal_open(&other, &options, &e), SG_EBUSY);
}
END_TEST

START_TEST(a_full_journal_refuses_the_patient_first_and_has_room_after_acknowledging)
{
    char bytes[1000];
    uint64_t last = 0;
    memset(bytes, 'x', sizeof bytes);
    struct sg_str record = {bytes, sizeof bytes};
    options.max_bytes = 20000;
    options.segment_bytes = 2000;
    reopen();
    size_t patient = 0, waiting = 0;
    while (!sg_journal_add(j, record, NULL, NULL, &e))
        patient++;
    ck_assert_int_eq(e.code, SG_EBUSY);
    while (!sg_journal_add_wait(j, record, &e))
        waiting++;
    ck_assert_int_eq(e.code, SG_EBUSY);
    ck_assert_uint_eq(patient, 9);
    ck_assert_uint_eq(patient + waiting, 19);
    struct sg_journal_record r[32];
    size_t n;
    do {
        ck_assert_int_eq(sg_journal_read(j, r, 32, &n, &e), 0);
        last = n ? r[n - 1].sequence : last;
    } while (n);
    ck_assert_uint_eq(last, 19);
    ck_assert_int_eq(sg_journal_acknowledge(j, last, &e), 0);
    add("room");
}
END_TEST

enum { THREADS = 8, EACH = 200 };

static void *adder(void *ctx)
{
    for (int i = 0; i < EACH; i++)
        if (sg_journal_add_wait(j, SG_STR("r"), NULL))
            return ctx;
    return NULL;
}

START_TEST(many_callers_share_a_sync_and_all_records_are_there)
{
    pthread_t t[THREADS];
    void *failed;
    uint64_t last = 0;
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, adder, j);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(t[i], &failed);
        ck_assert_ptr_null(failed);
    }
    read_all(&last);
    ck_assert_uint_eq(last, THREADS * EACH);
}
END_TEST

/* In a child: adds numbered records, says each one that was promised. */
static void add_until_killed(int fd)
{
    struct sg_journal *own;
    if (sg_journal_open(&own, &options, NULL))
        _exit(1);
    for (uint32_t i = 1;; i++) {
        char text[64];
        snprintf(text, sizeof text, "%u", i);
        if (sg_journal_add_wait(own, sg_str(text), NULL) || write(fd, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

START_TEST(what_was_promised_before_kill_9_is_there)
{
    uint32_t promised = 0, next;
    int fds[2];
    options.segment_bytes = 1000;
    sg_journal_close(j);
    j = NULL;
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0)
            add_until_killed(fds[1]);
        close(fds[1]);
        for (promised = 0; promised < 4 && read(fds[0], &next, sizeof next) == sizeof next;)
            promised = next;
        sg_sleep_us(50000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(fds[0], &next, sizeof next) == sizeof next)
            promised = next;
        close(fds[0]);
        ck_assert_uint_gt(promised, 3);
        reopen();
        struct sg_journal_record r[64];
        size_t n;
        uint32_t seen = 0;
        uint64_t last = 0;
        do {
            ck_assert_int_eq(sg_journal_read(j, r, 64, &n, &e), 0);
            for (size_t i = 0; i < n; i++) {
                char text[64];
                snprintf(text, sizeof text, "%.*s", SG_FMT(r[i].bytes));
                ck_assert_uint_eq(strtoul(text, NULL, 10), ++seen);
                last = r[i].sequence;
            }
        } while (n);
        ck_assert_uint_ge(seen, promised);
        ck_assert_int_eq(sg_journal_acknowledge(j, last, &e), 0);
        sg_journal_close(j);
        j = NULL;
    }
}
END_TEST

/* The only segment's path, its size in *size. */
static const char *segment(off_t *size)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    const char *path = NULL;
    struct stat st;
    while ((entry = readdir(d)))
        if (strstr(entry->d_name, ".journal"))
            path = test_path(dir, entry->d_name);
    closedir(d);
    ck_assert_int_eq(stat(path, &st), 0);
    *size = st.st_size;
    return path;
}

START_TEST(a_torn_end_is_passed_over_and_what_follows_is_read)
{
    uint64_t last = 0;
    off_t size;
    for (int cut = 1; cut < 30; cut++) {
        add("whole"), add("torn");
        sg_journal_close(j);
        j = NULL;
        const char *path = segment(&size);
        ck_assert_int_eq(truncate(path, size - cut), 0);
        reopen();
        add("next");
        ck_assert_str_eq(read_all(&last), cut <= 28 ? "whole,next" : "next");
        ck_assert_int_eq(sg_journal_acknowledge(j, last, &e), 0);
        reopen();
        add("x");
        read_all(&last);
        ck_assert_int_eq(sg_journal_acknowledge(j, last, &e), 0);
        sg_journal_close(j);
        j = NULL;
        ck_assert_int_eq(unlink(segment(&size)), 0);
        reopen();
    }
}
END_TEST

START_TEST(damage_in_the_middle_costs_one_record)
{
    uint64_t last = 0;
    off_t size;
    add("first"), add("second"), add("third");
    sg_journal_close(j);
    j = NULL;
    int fd = open(segment(&size), O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "#", 1, 24 + 5 + 24 + 2), 1);
    close(fd);
    reopen();
    ck_assert_str_eq(read_all(&last), "first,third");
    struct sg_journal_state s;
    sg_journal_state(j, &s);
    ck_assert_uint_eq(s.passed_over, 24 + 6);
}
END_TEST

START_TEST(an_unwritable_disk_is_told_to_who_waits_and_writing_goes_on_later)
{
    static char bytes[SG_JOURNAL_RECORD_MAX];
    const char *small = test_scratch_small(1u << 20);
    uint64_t last = 0;
    if (!small)
        return;
    memset(bytes, 'x', sizeof bytes);
    char path[256];
    snprintf(path, sizeof path, "%s/journal", small);
    options.dir = path;
    reopen();
    ck_assert_int_eq(sg_journal_add_wait(j, (struct sg_str){bytes, sizeof bytes}, &e), SG_ENOSPC);
    add("fits");
    ck_assert_str_eq(read_all(&last), "fits");
    sg_journal_close(j);
    j = NULL;
}
END_TEST

enum { PIECES = 64, PIECE_BYTES = 40000 };
static atomic_int told;

static void note(void *ctx, int rc, const struct sg_error *why)
{
    (void)why;
    *(int *)ctx = rc;
    atomic_fetch_add(&told, 1);
}

static size_t count_files(const char *path)
{
    size_t n = 0;
    DIR *d = opendir(path);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void fill_up(const char *path)
{
    static char page[4096];
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    while (write(fd, page, sizeof page) > 0)
        ;
    close(fd);
}

START_TEST(a_full_disk_holds_what_was_promised_and_no_more_and_is_emptied_again)
{
    static char piece[PIECE_BYTES];
    static int rc[PIECES];
    const char *small = test_scratch_small(1u << 20);
    char path[256], filler[256];
    struct sg_journal_record r;
    size_t n, kept = 0, found = 0;
    uint64_t last = 0;
    if (!small)
        return;
    snprintf(path, sizeof path, "%s/journal", small);
    snprintf(filler, sizeof filler, "%s/filler", small);
    options.dir = path;
    options.segment_bytes = 200000;
    reopen();
    for (int i = 0; i < PIECES; i++) {
        memcpy(piece, &i, sizeof i);
        ck_assert_int_eq(sg_journal_add(j, (struct sg_str){piece, sizeof piece}, note, &rc[i], &e),
                         0);
    }
    while (atomic_load(&told) < PIECES)
        sg_sleep_us(1000);
    for (int i = 0; i < PIECES; i++)
        kept += rc[i] == 0;
    ck_assert_uint_lt(kept, PIECES);
    fill_up(filler);
    size_t files = count_files(path);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(sg_journal_add_wait(j, (struct sg_str){piece, sizeof piece}, &e),
                         SG_ENOSPC);
    ck_assert_uint_le(count_files(path), files + 1);
    while (sg_journal_read(j, &r, 1, &n, &e) == 0 && n) {
        int i;
        memcpy(&i, r.bytes.p, sizeof i);
        ck_assert_int_eq(rc[i], 0);
        found++;
        last = r.sequence;
    }
    ck_assert_uint_eq(found, kept);
    if (!kept) { /* they came as one, too large: there is nothing to empty */
        sg_journal_close(j);
        j = NULL;
        return;
    }
    ck_assert_msg(sg_journal_acknowledge(j, last, &e) == 0, "%s", e.text);
    unlink(filler);
    add("fits");
    reopen();
    ck_assert_str_eq(read_all(&last), "fits");
    sg_journal_close(j);
    j = NULL;
}
END_TEST

/* What stands before a slash is the last record, what behind it the last acknowledged. */
static const char *look(const char *path)
{
    static char text[48];
    uint64_t last = 9, acknowledged = 9;
    ck_assert_msg(sg_journal_look(path, &last, &acknowledged, &e) == 0, "%s", e.text);
    snprintf(text, sizeof text, "%llu/%llu", (unsigned long long)last,
             (unsigned long long)acknowledged);
    return text;
}

START_TEST(who_does_not_have_it_open_sees_how_far_it_is)
{
    uint64_t last = 0;
    ck_assert_str_eq(look("/nowhere/journal"), "0/0");
    ck_assert_str_eq(look(dir), "0/0");
    add("a"), add("b"), add("c");
    ck_assert_str_eq(look(dir), "3/0");
    ck_assert_int_eq(sg_journal_acknowledge(j, 2, &e), 0);
    ck_assert_str_eq(look(dir), "3/2");
    reopen(); /* a new segment, with nothing in it yet */
    ck_assert_str_eq(read_all(&last), "c");
    ck_assert_int_eq(sg_journal_acknowledge(j, 3, &e), 0);
    ck_assert_str_eq(look(dir), "3/3");
    add("d");
    ck_assert_str_eq(look(dir), "4/3");
    ck_assert_int_eq(sg_journal_look(test_path(dir, "position"), &last, &last, &e), SG_EIO);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("journal");
    TCase *t = tcase_create("journal");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_added_is_read_in_order_and_again_until_acknowledged);
    tcase_add_test(t, nobody_need_wait_and_it_is_read_soon);
    tcase_add_test(t, two_processes_do_not_share_one);
    tcase_add_test(t, a_full_journal_refuses_the_patient_first_and_has_room_after_acknowledging);
    tcase_add_test(t, many_callers_share_a_sync_and_all_records_are_there);
    tcase_add_test(t, what_was_promised_before_kill_9_is_there);
    tcase_add_test(t, a_torn_end_is_passed_over_and_what_follows_is_read);
    tcase_add_test(t, damage_in_the_middle_costs_one_record);
    tcase_add_test(t, an_unwritable_disk_is_told_to_who_waits_and_writing_goes_on_later);
    tcase_add_test(t, a_full_disk_holds_what_was_promised_and_no_more_and_is_emptied_again);
    tcase_add_test(t, who_does_not_have_it_open_sees_how_far_it_is);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
