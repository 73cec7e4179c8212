/* test_playback.c - a song's addresses and what they open: the real API over a real database and a
 * folder of objects. */
#include "api/playback/token.h"
#include "core/clock.h"
#include "core/vault/vault.h"
#include "tests/support/account.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"
#include "tests/support/wire.h"
#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_listeners l;
static struct sg_config config;
static struct test_stored sealed, clear, mixed;

#define SAID(text) test_listener_said(&l, text)

static void setup(void)
{
    test_listeners_start(&l, 9, "playback.streams_premium = 1000\nplayback.streams_free = 1000\n");
    test_indexer_config(&l.x, &config);
    test_stored_make(&sealed, &config, l.db, 1, true);
    test_stored_make(&clear, &config, l.db, 2, false);
}
static void teardown(void)
{
    test_listeners_stop(&l);
}

static int get_as(int user, enum sg_subscription subscription, const char *path)
{
    char var[200];
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    return test_http(l.port, "GET", path,
                     test_authorization(var, (uint64_t)user, SG_ROLE_USER, subscription), NULL,
                     l.said, sizeof l.said);
}

static long number(const char *member)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", member);
    const char *at = strstr(l.said, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

/* Fetches path (of a URL that was told) into a; headers may be "". */
static int fetch(const char *method, const char *path, const char *headers, struct wire_answer *a)
{
    char text[2000];
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n", method,
             path, headers);
    int fd = wire_dial(l.port);
    wire_say(fd, text);
    bool heard = strcmp(method, "HEAD") == 0 ? wire_hear_head(fd, a) : wire_hear(fd, a);
    close(fd);
    return heard ? a->status : 0;
}

static int status_of(const char *path)
{
    struct wire_answer a = {0};
    int status = fetch("GET", path, "", &a);
    sg_buf_free(&a.body);
    return status;
}

/* "/media/TOKEN/audio/ID/" + path, of the address that the last answer has as stream_url. */
static const char *beside(const char *path)
{
    static char text[4][600];
    static int next;
    char *out = text[next++ % 4];
    const char *url = test_listener_value(&l, "stream_url"), *audio = strstr(url, "/audio/");
    ck_assert_ptr_nonnull(audio);
    snprintf(out, sizeof *text, "%.*s%s", (int)(audio - url) + 7 + 37, url, path);
    return out;
}

static bool is_file(const struct wire_answer *a, const char *path, size_t from, size_t n)
{
    bool same = a->body.n == n;
    for (size_t i = 0; same && i < n; i++)
        same = (unsigned char)a->body.p[i] == test_stored_byte(path, from + i);
    return same;
}

START_TEST(the_answer_is_as_the_source_document_has_it)
{
    ck_assert_int_eq(get_as(1, SG_PREMIUM, "/api/v1/songs/1/stream?quality=high"), 200);
    ck_assert_int_eq(number("song_id"), 1);
    ck_assert(SAID("\"title\":\"Song 1\"") && SAID("\"artist\":\"Artist 2\""));
    ck_assert_int_eq(number("duration"), 38);
    ck_assert_int_eq(number("duration_ms"), 37500);
    ck_assert_int_eq(number("bitrate"), 320);
    ck_assert(SAID("\"format\":\"aac\"") && SAID("\"quality\":\"high\"") &&
              SAID("\"capped\":false") && SAID("\"protection\":\"cenc\""));
    ck_assert_ptr_nonnull(strstr(test_listener_value(&l, "stream_url"), "/p/aac320.mp4"));
    ck_assert_ptr_nonnull(strstr(test_listener_value(&l, "hls_fallback_url"), "/p/hls.m3u8"));
    ck_assert_str_eq(strrchr(test_listener_value(&l, "manifest_url"), '/'), "/manifest.mpd");
    ck_assert_ptr_nonnull(strstr(test_listener_value(&l, "waveform_url"), "/f/waveform.json"));
    ck_assert_str_eq(test_listener_value(&l, "licence_url"), "/api/v1/licences/clearkey");
    ck_assert(SAID("\"loudness\":-9.5") && SAID("\"replay_gain\":-8.5") &&
              SAID("\"true_peak\":-0.3"));
    ck_assert(number("session_id") > 0 && SAID("\"expires_at\":\"20"));
    ck_assert(SAID("Cache-Control: private, no-store"));
}
END_TEST

START_TEST(lossy_renditions_of_more_channels_are_told_as_loud_as_their_downmix)
{
    test_stored_make(&mixed, &config, l.db, 4, false);
    test_pg_sql(l.db,
                "UPDATE assets SET channels = 6, loudness_stereo = -17.25, true_peak_stereo "
                "= -8 WHERE asset_id = '%s'",
                mixed.id);
    ck_assert_int_eq(get_as(1, SG_PREMIUM, "/api/v1/songs/4/stream?quality=high"), 200);
    ck_assert(SAID("\"loudness\":-17.25") && SAID("\"replay_gain\":-0.75") &&
              SAID("\"true_peak\":-8"));
    ck_assert_int_eq(get_as(1, SG_PREMIUM, "/api/v1/songs/4/stream?quality=lossless"), 200);
    ck_assert(SAID("\"loudness\":-9.5") && SAID("\"true_peak\":-0.3"));
}
END_TEST

START_TEST(quality_and_format_choose_the_rendition_within_the_subscription)
{
    static const struct {
        enum sg_subscription subscription;
        const char *query, *file;
        bool capped;
    } all[] = {
        {SG_FREE, "", "/f/aac128.mp4", false},
        {SG_FREE, "?quality=low", "/f/aac64.mp4", false},
        {SG_FREE, "?quality=high", "/f/aac128.mp4", true},
        {SG_FREE, "?quality=lossless", "/f/aac128.mp4", true},
        {SG_FREE, "?format=flac", "/f/aac128.mp4", true},
        {SG_FREE, "?format=opus", "/f/opus96.mp4", false},
        {SG_FREE, "?format=opus&quality=high", "/f/opus96.mp4", true},
        {SG_FREE, "?format=vorbis", "/f/vorbis.ogg", false},
        {SG_PREMIUM, "", "/f/aac128.mp4", false},
        {SG_PREMIUM, "?quality=low", "/f/aac64.mp4", false},
        {SG_PREMIUM, "?quality=high", "/p/aac320.mp4", false},
        {SG_PREMIUM, "?quality=high&format=opus", "/p/opus160.mp4", false},
        {SG_PREMIUM, "?quality=lossless", "/p/flac.mp4", false},
        {SG_PREMIUM, "?format=flac", "/p/flac.mp4", false},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/songs/1/stream%s", all[i].query);
        ck_assert_int_eq(get_as(2, all[i].subscription, path), 200);
        ck_assert_msg(strstr(test_listener_value(&l, "stream_url"), all[i].file) &&
                          !!SAID("\"capped\":true") == all[i].capped,
                      "%s: %s", path, test_listener_value(&l, "stream_url"));
        bool premium = all[i].subscription == SG_PREMIUM;
        ck_assert(!strstr(test_listener_value(&l, "manifest_url"), "/f/") == premium);
        ck_assert(!!SAID("licence_url") == premium && !!SAID("hls_fallback_url") == premium);
    }
    ck_assert_int_eq(get_as(2, SG_FREE, "/api/v1/songs/1/stream?quality=best"), 400);
    ck_assert_int_eq(get_as(2, SG_FREE, "/api/v1/songs/1/stream?device_id="), 400);
    ck_assert_int_eq(get_as(2, SG_EXPIRED, "/api/v1/songs/1/stream"), 403);
    ck_assert_int_eq(test_listener_get(&l, 0, "/api/v1/songs/1/stream"), 401);
}
END_TEST

START_TEST(songs_that_are_not_there_or_have_no_audio_are_told_apart)
{
    ck_assert_int_eq(get_as(3, SG_FREE, "/api/v1/songs/3/stream"), 404);
    ck_assert(SAID("\"code\":\"no-audio-yet\""));
    ck_assert_int_eq(get_as(3, SG_FREE, "/api/v1/songs/999/stream"), 404);
    ck_assert(SAID("\"code\":\"not-found\""));
    test_pg_sql(l.db, "INSERT INTO songs (artist_id, song_id, title, release_date) VALUES (1, 900, "
                      "'Soon', CURRENT_DATE + 2)");
    test_pg_sql(l.db, "INSERT INTO song_audio VALUES (900, '%s')", sealed.id);
    ck_assert_int_eq(get_as(3, SG_FREE, "/api/v1/songs/900/stream"), 404);
    /* The song is given its audio: soon it plays, as the change tail tells. */
    test_pg_sql(l.db, "INSERT INTO song_audio VALUES (3, '%s')", clear.id);
    int status = 0;
    for (int i = 0; i < 600 && status != 200; i++) {
        status = get_as(3, SG_FREE, "/api/v1/songs/3/stream");
        if (status != 200)
            sg_sleep_us(100000);
    }
    ck_assert_int_eq(status, 200);
}
END_TEST

START_TEST(the_picture_that_an_upload_held_is_not_served_as_it_was)
{
    ck_assert_int_eq(get_as(4, SG_PREMIUM, "/api/v1/songs/2/stream"), 200);
    ck_assert_int_eq(status_of(beside("f/waveform.json")), 200);
    ck_assert_int_eq(status_of(beside("f/cover.jpg")), 404);
}
END_TEST

START_TEST(files_come_whole_and_in_parts_whether_sealed_or_clear)
{
    static const char *const songs[] = {"/api/v1/songs/1/stream", "/api/v1/songs/2/stream"};
    for (int s = 0; s < 2; s++) {
        ck_assert_int_eq(get_as(4, SG_PREMIUM, songs[s]), 200);
        for (const struct test_stored_file *f = test_stored_files; f->path; f++) {
            struct wire_answer a = {0};
            if (strstr(f->content_type, "image/"))
                continue;
            ck_assert_msg(fetch("GET", beside(f->path), "", &a) == 200, "%s", f->path);
            ck_assert_msg(is_file(&a, f->path, 0, f->bytes), "%s", f->path);
            ck_assert_str_eq(wire_header(&a, "Content-Type"), f->content_type);
            ck_assert_str_eq(wire_header(&a, "Access-Control-Allow-Origin"), "*");
            ck_assert_ptr_nonnull(strstr(wire_header(&a, "Cache-Control"), "immutable"));
            char etag[100], headers[200];
            snprintf(etag, sizeof etag, "%s", wire_header(&a, "ETag"));
            ck_assert_int_eq(fetch("HEAD", beside(f->path), "", &a), 200);
            ck_assert_int_eq(strtol(wire_header(&a, "Content-Length"), NULL, 10), f->bytes);
            snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", etag);
            ck_assert_int_eq(fetch("GET", beside(f->path), headers, &a), 304);
            snprintf(headers, sizeof headers, "Range: bytes=100-399\r\nIf-Range: %s\r\n", etag);
            ck_assert_int_eq(fetch("GET", beside(f->path), headers, &a), 206);
            ck_assert(is_file(&a, f->path, 100, 300));
            ck_assert_int_eq(fetch("GET", beside(f->path), "Range: bytes=-7\r\n", &a), 206);
            ck_assert(is_file(&a, f->path, f->bytes - 7, 7));
            ck_assert_int_eq(fetch("GET", beside(f->path), "Range: bytes=9999999-\r\n", &a), 416);
            ck_assert_str_eq(wire_header(&a, "Cache-Control"), "no-store");
            ck_assert_int_eq(fetch("GET", beside(f->path), "If-Match: \"other\"\r\n", &a), 412);
            ck_assert_str_eq(wire_header(&a, "Cache-Control"), "no-store");
            sg_buf_free(&a.body);
        }
    }
}
END_TEST

START_TEST(an_address_opens_nothing_but_its_own)
{
    ck_assert_int_eq(get_as(5, SG_FREE, "/api/v1/songs/1/stream"), 200);
    ck_assert_int_eq(status_of(beside("f/aac64.mp4")), 200);
    static const char *const refused[] = {
        "p/flac.mp4",         "p/key",           "master.m3u8", "manifest.mpd",  "p/hls.m3u8",
        "f/..%2fp/flac.mp4",  "f/../p/flac.mp4", "F/aac64.mp4", "f/./aac64.mp4", "f//../p/flac.mp4",
        "f/%2e%2e/p/flac.mp4"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int status = status_of(beside(refused[i]));
        ck_assert_msg(status == 403 || status == 400 || status == 404, "%s: %d", refused[i],
                      status);
    }
    ck_assert_int_eq(status_of(beside("f/none.mp4")), 404);
    char other[600];
    snprintf(other, sizeof other, "%s", beside("f/aac64.mp4"));
    memcpy(strstr(other, "/audio/") + 7, clear.id, 36);
    ck_assert_int_eq(status_of(other), 403);
    char tampered[600];
    for (size_t i = 0; i < 67; i += 3) {
        snprintf(tampered, sizeof tampered, "%s", beside("f/aac64.mp4"));
        tampered[7 + i] = tampered[7 + i] == 'A' ? 'B' : 'A';
        ck_assert_int_eq(status_of(tampered), 403);
    }
}
END_TEST

START_TEST(the_key_of_the_fallback_is_for_premium)
{
    unsigned char key[16];
    struct wire_answer a = {0};
    ck_assert_int_eq(get_as(5, SG_PREMIUM, "/api/v1/songs/1/stream"), 200);
    ck_assert_int_eq(fetch("GET", beside("p/key"), "", &a), 200);
    ck_assert(!sg_content_key(sealed.key, "hls", key, sizeof key));
    ck_assert(a.body.n == 16 && memcmp(a.body.p, key, 16) == 0);
    ck_assert_ptr_nonnull(strstr(wire_header(&a, "Cache-Control"), "no-store"));
    sg_buf_free(&a.body);
}
END_TEST

/* The login that an address was given to. */
static unsigned long long login_of(const char *media)
{
    unsigned char bytes[50];
    unsigned long long id = 0;
    ck_assert(!sodium_base642bin(bytes, sizeof bytes, media + 7, 67, NULL, NULL, NULL,
                                 sodium_base64_VARIANT_URLSAFE_NO_PADDING));
    for (int i = 18; i < 26; i++)
        id = id << 8 | bytes[i];
    return id;
}

static bool refused_within_seconds(const char *path, const char *code)
{
    struct wire_answer a = {0};
    bool refused = false;
    for (int i = 0; i < 600 && !refused; i++) {
        refused = fetch("GET", path, "", &a) == 403;
        if (!refused)
            sg_sleep_us(100000);
    }
    refused = refused && wire_holds(&a, code);
    sg_buf_free(&a.body);
    return refused;
}

static bool given_within_seconds(const char *path)
{
    struct wire_answer a = {0};
    bool given = false;
    for (int i = 0; i < 600 && !given; i++) {
        given = fetch("GET", path, "", &a) == 200;
        if (!given)
            sg_sleep_us(100000);
    }
    sg_buf_free(&a.body);
    return given;
}

START_TEST(an_address_ends_with_its_login)
{
    char path[600];
    ck_assert_int_eq(get_as(6, SG_FREE, "/api/v1/songs/1/stream"), 200);
    snprintf(path, sizeof path, "%s", beside("f/aac64.mp4"));
    ck_assert_int_eq(status_of(path), 200);
    test_pg_sql(l.db,
                "INSERT INTO sessions (session_id, user_id, family_key, current_hash, expires_at, "
                "tokens_until) VALUES (%llu, 6, '\\x%064d', '\\x%064d', now() + interval '1 day', "
                "now() + interval '1 hour')",
                login_of(path), 0, 0);
    test_pg_sql(l.db, "DELETE FROM sessions WHERE user_id = 6");
    ck_assert(refused_within_seconds(path, "media-revoked"));
    ck_assert_int_eq(status_of(path), 403); /* and stays so */
}
END_TEST

START_TEST(an_address_for_premium_ends_with_the_subscription)
{
    char path[600], plain[600];
    ck_assert_int_eq(get_as(8, SG_FREE, "/api/v1/songs/1/stream"), 200);
    snprintf(plain, sizeof plain, "%s",
             beside("f/aac64.mp4")); /* before the API hears that she is: */
    test_pg_sql(l.db, "UPDATE users SET subscription_type = 'premium' WHERE user_id IN (7, 8)");
    ck_assert_int_eq(get_as(7, SG_PREMIUM, "/api/v1/songs/1/stream"), 200);
    snprintf(path, sizeof path, "%s", beside("p/flac.mp4"));
    ck_assert_int_eq(status_of(path), 200);
    test_pg_sql(l.db, "UPDATE users SET subscription_type = 'free' WHERE user_id IN (7, 8)");
    ck_assert(refused_within_seconds(path, "media-subscription"));
    ck_assert_int_eq(status_of(plain), 200);
    test_pg_sql(l.db, "UPDATE users SET subscription_type = 'expired' WHERE user_id = 8");
    ck_assert(refused_within_seconds(plain, "media-subscription"));
}
END_TEST

START_TEST(what_is_withdrawn_is_refused_within_seconds)
{
    struct test_stored asset;
    char path[600], check[900], admins[600], var[200];
    snprintf(var, sizeof var, "%s/var", l.x.dir);
    test_stored_make(&asset, &config, l.db, 5, false);
    ck_assert_int_eq(get_as(3, SG_FREE, "/api/v1/songs/5/stream"), 200);
    snprintf(path, sizeof path, "%s", beside("f/aac64.mp4"));
    snprintf(check, sizeof check, "/media-check?token=%.*s&object=%s", (int)SG_MEDIA_TOKEN_CHARS,
             path + strlen("/media/"), strstr(path, "audio/"));
    ck_assert_int_eq(status_of(path), 200);
    ck_assert_int_eq(status_of(check), 204);
    /* Its release is put off: for all but those who may hear it before. */
    test_pg_sql(l.db, "UPDATE songs SET release_date = current_date + 7 WHERE song_id = 5");
    ck_assert(refused_within_seconds(path, "media-withdrawn"));
    ck_assert_int_eq(status_of(check), 403);
    ck_assert_int_eq(test_http(l.port, "GET", "/api/v1/songs/5/stream",
                               test_authorization(var, 4, SG_ROLE_USER | SG_ROLE_ADMIN, SG_PREMIUM),
                               NULL, l.said, sizeof l.said),
                     200);
    snprintf(admins, sizeof admins, "%s", beside("f/aac64.mp4"));
    ck_assert_int_eq(status_of(admins), 200);
    test_pg_sql(l.db, "UPDATE songs SET release_date = current_date WHERE song_id = 5");
    ck_assert(given_within_seconds(path));
    /* It is taken down. */
    test_pg_sql(l.db, "DELETE FROM songs WHERE song_id = 5");
    ck_assert(refused_within_seconds(path, "media-withdrawn"));
    ck_assert_int_eq(status_of(admins), 403);
    ck_assert_int_eq(status_of(check), 403);
}
END_TEST

START_TEST(an_album_put_off_takes_its_songs_along)
{
    struct test_stored asset;
    char path[600];
    test_stored_make(&asset, &config, l.db, 6, false);
    test_pg_sql(l.db,
                "WITH x AS (INSERT INTO albums (album_id, artist_id, title, release_date) SELECT "
                "900001, artist_id, 'Off', current_date FROM songs WHERE song_id = 6 RETURNING "
                "album_id) UPDATE songs SET album_id = x.album_id, release_date = NULL FROM x "
                "WHERE song_id = 6");
    ck_assert_int_eq(get_as(3, SG_FREE, "/api/v1/songs/6/stream"), 200);
    snprintf(path, sizeof path, "%s", beside("f/aac64.mp4"));
    ck_assert_int_eq(status_of(path), 200);
    test_pg_sql(l.db, "UPDATE albums SET release_date = current_date + 7 WHERE title = 'Off'");
    ck_assert(refused_within_seconds(path, "media-withdrawn"));
    test_pg_sql(l.db, "UPDATE songs SET album_id = NULL WHERE song_id = 6");
    ck_assert(given_within_seconds(path));
}
END_TEST

START_TEST(the_protection_told_is_the_recordings_own)
{
    struct test_stored asset;
    test_stored_make(&asset, &config, l.db, 7, false);
    test_pg_sql(l.db, "UPDATE assets SET protection = 'cbcs' WHERE asset_id = '%s'", asset.id);
    ck_assert_int_eq(get_as(3, SG_PREMIUM, "/api/v1/songs/7/stream"), 200);
    ck_assert(SAID("\"protection\":\"cbcs\""));
}
END_TEST

START_TEST(a_master_key_that_is_not_there_is_our_mistake_and_told_to_nobody)
{
    struct test_stored asset;
    struct wire_answer a = {0};
    test_stored_make(&asset, &config, l.db, 8, true);
    test_pg_sql(l.db,
                "UPDATE assets SET content_key = set_byte(content_key, 5, 255 - "
                "get_byte(content_key, 5)) WHERE asset_id = '%s'",
                asset.id);
    ck_assert_int_eq(get_as(3, SG_FREE, "/api/v1/songs/8/stream"), 200);
    ck_assert_int_eq(fetch("GET", beside("f/aac64.mp4"), "", &a), 500);
    ck_assert(!wire_holds(&a, "master") && !wire_holds(&a, "vault"));
    ck_assert_str_eq(wire_header(&a, "Cache-Control"), "no-store");
    ck_assert_int_eq(fetch("GET", beside("f/waveform.json"), "", &a), 200); /* is not sealed */
    sg_buf_free(&a.body);
}
END_TEST

START_TEST(a_cache_in_front_is_told_what_media_would_say)
{
    char query[800];
    ck_assert_int_eq(get_as(9, SG_FREE, "/api/v1/songs/1/stream"), 200);
    const char *media = beside("f/aac64.mp4");
    snprintf(query, sizeof query, "/media-check?token=%.67s&object=%s", media + 7, media + 75);
    ck_assert_int_eq(status_of(query), 204);
    strcat(query, "x");
    ck_assert_int_eq(status_of(query),
                     204); /* whether there is such a file is the media's to say */
    query[20] = query[20] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(status_of(query), 403);
    ck_assert_int_eq(status_of("/media-check?token=a"), 400);
}
END_TEST

/* Another API for the same listeners, which does not wait long for the database. */
static void start_impatient(struct test_listeners *own)
{
    char text[1500], keys[300];
    own->pg = l.pg;
    own->db = test_pg_connect(l.pg);
    own->port = test_free_port();
    snprintf(text, sizeof text,
             "api.port = %d\napi.limits = off\napi.timeout_ms = 20000\npg.away_ms = 1000\n"
             "playback.streams_premium = 1000\nobjects.url = %s\nobjects.keys = %s\n",
             own->port, config.objects.url, config.objects.keys);
    test_indexer_init(&own->x, own->pg, NULL, text);
    mkdir(test_path(own->x.dir, "var"), 0700);
    snprintf(keys, sizeof keys, "%s/var/keys", l.x.dir);
    ck_assert_int_eq(symlink(keys, test_path(own->x.dir, "var/keys")), 0);
    test_listeners_spawn(own);
}

/* False: it was found away before, on a machine that has much else to do, and forgot what it kept.
 */
static bool plays_on(void)
{
    char path[600];
    bool plays = get_as(9, SG_PREMIUM, "/api/v1/songs/2/stream?device_id=d") == 200;
    snprintf(path, sizeof path, "%s", plays ? beside("p/flac.mp4") : "/");
    plays = plays && status_of(path) == 200;
    test_pg_freeze(l.pg);
    plays = plays && status_of(path) == 200 &&
            get_as(9, SG_PREMIUM, "/api/v1/songs/2/stream?device_id=e") == 200 &&
            status_of(beside("p/flac.mp4")) == 200;
    test_pg_thaw(l.pg);
    return plays;
}

START_TEST(while_the_database_is_away_what_is_kept_plays_on)
{
    static struct test_listeners own;
    int usual = l.port;
    start_impatient(&own);
    l.port = own.port;
    bool plays = false;
    for (int i = 0; i < 10 && !plays; i++) {
        plays = plays_on();
        if (!plays)
            sg_sleep_us(1000000);
    }
    l.port = usual;
    ck_assert(plays);
    test_listeners_stop(&own);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playback");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 200);
    tcase_add_unchecked_fixture(c, setup, teardown);
    tcase_add_test(c, the_answer_is_as_the_source_document_has_it);
    tcase_add_test(c, lossy_renditions_of_more_channels_are_told_as_loud_as_their_downmix);
    tcase_add_test(c, quality_and_format_choose_the_rendition_within_the_subscription);
    tcase_add_test(c, songs_that_are_not_there_or_have_no_audio_are_told_apart);
    tcase_add_test(c, the_picture_that_an_upload_held_is_not_served_as_it_was);
    tcase_add_test(c, files_come_whole_and_in_parts_whether_sealed_or_clear);
    tcase_add_test(c, an_address_opens_nothing_but_its_own);
    tcase_add_test(c, the_key_of_the_fallback_is_for_premium);
    tcase_add_test(c, an_address_ends_with_its_login);
    tcase_add_test(c, an_address_for_premium_ends_with_the_subscription);
    tcase_add_test(c, what_is_withdrawn_is_refused_within_seconds);
    tcase_add_test(c, an_album_put_off_takes_its_songs_along);
    tcase_add_test(c, the_protection_told_is_the_recordings_own);
    tcase_add_test(c, a_master_key_that_is_not_there_is_our_mistake_and_told_to_nobody);
    tcase_add_test(c, a_cache_in_front_is_told_what_media_would_say);
    tcase_add_test(c, while_the_database_is_away_what_is_kept_plays_on);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
