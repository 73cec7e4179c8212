/* test_media_token.c - signed addresses of media: what is not exactly what we signed is refused. */
#include "api/playback/token.h"
#include "core/clock.h"
#include "core/uuid.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <utime.h>

static struct sg_config config;
static struct sg_media_keys *keys;
static unsigned char asset[16], other[16];
static const struct sg_media_token premium = {42, 77, 99, 2000000000, true, false},
                                   plain = {42, 77, 99, 2000000000, false, true};
#define NOW 1999999999

static void setup(void)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_config_defaults(&config);
    snprintf(config.var_dir, sizeof config.var_dir, "%s", test_scratch());
    ck_assert_msg(!sg_media_keys_open(&keys, &config, &e), "%s", e.text);
    sg_uuid_make(asset);
    sg_uuid_make(other);
}
static void teardown(void)
{
    sg_media_keys_close(keys);
}

static const char *verify_as(const char *token, const unsigned char *of, const char *path,
                             int64_t now)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_media_token t;
    int rc = sg_media_verify(keys, sg_str(token), of, sg_str(path), now, &t, &e);
    ck_assert(rc == 0 || rc == SG_EPERM);
    return rc ? e.kind : "good";
}

START_TEST(a_token_opens_what_it_was_signed_for)
{
    char text[SG_MEDIA_TOKEN_CHARS + 1];
    struct sg_media_token t;
    sg_media_sign(keys, &premium, asset, text);
    ck_assert_uint_eq(strlen(text), SG_MEDIA_TOKEN_CHARS);
    ck_assert(!sg_media_verify(keys, sg_str(text), asset, SG_STR("p/flac.mp4"), NOW, &t, NULL));
    ck_assert(t.user_id == 42 && t.session_id == 77 && t.playback_id == 99 && t.premium);
    ck_assert_int_eq(t.expires_s, 2000000000);
    ck_assert_str_eq(verify_as(text, asset, "f/aac64.mp4", NOW), "good");
    ck_assert_str_eq(verify_as(text, asset, "master.m3u8", NOW), "good");
    sg_media_sign(keys, &plain, asset, text);
    ck_assert_str_eq(verify_as(text, asset, "f/aac64.mp4", NOW), "good");
    ck_assert_str_eq(verify_as(text, asset, "p/flac.mp4", NOW), "media-token");
    ck_assert_str_eq(verify_as(text, asset, "master.m3u8", NOW), "media-token");
    ck_assert_str_eq(verify_as(text, asset, "f", NOW), "media-token");
}
END_TEST

/* Every character replaced by every other one, the last one's unused bits too. */
START_TEST(a_device_is_told_from_every_stream_and_from_other_devices)
{
    unsigned char none[16] = {0}, all[16];
    char text[SG_MEDIA_TOKEN_CHARS + 1];
    struct sg_media_token t = premium, got;
    memset(all, 255, sizeof all);
    ck_assert(!sg_media_is_of_device(0) && !sg_media_is_of_device((UINT64_C(1) << 53) - 1));
    ck_assert(sg_media_is_of_device(sg_media_of_device(none)) &&
              sg_media_is_of_device(sg_media_of_device(all)));
    ck_assert_uint_le(sg_media_of_device(all), INT64_MAX); /* a bigint */
    ck_assert_uint_ne(sg_media_of_device(asset), sg_media_of_device(other));
    t.playback_id = sg_media_of_device(other);
    sg_media_sign(keys, &t, asset, text);
    ck_assert(!sg_media_verify(keys, sg_str(text), asset, SG_STR("p/flac.mp4"), NOW, &got, NULL));
    ck_assert_uint_eq(got.playback_id, t.playback_id);
}
END_TEST

START_TEST(a_token_with_any_character_changed_is_refused)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. %";
    char text[SG_MEDIA_TOKEN_CHARS + 1];
    sg_media_sign(keys, &plain, asset, text);
    for (size_t i = 0; i < SG_MEDIA_TOKEN_CHARS; i++) {
        char was = text[i];
        for (const char *c = alphabet; *c; c++) {
            text[i] = *c;
            ck_assert_str_eq(verify_as(text, asset, "f/aac64.mp4", NOW),
                             *c == was ? "good" : "media-token");
        }
        text[i] = was;
    }
}
END_TEST

START_TEST(other_lengths_assets_paths_and_times_are_refused)
{
    char text[SG_MEDIA_TOKEN_CHARS + 3];
    sg_media_sign(keys, &plain, asset, text);
    ck_assert_str_eq(verify_as(text, other, "f/aac64.mp4", NOW), "media-token");
    ck_assert_str_eq(verify_as(text, asset, "f/aac64.mp4", 2000000000), "media-expired");
    ck_assert_str_eq(verify_as(text, asset, "f/aac64.mp4", INT64_MAX), "media-expired");
    static const char *const paths[] = {
        "f/../p/flac.mp4", "f//x",  "f/.hidden", "/f/x", "f/",
        "f/x y",           "f/%2e", "f/x\\y",    "",     "F/aac64.mp4"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ck_assert_str_eq(verify_as(text, asset, paths[i], NOW), "media-token");
    char longest[300] = "f/";
    memset(longest + 2, 'a', 199);
    ck_assert_str_eq(verify_as(text, asset, longest, NOW), "media-token");
    for (size_t n = 0; n < SG_MEDIA_TOKEN_CHARS; n++) {
        char cut[SG_MEDIA_TOKEN_CHARS + 1] = "";
        memcpy(cut, text, n);
        ck_assert_str_eq(verify_as(cut, asset, "f/aac64.mp4", NOW), "media-token");
    }
    strcat(text, "A");
    ck_assert_str_eq(verify_as(text, asset, "f/aac64.mp4", NOW), "media-token");
}
END_TEST

START_TEST(after_a_rotation_the_key_before_verifies_as_long_as_its_addresses_live)
{
    struct sg_media_key list[SG_MEDIA_KEYS_MAX];
    char old[SG_MEDIA_TOKEN_CHARS + 1], new[SG_MEDIA_TOKEN_CHARS + 1];
    struct sg_error e = SG_ERROR_INIT;
    sg_media_sign(keys, &plain, asset, old);
    ck_assert_msg(!sg_media_keys_rotate(keys, &e), "%s", e.text);
    sg_media_sign(keys, &plain, asset, new);
    ck_assert_str_ne(old, new);
    ck_assert_str_eq(verify_as(old, asset, "f/a", NOW), "good");
    ck_assert_str_eq(verify_as(new, asset, "f/a", NOW), "good");
    ck_assert_uint_eq(sg_media_keys_list(keys, list), 2);
    for (int i = 0; i < SG_MEDIA_KEYS_MAX + 3; i++)
        ck_assert(!sg_media_keys_rotate(keys, NULL));
    ck_assert_uint_eq(sg_media_keys_list(keys, list), SG_MEDIA_KEYS_MAX);
    ck_assert_str_eq(verify_as(old, asset, "f/a", NOW), "media-token");
}
END_TEST

START_TEST(keys_that_can_have_signed_nothing_good_are_dropped)
{
    struct sg_media_key list[SG_MEDIA_KEYS_MAX];
    const char *path = test_path(config.var_dir, "keys/media.keys");
    FILE *f = fopen(path, "w");
    for (int i = 1; i <= 3; i++)
        fprintf(f, "0000000%d %lld %064d\n", i, 1000LL * i, i);
    fclose(f);
    struct sg_media_keys *again;
    ck_assert(!sg_media_keys_open(&again, &config, NULL));
    ck_assert_uint_eq(sg_media_keys_list(again, list), 3);
    ck_assert(!sg_media_keys_rotate(again, NULL));
    ck_assert_uint_eq(sg_media_keys_list(again, list), 2); /* its last one's successor is new */
    ck_assert_uint_eq(list[0].id, 3);
    sg_media_keys_close(again);
}
END_TEST

START_TEST(another_process_rotation_is_met_by_its_first_token)
{
    struct sg_media_keys *second;
    char text[SG_MEDIA_TOKEN_CHARS + 1];
    struct sg_media_token t;
    ck_assert(!sg_media_keys_open(&second, &config, NULL));
    for (int i = 0; i < 3; i++) { /* however lately it was looked for */
        ck_assert(!sg_media_keys_rotate(second, NULL));
        sg_media_sign(second, &plain, asset, text);
        ck_assert(!sg_media_verify(keys, sg_str(text), asset, SG_STR("f/a"), NOW, &t, NULL));
    }
    sg_media_keys_close(second);
}
END_TEST

START_TEST(a_file_that_others_may_read_or_that_is_damaged_is_refused)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_media_keys *again;
    const char *path = test_path(config.var_dir, "keys/media.keys");
    struct stat st;
    ck_assert(!stat(path, &st) && (st.st_mode & 0777) == 0600);
    chmod(path, 0640);
    ck_assert_int_eq(sg_media_keys_open(&again, &config, &e), SG_EINVAL);
    chmod(path, 0600);
    FILE *f = fopen(path, "a");
    fputs("not a key\n", f);
    fclose(f);
    ck_assert_int_eq(sg_media_keys_open(&again, &config, &e), SG_ECORRUPT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media token");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_token_opens_what_it_was_signed_for);
    tcase_add_test(c, a_device_is_told_from_every_stream_and_from_other_devices);
    tcase_add_test(c, a_token_with_any_character_changed_is_refused);
    tcase_add_test(c, other_lengths_assets_paths_and_times_are_refused);
    tcase_add_test(c, after_a_rotation_the_key_before_verifies_as_long_as_its_addresses_live);
    tcase_add_test(c, keys_that_can_have_signed_nothing_good_are_dropped);
    tcase_add_test(c, another_process_rotation_is_met_by_its_first_token);
    tcase_add_test(c, a_file_that_others_may_read_or_that_is_damaged_is_refused);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
