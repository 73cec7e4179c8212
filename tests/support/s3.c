/* s3.c - see s3.h. */
#include "tests/support/s3.h"
#include "core/clock.h"
#include "tests/support/pg.h"
#include "tests/support/port.h"
#include "tests/support/scratch.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
enum { SERVERS_MAX = 4, SKIPPED = 77, TRIES = 3600 };

static struct test_s3 servers[SERVERS_MAX];
static size_t n_servers;
static pid_t owner;

static _Noreturn void give_up(int code, const char *what, const char *detail)
{
    fprintf(stderr, "test S3 server: %s: %s\n", what, detail);
    exit(code);
}

static const char *find_versitygw(void)
{
    static char path[600];
    char dirs[4096];
    snprintf(dirs, sizeof dirs, "%s:%s/go/bin", getenv("PATH") ? getenv("PATH") : "",
             getenv("HOME") ? getenv("HOME") : "");
    for (char *save, *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
        snprintf(path, sizeof path, "%s/versitygw", dir);
        if (access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

static bool is_there(const char *kind)
{
    if (!strcmp(kind, "versitygw"))
        return find_versitygw();
    return access("/usr/lib/python3/dist-packages/swift/proxy/server.py", R_OK) == 0;
}

size_t test_s3_kinds(const char *out[2])
{
    static const char *const kinds[] = {"swift", "versitygw"};
    const char *only = getenv("SEGUE_TEST_S3");
    size_t n = 0;
    bool all = only && !strcmp(only, "all"), named = only && !all;
    for (size_t i = 0; i < 2; i++)
        if ((named ? !strcmp(only, kinds[i]) : all || !n) && is_there(kinds[i]))
            out[n++] = kinds[i];
    return n;
}

static _Noreturn void run_server(const struct test_s3 *s)
{
    char log[200], port[32], script[700];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    snprintf(log, sizeof log, "%s/log", s->dir);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    snprintf(port, sizeof port, "127.0.0.1:%d", s->port);
    snprintf(script, sizeof script, "%s/tests/support/s3_swift.py", test_source_dir());
    const char *gateway = find_versitygw();
    if (!strcmp(s->kind, "swift"))
        execl("/usr/bin/python3", "python3", script, s->dir, strchr(port, ':') + 1, TEST_S3_ID,
              TEST_S3_SECRET, (char *)NULL);
    else if (gateway)
        execl(gateway, "versitygw", "--port", port, "--access", TEST_S3_ID, "--secret",
              TEST_S3_SECRET, "--keep-alive", "--quiet", "posix", s->dir, (char *)NULL);
    _exit(127);
}

/* Any answer at all is a server that serves. */
static bool answers(const struct test_s3 *s)
{
    char url[96];
    CURL *h = curl_easy_init();
    snprintf(url, sizeof url, "%s/", s->endpoint);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 2000L);
    CURLcode code = curl_easy_perform(h);
    curl_easy_cleanup(h);
    return code == CURLE_OK;
}

void test_s3_up(struct test_s3 *s)
{
    int status;
    s->pid = fork();
    if (s->pid == 0)
        run_server(s);
    for (int i = 0; i < TRIES; i++) {
        if (answers(s))
            return;
        if (waitpid(s->pid, &status, WNOHANG) == s->pid)
            break;
        sg_sleep_us(50000);
    }
    give_up(1, s->kind, "does not start: see log in its folder");
}

void test_s3_kill(struct test_s3 *s)
{
    if (!s->pid)
        return;
    kill(-s->pid, SIGKILL);
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

static void end_all(void)
{
    if (getpid() != owner)
        return;
    for (size_t i = 0; i < n_servers; i++)
        test_s3_kill(&servers[i]);
}

struct test_s3 *test_s3_start(const char *kind)
{
    const char *kinds[2];
    setenv("no_proxy", "*", 1);
    if (!kind && !test_s3_kinds(kinds))
        give_up(SKIPPED, "SKIPPED", "neither Debian's python3-swift nor versitygw is there");
    if (n_servers == SERVERS_MAX)
        give_up(1, "start", "too many servers in one program");
    struct test_s3 *s = &servers[n_servers];
    *s = (struct test_s3){.kind = kind ? kind : kinds[0], .port = test_free_port()};
    snprintf(s->dir, sizeof s->dir, "%s", test_scratch());
    snprintf(s->endpoint, sizeof s->endpoint, "http://127.0.0.1:%d", s->port);
    if (!n_servers++) {
        owner = getpid();
        atexit(end_all);
    }
    test_s3_up(s);
    return s;
}

void test_s3_freeze(struct test_s3 *s)
{
    kill(-s->pid, SIGSTOP);
}

void test_s3_thaw(struct test_s3 *s)
{
    kill(-s->pid, SIGCONT);
}

void test_s3_make_bucket(const struct test_s3 *s, const char *bucket)
{
    char url[200];
    long status = 0;
    CURL *h = curl_easy_init();
    struct curl_slist *lines = curl_slist_append(NULL, "x-amz-content-sha256: " EMPTY_SHA256);
    snprintf(url, sizeof url, "%s/%s", s->endpoint, bucket);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_INFILESIZE, 0L);
    curl_easy_setopt(h, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3");
    curl_easy_setopt(h, CURLOPT_USERNAME, TEST_S3_ID);
    curl_easy_setopt(h, CURLOPT_PASSWORD, TEST_S3_SECRET);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, lines);
    CURLcode code = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(h);
    curl_slist_free_all(lines);
    if (code || (status != 200 && status != 409))
        give_up(1, bucket, code ? curl_easy_strerror(code) : "the bucket is refused");
}

void test_s3_configure(const struct test_s3 *s, const char *bucket, const char *prefix,
                       struct sg_config *config)
{
    snprintf(config->objects.url, sizeof config->objects.url, "s3://%s/%s", bucket, prefix);
    snprintf(config->objects.s3_endpoint, sizeof config->objects.s3_endpoint, "%s", s->endpoint);
    snprintf(config->objects.s3_region, sizeof config->objects.s3_region, "us-east-1");
    snprintf(config->objects.s3_key_env, sizeof config->objects.s3_key_env, "SEGUE_TEST_S3_ID");
    snprintf(config->objects.s3_secret_env, sizeof config->objects.s3_secret_env,
             "SEGUE_TEST_S3_SECRET");
    config->objects.s3_path_style = 1;
    setenv("SEGUE_TEST_S3_ID", TEST_S3_ID, 1);
    setenv("SEGUE_TEST_S3_SECRET", TEST_S3_SECRET, 1);
}
