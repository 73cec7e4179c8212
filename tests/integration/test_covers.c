/* test_covers.c - pictures that people send: decoded in another process, kept in four sizes under
 * a name that never changes, without what was hidden in them; hostile ones refused. The real API
 * and segue-images over a real database. */
#include "core/buf.h"
#include "tests/support/catalogue.h"
#include "tests/support/png.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define says     catalogue_says
#define sql(...) test_pg_sql(catalogue_db, __VA_ARGS__)
#define COVER    "/api/v1/albums/1/cover"

static int put_as(int who, const char *path, struct sg_str picture)
{
    return catalogue_send(who, "PUT", path, "Content-Type: image/jpeg\r\n", picture.p, picture.n);
}

static struct sg_str fixture(struct sg_buf *b, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/integration/pictures/%s", test_source_dir(), name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    sg_buf_reset(b);
    b->n = fread(sg_buf_reserve(b, 65536), 1, 65536, f);
    fclose(f);
    return sg_buf_str(b);
}

/* The JPEG, lying on its side as a camera says, with a description of where it was taken. */
static struct sg_str with_exif(struct sg_buf *b, struct sg_str jpeg)
{
    static const char exif[] = "Exif\0\0II*\0\x08\0\0\0\x02\0"
                               "\x0e\x01\x02\0\x10\0\0\0\x26\0\0\0"
                               "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
                               "\0\0\0\0SECRETPLACE 59N\0";
    sg_buf_put(b, jpeg.p, 2);
    sg_buf_put(b, "\xff\xe1\0", 3);
    sg_buf_putc(b, (char)(sizeof exif + 1));
    sg_buf_put(b, exif, sizeof exif - 1);
    sg_buf_put(b, jpeg.p + 2, jpeg.n - 2);
    return sg_buf_str(b);
}

/* The path of a rendition in the last answer. */
static const char *rendition(const char *file)
{
    static char path[200];
    const char *at = strstr(catalogue_said, "/covers/");
    ck_assert(at != NULL);
    snprintf(path, sizeof path, "/covers/%.64s/%s", at + 8, file);
    return path;
}

static size_t length_said(void)
{
    const char *at = strcasestr(catalogue_said, "content-length: ");
    return at ? strtoul(at + 16, NULL, 10) : 0;
}

static void setup(void)
{
    catalogue_start();
    sql("INSERT INTO albums (artist_id, album_id, title) VALUES (1, 1, 'A'), (1, 2, 'B') "
        "ON CONFLICT DO NOTHING");
}

START_TEST(a_cover_is_kept_in_four_sizes_turned_and_stripped)
{
    struct sg_buf plain = {0}, sent = {0};
    with_exif(&sent, fixture(&plain, "plain.jpg"));
    sg_buf_puts(&sent, "<script>SECRETPLACE</script>PK\x03\x04"); /* a polyglot's other half */
    ck_assert_msg(put_as(ONE, COVER, sg_buf_str(&sent)) == 200, "%s", catalogue_said);
    ck_assert(says("\"type\":\"jpeg\"") && says("\"width\":200,\"height\":100") &&
              says("/1200.webp") && says("/64.jpg"));
    char url[200];
    snprintf(url, sizeof url, "%s", rendition("640.jpg"));
    ck_assert_str_eq(sql("SELECT cover_art_url FROM albums WHERE album_id = 1"), url);
    static const char *const files[] = {"64.jpg",  "64.webp",  "300.jpg",  "300.webp",
                                        "640.jpg", "640.webp", "1200.jpg", "1200.webp"};
    for (size_t i = 0; i < 8; i++) {
        snprintf(strrchr(url, '/') + 1, 20, "%s", files[i]);
        ck_assert_int_eq(catalogue_ask(NOBODY, "GET", url, NULL, NULL), 200);
        ck_assert(says(i % 2 ? "image/webp" : "image/jpeg") && says("immutable"));
        size_t n = length_said();
        const char *body = strstr(catalogue_said, "\r\n\r\n") + 4;
        ck_assert(n > 100 && memcmp(body, i % 2 ? "RIFF" : "\xff\xd8\xff", 3) == 0);
        ck_assert(!memmem(body, n, "SECRET", 6));
    }
    /* 200 x 100 lying on its side is 100 x 200 upright: sides are in the frame header (T.81 B.2.2)
     */
    snprintf(strrchr(url, '/') + 1, 20, "1200.jpg");
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", url, NULL, NULL), 200);
    const char *body = strstr(catalogue_said, "\r\n\r\n") + 4;
    const unsigned char *frame = memmem(body, length_said(), "\xff\xc2", 2);
    ck_assert(frame && frame[5] == 0 && frame[6] == 200 && frame[7] == 0 && frame[8] == 100);
    char tag[128];
    const char *etag = strcasestr(catalogue_said, "\r\netag: ");
    snprintf(tag, sizeof tag, "If-None-Match: %.*s\r\n", (int)strcspn(etag + 8, "\r"), etag + 8);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", url, tag, NULL), 304);
    sg_buf_free(&plain);
    sg_buf_free(&sent);
}
END_TEST

static void refused(struct sg_str picture, const char *why)
{
    int status = put_as(ONE, COVER, picture);
    ck_assert_msg(status == 415, "%s: %d %s", why, status, catalogue_said);
    ck_assert_msg(says(why), "%s: %s", why, catalogue_said);
}

START_TEST(hostile_pictures_are_refused_with_the_reason)
{
    struct sg_buf b = {0}, f = {0};
    refused(SG_STR("GIF89a\1\0\1\0"), "JPEG, PNG or WebP");
    refused(SG_STR("<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'/>"),
            "JPEG, PNG or WebP");
    refused(SG_STR("%PDF-1.4"), "JPEG, PNG or WebP");
    refused(SG_STR("push graphic-context\nimage over 0,0 0,0 'https://example.com/'"),
            "JPEG, PNG or WebP");
    refused(test_png(&b, 1, 1, 1, 0, false), "each side needs");
    refused(test_png(&b, 30000, 1, 1, 0, false), "each side needs");
    refused(test_png(&b, 300, 100, 100, 0, false), "times the other");
    refused(test_png(&b, 16000, 16000, 10, 0, false), "are allowed"); /* a bomb: 256 megapixels */
    refused(test_png(&b, 60000, 60000, 1, 0, false), "are allowed");
    refused(test_png(&b, 100, 100, 10, 0, false), "broken"); /* ends early */
    refused(test_png(&b, 100, 100, 100, 0, true), "animated");
    test_png(&b, 100, 100, 100, 0, false);
    b.p[b.n - 30] ^= 1; /* a wrong sum */
    refused(sg_buf_str(&b), "broken");
    struct sg_str jpeg = fixture(&f, "plain.jpg");
    refused((struct sg_str){jpeg.p, jpeg.n - 300}, "broken");
    refused((struct sg_str){jpeg.p, 20}, "broken");
    refused(fixture(&f, "animated.webp"), "animated");
    refused((struct sg_str){fixture(&f, "still.webp").p, 200}, "broken");
    ck_assert_int_eq(put_as(ONE, COVER, SG_STR("")), 400);
    char *large = calloc(1, 11 << 20);
    ck_assert_int_eq(put_as(ONE, COVER, (struct sg_str){large, 11 << 20}), 413);
    free(large);
    ck_assert_str_eq(sql("SELECT count(*) FROM picture_uses"), "0");
    DIR *d = opendir(test_path(catalogue_x.dir, "var/covers/new"));
    int left = 0;
    for (struct dirent *e; (e = readdir(d));)
        left += *e->d_name != '.';
    closedir(d);
    ck_assert_int_eq(left, 0);
    sg_buf_free(&b);
    sg_buf_free(&f);
}
END_TEST

START_TEST(a_name_is_no_path)
{
    static const char *const paths[] = {
        "/covers/../../../../etc/passwd/640.jpg",
        "/covers/..%2f..%2f..%2fetc%2fpasswd/640.jpg",
        "/covers/0000000000000000000000000000000000000000000000000000000000000000/640.jpg",
        "/covers/000000000000000000000000000000000000000000000000000000000000000g/640.jpg",
        "/covers/0000000000000000000000000000000000000000000000000000000000000000/..%2f640.jpg",
        "/covers/new/640.jpg",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int status = catalogue_ask(NOBODY, "GET", paths[i], NULL, NULL);
        ck_assert_msg(status == 404 || status == 400, "%s: %d", paths[i], status);
    }
}
END_TEST

START_TEST(only_who_may_puts_and_versions_count)
{
    struct sg_buf b = {0};
    struct sg_str picture = test_png(&b, 100, 100, 100, 0, false);
    ck_assert_int_eq(put_as(NOBODY, COVER, picture), 401);
    ck_assert_int_eq(put_as(LISTENER, COVER, picture), 403);
    ck_assert_int_eq(put_as(TWO, COVER, picture), 403);
    ck_assert_int_eq(put_as(ONE, "/api/v1/albums/77/cover", picture), 404);
    ck_assert_int_eq(put_as(TWO, "/api/v1/artists/1/image", picture), 403);
    ck_assert_int_eq(put_as(ONE, "/api/v1/artists/1/image", picture), 200);
    const char *version = catalogue_if_match();
    ck_assert_str_ne(sql("SELECT image_url FROM artists WHERE artist_id = 1"), "");
    ck_assert_int_eq(catalogue_ask(ONE, "PATCH", "/api/v1/artists/1", version, "{\"bio\":\"x\"}"),
                     200);
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", "/api/v1/artists/1/image", version, NULL), 412);
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", "/api/v1/artists/1/image", NULL, NULL), 204);
    ck_assert_str_eq(sql("SELECT image_url IS NULL FROM artists WHERE artist_id = 1"), "t");
    sg_buf_free(&b);
}
END_TEST

START_TEST(a_songs_own_cover_is_shown_where_its_album_has_none)
{
    static const char OWN[] = "/api/v1/songs/900/cover";
    struct sg_buf b = {0};
    char own[200], shown[300];
    sql("DELETE FROM songs WHERE song_id >= 900; UPDATE albums SET cover_art_url = NULL; "
        "INSERT INTO songs (artist_id, song_id, title, album_id, release_date) VALUES "
        "(1, 900, 'Here', 1, NULL), (1, 901, 'Later', NULL, '2999-01-01')");
    struct sg_str picture = test_png(&b, 100, 100, 100, 0, false);
    ck_assert_int_eq(put_as(NOBODY, OWN, picture), 401);
    ck_assert_int_eq(put_as(TWO, OWN, picture), 403);
    ck_assert_int_eq(put_as(TWO, "/api/v1/songs/901/cover", picture), 404); /* not out yet */
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", "/api/v1/songs/900", NULL, NULL), 200);
    ck_assert(!catalogue_says("cover_art_url"));
    ck_assert_int_eq(put_as(ONE, OWN, picture), 200);
    snprintf(own, sizeof own, "%s", rendition("640.jpg"));
    snprintf(shown, sizeof shown, "\"cover_art_url\":\"%s\"", own);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", "/api/v1/songs/900", NULL, NULL), 200);
    ck_assert(catalogue_says(shown));
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", "/api/v1/albums/1", NULL, NULL), 200);
    ck_assert(catalogue_says(shown)); /* in lists too */
    sql("UPDATE pictures SET touched_at = now() - interval '2 days'");
    ck_assert_int_eq(put_as(ONE, COVER, test_png(&b, 101, 100, 100, 0, false)), 200);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", own, NULL, NULL),
                     200); /* it stays in the store */
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", "/api/v1/songs/900", NULL, NULL), 200);
    ck_assert(!catalogue_says(shown) && catalogue_says("\"cover_art_url\":\"/covers/"));
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", COVER, NULL, NULL), 204);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", "/api/v1/songs/900", NULL, NULL), 200);
    ck_assert(catalogue_says(shown));
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", OWN, "If-Match: \"1\"\r\n", NULL), 412);
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", OWN, NULL, NULL), 204);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", "/api/v1/songs/900", NULL, NULL), 200);
    ck_assert(!catalogue_says("cover_art_url"));
    ck_assert_int_eq(put_as(ONE, OWN, test_png(&b, 100, 100, 100, 0, false)), 200);
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", "/api/v1/songs/900", NULL, NULL), 204);
    ck_assert_str_eq(sql("SELECT count(*) FROM picture_uses WHERE kind = 'song'"),
                     "0"); /* it went with its song */
    sg_buf_free(&b);
}
END_TEST

START_TEST(what_nobody_has_any_more_goes_a_day_later)
{
    struct sg_buf b = {0};
    char first[200];
    ck_assert_int_eq(put_as(ONE, COVER, test_png(&b, 100, 100, 100, 0, false)), 200);
    snprintf(first, sizeof first, "%s", rendition("640.jpg"));
    ck_assert_int_eq(put_as(ONE, "/api/v1/albums/2/cover", sg_buf_str(&b)), 200); /* kept once */
    ck_assert_str_eq(rendition("640.jpg"), first);
    ck_assert_int_eq(put_as(ONE, COVER, test_png(&b, 101, 100, 100, 0, false)), 200);
    sql("UPDATE pictures SET touched_at = now() - interval '2 days'");
    ck_assert_int_eq(put_as(ONE, COVER, test_png(&b, 102, 100, 100, 0, false)), 200);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", first, NULL, NULL), 200); /* album 2 has it */
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", "/api/v1/albums/2", NULL, NULL), 204);
    ck_assert_int_eq(put_as(ONE, COVER, test_png(&b, 103, 100, 100, 0, false)), 200);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", first, NULL, NULL), 200); /* not a day yet */
    sql("UPDATE pictures SET touched_at = now() - interval '2 days' WHERE hash = '%.64s'",
        first + 8);
    ck_assert_int_eq(put_as(ONE, COVER, test_png(&b, 104, 100, 100, 0, false)), 200);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", first, NULL, NULL), 404);
    sg_buf_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("covers");
    TCase *t = tcase_create("covers");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, catalogue_database, NULL);
    tcase_add_checked_fixture(t, setup, catalogue_stop);
    tcase_add_test(t, hostile_pictures_are_refused_with_the_reason);
    tcase_add_test(t, a_cover_is_kept_in_four_sizes_turned_and_stripped);
    tcase_add_test(t, a_name_is_no_path);
    tcase_add_test(t, only_who_may_puts_and_versions_count);
    tcase_add_test(t, a_songs_own_cover_is_shown_where_its_album_has_none);
    tcase_add_test(t, what_nobody_has_any_more_goes_a_day_later);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
