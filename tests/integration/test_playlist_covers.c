/* test_playlist_covers.c - one picture of a playlist's covers: the real API and segue-images over a
 * real database. Albums 1 to 6 have covers of greys that tell them apart. */
#include "tests/support/catalogue.h"
#include "tests/support/png.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vips/vips.h>

#define says     catalogue_says
#define sql(...) test_pg_sql(catalogue_db, __VA_ARGS__)

enum { ALBUMS = 6, STRANGER = TWO };
static const int greys[ALBUMS + 1] = {0, 30, 70, 110, 150, 190, 230};

/* Pictures are given so many seconds, which on a machine that has much else to do may be too few.
 */
enum { TOO_LATE = 504, TRIES = 10 };

static int get(int who, const char *path)
{
    int status = TOO_LATE;
    for (int i = 0; i < TRIES && status == TOO_LATE; i++)
        status = catalogue_ask(who, "GET", path, NULL, NULL);
    return status;
}

static void put_cover(int album, uint32_t w, uint32_t h)
{
    struct sg_buf b = {0};
    char path[64];
    struct sg_str picture = test_png(&b, w, h, h, greys[album], false);
    snprintf(path, sizeof path, "/api/v1/albums/%d/cover", album);
    int status = TOO_LATE;
    for (int i = 0; i < TRIES && status == TOO_LATE; i++)
        status =
            catalogue_send(ONE, "PUT", path, "Content-Type: image/png\r\n", picture.p, picture.n);
    ck_assert_msg(status == 200, "%s", catalogue_said);
    sg_buf_free(&b);
}

static void setup(void)
{
    catalogue_start();
    sql("INSERT INTO albums (artist_id, album_id, title) SELECT 1, i, 'Album ' || i FROM "
        "generate_series(1, %d) i ON CONFLICT DO NOTHING",
        ALBUMS);
    sql("INSERT INTO songs (artist_id, song_id, title, album_id) SELECT 1, i, 'Song ' || i, i FROM "
        "generate_series(1, %d) i ON CONFLICT DO NOTHING",
        ALBUMS);
    sql("UPDATE albums SET cover_art_url = NULL");
    sql("DELETE FROM picture_uses");
    sql("DELETE FROM pictures"); /* each test has a folder of its own */
}

/* "/api/v1/playlists/17/cover" (rotating) of a new list of the listener's. */
static const char *make(const char *songs, bool is_public)
{
    static char paths[8][64];
    static unsigned next;
    char body[200], *path = paths[next++ % 8];
    snprintf(body, sizeof body, "{\"name\":\"P\",\"is_public\":%s,\"song_ids\":[%s]}",
             is_public ? "true" : "false", songs);
    ck_assert_msg(catalogue_ask(LISTENER, "POST", "/api/v1/playlists", NULL, body) == 201, "%s",
                  catalogue_said);
    snprintf(path, sizeof paths[0], "/api/v1/playlists/%llu/cover",
             (unsigned long long)catalogue_number("playlist_id"));
    return path;
}

/* Where the last answer sends on to (rotating). */
static const char *location(void)
{
    static char urls[8][200];
    static unsigned next;
    char *url = urls[next++ % 8];
    const char *at = strcasestr(catalogue_said, "\r\nlocation: ");
    ck_assert_msg(at != NULL, "%s", catalogue_said);
    snprintf(url, sizeof urls[0], "%.*s", (int)strcspn(at + 12, "\r"), at + 12);
    return url;
}

static const char *cover_of(const char *path)
{
    ck_assert_msg(get(LISTENER, path) == 302, "%s: %s", path, catalogue_said);
    return location();
}

/* The picture at url has these sides and, in the middle of each of n x n parts, these greys. */
static void looks(const char *url, int side, int n, const int *parts)
{
    VipsImage *image = NULL;
    ck_assert_msg(get(NOBODY, url) == 200, "%s: %s", url, catalogue_said);
    ck_assert(says("immutable"));
    size_t length = strtoul(strcasestr(catalogue_said, "content-length: ") + 16, NULL, 10);
    char *body = strstr(catalogue_said, "\r\n\r\n") + 4;
    ck_assert_int_eq(VIPS_INIT("test"), 0);
    ck_assert_int_eq(vips_jpegload_buffer(body, length, &image, NULL), 0);
    ck_assert_int_eq(vips_image_get_width(image), side);
    ck_assert_int_eq(vips_image_get_height(image), side);
    for (int i = 0; i < n * n; i++) {
        double *pixel = NULL;
        int bands = 0, x = (2 * (i % n) + 1) * side / (2 * n),
            y = (2 * (i / n) + 1) * side / (2 * n);
        ck_assert_int_eq(vips_getpoint(image, &pixel, &bands, x, y, NULL), 0);
        ck_assert_msg(pixel[0] > parts[i] - 6 && pixel[0] < parts[i] + 6, "part %d: %f, not %d", i,
                      pixel[0], parts[i]);
        g_free(pixel);
    }
    g_object_unref(image);
}

START_TEST(four_covers_are_one_picture_under_a_name_that_lasts)
{
    for (int i = 1; i <= 5; i++)
        put_cover(i, 100, 100);
    const char *path = make("3,1,3,2,5,4", false); /* of albums 3, 1, 2 and 5 */
    ck_assert(says(path));                         /* cover_url */
    const char *url = cover_of(path);
    ck_assert(says("no-cache") && strstr(url, "/640.jpg"));
    looks(url, 200, 2, (const int[]){greys[3], greys[1], greys[2], greys[5]});
    ck_assert_str_eq(cover_of(path), url);
    ck_assert_str_eq(cover_of(make("3,1,2,5", false)), url); /* the same covers, another list */
    ck_assert_str_ne(cover_of(make("1,3,2,5", false)), url);
    ck_assert_str_eq(sql("SELECT count(*) FROM pictures"), "7");
    char other[200];
    static const char *const sizes[] = {"64", "300", "640", "1200"};
    for (size_t i = 0; i < 8; i++) {
        const char *format = i % 2 ? "webp" : "jpg";
        snprintf(other, sizeof other, "%s?size=%s&format=%s", path, sizes[i / 2], format);
        const char *there = cover_of(other);
        snprintf(other, sizeof other, "%.73s%s.%s", url, sizes[i / 2], format);
        ck_assert_str_eq(there, other);
        ck_assert_int_eq(get(NOBODY, there), 200);
        ck_assert(says(i % 2 ? "image/webp" : "image/jpeg"));
    }
    snprintf(other, sizeof other, "%s?size=641", path);
    ck_assert_int_eq(get(LISTENER, other), 400);
    snprintf(other, sizeof other, "%s?format=../x", path);
    ck_assert_int_eq(get(LISTENER, other), 400);
}
END_TEST

START_TEST(another_order_is_another_picture)
{
    for (int i = 1; i <= 4; i++)
        put_cover(i, 100, 100 + 10 * (uint32_t)i);
    const char *path = make("1,2,3,4", false);
    const char *url = cover_of(path);
    char songs[64], body[100];
    snprintf(songs, sizeof songs, "%.*s", (int)(strlen(path) - 6), path);
    ck_assert_int_eq(get(LISTENER, songs), 200);
    const char *last = strstr(catalogue_said, "\"song_id\":4");
    while (strncmp(last, "\"item_id\":", 10) != 0)
        last--;
    snprintf(body, sizeof body,
             "{\"operations\":[{\"op\":\"move\",\"item_ids\":[%llu],\"index\":0}]}",
             strtoull(last + 10, NULL, 10));
    strcat(songs, "/changes");
    ck_assert_msg(catalogue_ask(LISTENER, "POST", songs, NULL, body) == 200, "%s", catalogue_said);
    const char *moved = cover_of(path);
    ck_assert_str_ne(moved, url);
    looks(moved, 200, 2, (const int[]){greys[4], greys[1], greys[2], greys[3]});
}
END_TEST

START_TEST(fewer_than_four_show_the_first_alone_as_a_square)
{
    put_cover(1, 100, 100);
    const char *own = sql("SELECT cover_art_url FROM albums WHERE album_id = 1");
    char url[200];
    snprintf(url, sizeof url, "%s", own);
    ck_assert_str_eq(cover_of(make("1", false)), url); /* itself: nothing is made */
    put_cover(2, 180, 100);
    put_cover(3, 100, 100);
    ck_assert_str_eq(cover_of(make("1,2,3", false)), url);
    looks(cover_of(make("2,1", false)), 100, 1, (const int[]){greys[2]});
}
END_TEST

START_TEST(covers_that_lie_elsewhere_are_not_fetched_and_count_for_nothing)
{
    ck_assert_int_eq(get(LISTENER, make("", false)), 404);
    ck_assert(says("has no cover"));
    sql("UPDATE albums SET cover_art_url = 'http://127.0.0.1:%d/' || album_id WHERE album_id < 6",
        catalogue_port());
    const char *path = make("1,2,3,4,5,6", false);
    ck_assert(says("/1\",") && !says("cover_url"));
    ck_assert_int_eq(get(LISTENER, path), 404);
    put_cover(6, 100, 100);
    char list[64];
    snprintf(list, sizeof list, "/api/v1/me/playlists?limit=1");
    ck_assert_int_eq(get(LISTENER, list), 200);
    ck_assert(says("/1\",") && !says("/5\"") && says(path)); /* mosaic and cover_url */
    looks(cover_of(path), 100, 1, (const int[]){greys[6]});
}
END_TEST

START_TEST(a_private_lists_cover_is_not_there_for_strangers)
{
    put_cover(1, 100, 100);
    const char *hidden = make("1", false);
    ck_assert_int_eq(get(STRANGER, hidden), 404);
    ck_assert(!says("/covers/") && !says("no cover"));
    ck_assert_int_eq(get(NOBODY, hidden), 404);
    ck_assert_int_eq(get(ADMIN, hidden), 302);
    char path[200];
    snprintf(path, sizeof path, "%.*sshares", (int)(strlen(hidden) - 5), hidden);
    ck_assert_int_eq(catalogue_ask(LISTENER, "POST", path, NULL, "{}"), 201);
    const char *token = strstr(catalogue_said, "\"token\":\"") + 9;
    snprintf(path, sizeof path, "/api/v1/shared-playlists/%.*s", (int)strcspn(token, "\""), token);
    ck_assert_int_eq(get(STRANGER, path), 200); /* by a link, which the picture's route takes not */
    ck_assert(says("mosaic") && !says("cover_url"));
    const char *open = make("1", true);
    ck_assert_int_eq(get(NOBODY, open), 302);
    ck_assert_int_eq(get(STRANGER, open), 302);
    ck_assert_int_eq(get(NOBODY, "/api/v1/playlists/999999/cover"), 404);
}
END_TEST

START_TEST(what_was_swept_is_made_again)
{
    for (int i = 1; i <= 4; i++)
        put_cover(i, 100, 100);
    const char *path = make("1,2,3,4", false), *url = cover_of(path);
    sql("UPDATE pictures SET touched_at = now() - interval '23 hours'");
    ck_assert_str_eq(cover_of(path), url); /* asked for: it stays */
    ck_assert_str_eq(sql("SELECT count(*) FROM pictures WHERE touched_at > now() - interval '1 "
                         "hour' AND hash = '%.64s'",
                         url + 8),
                     "1");
    sql("UPDATE pictures SET touched_at = now() - interval '2 days'");
    put_cover(5, 100, 100); /* sweeps */
    ck_assert_int_eq(get(NOBODY, url), 404);
    ck_assert_str_eq(sql("SELECT count(*) FROM pictures"), "5");
    ck_assert_str_eq(cover_of(path), url);
    looks(url, 200, 2, (const int[]){greys[1], greys[2], greys[3], greys[4]});
    sql("UPDATE pictures SET touched_at = now() - interval '2 days'");
    cover_of(make("2,1,3,4", false)); /* making one sweeps too */
    ck_assert_int_eq(get(NOBODY, url), 404);
}
END_TEST

START_TEST(many_who_ask_at_once_get_the_same)
{
    for (int i = 1; i <= 4; i++)
        put_cover(i, 100, 100);
    const char *path = make("1,2,3,4", true);
    pid_t asking[6];
    for (size_t i = 0; i < 6; i++)
        if (!(asking[i] = fork()))
            _exit(get(NOBODY, path) == 302 && get(NOBODY, location()) == 200 ? 0 : 1);
    for (size_t i = 0; i < 6; i++) {
        int status = 0;
        ck_assert_int_eq(waitpid(asking[i], &status, 0), asking[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_str_eq(sql("SELECT count(*) FROM pictures"), "5");
}
END_TEST

/* Exit code of segue-images, given the first n bytes. */
static int mosaic_of(const struct sg_buf *b, size_t n)
{
    char line[600];
    snprintf(line, sizeof line, "%s/segue-images mosaic %s >/dev/null", getenv("SEGUE_BIN"),
             catalogue_x.dir);
    FILE *f = popen(line, "w");
    ck_assert(f != NULL);
    fwrite(b->p, 1, n, f);
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(what_is_not_one_or_four_whole_pictures_is_refused)
{
    enum { REFUSED = 3 };
    struct sg_buf all = {0}, b = {0};
    size_t one = 0;
    for (int i = 1; i <= 5; i++) {
        struct sg_str p = test_png(&b, 64, 64, 64, greys[i], false);
        sg_buf_put(&all, (char[]){0, 0, (char)(p.n >> 8), (char)p.n}, 4);
        sg_buf_str_put(&all, p);
        one = 4 + p.n; /* the same for all */
    }
    ck_assert_uint_eq(all.n, 5 * one);
    ck_assert_int_eq(mosaic_of(&all, one), 0);
    ck_assert_int_eq(mosaic_of(&all, 4 * one), 0);
    ck_assert_int_eq(mosaic_of(&all, 0), REFUSED);
    ck_assert_int_eq(mosaic_of(&all, 3), REFUSED);
    ck_assert_int_eq(mosaic_of(&all, one - 1), REFUSED);
    ck_assert_int_eq(mosaic_of(&all, 2 * one), REFUSED);
    ck_assert_int_eq(mosaic_of(&all, 4 * one + 1), REFUSED);
    ck_assert_int_eq(mosaic_of(&all, 5 * one), REFUSED);
    all.p[0] = (char)0xff; /* a length past the end */
    ck_assert_int_eq(mosaic_of(&all, 4 * one), REFUSED);
    all.p[0] = 0;
    all.p[one + 4] ^= 1; /* no picture */
    ck_assert_int_eq(mosaic_of(&all, 4 * one), REFUSED);
    sg_buf_free(&all);
    sg_buf_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playlist_covers");
    TCase *t = tcase_create("playlist_covers");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, catalogue_database, NULL);
    tcase_add_checked_fixture(t, setup, catalogue_stop);
    tcase_add_test(t, four_covers_are_one_picture_under_a_name_that_lasts);
    tcase_add_test(t, another_order_is_another_picture);
    tcase_add_test(t, fewer_than_four_show_the_first_alone_as_a_square);
    tcase_add_test(t, covers_that_lie_elsewhere_are_not_fetched_and_count_for_nothing);
    tcase_add_test(t, a_private_lists_cover_is_not_there_for_strangers);
    tcase_add_test(t, what_was_swept_is_made_again);
    tcase_add_test(t, many_who_ask_at_once_get_the_same);
    tcase_add_test(t, what_is_not_one_or_four_whole_pictures_is_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
