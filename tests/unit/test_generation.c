/* Manifests, CURRENT, and the folder of generations. */
#include "index/generation.h"
#include "tests/support/live.h"
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[128];
static struct sg_error e;
static struct sg_manifest m, other;

static void set_up(void)
{
    live_dir(dir);
    m = (struct sg_manifest){.name = "gen-20260101T000000-1",
                             .slot = "segue_gen_1",
                             .lsn = 0x16b374d848,
                             .created_us = 1700000000000000,
                             .counts = {5, 4, 3, 2},
                             .sequence = 77,
                             .canary_mrr = 0.9876543210123};
}

static void tear_down(void)
{
    live_remove(dir);
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void make_dir(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

START_TEST(a_manifest_is_read_as_it_was_written)
{
    write_file("store.mdb", "records");
    make_dir("text-song");
    write_file("text-song/postlist.glass", "postings");
    ck_assert_int_eq(sg_manifest_sum(&m, dir, &e), 0);
    ck_assert_int_eq(sg_manifest_write(&m, dir, &e), 0);
    ck_assert_int_eq(sg_manifest_read(&other, dir, &e), 0);
    ck_assert_str_eq(other.name, m.name);
    ck_assert_str_eq(other.slot, m.slot);
    ck_assert_uint_eq(other.lsn, m.lsn);
    ck_assert_int_eq(other.created_us, m.created_us);
    ck_assert_mem_eq(other.counts, m.counts, sizeof m.counts);
    ck_assert_uint_eq(other.sequence, 77);
    ck_assert(other.canary_mrr == m.canary_mrr);
    ck_assert_uint_eq(other.n_files, 2);
    ck_assert_str_eq(other.files[1].name, "text-song/postlist.glass");
    ck_assert_uint_eq(other.files[1].bytes, 8);
    ck_assert_int_eq(sg_manifest_check(&other, dir, true, &e), 0);
}
END_TEST

START_TEST(the_sum_leaves_out_what_changes_after_publish)
{
    make_dir("delta");
    write_file("delta/data.mdb", "live");
    write_file("LOCK", "");
    write_file("store.mdb-lock", "");
    write_file(".hidden", "");
    write_file("store.mdb", "records");
    ck_assert_int_eq(sg_manifest_sum(&m, dir, &e), 0);
    ck_assert_uint_eq(m.n_files, 1);
    ck_assert_str_eq(m.files[0].name, "store.mdb");
}
END_TEST

START_TEST(a_changed_byte_a_shorter_and_a_missing_file_are_named)
{
    write_file("store.mdb", "records");
    write_file("spell.seg", "words");
    ck_assert_int_eq(sg_manifest_sum(&m, dir, &e), 0);
    write_file("store.mdb", "recordz");
    ck_assert_int_eq(sg_manifest_check(&m, dir, false, &e), 0);
    ck_assert_int_eq(sg_manifest_check(&m, dir, true, &e), SG_ECORRUPT);
    ck_assert_ptr_nonnull(strstr(e.text, "store.mdb: checksum"));
    write_file("store.mdb", "record");
    ck_assert_int_eq(sg_manifest_check(&m, dir, false, &e), SG_ECORRUPT);
    ck_assert_ptr_nonnull(strstr(e.text, "6 bytes"));
    char path[256];
    snprintf(path, sizeof path, "%s/spell.seg", dir);
    write_file("store.mdb", "records");
    unlink(path);
    ck_assert_int_eq(sg_manifest_check(&m, dir, false, &e), SG_ECORRUPT);
    ck_assert_ptr_nonnull(strstr(e.text, "spell.seg: missing"));
}
END_TEST

/* Whatever byte of the manifest is changed, it is refused or says the same. */
START_TEST(no_changed_byte_of_a_manifest_goes_unnoticed)
{
    char path[256], text[4096];
    write_file("store.mdb", "records");
    ck_assert_int_eq(sg_manifest_sum(&m, dir, &e), 0);
    ck_assert_int_eq(sg_manifest_write(&m, dir, &e), 0);
    ck_assert_int_eq(sg_manifest_read(&m, dir, &e), 0);
    snprintf(path, sizeof path, "%s/MANIFEST.json", dir);
    int fd = open(path, O_RDWR);
    ssize_t n = read(fd, text, sizeof text);
    ck_assert_int_gt(n, 200);
    for (ssize_t i = 0; i < n; i++) {
        char flipped = (char)(text[i] ^ 1 << i % 7);
        ck_assert_int_eq(pwrite(fd, &flipped, 1, i), 1);
        memset(&other, 0, sizeof other);
        if (sg_manifest_read(&other, dir, &e) == 0)
            ck_assert_mem_eq(&other, &m, sizeof m);
        ck_assert_int_eq(pwrite(fd, text + i, 1, i), 1);
    }
    close(fd);
}
END_TEST

START_TEST(hostile_manifests_are_refused)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"format\":1}",
        "\xff\xfe",
        "{\"checksum\":\"0000000000000000\",\"format\":1}",
        "{\"checksum\":5,\"format\":\"1\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file("MANIFEST.json", texts[i]);
        ck_assert_int_eq(sg_manifest_read(&other, dir, &e), SG_ECORRUPT);
    }
    ck_assert_int_eq(sg_manifest_read(&other, "/nonexistent", &e), SG_ENOENT);
    snprintf(m.name, sizeof m.name, "../x");
    ck_assert_int_eq(sg_manifest_write(&m, dir, &e), SG_EINVAL);
}
END_TEST

START_TEST(current_is_published_and_read)
{
    char name[SG_GENERATION_NAME] = "untouched";
    ck_assert_int_eq(sg_current_read(dir, name, &e), SG_ENOENT);
    ck_assert_str_eq(name, "untouched");
    ck_assert_int_eq(sg_current_publish(dir, "gen-1", &e), 0);
    ck_assert_int_eq(sg_current_publish(dir, "gen-2", &e), 0);
    ck_assert_int_eq(sg_current_read(dir, name, &e), 0);
    ck_assert_str_eq(name, "gen-2");
    ck_assert_int_eq(sg_current_publish(dir, "../gen-2", &e), SG_EINVAL);
    ck_assert_int_eq(sg_current_publish(dir, "", &e), SG_EINVAL);
    write_file("CURRENT", "../../etc\n");
    ck_assert_int_eq(sg_current_read(dir, name, &e), SG_ECORRUPT);
    write_file("CURRENT", "");
    ck_assert_int_eq(sg_current_read(dir, name, &e), SG_ECORRUPT);
}
END_TEST

static void make_generation(const char *name, int64_t created_us)
{
    char path[256];
    make_dir(name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(m.name, sizeof m.name, "%s", name);
    m.created_us = created_us;
    ck_assert_int_eq(sg_manifest_write(&m, path, &e), 0);
}

START_TEST(generations_are_listed_newest_first)
{
    struct sg_manifest *list = calloc(3, sizeof *list);
    for (int i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "gen-%d", i * 7 % 5);
        make_generation(name, i * 7 % 5);
    }
    make_dir("gen-unfinished");
    make_generation("building-9", 9);
    ck_assert_uint_eq(sg_generation_list(dir, list, 3), 3);
    ck_assert_str_eq(list[0].name, "gen-4");
    ck_assert_str_eq(list[1].name, "gen-3");
    ck_assert_str_eq(list[2].name, "gen-2");
    ck_assert_uint_eq(sg_generation_list("/nonexistent", list, 3), 0);
    free(list);
}
END_TEST

START_TEST(a_generation_is_removed_unless_it_is_served)
{
    struct sg_manifest *list = calloc(3, sizeof *list);
    make_generation("gen-1", 1);
    make_generation("gen-2", 2);
    make_dir("gen-1/text-song");
    write_file("gen-1/text-song/x", "x");
    ck_assert_int_eq(sg_current_publish(dir, "gen-2", &e), 0);
    ck_assert_int_eq(sg_generation_remove(dir, "gen-2", &e), SG_EBUSY);
    ck_assert_int_eq(sg_generation_remove(dir, "../x", &e), SG_EINVAL);
    ck_assert_int_eq(sg_generation_remove(dir, "gen-1", &e), 0);
    ck_assert_uint_eq(sg_generation_list(dir, list, 3), 1);
    ck_assert_str_eq(list[0].name, "gen-2");
    free(list);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("generation");
    TCase *t = tcase_create("generation");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_manifest_is_read_as_it_was_written);
    tcase_add_test(t, the_sum_leaves_out_what_changes_after_publish);
    tcase_add_test(t, a_changed_byte_a_shorter_and_a_missing_file_are_named);
    tcase_add_test(t, no_changed_byte_of_a_manifest_goes_unnoticed);
    tcase_add_test(t, hostile_manifests_are_refused);
    tcase_add_test(t, current_is_published_and_read);
    tcase_add_test(t, generations_are_listed_newest_first);
    tcase_add_test(t, a_generation_is_removed_unless_it_is_served);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
