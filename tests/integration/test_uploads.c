/* test_uploads.c - songs sent as a form: taken, sealed and queued, or refused and gone without a
 * trace. The real API over a real PostgreSQL, with the real segue-audio.
 */
#include "core/clock.h"
#include "core/digest.h"
#include "tests/support/account.h"
#include "tests/support/scratch.h"
#include "tests/support/uploads.h"
#include "tests/support/wire.h"
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define says     catalogue_says
#define TITLE(t) "\"title\":\"" t "\"" /* a bare one may be in the random part of an id */
#define sql(...) test_pg_sql(catalogue_db, __VA_ARGS__)
static unsigned seed; /* of this test alone: each is a process of its own */

static int uploads(void)
{
    return atoi(sql("SELECT count(*) FROM uploads"));
}

/* A new sound in a form with this title, fields before or after. */
static void form_of(struct sg_buf *form, struct test_tone w, const char *title, bool before)
{
    struct sg_buf wav = {0};
    w.seed = (unsigned)getpid() * 100 + ++seed;
    test_tone(&wav, w);
    if (title && before)
        test_form_field(form, "title", title);
    test_form_file(form, "a song.wav", sg_buf_str(&wav));
    if (title && !before)
        test_form_field(form, "title", title);
    sg_buf_free(&wav);
}

static void is_refused(const struct sg_buf *form, const char *headers, int status, const char *code)
{
    int rows = uploads(), objects = test_objects();
    int got = test_form_send(ONE, form, headers);
    ck_assert_msg(got == status, "%d: %s", got, catalogue_said);
    ck_assert_msg(says(code), "%s", catalogue_said);
    ck_assert_int_eq(uploads(), rows);
    ck_assert_int_eq(test_objects_become(objects), objects);
}

START_TEST(a_song_is_taken_sealed_and_queued)
{
    struct sg_buf form = {0}, wav = {0};
    unsigned char hash[SG_SHA256_BYTES];
    char sha[65], path[200];
    test_tone(&wav, (struct test_tone){.seed = (unsigned)getpid() * 100 + ++seed});
    sg_sha256(sg_buf_str(&wav), hash);
    sg_hex(hash, sizeof hash, sha);
    test_form_field(&form, "title", "  New Song ");
    test_form_field(&form, "genre", "rOCK");
    test_form_field(&form, "duration", "240");
    test_form_field(&form, "explicit", "true");
    test_form_file(&form, "C:\\music\\..\\new song.wav", sg_buf_str(&wav));
    test_form_field(&form, "track_no", "7");
    test_form_field(&form, "release_date", "2026-11-29");
    test_form_field(&form, "checksum", sha);
    test_form_end(&form);
    ck_assert_msg(test_form_send(ONE, &form, NULL) == 202, "%s", catalogue_said);
    ck_assert(says("\"status\":\"processing\"") && says("\"estimated_time_seconds\":"));
    const char *id = test_upload_id();
    snprintf(path, sizeof path, "Location: /api/v1/upload/status/%s", id);
    ck_assert(says(path));
    ck_assert_str_eq(sql("SELECT concat_ws('|', status, title, genre_id, explicit, track_no, "
                         "release_date, filename, bytes, encode(sha256, 'hex') = '%s', "
                         "length(content_key), artist_id, facts->>'codec', facts->'features') "
                         "FROM uploads WHERE upload_id = '%s'",
                         sha, id),
                     "received|New Song|1|t|7|2026-11-29|new song.wav|32044|t|68|1|pcm_s16le|[]");
    ck_assert_str_eq(sql("SELECT count(*) FROM jobs WHERE queue = 'encode' AND "
                         "payload = jsonb_build_object('upload_id', '%s')",
                         id),
                     "1");
    /* encrypted where it lies */
    char file[600], head[4] = "";
    snprintf(file, sizeof file, "%s/%s", test_path(catalogue_x.dir, "var/objects"),
             sql("SELECT object_key FROM uploads WHERE upload_id = '%s'", id));
    FILE *f = fopen(file, "rb");
    ck_assert_msg(f != NULL, "%s", file);
    ck_assert_uint_eq(fread(head, 1, 4, f), 4);
    fclose(f);
    ck_assert(memcmp(head, "RIFF", 4) != 0);
    snprintf(path, sizeof path, "/api/v1/upload/status/%s", id);
    ck_assert_int_eq(catalogue_ask(ONE, "GET", path, NULL, NULL), 200);
    ck_assert(says("\"stage\":\"queued\"") && says("\"genre\":\"Rock\"") &&
              says("\"bytes\":32044"));
    ck_assert_int_eq(catalogue_ask(ADMIN, "GET", path, NULL, NULL), 200);
    ck_assert_int_eq(catalogue_ask(TWO, "GET", path, NULL, NULL), 404);
    ck_assert_int_eq(catalogue_ask(NOBODY, "GET", path, NULL, NULL), 401);
    sg_buf_free(&form);
    sg_buf_free(&wav);
}
END_TEST

START_TEST(fields_may_come_after_the_file_and_an_empty_one_was_not_filled_in)
{
    struct sg_buf form = {0};
    test_form_field(&form, "genre", "");
    form_of(&form, (struct test_tone){0}, "After", false);
    test_form_field(&form, "album_id", "");
    test_form_end(&form);
    ck_assert_msg(test_form_send(ONE, &form, NULL) == 202, "%s", catalogue_said);
    ck_assert_str_eq(sql("SELECT title FROM uploads WHERE upload_id = '%s'", test_upload_id()),
                     "After");
    sg_buf_free(&form);
}
END_TEST

START_TEST(what_is_no_song_is_refused_with_why_and_leaves_nothing)
{
    struct sg_buf form = {0};
    form_of(&form, (struct test_tone){.silent = true}, "Silence", true);
    test_form_end(&form);
    is_refused(&form, NULL, 422, "\"code\":\"silent\"");
    sg_buf_reset(&form);
    test_form_field(&form, "title", "Text");
    test_form_file(&form, "a.mp3", SG_STR("This is no song at all, it is a line of text.\n"));
    test_form_end(&form);
    is_refused(&form, NULL, 415, "\"code\":\"unsupported\"");
    sg_buf_reset(&form);
    struct sg_buf wav = {0};
    test_tone(&wav, (struct test_tone){.seed = (unsigned)getpid() * 100 + ++seed});
    test_form_field(&form, "title", "Cut");
    test_form_file(&form, "a.wav", (struct sg_str){wav.p, wav.n / 3});
    test_form_end(&form);
    is_refused(&form, NULL, 422, "\"code\":\"t"); /* truncated, or too short */
    sg_buf_reset(&form);
    form_of(&form, (struct test_tone){0}, NULL, true); /* a WAV without tags */
    test_form_end(&form);
    is_refused(&form, NULL, 400, "\"field\":\"title\"");
    sg_buf_free(&wav);
    sg_buf_free(&form);
}
END_TEST

START_TEST(a_song_is_as_long_as_is_configured_at_most)
{
    struct sg_buf form = {0};
    form_of(&form, (struct test_tone){.seconds = 91}, "Long", true);
    test_form_end(&form);
    is_refused(&form, NULL, 422, "\"code\":\"too-long\"");
    ck_assert(says("90 s"));
    sg_buf_reset(&form);
    form_of(&form, (struct test_tone){.seconds = 90}, "Long", true);
    test_form_end(&form);
    ck_assert_int_eq(test_form_send(ONE, &form, NULL), 202);
    sg_buf_free(&form);
}
END_TEST

START_TEST(fields_are_checked)
{
    static const struct {
        const char *name, *value;
        int status;
        const char *says;
    } all[] = {
        {"colour", "blue", 400, "colour"},
        {"title", "again", 400, "twice"},
        {"artist_id", "2", 404, "artist_id"}, /* another's */
        {"artist_id", "3", 404, "artist_id"}, /* nobody's */
        {"artist_id", "0", 400, "artist_id"},
        {"artist_id", "99999999999999999999", 400, "artist_id"},
        {"album_id", "77", 404, "album_id"},
        {"genre", "Polka", 422, "/api/v1/genres"},
        {"duration", "nan", 400, "duration"},
        {"duration", "3601", 400, "duration"},
        {"explicit", "maybe", 400, "explicit"},
        {"track_no", "-1", 400, "track_no"},
        {"release_date", "2026-02-30", 400, "release_date"},
        {"checksum", "abc", 400, "checksum"},
        {"checksum", "0000000000000000000000000000000000000000000000000000000000000000", 422,
         "wrong-checksum"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sg_buf form = {0};
        form_of(&form, (struct test_tone){0}, "Field", true);
        test_form_field(&form, all[i].name, all[i].value);
        test_form_end(&form);
        is_refused(&form, NULL, all[i].status, all[i].says);
        sg_buf_free(&form);
    }
}
END_TEST

START_TEST(who_is_no_artist_may_not_and_the_bytes_are_not_asked_for)
{
    struct sg_buf form = {0};
    form_of(&form, (struct test_tone){0}, "Mine", true);
    test_form_end(&form);
    ck_assert_int_eq(test_form_send(LISTENER, &form, NULL), 403);
    ck_assert_int_eq(test_form_send(NOBODY, &form, NULL), 401);
    /* an admin has no artist of her own, and may name any */
    ck_assert_int_eq(test_form_send(ADMIN, &form, NULL), 400);
    sg_buf_free(&form);
    form_of(&form, (struct test_tone){0}, "For her", true);
    test_form_field(&form, "artist_id", "2");
    test_form_end(&form);
    ck_assert_msg(test_form_send(ADMIN, &form, NULL) == 202, "%s", catalogue_said);
    sg_buf_free(&form);
}
END_TEST

START_TEST(digests_in_headers_are_of_the_whole_body)
{
    struct sg_buf form = {0};
    unsigned char hash[SG_SHA256_BYTES];
    char head[300], text[64];
    form_of(&form, (struct test_tone){0}, "Digest", true);
    test_form_end(&form);
    sg_sha256(sg_buf_str(&form), hash);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = text;
    for (int i = 0; i < 32; i += 3) { /* base64 of 32 bytes */
        unsigned v = (unsigned)hash[i] << 16 | (i + 1 < 32 ? (unsigned)hash[i + 1] << 8 : 0) |
                     (i + 2 < 32 ? hash[i + 2] : 0);
        for (int k = 18; k >= 0; k -= 6)
            *to++ = digits[v >> k & 63];
    }
    strcpy(to - 1, "=");
    snprintf(head, sizeof head, "Content-Digest: sha-256=:%s:\r\n", text);
    form.p[form.n - 90] ^= 1;
    is_refused(&form, head, 422, "wrong-checksum");
    form.p[form.n - 90] ^= 1;
    is_refused(&form, "Content-Digest: sha-256=:AAAA:\r\n", 400, "Content-Digest");
    is_refused(&form, "Repr-Digest: nonsense\r\n", 400, "Repr-Digest");
    snprintf(head, sizeof head, "Repr-Digest: md5=:AAAA:, sha-256=:%s:\r\n", text);
    ck_assert_msg(test_form_send(ONE, &form, head) == 202, "%s", catalogue_said);
    sg_buf_free(&form);
}
END_TEST

static void put(struct sg_buf *b, const char *text)
{
    sg_buf_puts(b, text);
}

START_TEST(hostile_forms_are_refused)
{
    struct sg_buf form = {0};
    is_refused(&form, NULL, 400, "code"); /* nothing at all */
    put(&form, "--" TEST_BOUNDARY "\r\nContent-Disposition: form-data; name=\"title\"\r\nX: ");
    for (int i = 0; i < 200000; i++)
        sg_buf_putc(&form, 'h');
    put(&form, "\r\n\r\nx\r\n");
    test_form_end(&form);
    is_refused(&form, NULL, 400, "invalid-request"); /* a header without end */
    sg_buf_reset(&form);
    for (int i = 0; i < 3000; i++)
        put(&form, "--" TEST_BOUNDARY "\r\nContent-Disposition: form-data; name=\"audio_file\"; "
                   "filename=\"x\"\r\n\r\ny\r\n");
    test_form_end(&form);
    is_refused(&form, NULL, 400, "twice");
    sg_buf_reset(&form);
    for (int i = 0; i < 3000; i++)
        put(&form, "--" TEST_BOUNDARY "\r\n\r\ny\r\n"); /* parts without a name */
    test_form_end(&form);
    is_refused(&form, NULL, 400, "code");
    sg_buf_reset(&form);
    form_of(&form, (struct test_tone){0}, "No end", true);
    is_refused(&form, NULL, 400, "malformed"); /* cut off before its boundary */
    test_form_field(&form, "genre", "a\nb");
    test_form_end(&form);
    is_refused(&form, NULL, 400, "genre");
    sg_buf_reset(&form);
    sg_buf_put(&form,
               "--" TEST_BOUNDARY "\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na\0b"
               "\r\n",
               sizeof("--" TEST_BOUNDARY
                      "\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na\0b\r\n") -
                   1);
    form_of(&form, (struct test_tone){0}, NULL, true);
    test_form_end(&form);
    is_refused(&form, NULL, 400, "title");
    sg_buf_reset(&form);
    put(&form, "--" TEST_BOUNDARY "\r\nContent-Disposition: form-data; name=\"audio_file\"\r\n"
               "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n"
               "Content-Disposition: file; filename=\"a\"\r\n\r\nx\r\n--inner\r\n"
               "Content-Disposition: file; filename=\"b\"\r\n\r\ny\r\n--inner--\r\n");
    test_form_end(&form);
    is_refused(&form, NULL, 400, "code");
    sg_buf_free(&form);
    ck_assert_int_eq(catalogue_send(ONE, "POST", "/api/v1/upload/song",
                                    "Content-Type: multipart/form-data\r\n", "x", 1),
                     400);
    ck_assert_int_eq(catalogue_send(ONE, "POST", "/api/v1/upload/song",
                                    "Content-Type: application/json\r\n", "{}", 2),
                     415);
    ck_assert_int_eq(catalogue_send(ONE, "POST", "/api/v1/upload/song",
                                    TEST_FORM "Content-Length: 999999999999\r\n", NULL, 0),
                     413);
}
END_TEST

static int send_as(const struct sg_buf *form, const char *type)
{
    char head[300];
    snprintf(head, sizeof head, "Content-Type: %s\r\n", type);
    return catalogue_send(ONE, "POST", "/api/v1/upload/song", head, form->p, form->n);
}

START_TEST(the_boundary_is_found_however_the_header_tells_it)
{
    static const struct {
        const char *type;
        int status;
    } all[] = {
        {"multipart/form-data; Boundary=" TEST_BOUNDARY, 202},
        {"Multipart/Form-Data;BOUNDARY=\"" TEST_BOUNDARY "\" ; charset=utf-8", 202},
        {"multipart/form-data; x=\"boundary=cc; y\"; boundary=" TEST_BOUNDARY "; z=1", 202},
        {"multipart/form-data; xboundary=" TEST_BOUNDARY, 400},
        {"multipart/form-data; x=\"boundary=" TEST_BOUNDARY "\"", 400},
        {"multipart/form-data; boundary=" TEST_BOUNDARY "; Boundary=" TEST_BOUNDARY, 400},
        {"multipart/form-data; boundary=\"" TEST_BOUNDARY, 400},
        {"multipart/form-data; boundary=\"" TEST_BOUNDARY "\"x", 400},
        {"multipart/form-data; boundary=\"\\" TEST_BOUNDARY "\"", 400},
        {"multipart/form-data; boundary=", 400},
        {"multipart/form-data; boundary", 400},
    };
    struct sg_buf form = {0};
    int before = uploads();
    form_of(&form, (struct test_tone){0}, "Letters", true); /* one upload, however often */
    test_form_end(&form);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int got = send_as(&form, all[i].type);
        ck_assert_msg(got == all[i].status, "%s: %d %s", all[i].type, got, catalogue_said);
        ck_assert_msg(got == 202 || says("Content-Type"), "%s", catalogue_said);
    }
    ck_assert_int_eq(uploads(), before + 1);
    sg_buf_free(&form);
}
END_TEST

START_TEST(what_follows_the_last_boundary_is_passed_over)
{
    static const struct {
        const char *behind;
        int status;
    } all[] = {
        {"", 202},       {"\r\n", 202},
        {"\n", 202},     {" \t\r\nThe end.\r\n--" TEST_BOUNDARY "\r\n--" TEST_BOUNDARY "--", 202},
        {"x", 400},      {"-", 400},
        {" x\r\n", 400}, {"\r\r\n", 400},
        {"\r ", 400},
    };
    struct sg_buf form = {0};
    int before = uploads();
    form_of(&form, (struct test_tone){0}, "Behind", true);
    put(&form, "--" TEST_BOUNDARY "--");
    size_t n = form.n;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        form.n = n;
        put(&form, all[i].behind);
        int got = test_form_send(ONE, &form, NULL);
        ck_assert_msg(got == all[i].status, "%zu: %d %s", i, got, catalogue_said);
        ck_assert_msg(got == 202 || says("malformed"), "%s", catalogue_said);
    }
    form.n = n;
    put(&form, "\r\n");
    for (int i = 0; i < 20000; i++) /* in many pieces */
        put(&form, "\r\n--" TEST_BOUNDARY "--");
    ck_assert_int_eq(test_form_send(ONE, &form, NULL), 202);
    ck_assert_int_eq(uploads(), before + 1);
    sg_buf_free(&form);
}
END_TEST

START_TEST(what_is_sent_again_is_one_upload)
{
    struct sg_buf form = {0};
    char first[80];
    form_of(&form, (struct test_tone){0}, "Once", true);
    test_form_end(&form);
    ck_assert_int_eq(test_form_send(ONE, &form, "Idempotency-Key: k1\r\n"), 202);
    snprintf(first, sizeof first, "%s", test_upload_id());
    int objects = test_objects();
    ck_assert_int_eq(test_form_send(ONE, &form, "Idempotency-Key: k1\r\n"), 202);
    ck_assert(says("Idempotent-Replayed: true"));
    ck_assert_str_eq(test_upload_id(), first);
    ck_assert_int_eq(test_form_send(ONE, &form, NULL), 202); /* the same file, not yet done */
    ck_assert_str_eq(test_upload_id(), first);
    ck_assert_int_eq(test_objects_become(objects), objects);
    sg_buf_reset(&form);
    form_of(&form, (struct test_tone){0}, "Once", true);
    test_form_end(&form);
    ck_assert_int_eq(test_form_send(ONE, &form, "Idempotency-Key: k1\r\n"), 422);
    ck_assert(says("idempotency-key-reused"));
    ck_assert_int_eq(test_form_send(ONE, &form, "Idempotency-Key: k2\r\n"), 202);
    ck_assert_str_ne(test_upload_id(), first);
    sg_buf_free(&form);
}
END_TEST

START_TEST(uploads_are_listed_page_by_page_and_cancelled)
{
    struct sg_buf form = {0};
    char path[200];
    sql("DELETE FROM uploads WHERE user_id = 2");
    for (int i = 0; i < 3; i++) {
        sg_buf_reset(&form);
        form_of(&form, (struct test_tone){0}, i == 0 ? "A1" : i == 1 ? "A2" : "A3", true);
        test_form_end(&form);
        ck_assert_int_eq(test_form_send(TWO, &form, NULL), 202);
    }
    ck_assert_int_eq(catalogue_ask(TWO, "GET", "/api/v1/me/uploads?limit=2", NULL, NULL), 200);
    ck_assert(says(TITLE("A3")) && says(TITLE("A2")) && !says(TITLE("A1")) && says("next_cursor"));
    snprintf(path, sizeof path, "/api/v1/me/uploads?limit=2&cursor=%.60s",
             strstr(catalogue_said, "next_cursor\":\"") + 14);
    path[strcspn(path, "\"")] = '\0';
    ck_assert_msg(catalogue_ask(TWO, "GET", path, NULL, NULL) == 200, "%s", catalogue_said);
    ck_assert(says(TITLE("A1")) && !says(TITLE("A2")) && !says("next_cursor"));
    int objects = test_objects();
    snprintf(path, sizeof path, "/api/v1/upload/%s", test_upload_id());
    ck_assert_int_eq(catalogue_ask(ONE, "DELETE", path, NULL, NULL), 404);
    ck_assert_int_eq(catalogue_ask(TWO, "DELETE", path, NULL, NULL), 204);
    ck_assert_int_eq(catalogue_ask(TWO, "DELETE", path, NULL, NULL), 409);
    ck_assert_int_eq(test_objects_become(objects - 1), objects - 1);
    ck_assert_str_eq(
        sql("SELECT count(*) FROM jobs WHERE payload->>'upload_id' = '%s'", strrchr(path, '/') + 1),
        "0");
    sg_buf_free(&form);
}
END_TEST

START_TEST(too_many_that_are_not_done_are_refused)
{
    struct sg_buf form = {0};
    form_of(&form, (struct test_tone){0}, "One more", true);
    test_form_end(&form);
    sql("INSERT INTO uploads (upload_id, artist_id, user_id, status, bytes) SELECT "
        "'upload_many' || i, 2, 2, 'received', 0 FROM generate_series(1, 20) i");
    ck_assert_int_eq(test_form_send(TWO, &form, NULL), 429);
    ck_assert(says("too-many-uploads"));
    sql("DELETE FROM uploads WHERE upload_id LIKE 'upload_many%%'");
    ck_assert_int_eq(test_form_send(TWO, &form, NULL), 202);
    sg_buf_free(&form);
}
END_TEST

static int dial_as(uint64_t who, size_t length)
{
    char head[2000], dir[200];
    snprintf(dir, sizeof dir, "%s", test_path(catalogue_x.dir, "var"));
    int fd = wire_dial(catalogue_port());
    snprintf(head, sizeof head,
             "POST /api/v1/upload/song HTTP/1.1\r\nHost: x\r\n%s" TEST_FORM
             "Content-Length: %zu\r\n\r\n",
             test_authorization(dir, who, SG_ROLE_USER | SG_ROLE_ARTIST, SG_FREE), length);
    wire_say(fd, head);
    return fd;
}

static int dial_with(size_t length)
{
    return dial_as(ONE, length);
}

static void fill_up(int n)
{
    sql("DELETE FROM uploads WHERE user_id = 2");
    sql("INSERT INTO uploads (upload_id, artist_id, user_id, status, bytes) SELECT "
        "'upload_many' || i, 2, 2, 'received', 0 FROM generate_series(1, %d) i",
        n);
}

START_TEST(of_many_that_are_sent_at_once_as_many_are_taken_as_there_is_room_for)
{
    enum { SENT = 6 };
    struct sg_buf form = {0};
    int fds[SENT], taken = 0, told = 0, objects = test_objects();
    fill_up(19);
    for (int i = 0; i < SENT; i++) {
        sg_buf_reset(&form);
        form_of(&form, (struct test_tone){0}, "At once", true);
        test_form_end(&form);
        fds[i] = dial_as(TWO, form.n);
        wire_put(fds[i], form.p, form.n - 1);
    }
    for (int i = 0; i < SENT; i++) /* every form ends alike */
        wire_put(fds[i], form.p + form.n - 1, 1);
    for (int i = 0; i < SENT; i++) {
        struct wire_answer a = {0};
        ck_assert(wire_hear(fds[i], &a));
        taken += a.status == 202;
        told += a.status == 429;
        sg_buf_free(&a.body);
        close(fds[i]);
    }
    ck_assert_int_eq(taken, 1);
    ck_assert_int_eq(told, SENT - 1);
    ck_assert_int_eq(test_objects_become(objects + 1), objects + 1);
    fill_up(0);
    sg_buf_free(&form);
}
END_TEST

START_TEST(who_has_no_room_is_told_before_the_bytes_are_sent_and_what_was_taken_is_told_again)
{
    struct sg_buf form = {0};
    struct wire_answer a = {0};
    fill_up(20);
    int fd = dial_as(TWO, 100 << 20);
    wire_say(fd, "--" TEST_BOUNDARY "\r\n");
    ck_assert(wire_hear(fd, &a));
    ck_assert_int_eq(a.status, 429);
    close(fd);
    sg_buf_free(&a.body);
    fill_up(19);
    form_of(&form, (struct test_tone){0}, "The last", true);
    test_form_end(&form);
    ck_assert_int_eq(test_form_send(TWO, &form, "Idempotency-Key: full\r\n"), 202);
    ck_assert_msg(test_form_send(TWO, &form, "Idempotency-Key: full\r\n") == 202, "%s",
                  catalogue_said);
    ck_assert(says("Idempotent-Replayed: true"));
    fill_up(0);
    sg_buf_free(&form);
}
END_TEST

START_TEST(a_client_that_leaves_leaves_nothing)
{
    struct sg_buf form = {0};
    char rest[256];
    int rows = uploads(), objects = test_objects();
    form_of(&form, (struct test_tone){.seconds = 60}, "Broken", true);
    for (int i = 0; i < 4; i++) {
        int fd = dial_with(form.n * 2);
        wire_put(fd, form.p, form.n * (size_t)i / 4);
        shutdown(fd, SHUT_WR);
        while (read(fd, rest, sizeof rest) > 0) /* until it is given up there too */
            continue;
        close(fd);
    }
    ck_assert_int_eq(test_objects_become(objects), objects);
    ck_assert_int_eq(uploads(), rows);
    sg_buf_free(&form);
}
END_TEST

static long resident_kb(pid_t pid)
{
    char path[64], line[200];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

/* Six MB for each second of such sound; SEGUE_TEST_UPLOAD_S=17 for a hundred. */
START_TEST(a_large_file_takes_no_memory)
{
    enum { MB = 1 << 20, STEP = MB };
    struct sg_buf form = {0}, small = {0};
    pid_t pid = catalogue_pid();
    const char *told = getenv("SEGUE_TEST_UPLOAD_S");
    unsigned seconds = told ? (unsigned)atoi(told) : 4;
    form_of(&small, (struct test_tone){0}, "Warm", true);
    test_form_end(&small);
    ck_assert_int_eq(test_form_send(ONE, &small, NULL), 202); /* threads, connections, buffers */
    form_of(&form,
            (struct test_tone){.seconds = seconds, .rate = 192000, .channels = 8, .bits = 32},
            "Large", true);
    test_form_end(&form);
    long before = resident_kb(pid), most = before;
    int fd = dial_with(form.n);
    for (size_t at = 0; at < form.n; at += STEP) {
        wire_put(fd, form.p + at, form.n - at < STEP ? form.n - at : STEP);
        long now = resident_kb(pid);
        most = now > most ? now : most;
    }
    struct wire_answer a = {0};
    ck_assert(wire_hear(fd, &a));
    ck_assert_msg(a.status == 202, "%.*s", SG_FMT(sg_buf_str(&a.body)));
    printf("%zu MB: %ld kB resident before, %ld at most\n", form.n / MB, before, most);
    ck_assert_int_gt(before, 1000);
    ck_assert_int_lt(most - before, 8 << 10);
    close(fd);
    sg_buf_free(&a.body);
    sg_buf_free(&small);
    sg_buf_free(&form);
}
END_TEST

/* 'T': it is stopped, 'Z' or 'X': it is over. */
static char state_of(pid_t pid)
{
    char path[64], state = 'X';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
        state = 'X';
    if (f)
        fclose(f);
    return state;
}

static bool is_stopped(pid_t pid)
{
    char state;
    while ((state = state_of(pid)) != 'T' && state != 'Z' && state != 'X')
        sg_sleep_us(1000);
    return state == 'T';
}

/* Children of the API, which are segue-audios: stopped, or going on again. How many. */
static int signal_children(int with)
{
    char command[200];
    int n = 0;
    pid_t pid;
    snprintf(command, sizeof command, "cat /proc/%d/task/*/children 2>/dev/null",
             (int)catalogue_pid());
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): nothing of a stranger's */
    while (fscanf(f, "%d", &pid) == 1)
        n += kill(pid, with) == 0 && (with != SIGSTOP || is_stopped(pid));
    pclose(f);
    return n;
}

static int send_whole(const struct sg_buf *form)
{
    int fd = dial_with(form->n);
    wire_put(fd, form->p, form->n);
    return fd;
}

enum { LOOKED_AT = 2 };

static bool is_answered(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, 0) > 0;
}

/* Sends a song and stops the process that looks at it, beside n that stand still already. On a busy
 * machine one may have been looked at by then: another is sent. */
static int send_and_stop(int n)
{
    struct sg_buf form = {0};
    struct wire_answer a = {0};
    for (int tries = 0; tries < 15; tries++) {
        sg_buf_reset(&form);
        form_of(&form, (struct test_tone){.seconds = 60, .rate = 48000}, "Slow", true);
        test_form_end(&form);
        int fd = send_whole(&form), stopped = n;
        while (stopped == n && !is_answered(fd))
            stopped = signal_children(SIGSTOP);
        if (stopped > n) {
            sg_buf_free(&form);
            sg_buf_free(&a.body);
            return fd;
        }
        ck_assert(wire_hear(fd, &a) && a.status == 202);
        close(fd);
        sql("DELETE FROM uploads WHERE user_id = 1"); /* there is room for so many */
    }
    ck_abort_msg("none could be stopped");
    return -1;
}

/* Two are looked at and don't get on; 64 wait; who comes then is told to come again. */
START_TEST(when_too_many_files_wait_to_be_looked_at_the_next_is_told_to_come_again)
{
    enum { WAITING = 64, MORE = WAITING + 1 };
    struct sg_buf form = {0};
    struct pollfd all[MORE];
    int looked[LOOKED_AT], answered = 0, first = -1;
    struct wire_answer a = {0};
    sql("DELETE FROM uploads WHERE user_id = 1");
    for (int i = 0; i < LOOKED_AT; i++)
        looked[i] = send_and_stop(i);
    ck_assert_int_eq(signal_children(SIGSTOP), LOOKED_AT);
    test_form_field(&form, "title", "Text");
    test_form_file(&form, "a.mp3", SG_STR("This is no song.\n"));
    test_form_end(&form);
    for (int i = 0; i < MORE; i++)
        all[i] = (struct pollfd){send_whole(&form), POLLIN, 0};
    ck_assert_int_ge(poll(all, MORE, 240000), 1);
    for (int i = 0; i < MORE; i++)
        if (all[i].revents)
            answered++, first = i;
    ck_assert_msg(answered == 1, "%d %s", answered,
                  sql("SELECT string_agg(user_id || status || n, ',') FROM (select user_id, "
                      "status, count(*) n from uploads group by 1,2) x"));
    ck_assert(wire_hear(all[first].fd, &a));
    ck_assert_msg(a.status == 503, "%d: %.*s", a.status, SG_FMT(sg_buf_str(&a.body)));
    ck_assert_str_ne(wire_header(&a, "Retry-After"), "");
    all[first].fd = -1;
    ck_assert_int_eq(poll(all, MORE, 0), 0); /* the others wait */
    ck_assert_int_eq(signal_children(SIGCONT), LOOKED_AT);
    for (int i = 0; i < LOOKED_AT; i++)
        ck_assert(wire_hear(looked[i], &a) && a.status == 202);
    for (int i = 0; i < MORE; i++)
        if (i != first)
            ck_assert(wire_hear(all[i].fd, &a) && a.status == 415);
    ck_assert_int_eq(test_form_send(ONE, &form, NULL), 415);
    sg_buf_free(&a.body);
    sg_buf_free(&form);
}
END_TEST

int main(void)
{
    setenv("SEGUE_UPLOAD_MAX_S", "90", 1);
    Suite *s = suite_create("uploads");
    TCase *c = tcase_create("form");
    tcase_set_timeout(c, 300);
    tcase_add_unchecked_fixture(c, catalogue_database, NULL);
    tcase_add_unchecked_fixture(c, catalogue_start, catalogue_stop);
    tcase_add_test(c, a_song_is_taken_sealed_and_queued);
    tcase_add_test(c, fields_may_come_after_the_file_and_an_empty_one_was_not_filled_in);
    tcase_add_test(c, what_is_no_song_is_refused_with_why_and_leaves_nothing);
    tcase_add_test(c, a_song_is_as_long_as_is_configured_at_most);
    tcase_add_test(c, fields_are_checked);
    tcase_add_test(c, who_is_no_artist_may_not_and_the_bytes_are_not_asked_for);
    tcase_add_test(c, digests_in_headers_are_of_the_whole_body);
    tcase_add_test(c, hostile_forms_are_refused);
    tcase_add_test(c, the_boundary_is_found_however_the_header_tells_it);
    tcase_add_test(c, what_follows_the_last_boundary_is_passed_over);
    tcase_add_test(c, what_is_sent_again_is_one_upload);
    tcase_add_test(c, uploads_are_listed_page_by_page_and_cancelled);
    tcase_add_test(c, too_many_that_are_not_done_are_refused);
    tcase_add_test(c, of_many_that_are_sent_at_once_as_many_are_taken_as_there_is_room_for);
    tcase_add_test(
        c, who_has_no_room_is_told_before_the_bytes_are_sent_and_what_was_taken_is_told_again);
    tcase_add_test(c, a_client_that_leaves_leaves_nothing);
    tcase_add_test(c, when_too_many_files_wait_to_be_looked_at_the_next_is_told_to_come_again);
    tcase_add_test(c, a_large_file_takes_no_memory);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_ENV);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? 1 : 0;
}
