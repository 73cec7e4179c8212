/* test_upload_fields.c - what is said of an upload: fields, tus's metadata, checksums in headers.
 */
#include "api/upload/digests.h"
#include "api/upload/fields.h"
#include <check.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error e;

static int metadata(struct upload_fields *f, const char *text)
{
    *f = (struct upload_fields){.seen = 0};
    e = (struct sg_error)SG_ERROR_INIT;
    return upload_metadata(f, &arena, sg_str(text), &e);
}

static bool is(struct sg_str s, const char *text)
{
    return sg_str_eq(s, sg_str(text));
}

START_TEST(metadata_tells_fields_in_base64)
{
    struct upload_fields f;
    ck_assert_int_eq(metadata(&f, "title TmV3IFNvbmc=,artist_id MTI=,explicit dHJ1ZQ==,"
                                  "filename QzpcYVxiL3NvbmcuZmxhYw==,filetype eA=="),
                     0);
    ck_assert(is(f.title, "New Song") && f.artist_id == 12 && f.is_explicit);
    ck_assert(is(f.filename, "song.flac"));
    ck_assert_int_eq(metadata(&f, ""), 0);
    ck_assert_int_eq(metadata(&f, "genre ,title"), 0); /* empty: not filled in */
    ck_assert(!f.genre.p && !f.title.p);
    ck_assert_int_eq(metadata(&f, "title YQ==, genre Yg=="), 0);
    ck_assert(is(f.genre, "b"));
}
END_TEST

START_TEST(malformed_metadata_is_refused)
{
    static const char *const wrong[] = {
        "title YQ=",      "title YQ==,title YQ==", "colour YQ==",
        " YQ==",          "title YQ==,,",          ",",
        "title Y Q==",    "title YQ==x",           "title AA==", /* a zero byte */
        "title gICA",                                            /* not UTF-8 */
        "artist_id LTE=", "duration bmFu",         "release_date MjAyNi0wMi0zMA==",
        "track_no MA==",
    };
    struct upload_fields f;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(metadata(&f, wrong[i]) == SG_EINVAL, "%s", wrong[i]);
    char many[2000] = "";
    for (int i = 0; i < 40; i++)
        strcat(many, "type YQ==,");
    strcat(many, "type YQ==");
    ck_assert_int_eq(metadata(&f, many), SG_EINVAL);
}
END_TEST

START_TEST(names_of_files_lose_their_folders_and_what_cannot_be_shown)
{
    static const struct {
        const char *told, *kept;
    } all[] = {{"a.wav", "a.wav"},
               {"../../etc/passwd", "passwd"},
               {"C:\\x\\y.mp3", "y.mp3"},
               {"/", ""},
               {"", ""},
               {"a\nb", ""},
               {"\xff\xfe.wav", ""},
               {"..", ".."}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct upload_fields f = {.seen = 0};
        upload_filename(&f, &arena, sg_str(all[i].told));
        ck_assert_msg(is(f.filename, all[i].kept), "%s", all[i].told);
    }
}
END_TEST

static int header(const char *text, struct upload_digest *d)
{
    e = (struct sg_error)SG_ERROR_INIT;
    *d = (struct upload_digest){.n = 0};
    return upload_digest_header("Content-Digest", sg_str(text), d, &e);
}

#define SHA256_OF_NOTHING "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

START_TEST(the_strongest_digest_of_a_header_counts)
{
    struct upload_digest d;
    ck_assert_int_eq(header("sha-256=:" SHA256_OF_NOTHING ":", &d), 0);
    ck_assert_str_eq(d.algorithm, "SHA256");
    struct upload_hash *h = upload_hash_new(d.algorithm);
    upload_hash_put(h, SG_STR(""));
    ck_assert(upload_hash_is(h, &d));
    h = upload_hash_new(d.algorithm);
    upload_hash_put(h, SG_STR("x"));
    ck_assert(!upload_hash_is(h, &d));
    ck_assert_int_eq(header("md5=:AAAA:, sha-256=:" SHA256_OF_NOTHING ":", &d), 0);
    ck_assert_str_eq(d.algorithm, "SHA256");
    ck_assert_int_eq(header("md5=:AAAA:", &d), 0); /* none that is known */
    ck_assert_ptr_null(d.algorithm);
    ck_assert_int_eq(header("", &d), 0);
    ck_assert_ptr_null(d.algorithm);
}
END_TEST

START_TEST(malformed_digests_are_refused)
{
    static const char *const wrong[] = {"sha-256",
                                        "sha-256=",
                                        "sha-256=:",
                                        "sha-256=::",
                                        "sha-256=:AAAA:",
                                        "sha-256=AAAA",
                                        "sha-256=:" SHA256_OF_NOTHING,
                                        "sha-256=:" SHA256_OF_NOTHING ":,",
                                        "sha-256=:" SHA256_OF_NOTHING ":;x",
                                        "=:AAAA:",
                                        "SHA-256=:" SHA256_OF_NOTHING ":"};
    struct upload_digest d;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(header(wrong[i], &d) == SG_EINVAL, "%s", wrong[i]);
        ck_assert_str_eq(e.field, "Content-Digest");
    }
    static const char *const tus[] = {"",
                                      "sha1",
                                      "sha1 ",
                                      "sha1 AAAA",
                                      "sha256  " SHA256_OF_NOTHING,
                                      "crc32 AAAAAA==",
                                      "sha256 " SHA256_OF_NOTHING " "};
    for (size_t i = 0; i < sizeof tus / sizeof *tus; i++)
        ck_assert_msg(upload_digest_tus(sg_str(tus[i]), &d, &e) == SG_EINVAL, "%s", tus[i]);
    ck_assert_int_eq(upload_digest_tus(SG_STR("sha256 " SHA256_OF_NOTHING), &d, &e), 0);
    ck_assert_int_eq(upload_digest_tus(SG_STR("sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk="), &d, &e), 0);
    ck_assert_uint_eq(d.n, 20);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("upload fields");
    TCase *c = tcase_create("fields");
    tcase_add_test(c, metadata_tells_fields_in_base64);
    tcase_add_test(c, malformed_metadata_is_refused);
    tcase_add_test(c, names_of_files_lose_their_folders_and_what_cannot_be_shown);
    tcase_add_test(c, the_strongest_digest_of_a_header_counts);
    tcase_add_test(c, malformed_digests_are_refused);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_ENV);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    sg_arena_free(&arena);
    return failed ? 1 : 0;
}
