/* What may befall the files: flipped bytes, killed writers, lost maps, a full disk. */
#include "core/clock.h"
#include "tests/support/live.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define SONGS 120
#define KILLS 60

static char dir[128];
static struct sg_error e;

static void set_up(void)
{
    live_dir(dir);
}

static void tear_down(void)
{
    live_remove(dir);
}

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static char *dump_of(struct sg_searcher *s)
{
    char why[256] = "";
    ck_assert_msg(sg_searcher_begin(s, &e) == 0, "%s", e.text);
    char *text = live_dump(s, why);
    ck_assert_msg(text != NULL, "%s", why);
    sg_searcher_end(s);
    return text;
}

/* What a process that starts now sees of the index in dir. */
static char *dump_fresh(void)
{
    struct sg_index *x;
    struct sg_searcher *s;
    ck_assert_int_eq(sg_index_open(&x, &(struct sg_index_options){.dir = dir}, &e), 0);
    ck_assert_int_eq(sg_searcher_open(&s, x, &e), 0);
    char *text = dump_of(s);
    sg_searcher_close(s);
    sg_index_close(x);
    return text;
}

/* --- corrupt files --- */

static void expect_served(const char *name, const char *what)
{
    struct sg_index *x;
    char served[SG_GENERATION_NAME], refused[256];
    ck_assert_int_eq(sg_index_open(&x, &(struct sg_index_options){.dir = dir}, &e), 0);
    sg_index_status(x, served, refused);
    ck_assert_msg(strcmp(served, name) == 0, "%s: %s is served", what, served);
    ck_assert_msg(*what ? strstr(refused, what) != NULL : !*refused, "%s: refused for: %s", what,
                  refused);
    sg_index_close(x);
}

static void flip(const char *path, off_t at)
{
    char c;
    int fd = open(path, O_RDWR);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, &c, 1, at), 1);
    c = (char)(c ^ 0x40);
    ck_assert_int_eq(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static void damage_everywhere(const struct sg_file_sum *f)
{
    char name[128], path[512];
    snprintf(name, sizeof name, "gen-2/%s", f->name);
    snprintf(path, sizeof path, "%s", path_of(name));
    ck_assert_int_eq(chmod(path, 0600), 0);
    off_t n = (off_t)f->bytes;
    off_t at[] = {0, n / 7, n / 2, n - n / 5, n - 1};
    for (size_t i = 0; n && i < sizeof at / sizeof *at; i++) {
        flip(path, at[i]);
        expect_served("gen-1", f->name);
        flip(path, at[i]);
    }
    ck_assert_int_eq(truncate(path, n + 1), 0);
    expect_served("gen-1", f->name);
    ck_assert_int_eq(truncate(path, n), 0);
    if (n) {
        ck_assert_int_eq(truncate(path, n - 1), 0);
        expect_served("gen-1", f->name);
    }
}

START_TEST(a_damaged_base_file_is_refused_and_the_previous_generation_served)
{
    struct sg_manifest *m = calloc(1, sizeof *m);
    live_build(dir, "gen-1", SONGS, 1);
    live_publish(dir, "gen-2", SONGS, 2);
    expect_served("gen-2", "");
    ck_assert_int_eq(sg_manifest_read(m, path_of("gen-2"), &e), 0);
    ck_assert_uint_gt(m->n_files, 8);
    for (size_t i = 0; i < m->n_files; i++) {
        damage_everywhere(&m->files[i]);
        live_remove(path_of("gen-2"));
        live_build(dir, "gen-2", SONGS, 2);
        ck_assert_int_eq(sg_manifest_read(m, path_of("gen-2"), &e), 0);
    }
    flip(path_of("gen-2/MANIFEST.json"), 40);
    expect_served("gen-1", "MANIFEST.json");
    free(m);
}
END_TEST

/* --- killed writers --- */

/* Change i belongs to sequence i + 1: what is committed says where to go on. */
static int write_on(const char *generation_dir, uint64_t until)
{
    struct sg_delta *d;
    if (sg_delta_open(&d, generation_dir, &e)) {
        fprintf(stderr, "writer: %s\n", e.text);
        return EXIT_FAILURE;
    }
    uint64_t i = sg_delta_sequence(d);
    while (i < until) {
        for (uint64_t n = i * 2654435761u % 9 + 1; n && i < until; n--)
            live_change(d, i++);
        if (sg_delta_commit(d, i, i, &e)) {
            fprintf(stderr, "writer: %s\n", e.text);
            return EXIT_FAILURE;
        }
    }
    sg_delta_close(d);
    return EXIT_SUCCESS;
}

static pid_t start_writer(const char *generation_dir, uint64_t until)
{
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)until);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        execl("/proc/self/exe", "writer", "writer", generation_dir, number, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int wait_for(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* Lets a writer run for a while and kills it; what is seen meanwhile and after is whole. */
static void run_and_kill(struct sg_searcher *s, const char *generation_dir, unsigned i)
{
    uint64_t wait_us = (uint64_t)(i * 2654435761u) % 400000;
    pid_t pid = start_writer(generation_dir, UINT64_MAX);
    int64_t end = sg_now_us() + (int64_t)wait_us;
    while (i % 3 == 0 && sg_now_us() < end)
        free(dump_of(s));
    if (sg_now_us() < end)
        sg_sleep_us(end - sg_now_us());
    kill(pid, SIGKILL);
    ck_assert(WIFSIGNALED(wait_for(pid)));
    free(dump_of(s));
}

START_TEST(a_writer_killed_at_any_point_loses_nothing_and_breaks_nothing)
{
    struct sg_index *x;
    struct sg_searcher *s;
    char gen[256], straight[256];
    live_publish(dir, "gen-1", SONGS, 1);
    snprintf(gen, sizeof gen, "%s/gen-1", dir);
    ck_assert_int_eq(sg_index_open(&x, &(struct sg_index_options){.dir = dir}, &e), 0);
    ck_assert_int_eq(sg_searcher_open(&s, x, &e), 0);
    uint64_t until = 0;
    for (unsigned i = 0; i < KILLS || (until <= 500 && i < 50 * KILLS); i++) {
        run_and_kill(s, gen, i);
        ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
        until = sg_searcher_lsn(s) + 50;
        sg_searcher_end(s);
    }
    ck_assert_uint_gt(until, 500); /* on a busy machine, by more kills */
    ck_assert_int_eq(wait_for(start_writer(gen, until)), 0);
    char *killed = dump_of(s);
    sg_searcher_close(s);
    sg_index_close(x);

    live_publish(dir, "gen-2", SONGS, 2);
    snprintf(straight, sizeof straight, "%s/gen-2", dir);
    ck_assert_int_eq(wait_for(start_writer(straight, until)), 0);
    char *unharmed = dump_fresh();
    ck_assert_str_eq(killed, unharmed);
    printf("%d kills, %llu changes, the same state as without\n", KILLS, (unsigned long long)until);
    free(killed);
    free(unharmed);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
    char bytes[1 << 16];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    ck_assert(in && out);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(in);
    fclose(out);
}

/* Maps as they were before the last commits (a writer killed right after a commit),
 * and no maps at all: readers get along, and a writer completes them. */
START_TEST(maps_that_are_behind_or_lost_change_no_answer)
{
    static const char *const maps[] = {"gen-1/delta/dead.map", "gen-1/delta/plays.map"};
    char gen[256], old[512];
    live_publish(dir, "gen-1", SONGS, 1);
    snprintf(gen, sizeof gen, "%s/gen-1", dir);
    ck_assert_int_eq(write_on(gen, 20), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(old, sizeof old, "%s/old.%d", dir, i);
        copy_file(path_of(maps[i]), old);
    }
    ck_assert_int_eq(write_on(gen, 400), 0);
    char *right = dump_fresh();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++) {
            snprintf(old, sizeof old, "%s/old.%d", dir, i);
            if (round == 0)
                copy_file(old, path_of(maps[i]));
            else
                ck_assert_int_eq(unlink(path_of(maps[i])), 0);
        }
        char *text = dump_fresh();
        ck_assert_str_eq(text, right);
        free(text);
        ck_assert_int_eq(write_on(gen, 400), 0);
        text = dump_fresh();
        ck_assert_str_eq(text, right);
        free(text);
    }
    free(right);
}
END_TEST

START_TEST(a_delta_that_is_garbage_is_an_error_and_the_base_is_served)
{
    struct sg_delta *d;
    char gen[256];
    live_publish(dir, "gen-1", SONGS, 1);
    char *base = dump_fresh();
    ck_assert_int_eq(mkdir(path_of("gen-1/delta"), 0755), 0);
    FILE *f = fopen(path_of("gen-1/delta/data.mdb"), "w");
    for (int i = 0; i < 20000; i++)
        fputc(i * 7 & 255, f);
    fclose(f);
    char *text = dump_fresh();
    ck_assert_str_eq(text, base);
    snprintf(gen, sizeof gen, "%s/gen-1", dir);
    ck_assert_int_eq(sg_delta_open(&d, gen, &e), SG_ECORRUPT);
    free(base);
    free(text);
}
END_TEST

/* --- a full disk --- */

static bool mounted;

/* In a mount namespace of its own: whatever happens, it ends with the process. */
static void mount_small(const char *options)
{
    mounted = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
              mount("tmpfs", dir, "tmpfs", 0, options) == 0;
    if (!mounted)
        fprintf(stderr, "SKIPPED a_full_disk...: cannot mount a tmpfs here: %s\n", strerror(errno));
}

static void unmount(void)
{
    if (mounted)
        umount2(dir, MNT_DETACH);
    live_remove(dir);
}

/* Fills the disk but for left bytes. */
static void fill(off_t left)
{
    struct statvfs v;
    int fd = open(path_of("ballast"), O_RDWR | O_CREAT, 0644);
    ck_assert_int_eq(statvfs(dir, &v), 0);
    off_t bytes = (off_t)(v.f_bfree * v.f_bsize) - left;
    ck_assert_int_eq(posix_fallocate(fd, 0, bytes), 0);
    close(fd);
}

static void put_many(struct sg_delta *d)
{
    for (uint64_t i = 0; i < 3000; i++) {
        char title[64];
        snprintf(title, sizeof title, "Filling %u the disk %u", (unsigned)i, (unsigned)i * 31);
        live_put_song(d, (struct live_song){1000 + i, 1, 1, i, title});
    }
}

static void expect_enospc(struct sg_delta *d)
{
    uint64_t lsn = sg_delta_lsn(d);
    live_put_artist(d, 1, "Nospace");
    put_many(d);
    ck_assert_msg(sg_delta_commit(d, lsn + 1, lsn + 1, &e) == SG_ENOSPC, "%s", e.text);
    ck_assert_uint_eq(sg_delta_lsn(d), lsn);
}

START_TEST(a_full_disk_shows_nothing_and_heals)
{
    struct sg_delta *d;
    char gen[256];
    mount_small("size=48m");
    if (!mounted)
        return;
    live_publish(dir, "gen-1", SONGS, 1);
    snprintf(gen, sizeof gen, "%s/gen-1", dir);
    fill(16384);
    ck_assert_int_eq(sg_delta_open(&d, gen, &e), SG_ENOSPC);
    unlink(path_of("ballast"));
    ck_assert_msg(sg_delta_open(&d, gen, &e) == 0, "%s", e.text);
    live_change(d, 9);
    ck_assert_int_eq(sg_delta_commit(d, 9, 9, &e), 0);
    char *before = dump_fresh();
    fill(100 << 10);
    for (int i = 0; i < 3; i++)
        expect_enospc(d);
    char *after = dump_fresh();
    ck_assert_str_eq(before, after);
    unlink(path_of("ballast"));
    live_put_artist(d, 1, "Space");
    put_many(d);
    ck_assert_msg(sg_delta_commit(d, 10, 10, &e) == 0, "%s", e.text);
    free(after);
    after = dump_fresh();
    ck_assert_ptr_nonnull(strstr(after, "Filling 2999 the disk"));
    ck_assert_ptr_nonnull(strstr(after, "/space/"));
    ck_assert_ptr_null(strstr(after, "nospace"));
    sg_delta_close(d);
    free(before);
    free(after);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "writer") == 0)
        return write_on(argv[2], strtoull(argv[3], NULL, 10));
    setvbuf(stdout, NULL, _IONBF, 0);
    Suite *suite = suite_create("index faults");
    TCase *t = tcase_create("files"), *full = tcase_create("full disk");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_damaged_base_file_is_refused_and_the_previous_generation_served);
    tcase_add_test(t, a_writer_killed_at_any_point_loses_nothing_and_breaks_nothing);
    tcase_add_test(t, maps_that_are_behind_or_lost_change_no_answer);
    tcase_add_test(t, a_delta_that_is_garbage_is_an_error_and_the_base_is_served);
    tcase_set_timeout(full, 120);
    tcase_add_checked_fixture(full, set_up, unmount);
    tcase_add_test(full, a_full_disk_shows_nothing_and_heals);
    suite_add_tcase(suite, t);
    suite_add_tcase(suite, full);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
