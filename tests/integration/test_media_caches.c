/* test_media_caches.c - media behind the nginx and the Varnish that we hand out: what is cached is
 * one copy for all, and an address that is no good is refused all the same. */
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/listener.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"
#include "tests/support/wire.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_listeners l;
static struct sg_config config;
static const char nginx_program[] = "/usr/sbin/nginx", varnish_program[] = "/usr/sbin/varnishd";

struct swap {
    const char *from, *to;
};

/* The file of deploy/ with every from, which must be there, replaced. */
static void configure(const char *name, const char *to, const struct swap *swaps)
{
    char path[300];
    struct sg_buf text = {0};
    snprintf(path, sizeof path, "%s/deploy/%s", test_source_dir(), name);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s", path);
    for (int c; (c = fgetc(f)) != EOF;)
        sg_buf_putc(&text, (char)c);
    fclose(f);
    sg_buf_putc(&text, '\0');
    for (const struct swap *s = swaps; s->from; s++) {
        struct sg_buf next = {0};
        const char *at = text.p, *found = strstr(at, s->from);
        ck_assert_msg(found != NULL, "%s has no %s", name, s->from);
        for (; found; found = strstr(at, s->from)) {
            sg_buf_put(&next, at, (size_t)(found - at));
            sg_buf_puts(&next, s->to);
            at = found + strlen(s->from);
        }
        sg_buf_put(&next, at, strlen(at) + 1);
        sg_buf_free(&text);
        text = next;
    }
    f = fopen(to, "w");
    fputs(text.p, f);
    fclose(f);
    sg_buf_free(&text);
}

static void setup(void)
{
    struct test_stored asset;
    test_listeners_start(&l, 9, "playback.streams_premium = 1000\n");
    test_indexer_config(&l.x, &config);
    test_stored_make(&asset, &config, l.db, 1, true);
}
static void teardown(void)
{
    test_listeners_stop(&l);
}

static pid_t start_nginx(int port)
{
    static char dir[200], conf[300], own[300], text[1500], listen[60], origin[60], cache[300];
    snprintf(dir, sizeof dir, "%s", test_scratch());
    chmod(dir, 0755);
    snprintf(conf, sizeof conf, "%s/media.conf", dir);
    snprintf(own, sizeof own, "%s/nginx.conf", dir);
    snprintf(listen, sizeof listen, "listen 127.0.0.1:%d;", port);
    snprintf(origin, sizeof origin, "127.0.0.1:%d", l.port);
    snprintf(cache, sizeof cache, "%s/cache", dir);
    /* Without TLS, which deploy/nginx/segue.conf's own test is about. */
    configure("nginx/media.conf", conf,
              (const struct swap[]){{"listen 443 ssl http2;", listen},
                                    {"ssl_", "# ssl_"},
                                    {"127.0.0.1:8080", origin},
                                    {"/var/cache/nginx/segue-media", cache},
                                    {0}});
    snprintf(text, sizeof text,
             "daemon off; pid %s/pid; error_log %s/error; worker_processes 1; %s events {} http { "
             "client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; "
             "uwsgi_temp_path %s/u; scgi_temp_path %s/s; include %s; }",
             dir, dir, getuid() ? "" : "user root;", dir, dir, dir, dir, dir, conf);
    FILE *f = fopen(own, "w");
    fputs(text, f);
    fclose(f);
    const char *argv[] = {nginx_program, "-e", test_path(dir, "error"), "-c", own, NULL};
    return test_spawn(argv, test_path(dir, "log"), SIGTERM);
}

static pid_t start_varnish(int port)
{
    static char dir[200], vcl[300], origin[60], address[60], state[300];
    snprintf(dir, sizeof dir, "%s", test_scratch());
    chmod(dir, 0755);
    snprintf(vcl, sizeof vcl, "%s/media.vcl", dir);
    snprintf(state, sizeof state, "%s/state", dir);
    snprintf(origin, sizeof origin, "\"%d\"", l.port);
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    configure("varnish/media.vcl", vcl, (const struct swap[]){{"\"8080\"", origin}, {0}});
    const char *argv[] = {varnish_program, "-F", "-j",  "none", "-f",         vcl, "-a",
                          address,         "-n", state, "-s",   "malloc,64m", NULL};
    return test_spawn(argv, test_path(dir, "log"), SIGTERM);
}

static int fetch(int port, const char *path, const char *headers, struct wire_answer *a)
{
    char text[1500];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n", path,
             headers);
    return wire_ask(port, text, a);
}

static bool is_file(const struct wire_answer *a, const char *path, size_t from, size_t n)
{
    bool same = a->body.n == n;
    for (size_t i = 0; same && i < n; i++)
        same = (unsigned char)a->body.p[i] == test_stored_byte(path, from + i);
    return same;
}

/* The address of that file as this user has it; another login each time. */
static void address_of(int user, const char *path, char out[600])
{
    ck_assert_int_eq(test_listener_get(&l, user, "/api/v1/songs/1/stream?device_id=d%d", user),
                     200);
    const char *url = test_listener_value(&l, "stream_url");
    snprintf(out, 600, "%.*s%s", (int)(strstr(url, "/audio/") - url) + 7 + 37, url, path);
}

/* Until it is kept. */
static void wait_for(int port, const char *path)
{
    struct wire_answer a = {0};
    test_http(port, "GET", "/", NULL, NULL, l.said, sizeof l.said); /* until it listens */
    for (int i = 0; i < 600 && (fetch(port, path, "Range: bytes=0-0\r\n", &a) != 206 ||
                                strcmp(wire_header(&a, "X-Cache-Status"), "HIT") != 0);
         i++)
        sg_sleep_us(100000); /* the first one is answered before all is kept */
    sg_buf_free(&a.body);
}

static void expect(int port, const char *path, const char *file, size_t from, size_t n,
                   const char *status)
{
    struct wire_answer a = {0};
    char range[80];
    snprintf(range, sizeof range, "Range: bytes=%zu-%zu\r\n", from, from + n - 1);
    ck_assert_int_eq(fetch(port, path, range, &a), 206);
    ck_assert(is_file(&a, file, from, n));
    ck_assert_msg(strcmp(wire_header(&a, "X-Cache-Status"), status) == 0, "%s: %s, not %s", file,
                  wire_header(&a, "X-Cache-Status"), status);
    ck_assert_str_eq(wire_header(&a, "Access-Control-Allow-Origin"), "*");
    ck_assert_ptr_null(strstr(wire_header(&a, "Cache-Control"), "public"));
    sg_buf_free(&a.body);
}

static int status_of(int port, const char *path)
{
    struct wire_answer a = {0};
    int status = fetch(port, path, "", &a);
    sg_buf_free(&a.body);
    return status;
}

/* What it is when it is no longer that; that, after a minute. */
static int status_after(int port, const char *path, int was)
{
    int status = was;
    for (int i = 0; i < 600 && status == was; i++) {
        status = status_of(port, path);
        sg_sleep_us(100000);
    }
    return status;
}

static unsigned long long login_of_playback(int user)
{
    return strtoull(
        test_pg_sql(l.db,
                    "SELECT login_id FROM playback_sessions WHERE user_id = %d AND ended_at IS "
                    "NULL ORDER BY started_at DESC LIMIT 1",
                    user),
        NULL, 10);
}

static void end_login(int user)
{
    test_pg_sql(l.db,
                "INSERT INTO sessions (session_id, user_id, family_key, current_hash, expires_at, "
                "tokens_until) VALUES (%llu, %d, '\\x%064d', '\\x%064d', now() + interval '1 day', "
                "now() + interval '1 hour')",
                login_of_playback(user), user, user, user);
    test_pg_sql(l.db, "DELETE FROM sessions WHERE user_id = %d", user);
}

static void check_cache(int port, int first, int second)
{
    char one[600], two[600], bad[600], key[600];
    address_of(first, "p/flac.mp4", one);
    wait_for(port, one);
    address_of(second, "p/flac.mp4", two);
    ck_assert_str_ne(one, two);
    expect(port, two, "p/flac.mp4", 1000, 50000, "HIT"); /* what the other one fetched */
    expect(port, one, "p/flac.mp4", 0, 1000, "HIT");
    address_of(first, "f/aac64.mp4", one);
    expect(port, one, "f/aac64.mp4", 100000, 61440, "MISS");
    expect(port, two, "p/flac.mp4", 900000, 2048, "HIT");
    wait_for(port, one);
    expect(port, one, "f/aac64.mp4", 100000, 61440, "HIT");
    snprintf(bad, sizeof bad, "%s", one);
    bad[30] = bad[30] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(status_of(port, bad), 403); /* although it is cached */
    address_of(first, "p/key", key);
    ck_assert_int_eq(status_of(port, key), 200);
    struct wire_answer a = {0};
    address_of(first, "f/aac64.mp4", one); /* of the login that ends */
    ck_assert_int_eq(fetch(port, one, "", &a), 200);
    ck_assert(is_file(&a, "f/aac64.mp4", 0, 300000));
    sg_buf_free(&a.body);
    ck_assert_int_eq(status_of(port, "/api/v1/songs/1"), 404);
    end_login(first);
    ck_assert_int_eq(status_after(port, one, 200), 403);
    ck_assert_int_eq(status_of(port, two), 200);
    /* Its song is put off: refused although it is cached; and heard again when it is out. */
    test_pg_sql(l.db, "UPDATE songs SET release_date = current_date + 7 WHERE song_id = 1");
    ck_assert_int_eq(status_after(port, two, 200), 403);
    test_pg_sql(l.db, "UPDATE songs SET release_date = NULL WHERE song_id = 1");
    ck_assert_int_eq(status_after(port, two, 403), 200);
}

START_TEST(nginx_caches_and_still_refuses)
{
    if (access(nginx_program, X_OK)) {
        printf("SKIPPED: there is no %s\n", nginx_program);
        return;
    }
    int port = test_free_port();
    pid_t nginx = start_nginx(port);
    check_cache(port, 1, 2);
    kill(nginx, SIGTERM);
    ck_assert_int_eq(test_wait(nginx), 0);
}
END_TEST

START_TEST(varnish_caches_and_still_refuses)
{
    if (access(varnish_program, X_OK)) {
        printf("SKIPPED: there is no %s\n", varnish_program);
        return;
    }
    int port = test_free_port();
    pid_t varnish = start_varnish(port);
    check_cache(port, 3, 4);
    kill(varnish, SIGTERM);
    test_wait(varnish);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media caches");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 200);
    tcase_add_unchecked_fixture(c, setup, teardown);
    tcase_add_test(c, nginx_caches_and_still_refuses);
    tcase_add_test(c, varnish_caches_and_still_refuses);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
