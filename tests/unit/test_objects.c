/* test_objects.c - a folder of objects: whole or not at all, sealed or clear, from any byte. */
#include "core/buf.h"
#include "core/digest.h"
#include "core/objects/objects.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sg_config config;
static struct sg_objects *o;
static struct sg_error e;
static const unsigned char content_key[32] = "a key of thirty-two bytes, truly";

static void setup(void)
{
    sg_config_defaults(&config);
    snprintf(config.objects.url, sizeof config.objects.url, "%s/a/objects", test_scratch());
    ck_assert_msg(!sg_objects_open(&o, &config, &e), "%s", e.text);
}

static void teardown(void)
{
    sg_objects_close(o);
}

static char *pattern(size_t n)
{
    char *p = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(i * 7 + (i >> 8) * 13 + (i >> 16));
    return p;
}

static void put(const char *key, const unsigned char *seal, struct sg_str bytes)
{
    struct sg_object_put *p;
    struct sg_object_info info;
    unsigned char sha[32];
    ck_assert_msg(!sg_objects_put(o, key, "audio/mp4", seal, 0, &p, &e), "%s", e.text);
    ck_assert_msg(!sg_object_write(p, bytes, &e), "%s", e.text);
    ck_assert_msg(!sg_object_commit(p, &info, &e), "%s", e.text);
    sg_sha256(bytes, sha);
    ck_assert_int_eq(info.bytes, (int64_t)bytes.n);
    ck_assert_mem_eq(info.sha256, sha, 32);
}

static int gather(void *ctx, struct sg_str bytes, struct sg_error *err)
{
    (void)err;
    ck_assert(bytes.n > 0 && bytes.n <= SG_OBJECT_CHUNK);
    sg_buf_put(ctx, bytes.p, bytes.n);
    return 0;
}

static void expect(const char *key, const unsigned char *seal, int64_t from, int64_t n,
                   struct sg_str bytes)
{
    struct sg_buf got = {0};
    ck_assert_msg(!sg_objects_get(o, key, seal, from, n, gather, &got, &e), "%s", e.text);
    ck_assert_uint_eq(got.n, bytes.n);
    ck_assert(bytes.n == 0 || memcmp(got.p, bytes.p, bytes.n) == 0);
    sg_buf_free(&got);
}

static int files_in(const char *name)
{
    int n = 0;
    DIR *d = opendir(test_path(config.objects.url, name));
    for (struct dirent *entry; d && (entry = readdir(d));)
        n += entry->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

START_TEST(keys_are_narrow)
{
    static const char *const good[] = {"a", "a/b", "audio/0197-x/f/aac128.mp4", "A_b-c.d/e"};
    static const char *const bad[] = {"",    "/a",   "a/",   "a//b", "..",  "a/../b", ".temp/x",
                                      "a b", "a\nb", "a/.b", "ä",    "a?b", "a%2fb",  "a\\b"};
    char longest[SG_OBJECT_KEY_MAX + 2];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(sg_object_key_ok(sg_str(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sg_object_put *p;
        struct sg_object_info info;
        ck_assert_msg(!sg_object_key_ok(sg_str(bad[i])), "%s", bad[i]);
        ck_assert_int_eq(sg_objects_put(o, bad[i], "", NULL, 0, &p, &e), SG_EINVAL);
        ck_assert_int_eq(sg_objects_stat(o, bad[i], &info, &e), SG_EINVAL);
        ck_assert_int_eq(sg_objects_delete(o, bad[i], &e), SG_EINVAL);
        ck_assert_int_eq(sg_objects_get(o, bad[i], NULL, 0, 0, gather, NULL, &e), SG_EINVAL);
    }
    memset(longest, 'x', sizeof longest);
    ck_assert(sg_object_key_ok((struct sg_str){longest, SG_OBJECT_KEY_MAX}));
    ck_assert(!sg_object_key_ok((struct sg_str){longest, SG_OBJECT_KEY_MAX + 1}));
}
END_TEST

START_TEST(nothing_is_visible_before_commit_and_nothing_stays_after_abort)
{
    struct sg_object_put *p;
    struct sg_object_info info;
    ck_assert(!sg_objects_put(o, "x/y", "a/b", NULL, 0, &p, &e));
    ck_assert(!sg_object_write(p, SG_STR("abc"), &e));
    ck_assert_int_eq(sg_objects_stat(o, "x/y", &info, &e), SG_ENOENT);
    sg_object_abort(p);
    ck_assert_int_eq(sg_objects_stat(o, "x/y", &info, &e), SG_ENOENT);
    ck_assert_int_eq(files_in(".temp"), 0);
    sg_object_abort(NULL);
}
END_TEST

START_TEST(a_second_put_replaces_the_first_while_it_is_read)
{
    struct sg_object_reader *r;
    char buf[8];
    put("k", NULL, SG_STR("first"));
    ck_assert(!sg_object_reader_open(o, "k", NULL, &r, &e));
    put("k", NULL, SG_STR("second"));
    ck_assert_int_eq(sg_object_read(r, 0, buf, sizeof buf, &e), 5);
    ck_assert_mem_eq(buf, "first", 5);
    sg_object_reader_close(r);
    expect("k", NULL, 0, 0, SG_STR("second"));
}
END_TEST

START_TEST(any_range_of_clear_and_sealed_objects_is_what_was_put)
{
    enum { N = 3 * SG_OBJECT_CHUNK + 17 };
    static const int64_t edges[] = {0, 1, 15, 16, 17, 65535, 65536, 65537, N - 1, N};
    const size_t n_edges = sizeof edges / sizeof *edges;
    char *bytes = pattern(N);
    put("clear", NULL, (struct sg_str){bytes, N});
    put("sealed", content_key, (struct sg_str){bytes, N});
    for (size_t i = 0; i < n_edges; i++)
        for (size_t j = i; j < n_edges; j++) {
            int64_t from = edges[i], n = edges[j] - from;
            struct sg_str part = {bytes + from, n ? (size_t)n : (size_t)(N - from)};
            expect("clear", NULL, from, n, part);
            expect("sealed", content_key, from, n, part);
        }
    expect("sealed", content_key, N - 3, 100, (struct sg_str){bytes + N - 3, 3});
    ck_assert_int_eq(sg_objects_get(o, "clear", NULL, N + 1, 0, gather, NULL, &e), SG_EINVAL);
    ck_assert_int_eq(sg_objects_get(o, "clear", NULL, -1, 0, gather, NULL, &e), SG_EINVAL);
    free(bytes);
}
END_TEST

START_TEST(a_sealed_object_lies_encrypted_as_long_as_the_clear_and_under_its_own_key)
{
    struct sg_object_info info;
    struct sg_buf one = {0}, two = {0};
    put("one", content_key, SG_STR("The quick brown fox jumps over the lazy dog"));
    put("two", content_key, SG_STR("The quick brown fox jumps over the lazy dog"));
    ck_assert(!sg_objects_stat(o, "one", &info, &e));
    ck_assert_int_eq(info.bytes, 43);
    ck_assert(!sg_objects_get(o, "one", NULL, 0, 0, gather, &one, &e));
    ck_assert(!sg_objects_get(o, "two", NULL, 0, 0, gather, &two, &e));
    ck_assert_ptr_null(memmem(one.p, one.n, "The", 3));
    ck_assert_mem_ne(one.p, two.p, 43);
    sg_buf_free(&one);
    sg_buf_free(&two);
}
END_TEST

START_TEST(the_keystream_goes_on_past_the_end_of_the_counter)
{
    /* The counter is one number of 128 bits: what lies at byte 16 * 2^32 and beyond is read by
     * seeking there; compared with the cipher run with the counter added by hand. */
    enum { N = 64 };
    int fd = open(test_path(config.objects.url, "far"), O_RDWR | O_CREAT, 0600);
    const int64_t at = (1LL << 36) + 5;
    char zero[N] = {0}, first[N], again[N];
    struct sg_object_reader *r;
    ck_assert_int_eq(pwrite(fd, zero, N, at), N);
    close(fd);
    ck_assert(!sg_object_reader_open(o, "far", content_key, &r, &e));
    ck_assert_int_eq(sg_object_read(r, at, first, N, &e), N);
    for (int i = 0; i < N; i++) /* byte by byte, backwards: each a seek of its own */
        ck_assert_int_eq(sg_object_read(r, at + N - 1 - i, &again[N - 1 - i], 1, &e), 1);
    ck_assert_mem_eq(first, again, N);
    ck_assert_int_eq(sg_object_read(r, at - (1LL << 36), again, N, &e), N);
    ck_assert_mem_ne(first, again, N);
    sg_object_reader_close(r);
}
END_TEST

START_TEST(what_is_written_is_kept_in_the_clear_when_asked_for)
{
    struct sg_object_put *p;
    char buf[8] = "";
    ck_assert(!sg_objects_put(o, "k", "", content_key, SG_OBJECT_KEEP, &p, &e));
    ck_assert(!sg_object_write(p, SG_STR("abc"), &e));
    ck_assert(!sg_object_write(p, SG_STR("def"), &e));
    ck_assert_int_eq(read(sg_object_fd(p), buf, sizeof buf), 6);
    ck_assert_str_eq(buf, "abcdef");
    ck_assert(!sg_object_commit(p, NULL, &e));
    expect("k", content_key, 0, 0, SG_STR("abcdef"));
    ck_assert(!sg_objects_put(o, "k", "", NULL, 0, &p, &e));
    ck_assert_int_eq(sg_object_fd(p), -1);
    sg_object_abort(p);
}
END_TEST

START_TEST(a_file_goes_in_and_comes_out_whole)
{
    enum { N = 200001 };
    struct sg_object_info in, out;
    char *bytes = pattern(N), from[256];
    snprintf(from, sizeof from, "%s", test_path(test_scratch(), "file"));
    FILE *f = fopen(from, "w");
    fwrite(bytes, 1, N, f);
    fclose(f);
    ck_assert(!sg_objects_put_file(o, "f", "audio/flac", content_key, from, &in, &e));
    int fd = open(from, O_RDWR | O_TRUNC);
    ck_assert(!sg_objects_fetch(o, "f", content_key, fd, &out, &e));
    ck_assert_int_eq(out.bytes, N);
    ck_assert_mem_eq(in.sha256, out.sha256, 32);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), N);
    close(fd);
    ck_assert_int_eq(sg_objects_put_file(o, "g", "", NULL, "/no/such/file", NULL, &e), SG_ENOENT);
    ck_assert_int_eq(sg_objects_fetch(o, "none", NULL, 1, NULL, &e), SG_ENOENT);
    free(bytes);
}
END_TEST

struct seen {
    struct sg_buf keys;
    int left;
    bool deletes;
};

static int note(void *ctx, const char *key, const struct sg_object_info *info, struct sg_error *err)
{
    struct seen *s = ctx;
    ck_assert(info->modified_us > 0);
    sg_buf_printf(&s->keys, "%s:%d ", key, (int)info->bytes);
    if (s->deletes)
        ck_assert(!sg_objects_delete(o, key, err));
    return --s->left == 0 ? SG_ECANCELED : 0;
}

static void expect_list(const char *prefix, const char *after, const char *keys)
{
    struct seen s = {.left = -1};
    ck_assert(!sg_objects_list(o, prefix, after, note, &s, &e));
    sg_buf_putc(&s.keys, '\0');
    ck_assert_str_eq(s.keys.p, keys);
    sg_buf_free(&s.keys);
}

START_TEST(lists_are_in_the_order_of_bytes_whatever_the_folders_are)
{
    static const char *const keys[] = {"a/b/c", "a-b", "a0", "a/b.x", "b", "a/b/d/e", "aa/z"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(keys[i], NULL, (struct sg_str){"xxxxxxx", i});
    expect_list("", NULL, "a-b:1 a/b.x:3 a/b/c:0 a/b/d/e:5 a0:2 aa/z:6 b:4 ");
    expect_list("a/", NULL, "a/b.x:3 a/b/c:0 a/b/d/e:5 ");
    expect_list("a", "a/b/c", "a/b/d/e:5 a0:2 aa/z:6 ");
    expect_list("a/b/", "a/b/c", "a/b/d/e:5 ");
    expect_list("", "a/b/d", "a/b/d/e:5 a0:2 aa/z:6 b:4 ");
    expect_list("none", NULL, "");
    struct seen s = {.left = 2};
    ck_assert_int_eq(sg_objects_list(o, "", NULL, note, &s, &e), SG_ECANCELED);
    sg_buf_free(&s.keys);
}
END_TEST

START_TEST(deleting_is_idempotent_and_leaves_no_empty_folders)
{
    struct seen s = {.left = -1, .deletes = true};
    put("a/b/c", NULL, SG_STR("1"));
    put("a/b/d", NULL, SG_STR("2"));
    ck_assert(!sg_objects_delete(o, "a/b/c", &e));
    ck_assert(!sg_objects_delete(o, "a/b/c", &e));
    ck_assert(!sg_objects_delete(o, "never/was", &e));
    ck_assert(!sg_objects_delete(o, "a/b", &e)); /* a folder is no object */
    expect("a/b/d", NULL, 0, 0, SG_STR("2"));
    ck_assert(!sg_objects_list(o, "", NULL, note, &s, &e));
    ck_assert_int_eq(files_in(""), 0);
    sg_buf_free(&s.keys);
}
END_TEST

START_TEST(what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not)
{
    struct sg_object_put *p;
    int64_t n;
    pid_t pid = fork();
    if (pid == 0) {
        struct sg_objects *mine = NULL;
        if (!sg_objects_open(&mine, &config, &e) &&
            !sg_objects_put(mine, "dead", "", NULL, 0, &p, &e) &&
            !sg_object_write(p, SG_STR("half"), &e))
            raise(SIGKILL);
        _exit(1);
    }
    int status;
    ck_assert(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    ck_assert(!sg_objects_put(o, "alive", "", NULL, 0, &p, &e));
    ck_assert(!sg_object_write(p, SG_STR("whole"), &e));
    ck_assert_int_eq(files_in(".temp"), 2);
    ck_assert(!sg_objects_sweep(o, 3600, &n, &e));
    ck_assert_int_eq(n, 0);
    ck_assert(!sg_objects_sweep(o, 0, &n, &e));
    ck_assert_int_eq(n, 1);
    ck_assert(!sg_object_commit(p, NULL, &e));
    expect("alive", NULL, 0, 0, SG_STR("whole"));
    expect_list("", NULL, "alive:5 ");
}
END_TEST

/* Writes objects of growing size until it is killed, and tells of each when it is committed. */
static _Noreturn void write_on(int tell, int round)
{
    struct sg_objects *mine = NULL;
    char *all = pattern(1 << 18), key[32];
    if (sg_objects_open(&mine, &config, &e))
        _exit(1);
    for (int i = 0;; i++) {
        struct sg_object_put *p;
        size_t n = (size_t)(i * 7919) % (1 << 18);
        snprintf(key, sizeof key, "r%d/%d/o", round, i);
        if (sg_objects_put(mine, key, "", content_key, 0, &p, &e) ||
            sg_object_write(p, (struct sg_str){all, n}, &e) || sg_object_commit(p, NULL, &e) ||
            write(tell, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

static int check_whole(void *ctx, const char *key, const struct sg_object_info *info,
                       struct sg_error *err)
{
    int round, i, *seen = ctx;
    (void)err;
    ck_assert_int_eq(sscanf(key, "r%d/%d/o", &round, &i), 2);
    size_t n = (size_t)(i * 7919) % (1 << 18);
    char *all = pattern(1 << 18);
    ck_assert_int_eq(info->bytes, (int64_t)n);
    expect(key, content_key, 0, 0, (struct sg_str){all, n});
    free(all);
    ++*seen;
    return 0;
}

START_TEST(killed_at_any_moment_objects_are_whole_or_not_there)
{
    enum { ROUNDS = 12 };
    int told = 0, seen = 0, i;
    for (int round = 0; round < ROUNDS; round++) {
        int tell[2];
        ck_assert_int_eq(pipe(tell), 0);
        pid_t pid = fork();
        if (pid == 0)
            write_on(tell[1], round);
        close(tell[1]);
        ck_assert(read(tell[0], &i, sizeof i) == sizeof i); /* it has begun */
        told++;
        usleep((useconds_t)(rand() % 30000));
        kill(pid, SIGKILL);
        for (; read(tell[0], &i, sizeof i) == sizeof i; told++)
            ;
        close(tell[0]);
        ck_assert(waitpid(pid, NULL, 0) == pid);
    }
    ck_assert(!sg_objects_list(o, "", NULL, check_whole, &seen, &e));
    ck_assert_int_ge(seen, told); /* killed between commit and word of it: one more */
    ck_assert_int_le(seen, told + ROUNDS);
}
END_TEST

START_TEST(a_full_disk_is_told_and_leaves_nothing)
{
    struct sg_objects *small = NULL;
    struct sg_object_put *p;
    struct sg_object_info info;
    const char *dir = test_scratch_small(1 << 20);
    if (!dir)
        return;
    char *bytes = pattern(2 << 20);
    snprintf(config.objects.url, sizeof config.objects.url, "%s/o", dir);
    ck_assert(!sg_objects_open(&small, &config, &e));
    ck_assert(!sg_objects_is_there(small, &e));
    ck_assert(!sg_objects_put(small, "k", "", content_key, 0, &p, &e));
    ck_assert_int_eq(sg_object_write(p, (struct sg_str){bytes, 2 << 20}, &e), SG_ENOSPC);
    ck_assert_int_eq(sg_objects_is_there(small, &e), SG_ENOSPC);
    sg_object_abort(p);
    ck_assert(!sg_objects_is_there(small, &e));
    ck_assert_int_eq(sg_objects_stat(small, "k", &info, &e), SG_ENOENT);
    sg_objects_close(small);
    free(bytes);
}
END_TEST

START_TEST(a_store_that_goes_away_is_told)
{
    ck_assert(sg_objects_is_folder(o));
    ck_assert(!sg_objects_is_there(o, &e));
    char moved[SG_CONFIG_TEXT + 8];
    snprintf(moved, sizeof moved, "%s.away", config.objects.url);
    ck_assert_int_eq(rename(config.objects.url, moved), 0);
    ck_assert_int_eq(sg_objects_is_there(o, &e), SG_ENOENT);
}
END_TEST

/* Folders come and go below the puts of others. */
static void *churn(void *number)
{
    struct sg_error mine = SG_ERROR_INIT;
    for (int i = 0; i < 100; i++) {
        struct sg_object_put *p;
        char key[64];
        snprintf(key, sizeof key, "shared/folder/%d", *(int *)number);
        if (sg_objects_put(o, key, "", NULL, 0, &p, &mine) ||
            sg_object_write(p, SG_STR("x"), &mine) || sg_object_commit(p, NULL, &mine) ||
            sg_objects_delete(o, key, &mine))
            return number;
    }
    return NULL;
}

START_TEST(threads_put_and_delete_in_the_same_folders)
{
    enum { N = 4 };
    pthread_t threads[N];
    int numbers[N];
    void *failed;
    for (int i = 0; i < N; i++) {
        numbers[i] = i;
        ck_assert(!pthread_create(&threads[i], NULL, churn, &numbers[i]));
    }
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    expect_list("", NULL, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("objects");
    TCase *t = tcase_create("folder");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, keys_are_narrow);
    tcase_add_test(t, nothing_is_visible_before_commit_and_nothing_stays_after_abort);
    tcase_add_test(t, a_second_put_replaces_the_first_while_it_is_read);
    tcase_add_test(t, any_range_of_clear_and_sealed_objects_is_what_was_put);
    tcase_add_test(t, a_sealed_object_lies_encrypted_as_long_as_the_clear_and_under_its_own_key);
    tcase_add_test(t, the_keystream_goes_on_past_the_end_of_the_counter);
    tcase_add_test(t, what_is_written_is_kept_in_the_clear_when_asked_for);
    tcase_add_test(t, a_file_goes_in_and_comes_out_whole);
    tcase_add_test(t, lists_are_in_the_order_of_bytes_whatever_the_folders_are);
    tcase_add_test(t, deleting_is_idempotent_and_leaves_no_empty_folders);
    tcase_add_test(t, what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not);
    tcase_add_test(t, killed_at_any_moment_objects_are_whole_or_not_there);
    tcase_add_test(t, a_full_disk_is_told_and_leaves_nothing);
    tcase_add_test(t, a_store_that_goes_away_is_told);
    tcase_add_test(t, threads_put_and_delete_in_the_same_folders);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
