/* test_audio_records.c - what segue-audio says is read as a stranger's word. */
#include "audio/tree.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_error err;
static struct sg_arena arena;
static struct sg_buf text;

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Facts with these files and so many features. */
static int read_facts(const char *files, size_t features, struct sg_audio_facts *out)
{
    sg_buf_reset(&text);
    sg_buf_puts(&text, "{\"container\":\"wav\",\"codec\":\"pcm_s16le\",\"sample_rate\":44100,"
                       "\"channels\":2,\"bits\":16,\"duration_ms\":1000,\"samples\":44100,"
                       "\"true_peak\":-1.5,\"fingerprint_terms\":[-2147483648,2147483647],"
                       "\"features\":[");
    for (size_t i = 0; i < features; i++)
        sg_buf_puts(&text, i ? ",0.5" : "0.5");
    sg_buf_printf(&text, "],\"files\":[%s]}", files);
    err = (struct sg_error)SG_ERROR_INIT;
    return sg_audio_facts_read(sg_buf_str(&text), &arena, out, &err);
}

#define FILE_OF(path)                                                                              \
    "{\"path\":\"" path "\",\"bytes\":5,\"content_type\":\"audio/mp4\",\"sealed\":true,"           \
    "\"codec\":\"aac\",\"bitrate\":64000,\"sha256\":\"" SHA "\"}"

START_TEST(facts_are_read_with_what_was_not_told)
{
    struct sg_audio_facts f;
    ck_assert_msg(!read_facts(FILE_OF("f/aac64.mp4") "," FILE_OF("master.m3u8"), 48, &f), "%s",
                  err.text);
    ck_assert_uint_eq(f.files.n, 2);
    ck_assert(f.loudness == SG_AUDIO_UNTOLD && f.tempo == 0 && !f.musical_key.p);
    ck_assert(f.tags && !f.tags->title.p && f.tags->year == 0);
    ck_assert_int_eq(((int64_t *)f.fingerprint_terms.v)[0], INT32_MIN);
}
END_TEST

START_TEST(facts_that_reach_out_of_the_folder_are_refused)
{
    static const char *const bad[] = {
        FILE_OF("../x"),   FILE_OF("/etc/x"),
        FILE_OF("f/../x"), FILE_OF("f/"),
        FILE_OF("g/a"),    FILE_OF(".x"),
        FILE_OF("f/.x"),   FILE_OF("f/a b"),
        FILE_OF("f/a/b"),  FILE_OF("f/a\\u0000.mp4"),
        FILE_OF("f/A"),    FILE_OF("f/a") "," FILE_OF("f/a"),
    };
    struct sg_audio_facts f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(read_facts(bad[i], 48, &f) == SG_EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(a_vector_of_another_length_is_refused)
{
    struct sg_audio_facts f;
    ck_assert_int_eq(read_facts("", 47, &f), SG_EINVAL);
    ck_assert_int_eq(read_facts("", 49, &f), SG_EINVAL);
    ck_assert_int_eq(read_facts("", 48, &f), 0);
}
END_TEST

static int read_job(const char *rest, struct sg_audio_job *out)
{
    sg_buf_reset(&text);
    sg_buf_printf(&text, "{\"asset_id\":\"018bcfe5-6800-7000-8000-000000000001\",%s}", rest);
    return sg_audio_job_read(sg_buf_str(&text), &arena, out, &err);
}

START_TEST(a_job_has_keys_when_it_encrypts)
{
    struct sg_audio_job j;
    ck_assert_int_eq(read_job("\"protection\":\"none\"", &j), 0);
    ck_assert_uint_eq(j.max_seconds, SG_AUDIO_SECONDS_MAX);
    ck_assert(sg_audio_job_wants(&j, "flac"));
    ck_assert_int_eq(read_job("\"protection\":\"cenc\"", &j), SG_EINVAL);
    ck_assert_int_eq(read_job("\"protection\":\"cenc\",\"cenc_key\":"
                              "\"0123456789abcdef0123456789abcdeX\"",
                              &j),
                     SG_EINVAL);
    ck_assert_int_eq(read_job("\"protection\":\"cenc\",\"renditions\":[\"aac64\"],\"cenc_key\":"
                              "\"0123456789abcdef0123456789abcdef\"",
                              &j),
                     0);
    ck_assert(sg_audio_job_wants(&j, "aac64") && !sg_audio_job_wants(&j, "flac"));
    ck_assert_int_eq(read_job("\"protection\":\"none\",\"renditions\":[\"mp3\"]", &j), SG_EINVAL);
}
END_TEST

START_TEST(a_tree_lists_its_files_with_size_and_checksum)
{
    static struct sg_tree tree;
    int dir = open(test_scratch(), O_RDONLY | O_DIRECTORY);
    ck_assert(dir >= 0);
    ck_assert_int_eq(sg_tree_init(&tree, dir, &arena, &err), 0);
    ck_assert_int_eq(sg_tree_put(&tree, "f/x.json", "application/json", SG_STR("abc"), &err), 0);
    ck_assert_int_eq(sg_tree_put(&tree, "f/x.json", "application/json", SG_STR("abc"), &err),
                     SG_EEXIST);
    ck_assert_int_eq(sg_tree_add(&tree, "p/none", "audio/mp4", true, "aac", 1, &err), SG_ENOENT);
    ck_assert_uint_eq(tree.n, 1);
    ck_assert_uint_eq(tree.files[0].bytes, 3);
    ck_assert(sg_str_eq(tree.files[0].sha256, /* FIPS 180-4's example */
                        SG_STR("ba7816bf8f01cfea414140de5dae2223"
                               "b00361a396177a9cb410ff61f20015ad")));
    ck_assert(!tree.files[0].codec.p);
    sg_tree_close(&tree);
    close(dir);
}
END_TEST

static Suite *audio_records_suite(void)
{
    Suite *s = suite_create("audio_records");
    TCase *t = tcase_create("audio_records");
    tcase_add_test(t, facts_are_read_with_what_was_not_told);
    tcase_add_test(t, facts_that_reach_out_of_the_folder_are_refused);
    tcase_add_test(t, a_vector_of_another_length_is_refused);
    tcase_add_test(t, a_job_has_keys_when_it_encrypts);
    tcase_add_test(t, a_tree_lists_its_files_with_size_and_checksum);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(audio_records_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
