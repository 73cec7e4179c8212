/* test_http_surface.c - what every answer has whoever gives it: names to find it again by,
 * fewer bytes when they are asked for, the rules for pages of other origins, HEAD and OPTIONS;
 * and whose request it is behind proxies. */
#include "api/api.h"
#include "api/http/coding.h"
#include "api/route.h"
#include "api/web.h"
#include "tests/support/scratch.h"
#include "tests/support/wire.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static struct sg_http_server *http;
static struct sg_api api;
static struct wire_answer a;
enum { LONG = 5000 };

/* /t/... is answered here, the rest by the router. */
static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    char address[SG_ADDRESS_TEXT];
    if (!sg_str_starts(q->path, SG_STR("/t/"))) {
        sg_route_handle(ctx, q, r);
        return;
    }
    r->content_type = "application/json";
    if (sg_str_eq(q->path, SG_STR("/t/who"))) {
        sg_address_text(&q->address, address);
        sg_buf_printf(&r->body, "[%s]", address);
        return;
    }
    if (sg_str_eq(q->path, SG_STR("/t/token")))
        sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    if (sg_str_eq(q->path, SG_STR("/t/picture")))
        r->content_type = "image/webp";
    size_t n = sg_str_eq(q->path, SG_STR("/t/short")) ? 1000 : LONG;
    for (size_t i = 0; i < n; i++)
        sg_buf_putc(&r->body, "abcdefgh"[i * i % 8]);
    sg_http_header(r, "ETag", SG_STR("\"v7\""));
    if (sg_str_eq(q->if_none_match, SG_STR("\"v7\""))) {
        r->status = 304;
        sg_buf_reset(&r->body);
    }
    struct sg_str match = sg_http_request_header(q, "if-match");
    if (match.p && !sg_str_eq(match, SG_STR("\"v7\"")))
        r->status = 412;
}

static void start(struct sg_http_options o)
{
    struct sg_error e = SG_ERROR_INIT;
    o.host = "127.0.0.1";
    o.loops = o.workers = 2;
    o.timeout_us = 30000000;
    o.handle = handle;
    o.ctx = &api;
    ck_assert_msg(sg_http_open(&http, &o, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    start((struct sg_http_options){0});
}

static void teardown(void)
{
    sg_http_close(http);
    sg_buf_free(&a.body);
}

static int ask(const char *method, const char *path, const char *headers)
{
    char text[1000];
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path, headers);
    int fd = wire_dial(sg_http_port(http));
    wire_say(fd, text);
    bool head = strcmp(method, "HEAD") == 0;
    ck_assert(head ? wire_hear_head(fd, &a) : wire_hear(fd, &a));
    close(fd);
    return a.status;
}

static void header_is(const char *name, const char *value)
{
    ck_assert_msg(strcmp(wire_header(&a, name), value) == 0, "%s: '%s', not '%s' in\n%s", name,
                  wire_header(&a, name), value, a.head);
}

START_TEST(every_answer_can_be_found_again)
{
    static const char theirs[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    char line[200], mine[100];
    ck_assert_int_eq(ask("GET", "/nothing", ""), 404);
    ck_assert_uint_eq(strlen(wire_header(&a, "X-Request-Id")), 16);
    snprintf(mine, sizeof mine, "%s", wire_header(&a, "traceparent"));
    ck_assert_uint_eq(strlen(mine), 55);
    ck_assert_int_eq(ask("GET", "/nothing", ""), 404);
    ck_assert_str_ne(wire_header(&a, "traceparent"), mine);

    snprintf(line, sizeof line, "X-Request-Id: my-id.1\r\ntraceparent: %s\r\n", theirs);
    ck_assert_int_eq(ask("GET", "/t/long", line), 200);
    header_is("X-Request-Id", "my-id.1");
    const char *trace = wire_header(&a, "traceparent");
    ck_assert(strncmp(trace, theirs, 36) == 0 && strcmp(trace + 52, "-01") == 0);
    ck_assert(strncmp(trace + 36, theirs + 36, 16) != 0); /* a span of ours */

    static const char *const bad[] = {
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "too short"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(line, sizeof line, "traceparent: %s\r\nX-Request-Id: a b\r\n", bad[i]);
        ck_assert_int_eq(ask("GET", "/nothing", line), 404);
        ck_assert(strncmp(wire_header(&a, "traceparent") + 3, bad[i] + 3, 6) != 0);
        ck_assert_uint_eq(strlen(wire_header(&a, "X-Request-Id")), 16);
    }
}
END_TEST

START_TEST(every_answer_has_security_headers)
{
    static const char *const paths[] = {"/nothing", "/t/long", "/a/../b"};
    for (size_t i = 0; i < 3; i++) {
        ask("GET", paths[i], "");
        header_is("X-Content-Type-Options", "nosniff");
        header_is("Referrer-Policy", "no-referrer");
        header_is("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        header_is("Strict-Transport-Security", "");
    }
    teardown();
    start((struct sg_http_options){.hsts_s = 1000});
    ask("GET", "/nothing", "");
    header_is("Strict-Transport-Security", "max-age=1000");
}
END_TEST

static void decoded_is_whole(void)
{
    char out[LONG + 1];
    if (strcmp(wire_header(&a, "Content-Encoding"), "zstd") == 0) {
        ck_assert_uint_eq(ZSTD_decompress(out, sizeof out, a.body.p, a.body.n), LONG);
    } else {
        z_stream z = {.next_in = (void *)a.body.p,
                      .avail_in = (uInt)a.body.n,
                      .next_out = (void *)out,
                      .avail_out = sizeof out};
        ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
        ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
        ck_assert_uint_eq(z.total_out, LONG);
        inflateEnd(&z);
    }
    for (size_t i = 0; i < LONG; i++)
        ck_assert_int_eq(out[i], "abcdefgh"[i * i % 8]);
}

START_TEST(an_answer_is_coded_as_it_is_asked_for)
{
    static const struct {
        const char *accept, *coding;
    } all[] = {
        {"gzip", "gzip"},
        {"gzip, deflate, br, zstd", "zstd"},
        {"gzip;q=1.0, zstd;q=0.5", "gzip"},
        {"zstd;q=0, gzip;q=0.1", "gzip"},
        {"*", "zstd"},
        {"*;q=0, gzip", "gzip"},
        {"identity", ""},
        {"gzip;q=0", ""},
        {"gzip;q=2", ""},
        {"br", ""},
        {"GZIP ; Q=0.2", "gzip"},
        {", ,;q=1,", ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char line[200];
        snprintf(line, sizeof line, "Accept-Encoding: %s\r\n", all[i].accept);
        ck_assert_int_eq(ask("GET", "/t/long", line), 200);
        header_is("Content-Encoding", all[i].coding);
        header_is("Vary", "Accept-Encoding");
        if (*all[i].coding) {
            ck_assert_uint_lt(a.body.n, LONG / 2);
            decoded_is_whole();
        } else {
            ck_assert_uint_eq(a.body.n, LONG);
            header_is("ETag", "\"v7\"");
        }
    }
}
END_TEST

START_TEST(what_is_short_or_packed_or_secret_is_not_coded)
{
    static const char *const paths[] = {"/t/short", "/t/picture", "/t/token"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(ask("GET", paths[i], "Accept-Encoding: gzip, zstd\r\n"), 200);
        header_is("Content-Encoding", "");
        ck_assert_uint_ge(a.body.n, 1000);
    }
}
END_TEST

START_TEST(each_coding_has_a_validator_of_its_own_that_handlers_need_not_know)
{
    ck_assert_int_eq(ask("GET", "/t/long", "Accept-Encoding: gzip\r\n"), 200);
    header_is("ETag", "\"v7-gzip\"");
    ck_assert_int_eq(ask("GET", "/t/long", "If-None-Match: \"v7-gzip\"\r\n"), 304);
    header_is("ETag", "\"v7-gzip\"");
    header_is("Vary", "Accept-Encoding");
    ck_assert_int_eq(ask("GET", "/t/long", "If-None-Match: \"v7\"\r\n"), 304);
    header_is("ETag", "\"v7\"");
    ck_assert_int_eq(ask("PUT", "/t/long", "If-Match: \"v7-zstd\"\r\n"), 200);
    ck_assert_int_eq(ask("PUT", "/t/long", "If-Match: \"v8-zstd\"\r\n"), 412);
}
END_TEST

START_TEST(head_is_get_without_the_body)
{
    ck_assert_int_eq(ask("HEAD", "/t/long", ""), 200);
    header_is("Content-Length", "5000");
    int fd = wire_dial(sg_http_port(http)); /* and the connection goes on */
    wire_say(fd, "HEAD /t/long HTTP/1.1\r\nHost: x\r\n\r\nGET /t/who HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(wire_hear_head(fd, &a) && wire_hear(fd, &a) && wire_holds(&a, "[127.0.0.1]"));
    close(fd);
}
END_TEST

START_TEST(every_path_tells_its_methods)
{
    ck_assert_int_eq(ask("OPTIONS", "/api/v1/search", ""), 204);
    header_is("Allow", "GET, HEAD, OPTIONS");
    ck_assert_int_eq(ask("OPTIONS", "/api/v1/feedback", ""), 204);
    ck_assert_ptr_nonnull(strstr(wire_header(&a, "Allow"), "POST"));
    ck_assert_int_eq(ask("OPTIONS", "/", ""), 204);
    ck_assert_int_eq(ask("OPTIONS", "*", ""), 204);
    ck_assert_int_eq(ask("DELETE", "/api/v1/search", ""), 405);
    header_is("Allow", "GET, HEAD, OPTIONS");
}
END_TEST

static struct sg_origins origins_of(const char *text)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_origins o;
    ck_assert_msg(sg_origins_read(&o, sg_str(text), &e) == 0, "%s", e.text);
    return o;
}

static const char preflight[] =
    "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n"
    "Access-Control-Request-Headers: authorization\r\n";

START_TEST(pages_of_no_listed_origin_are_told_nothing)
{
    ck_assert_int_eq(ask("GET", "/t/long", "Origin: https://a.example\r\n"), 200);
    header_is("Access-Control-Allow-Origin", "");
    teardown();
    struct sg_origins o = origins_of("https://b.example, http://localhost:3000");
    start((struct sg_http_options){.origins = &o});
    static const char *const others[] = {"https://a.example",
                                         "https://b.example.evil",
                                         "https://b.example:444",
                                         "http://b.example",
                                         "null",
                                         "https://evil/https://b.example"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char line[200];
        snprintf(line, sizeof line, "Origin: %s\r\n", others[i]);
        ck_assert_int_eq(ask("GET", "/t/who", line), 200);
        header_is("Access-Control-Allow-Origin", "");
        header_is("Vary", "Origin");
    }
    ck_assert_int_eq(ask("OPTIONS", "/api/v1/feedback", preflight), 204);
    header_is("Access-Control-Allow-Methods", "");
}
END_TEST

START_TEST(pages_of_a_listed_origin_may_ask)
{
    teardown();
    struct sg_origins o = origins_of("https://a.example");
    start((struct sg_http_options){.origins = &o});
    ck_assert_int_eq(ask("OPTIONS", "/api/v1/feedback", preflight), 204);
    header_is("Access-Control-Allow-Origin", "https://a.example");
    header_is("Access-Control-Allow-Credentials", "");
    ck_assert_ptr_nonnull(strstr(wire_header(&a, "Access-Control-Allow-Methods"), "POST"));
    ck_assert_ptr_nonnull(strstr(wire_header(&a, "Access-Control-Allow-Headers"), "Authorization"));
    ck_assert_int_eq(ask("GET", "/a/../b", "Origin: https://a.example\r\n"), 400);
    header_is("Access-Control-Allow-Origin", "https://a.example"); /* of refusals, too */
    ck_assert_ptr_nonnull(strstr(wire_header(&a, "Access-Control-Expose-Headers"), "RateLimit"));
    teardown();
    o = origins_of("*");
    start((struct sg_http_options){.origins = &o});
    ck_assert_int_eq(ask("GET", "/t/who", "Origin: https://c.example\r\n"), 200);
    header_is("Access-Control-Allow-Origin", "*");
    header_is("Access-Control-Allow-Credentials", "");
}
END_TEST

START_TEST(what_is_no_origin_is_not_configured)
{
    static const char *const bad[] = {"a.example", "https://",          "https://a.example/",
                                      "ftp://a",   "https://*.example", "HTTPS://a.example"};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_origins o;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(sg_origins_read(&o, sg_str(bad[i]), &e), SG_EINVAL);
}
END_TEST

static void who_is(const char *headers, const char *address)
{
    ck_assert_int_eq(ask("GET", "/t/who", headers), 200);
    ck_assert_msg(wire_holds(&a, address), "%.*s, not %s, of %s", SG_FMT(sg_buf_str(&a.body)),
                  address, headers);
}

START_TEST(a_stranger_is_not_believed_about_herself)
{
    who_is("X-Forwarded-For: 1.2.3.4\r\n", "[127.0.0.1]");
    who_is("Forwarded: for=1.2.3.4\r\n", "[127.0.0.1]");
}
END_TEST

START_TEST(of_what_a_proxy_tells_the_last_that_is_no_proxy_counts)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_networks n;
    ck_assert_int_eq(sg_networks_read(&n, SG_STR("loopback, 10.0.0.0/8 2001:db8::/32"), &e), 0);
    teardown();
    start((struct sg_http_options){.proxies = &n});
    who_is("", "[127.0.0.1]");
    who_is("X-Forwarded-For: 1.2.3.4\r\n", "[1.2.3.4]");
    who_is("X-Forwarded-For: 9.9.9.9, 1.2.3.4\r\n", "[1.2.3.4]"); /* 9.9.9.9 is made up */
    who_is("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4\r\n", "[1.2.3.4]");
    who_is("X-Forwarded-For: 9.9.9.9, 1.2.3.4, 10.1.1.1\r\n", "[1.2.3.4]");
    who_is("X-Forwarded-For: 1.2.3.4, 2001:db8::7\r\n", "[1.2.3.4]");
    who_is("X-Forwarded-For: 1.2.3.4:567\r\n", "[1.2.3.4]");
    who_is("X-Forwarded-For: [2001:470::1]:567\r\n", "[2001:470::1]");
    who_is("X-Forwarded-For: ::ffff:1.2.3.4\r\n", "[1.2.3.4]");
    who_is("X-Forwarded-For: 9.9.9.9, garbage\r\n", "[127.0.0.1]");
    who_is("X-Forwarded-For: 9.9.9.9, garbage, 10.1.1.1\r\n", "[10.1.1.1]");
    who_is("X-Forwarded-For: 010.1.1.1.\r\n", "[127.0.0.1]");
    who_is("X-Forwarded-For: ,\r\n", "[127.0.0.1]");
    who_is("Forwarded: for=1.2.3.4\r\n", "[127.0.0.1]"); /* the other header is the client's own */
}
END_TEST

START_TEST(forwarded_is_read_where_it_is_the_proxies_header)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_networks n;
    ck_assert_int_eq(sg_networks_read(&n, SG_STR("loopback"), &e), 0);
    teardown();
    start((struct sg_http_options){.proxies = &n, .by_forwarded = true});
    who_is("Forwarded: for=9.9.9.9, for=1.2.3.4;proto=https\r\n", "[1.2.3.4]");
    who_is("Forwarded: proto=https;For=\"[2001:470::1]:4711\"\r\n", "[2001:470::1]");
    who_is("Forwarded: for=_hidden\r\n", "[127.0.0.1]");
    who_is("X-Forwarded-For: 1.2.3.4\r\n", "[127.0.0.1]");
}
END_TEST

START_TEST(what_is_no_network_is_not_configured)
{
    static const char *const bad[] = {"10.0.0.0/33", "x", "10.0.0/8", "::/129", "1.2.3.4/", "/8"};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_networks n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(sg_networks_read(&n, sg_str(bad[i]), &e), SG_EINVAL);
}
END_TEST

START_TEST(the_page_is_asked_for_again_and_its_libraries_never)
{
    ck_assert_int_eq(ask("GET", "/upload", ""), 200);
    header_is("Cache-Control", "no-cache");
    const char *policy = wire_header(&a, "Content-Security-Policy");
    ck_assert_ptr_nonnull(strstr(policy, "connect-src 'self' https://media.example:8443;"));
    ck_assert_ptr_nonnull(strstr(policy, "media-src 'self' blob: https://media.example:8443;"));
    ck_assert_ptr_null(strstr(policy, "unsafe"));

    ck_assert_int_eq(ask("GET", "/vendor/player.0123456789abcdef.js", ""), 200);
    header_is("Cache-Control", "public, max-age=31536000, immutable");
    header_is("Content-Type", "text/javascript; charset=utf-8");
    ck_assert_int_eq(ask("GET", "/vendor/files.json", ""), 200);
    header_is("Cache-Control", "no-cache");
    ck_assert_int_eq(ask("GET", "/vendor/.lock", ""), 404);
    ck_assert_int_eq(ask("GET", "/vendor/../segue.conf", ""), 400);
}
END_TEST

START_TEST(the_service_worker_begins_with_what_it_keeps)
{
    static const char head[] = "const FILES = [\"/\", \"/client.js\", ";
    ck_assert_int_eq(ask("GET", "/sw.js", ""), 200);
    sg_buf_putc(&a.body, 0);
    ck_assert(strncmp(a.body.p, head, strlen(head)) == 0);
    ck_assert_ptr_nonnull(strstr(a.body.p, "\"/vendor/player.0123456789abcdef.js\""));
    ck_assert_ptr_nonnull(strstr(a.body.p, "\"/js/app.js\""));
    ck_assert_ptr_null(strstr(a.body.p, "\"/sw.js\""));
    const char *version = strstr(a.body.p, "\nconst VERSION = \"");
    ck_assert_ptr_nonnull(version);
    ck_assert_ptr_nonnull(strstr(version, "addEventListener"));
}
END_TEST

/* Libraries as the launcher lays them out; false when they can't be written. */
static bool write_vendor(const char *dir)
{
    static const char *const names[] = {"player.0123456789abcdef.js", "files.json", ".lock"};
    for (size_t i = 0; i < 3; i++) {
        FILE *f = fopen(test_path(dir, names[i]), "w");
        if (!f || fputs("{}", f) < 0 || fclose(f))
            return false;
    }
    return true;
}

int main(void)
{
    struct sg_error e = SG_ERROR_INIT;
    const char *vendor = test_scratch();
    if (!write_vendor(vendor))
        return EXIT_FAILURE;
    if (sg_web_open(&api.web,
                    &(struct sg_web_sources){.dir = "api/web",
                                             .vendor_dir = vendor,
                                             .media_url = "https://media.example:8443/x"},
                    &e))
        return EXIT_FAILURE;
    Suite *suite = suite_create("http_surface");
    TCase *t = tcase_create("http_surface");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_answer_can_be_found_again);
    tcase_add_test(t, every_answer_has_security_headers);
    tcase_add_test(t, an_answer_is_coded_as_it_is_asked_for);
    tcase_add_test(t, what_is_short_or_packed_or_secret_is_not_coded);
    tcase_add_test(t, each_coding_has_a_validator_of_its_own_that_handlers_need_not_know);
    tcase_add_test(t, head_is_get_without_the_body);
    tcase_add_test(t, every_path_tells_its_methods);
    tcase_add_test(t, pages_of_no_listed_origin_are_told_nothing);
    tcase_add_test(t, pages_of_a_listed_origin_may_ask);
    tcase_add_test(t, what_is_no_origin_is_not_configured);
    tcase_add_test(t, a_stranger_is_not_believed_about_herself);
    tcase_add_test(t, of_what_a_proxy_tells_the_last_that_is_no_proxy_counts);
    tcase_add_test(t, forwarded_is_read_where_it_is_the_proxies_header);
    tcase_add_test(t, what_is_no_network_is_not_configured);
    tcase_add_test(t, the_page_is_asked_for_again_and_its_libraries_never);
    tcase_add_test(t, the_service_worker_begins_with_what_it_keeps);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    sg_web_close(api.web);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
