/* test_uploads_tus.c - songs sent by tus, in pieces, over connections that break, to servers that
 * are killed: what has come is told to the byte, and the whole is accepted once. The real API over
 * a real PostgreSQL, with the real segue-audio.
 */
#include "core/clock.h"
#include "core/digest.h"
#include "tests/support/account.h"
#include "tests/support/scratch.h"
#include "tests/support/uploads.h"
#include "tests/support/wire.h"
#include <check.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define says     catalogue_says
#define sql(...) test_pg_sql(catalogue_db, __VA_ARGS__)
#define TUS      "/api/v1/upload/tus"
#define V        "Tus-Resumable: 1.0.0\r\n"
#define PIECE    V "Content-Type: application/offset+octet-stream\r\n"

static struct sg_buf wav;
static char at[200]; /* path of the upload */

/* title "Tus song", genre "jazz", filename "tus.wav" */
#define META                                                                                       \
    "Upload-Metadata: title VHVzIHNvbmc=,genre amF6eg==,filename dHVzLndhdg==,filetype "           \
    "YXVkaW8vd2F2\r\n"

static void make(unsigned seconds)
{
    static unsigned n;
    sg_buf_reset(&wav);
    test_tone(&wav, (struct test_tone){.seconds = seconds, .seed = (unsigned)getpid() * 100 + ++n});
}

static int create(int who, size_t length, const char *more)
{
    char head[1000];
    snprintf(head, sizeof head, V "Upload-Length: %zu\r\n%s", length, more);
    int status = catalogue_send(who, "POST", TUS, head, "", 0);
    if (status == 201)
        snprintf(at, sizeof at, TUS "/%s", test_upload_id());
    return status;
}

static int patch(size_t from, size_t n, const char *more)
{
    char head[1000];
    snprintf(head, sizeof head, PIECE "Upload-Offset: %zu\r\n%s", from, more);
    return catalogue_send(ONE, "PATCH", at, head, wav.p + from, n);
}

static long number_after(const char *name)
{
    const char *p = strstr(catalogue_said, name);
    return p ? atol(p + strlen(name)) : -1;
}

/* -1: it is not to be had. */
static long offset(void)
{
    int status = catalogue_send(ONE, "HEAD", at, V, NULL, 0);
    return status == 200 ? number_after("Upload-Offset: ") : -1;
}

static bool offset_comes(long wanted)
{
    for (int i = 0; i < 4800 && offset() != wanted; i++)
        sg_sleep_us(50000);
    return offset() == wanted;
}

static const char *status_of(void)
{
    return sql("SELECT status FROM uploads WHERE upload_id = '%s'", strrchr(at, '/') + 1);
}

/* A PATCH that promises n bytes. */
static int begin_patch(size_t from, size_t n)
{
    char head[2000], dir[200];
    snprintf(dir, sizeof dir, "%s", test_path(catalogue_x.dir, "var"));
    int fd = wire_dial(catalogue_port());
    snprintf(head, sizeof head,
             "PATCH %s HTTP/1.1\r\nHost: x\r\n%s" PIECE "Upload-Offset: %zu\r\n"
             "Content-Length: %zu\r\n\r\n",
             at, test_authorization(dir, ONE, SG_ROLE_USER | SG_ROLE_ARTIST, SG_FREE), from, n);
    wire_say(fd, head);
    return fd;
}

START_TEST(what_is_spoken_is_told_to_everybody)
{
    ck_assert_int_eq(catalogue_send(NOBODY, "OPTIONS", TUS, NULL, NULL, 0), 204);
    ck_assert(says("Tus-Version: 1.0.0") && says("Tus-Max-Size: 524288000") &&
              says("Tus-Extension: creation,creation-with-upload,termination,expiration,checksum"));
}
END_TEST

START_TEST(a_song_in_three_pieces_is_accepted)
{
    make(3);
    ck_assert_msg(create(ONE, wav.n, META) == 201, "%s", catalogue_said);
    ck_assert(says("Upload-Expires: ") && says("Location: " TUS "/upload_"));
    ck_assert_int_eq(catalogue_send(ONE, "HEAD", at, V, NULL, 0), 200);
    ck_assert(says("Upload-Offset: 0\r\n") && says("title VHVzIHNvbmc=") &&
              says("Cache-Control: no-store"));
    ck_assert_msg(patch(0, 10000, "") == 204, "%s", catalogue_said);
    ck_assert_int_eq(number_after("Upload-Offset: "), 10000);
    ck_assert(says("Upload-Expires: "));
    ck_assert_int_eq(patch(10000, 20000, ""), 204);
    ck_assert_str_eq(status_of(), "receiving");
    ck_assert_msg(patch(30000, wav.n - 30000, "") == 204, "%s", catalogue_said);
    ck_assert_str_eq(sql("SELECT concat_ws('|', status, title, genre_id, filename, bytes, "
                         "object_key, sha256 IS NOT NULL, (SELECT count(*) FROM upload_parts p "
                         "WHERE p.upload_id = u.upload_id), (SELECT count(*) FROM jobs WHERE "
                         "payload->>'upload_id' = upload_id)) FROM uploads u WHERE upload_id = "
                         "'%s'",
                         strrchr(at, '/') + 1),
                     "received|Tus song|2|tus.wav|48044|t|3|1");
    ck_assert_int_eq(offset(), (long)wav.n);
    ck_assert_int_eq(patch(wav.n, 0, ""), 409); /* it is no longer being received */
}
END_TEST

START_TEST(what_came_before_the_connection_broke_is_kept_to_the_byte)
{
    make(30);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    size_t sent = 0, steps[] = {1, 131072, 200000, 77};
    for (int i = 0; i < 4; i++) {
        int fd = begin_patch(sent, wav.n - sent);
        wire_put(fd, wav.p + sent, steps[i]);
        shutdown(fd, SHUT_WR);
        sent += steps[i];
        ck_assert_msg(offset_comes((long)sent), "%s", catalogue_said);
        close(fd);
    }
    ck_assert_msg(patch(sent, wav.n - sent, "") == 204, "%s", catalogue_said);
    ck_assert_str_eq(status_of(), "received");
    unsigned char hash[32];
    char sha[65];
    sg_sha256(sg_buf_str(&wav), hash);
    sg_hex(hash, 32, sha);
    ck_assert_str_eq(sql("SELECT encode(sha256, 'hex') FROM uploads WHERE upload_id = '%s'",
                         strrchr(at, '/') + 1),
                     sha);
}
END_TEST

START_TEST(a_server_that_is_killed_forgets_no_part)
{
    make(30);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_int_eq(patch(0, 100000, ""), 204);
    int fd = begin_patch(100000, wav.n - 100000);
    wire_put(fd, wav.p + 100000, 200000);
    sg_sleep_us(100000);
    catalogue_crash();
    close(fd);
    ck_assert_int_eq(offset(), 100000);
    ck_assert_msg(patch(100000, wav.n - 100000, "") == 204, "%s", catalogue_said);
    ck_assert_str_eq(status_of(), "received");
}
END_TEST

START_TEST(of_two_at_once_one_counts)
{
    make(30);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    int fds[2], got[2];
    for (int i = 0; i < 2; i++) {
        fds[i] = begin_patch(0, 200000);
        wire_put(fds[i], wav.p, 199999);
    }
    for (int i = 0; i < 2; i++)
        wire_put(fds[i], wav.p + 199999, 1);
    for (int i = 0; i < 2; i++) {
        struct wire_answer a = {0};
        ck_assert(wire_hear(fds[i], &a));
        got[i] = a.status;
        sg_buf_free(&a.body);
        close(fds[i]);
    }
    ck_assert_msg((got[0] == 204 && got[1] == 409) || (got[0] == 409 && got[1] == 204), "%d %d",
                  got[0], got[1]);
    ck_assert_int_eq(offset(), 200000);
    ck_assert_int_eq(patch(200000, wav.n - 200000, ""), 204);
    ck_assert_str_eq(status_of(), "received");
}
END_TEST

static const char *checksum_line(size_t from, size_t n, unsigned flip)
{
    static char line[100];
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char h[21] = {0};
    SHA1((const unsigned char *)wav.p + from, n, h);
    h[0] ^= (unsigned char)flip;
    char *to = line + sprintf(line, "Upload-Checksum: sha1 ");
    for (int i = 0; i < 21; i += 3)
        for (int k = 18; k >= 0; k -= 6)
            *to++ = digits[((unsigned)h[i] << 16 | (unsigned)h[i + 1] << 8 | h[i + 2]) >> k & 63];
    strcpy(to - 1, "=\r\n");
    return line;
}

START_TEST(a_piece_with_another_checksum_does_not_count)
{
    make(3);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    int objects = test_objects();
    ck_assert_msg(patch(0, 20000, checksum_line(0, 20000, 1)) == 460, "%s", catalogue_said);
    ck_assert_int_eq(offset(), 0);
    ck_assert_int_eq(test_objects_become(objects), objects);
    ck_assert_int_eq(patch(0, 20000, "Upload-Checksum: sha1 AAAA\r\n"), 400);
    ck_assert_int_eq(patch(0, 20000, "Upload-Checksum: crc7 AAAA\r\n"), 400);
    ck_assert_int_eq(patch(0, 20000, checksum_line(0, 20000, 0)), 204);
    ck_assert_int_eq(patch(20000, wav.n - 20000, ""), 204);
}
END_TEST

START_TEST(what_does_not_fit_the_protocol_is_refused)
{
    make(2);
    ck_assert_int_eq(catalogue_send(ONE, "POST", TUS, "Upload-Length: 5\r\n", "", 0), 412);
    ck_assert(says("Tus-Version: 1.0.0"));
    ck_assert_int_eq(create(ONE, 524288001, META), 413);
    ck_assert_int_eq(catalogue_send(ONE, "POST", TUS, V, "", 0), 400);
    ck_assert_int_eq(create(ONE, 0, META), 400);
    ck_assert_int_eq(create(ONE, 100, "Upload-Metadata: title !!!\r\n"), 400);
    ck_assert_int_eq(create(ONE, 100, "Upload-Metadata: colour Ymx1ZQ==\r\n"), 400);
    ck_assert_int_eq(create(ONE, 100, "Upload-Metadata: filename YQ==,filename Yg==\r\n"), 400);
    ck_assert_int_eq(create(ONE, 100, "Upload-Metadata: genre UG9sa2E=\r\n"), 422);
    ck_assert_int_eq(create(ONE, 100, "Upload-Metadata: artist_id Mg==\r\n"), 404); /* another's */
    ck_assert_int_eq(create(LISTENER, 100, META), 403);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_int_eq(patch(7, 100, ""), 409);
    ck_assert_int_eq(number_after("Upload-Offset: "), 0);
    ck_assert_int_eq(catalogue_send(ONE, "PATCH", at, V "Upload-Offset: 0\r\n", "x", 1), 415);
    ck_assert_int_eq(catalogue_send(ONE, "PATCH", at, PIECE, "x", 1), 400);
    ck_assert_int_eq(catalogue_send(TWO, "PATCH", at, PIECE "Upload-Offset: 0\r\n", "x", 1), 404);
    ck_assert_int_eq(catalogue_send(TWO, "HEAD", at, V, NULL, 0), 404);
    ck_assert_int_eq(catalogue_send(TWO, "DELETE", at, V, NULL, 0), 404);
    struct sg_buf more = {0};
    sg_buf_str_put(&more, sg_buf_str(&wav));
    sg_buf_puts(&more, "more than was said");
    ck_assert_int_eq(catalogue_send(ONE, "PATCH", at, PIECE "Upload-Offset: 0\r\n", more.p, more.n),
                     413);
    sg_buf_free(&more);
    ck_assert_int_eq(offset(), 0);
    ck_assert_str_eq(status_of(), "receiving");
}
END_TEST

START_TEST(what_is_given_up_is_deleted_and_gone)
{
    make(2);
    int objects = test_objects();
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_int_eq(patch(0, 5000, ""), 204);
    ck_assert_int_eq(test_objects_become(objects + 1), objects + 1);
    ck_assert_int_eq(catalogue_send(ONE, "DELETE", at, V, NULL, 0), 204);
    ck_assert_int_eq(test_objects_become(objects), objects);
    ck_assert_int_eq(catalogue_send(ONE, "HEAD", at, V, NULL, 0), 410);
    ck_assert_int_eq(patch(5000, 100, ""), 410);
    ck_assert_int_eq(catalogue_send(ONE, "DELETE", at, V, NULL, 0), 410);
}
END_TEST

START_TEST(every_answer_tells_the_version_refusals_included)
{
    make(2);
    ck_assert_int_eq(catalogue_send(NOBODY, "POST", TUS, V "Upload-Length: 5\r\n", "", 0), 401);
    ck_assert(says(V));
    ck_assert_int_eq(create(LISTENER, 100, META), 403);
    ck_assert(says(V));
    ck_assert_int_eq(create(ONE, 100, META), 201);
    ck_assert_int_eq(catalogue_send(NOBODY, "HEAD", at, V, NULL, 0), 401);
    ck_assert(says(V));
    ck_assert_int_eq(catalogue_send(ONE, "PUT", at, V, "x", 1), 405);
    ck_assert(says(V));
    ck_assert_int_eq(
        catalogue_send(ONE, "PATCH", at, PIECE "Content-Length: 999999999999\r\n", NULL, 0), 413);
    ck_assert(says(V));
    ck_assert_int_eq(catalogue_ask(ONE, "GET", "/api/v1/me/uploads", NULL, NULL), 200);
    ck_assert(!says(V));
}
END_TEST

START_TEST(a_client_that_can_only_post_tells_what_it_means)
{
    make(3);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_msg(catalogue_send(ONE, "POST", at,
                                 PIECE "X-HTTP-Method-Override: PATCH\r\nUpload-Offset: 0\r\n",
                                 wav.p, 20000) == 204,
                  "%s", catalogue_said);
    ck_assert_int_eq(offset(), 20000);
    ck_assert_int_eq(catalogue_send(ONE, "POST", at, V "X-HTTP-Method-Override: HEAD\r\n", "", 0),
                     200);
    ck_assert_int_eq(number_after("Upload-Offset: "), 20000);
    ck_assert_int_eq(catalogue_send(ONE, "POST", at, V "X-HTTP-Method-Override: PUT\r\n", "", 0),
                     405);
    ck_assert_int_eq(catalogue_send(ONE, "POST", at, V "X-HTTP-Method-Override: DELETE\r\n", "", 0),
                     204);
    ck_assert_str_eq(status_of(), "cancelled");
    /* and means nothing elsewhere */
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    char path[200];
    snprintf(path, sizeof path, "/api/v1/upload/%s", strrchr(at, '/') + 1);
    ck_assert_int_eq(catalogue_send(ONE, "POST", path, "X-HTTP-Method-Override: DELETE\r\n", "", 0),
                     405);
    ck_assert_str_eq(status_of(), "receiving");
}
END_TEST

static int create_with(size_t n, const char *more)
{
    char head[1000];
    snprintf(head, sizeof head, V META "Upload-Length: %zu\r\n%s", wav.n, more);
    int status = catalogue_send(ONE, "POST", TUS, head, wav.p, n);
    if (status == 201)
        snprintf(at, sizeof at, TUS "/%s", test_upload_id());
    return status;
}

#define BYTES "Content-Type: Application/Offset+Octet-Stream; charset=binary\r\n"

START_TEST(the_first_bytes_may_come_with_the_creation)
{
    make(3);
    ck_assert_msg(create_with(20000, BYTES) == 201, "%s", catalogue_said);
    ck_assert_int_eq(number_after("Upload-Offset: "), 20000);
    ck_assert(says("Upload-Expires: "));
    ck_assert_int_eq(offset(), 20000);
    ck_assert_int_eq(patch(20000, wav.n - 20000, ""), 204);
    ck_assert_str_eq(status_of(), "received");
    make(3);
    ck_assert_msg(create_with(wav.n, BYTES) == 201, "%s", catalogue_said);
    ck_assert_int_eq(number_after("Upload-Offset: "), (long)wav.n);
    ck_assert_str_eq(status_of(), "received");
}
END_TEST

static int begun(void)
{
    return atoi(sql("SELECT count(*) FROM uploads WHERE status = 'receiving'"));
}

START_TEST(a_creation_whose_bytes_are_refused_begins_nothing)
{
    make(3);
    int before = begun(), objects = test_objects();
    ck_assert_int_eq(create_with(100, ""), 415);
    ck_assert_int_eq(create_with(100, "Content-Type: audio/wav\r\n"), 415);
    char more[300];
    snprintf(more, sizeof more, BYTES "%s", checksum_line(0, 20000, 1));
    ck_assert_int_eq(create_with(20000, more), 460);
    ck_assert_int_eq(create_with(20000, BYTES "Upload-Checksum: crc7 AAAA\r\n"), 400);
    snprintf(more, sizeof more, V META BYTES "Upload-Length: 100\r\n");
    ck_assert_int_eq(catalogue_send(ONE, "POST", TUS, more, wav.p, 101), 413);
    ck_assert_int_eq(begun(), before);
    ck_assert_int_eq(test_objects_become(objects), objects);
    snprintf(more, sizeof more, BYTES "%s", checksum_line(0, 20000, 0));
    ck_assert_int_eq(create_with(20000, more), 201);
}
END_TEST

/* Nobody has heard where it is. */
START_TEST(a_creation_that_breaks_off_begins_nothing)
{
    char head[2000], dir[200];
    make(30);
    int objects = test_objects();
    snprintf(dir, sizeof dir, "%s", test_path(catalogue_x.dir, "var"));
    snprintf(head, sizeof head,
             "POST " TUS " HTTP/1.1\r\nHost: x\r\n%s" V META BYTES "Upload-Length: %zu\r\n"
             "Content-Length: %zu\r\n\r\n",
             test_authorization(dir, ONE, SG_ROLE_USER | SG_ROLE_ARTIST, SG_FREE), wav.n, wav.n);
    int before = begun(), fd = wire_dial(catalogue_port());
    wire_say(fd, head);
    wire_put(fd, wav.p, 200000);
    for (int i = 0; i < 4800 && begun() == before; i++)
        sg_sleep_us(50000);
    ck_assert_int_eq(begun(), before + 1);
    close(fd);
    for (int i = 0; i < 4800 && begun() > before; i++)
        sg_sleep_us(50000);
    ck_assert_int_eq(begun(), before);
    ck_assert_int_eq(test_objects_become(objects), objects);
}
END_TEST

START_TEST(a_key_stands_for_one_creation)
{
    char first[200];
    make(2);
    ck_assert_int_eq(create(ONE, wav.n, META "Idempotency-Key: t1\r\n"), 201);
    snprintf(first, sizeof first, "%s", at);
    ck_assert_int_eq(create(ONE, wav.n, META "Idempotency-Key: t1\r\n"), 201);
    ck_assert_str_eq(at, first);
    ck_assert_int_eq(create(ONE, wav.n + 1, META "Idempotency-Key: t1\r\n"), 422);
    ck_assert(says("idempotency-key-reused"));
    ck_assert_int_eq(create(ONE, 0, "Idempotency-Key: t2\r\n"), 400); /* and is free again */
    ck_assert_int_eq(create(ONE, wav.n, META "Idempotency-Key: t2\r\n"), 201);
}
END_TEST

START_TEST(what_is_no_song_is_refused_at_the_end)
{
    make(2);
    int objects = test_objects();
    memset(wav.p + 44, 0, wav.n - 44);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_int_eq(patch(0, 5000, ""), 204);
    ck_assert_msg(patch(5000, wav.n - 5000, "") == 422, "%s", catalogue_said);
    ck_assert(says("\"code\":\"silent\""));
    ck_assert_str_eq(status_of(), "refused");
    ck_assert_int_eq(test_objects_become(objects), objects);
    char path[200];
    snprintf(path, sizeof path, "/api/v1/upload/status/%s", strrchr(at, '/') + 1);
    ck_assert_int_eq(catalogue_ask(ONE, "GET", path, NULL, NULL), 200);
    ck_assert(says("\"reason\":\"silent\"") && says("\"status\":\"refused\""));
}
END_TEST

static void age(const char *set, const char *interval)
{
    sql("SET session_replication_role = replica"); /* without the trigger that touches it */
    sql("UPDATE uploads SET updated_at = now() - interval '%s' %s WHERE upload_id = '%s'", interval,
        set, strrchr(at, '/') + 1);
    sql("RESET session_replication_role");
}

static bool becomes(const char *status)
{
    for (int i = 0; i < 4800 && strcmp(status_of(), status) != 0; i++)
        sg_sleep_us(50000);
    return strcmp(status_of(), status) == 0;
}

/* As an API leaves it that died between the last part and its acceptance. */
START_TEST(what_was_complete_when_its_server_died_is_finished_by_another)
{
    make(2);
    ck_assert_int_eq(create(ONE, wav.n + 1, META), 201);
    ck_assert_int_eq(patch(0, wav.n, ""), 204);
    sql("UPDATE uploads SET declared = bytes WHERE upload_id = '%s'", strrchr(at, '/') + 1);
    age("", "3 minutes");
    ck_assert(becomes("received"));
}
END_TEST

START_TEST(what_nobody_came_back_to_is_forgotten)
{
    make(2);
    int objects = test_objects();
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_int_eq(patch(0, 5000, ""), 204);
    age("", "25 hours");
    ck_assert(becomes(""));
    ck_assert_int_eq(test_objects_become(objects), objects);
    ck_assert_int_eq(offset(), -1);
}
END_TEST

START_TEST(progress_is_told_as_it_changes_until_the_end)
{
    char head[2000], dir[200], said[8192] = "";
    size_t n = 0;
    make(2);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    ck_assert_int_eq(patch(0, wav.n, ""), 204);
    snprintf(dir, sizeof dir, "%s", test_path(catalogue_x.dir, "var"));
    int fd = wire_dial(catalogue_port());
    snprintf(head, sizeof head, "GET /api/v1/upload/status/%s/events HTTP/1.1\r\nHost: x\r\n%s\r\n",
             strrchr(at, '/') + 1, test_authorization(dir, ONE, SG_ROLE_USER, SG_FREE));
    wire_say(fd, head);
    bool changed = false, ready = false;
    ssize_t got;
    while (n + 1 < sizeof said && (got = recv(fd, said + n, sizeof said - n - 1, 0)) > 0) {
        n += (size_t)got;
        said[n] = '\0';
        if (strstr(said, "\"stage\":\"queued\"") && !changed) {
            changed = true;
            sql("UPDATE uploads SET status = 'processing', stage = 'encode', progress = 40 "
                "WHERE upload_id = '%s'",
                strrchr(at, '/') + 1);
        }
        if (strstr(said, "\"progress\":40") && !ready) {
            ready = true;
            sql("UPDATE uploads SET status = 'ready' WHERE upload_id = '%s'", strrchr(at, '/') + 1);
        }
        if (strstr(said, "\"status\":\"ready\",\"progress\":100") && strstr(said, "\r\n0\r\n\r\n"))
            break;
    }
    ck_assert_msg(strstr(said, "event: upload\n") != NULL, "%s", said);
    ck_assert_msg(changed && ready && strstr(said, "\"status\":\"ready\""), "%s", said);
    close(fd);
}
END_TEST

static int watch(uint64_t user, unsigned roles)
{
    char head[2000], dir[200];
    snprintf(dir, sizeof dir, "%s", test_path(catalogue_x.dir, "var"));
    int fd = wire_dial(catalogue_port());
    snprintf(head, sizeof head, "GET /api/v1/upload/status/%s/events HTTP/1.1\r\nHost: x\r\n%s\r\n",
             strrchr(at, '/') + 1, test_authorization(dir, user, roles, SG_FREE));
    wire_say(fd, head);
    return fd;
}

/* Until the stream's end, or until text comes. */
static bool hears(int fd, const char *text)
{
    static char said[16384];
    size_t n = 0;
    ssize_t got;
    said[0] = '\0';
    while (n + 1 < sizeof said && !strstr(said, text) &&
           (got = recv(fd, said + n, sizeof said - n - 1, 0)) > 0) {
        n += (size_t)got;
        said[n] = '\0';
    }
    return strstr(said, text) != NULL;
}

/* More than are asked about in one question. */
START_TEST(everybody_is_told_however_many_look_on)
{
    enum { USERS = 15, EACH = 20 };
    static int fds[USERS * EACH];
    make(2);
    ck_assert_int_eq(create(ONE, wav.n, META), 201);
    for (int i = 0; i < USERS * EACH; i++) {
        fds[i] = watch(1000 + (uint64_t)i / EACH, SG_ROLE_USER | SG_ROLE_ADMIN);
        ck_assert(hears(fds[i], "\"status\":\"receiving\""));
    }
    sql("UPDATE uploads SET status = 'processing', stage = 'encode', progress = 40 "
        "WHERE upload_id = '%s'",
        strrchr(at, '/') + 1);
    for (int i = 0; i < USERS * EACH; i++)
        ck_assert_msg(hears(fds[i], "\"progress\":40"), "%d", i);
    sql("DELETE FROM uploads WHERE upload_id = '%s'", strrchr(at, '/') + 1);
    ck_assert(hears(fds[0], "0\r\n\r\n")); /* of what is forgotten nothing more is told */
    for (int i = 0; i < USERS * EACH; i++)
        close(fds[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("uploads by tus");
    TCase *c = tcase_create("tus");
    tcase_set_timeout(c, 300);
    tcase_add_unchecked_fixture(c, catalogue_database, NULL);
    tcase_add_unchecked_fixture(c, catalogue_start, catalogue_stop);
    tcase_add_test(c, what_is_spoken_is_told_to_everybody);
    tcase_add_test(c, a_song_in_three_pieces_is_accepted);
    tcase_add_test(c, what_came_before_the_connection_broke_is_kept_to_the_byte);
    tcase_add_test(c, of_two_at_once_one_counts);
    tcase_add_test(c, a_piece_with_another_checksum_does_not_count);
    tcase_add_test(c, what_does_not_fit_the_protocol_is_refused);
    tcase_add_test(c, what_is_given_up_is_deleted_and_gone);
    tcase_add_test(c, every_answer_tells_the_version_refusals_included);
    tcase_add_test(c, a_client_that_can_only_post_tells_what_it_means);
    tcase_add_test(c, the_first_bytes_may_come_with_the_creation);
    tcase_add_test(c, a_creation_whose_bytes_are_refused_begins_nothing);
    tcase_add_test(c, a_creation_that_breaks_off_begins_nothing);
    tcase_add_test(c, a_key_stands_for_one_creation);
    tcase_add_test(c, everybody_is_told_however_many_look_on);
    tcase_add_test(c, what_is_no_song_is_refused_at_the_end);
    tcase_add_test(c, what_was_complete_when_its_server_died_is_finished_by_another);
    tcase_add_test(c, what_nobody_came_back_to_is_forgotten);
    tcase_add_test(c, progress_is_told_as_it_changes_until_the_end);
    suite_add_tcase(s, c);
    c = tcase_create("killed"); /* has a server of its own */
    tcase_set_timeout(c, 300);
    tcase_add_unchecked_fixture(c, catalogue_database, NULL);
    tcase_add_checked_fixture(c, catalogue_start, catalogue_stop);
    tcase_add_test(c, a_server_that_is_killed_forgets_no_part);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_ENV);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? 1 : 0;
}
