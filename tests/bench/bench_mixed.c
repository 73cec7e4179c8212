/* bench_mixed.c - the source document's load (section 2) at once: songs are read, playlists
 * edited, plays told, over HTTP against a segue-api and a PostgreSQL of its own.
 *
 *   bench_mixed [seconds 60] [reads/s 6000] [playlist writes/s 50] [plays/s 5000] [songs 100000]
 *
 * The load generator shares the machine. Songs are read with a skew: half of the reads go to a
 * hundredth of the songs. $SEGUE_BIN is where the programs are; $SEGUE_BENCH_FSYNC=off spares the
 * disk. RSS of the API every ten seconds, latencies from when a request was due.
 */
#include "core/clock.h"
#include "core/instant.h"
#include "tests/support/account.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/load.h"
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USERS = 2000, PLAYLISTS = 200, SPACING_US = 14400 }; /* a user plays 125 songs an hour */

static struct test_indexer x;
static struct test_pg *pg;
static pid_t api;
static int port, songs;
static char *tokens[USERS];
static unsigned long long playlists[PLAYLISTS];
static int64_t base_us;

static uint64_t mix(uint64_t n)
{
    n = (n ^ (n >> 31)) * 0x9e3779b97f4a7c15u;
    n = (n ^ (n >> 29)) * 0xbf58476d1ce4e5b9u;
    return n ^ (n >> 32);
}

static unsigned long long song_of(uint64_t n)
{
    uint64_t r = mix(n + 1);
    uint64_t range = r & 1 ? (uint64_t)songs / 100 + 1 : (uint64_t)songs;
    return (r >> 8) % range + 1;
}

static void make_read(void *ctx, uint64_t n, struct sg_buf *out)
{
    (void)ctx;
    sg_buf_printf(out, "GET /api/v1/songs/%llu HTTP/1.1\r\nHost: x\r\n\r\n", song_of(n));
}

static void put_post(struct sg_buf *out, const char *path, size_t user, const char *body)
{
    sg_buf_printf(out,
                  "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                  "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                  path, tokens[user], strlen(body), body);
}

static void make_write(void *ctx, uint64_t n, struct sg_buf *out)
{
    char path[100], body[100];
    size_t i = n % PLAYLISTS;
    (void)ctx;
    snprintf(path, sizeof path, "/api/v1/playlists/%llu/songs", playlists[i]);
    snprintf(body, sizeof body, "{\"song_id\":%llu}", song_of(n));
    put_post(out, path, i, body);
}

static void make_play(void *ctx, uint64_t n, struct sg_buf *out)
{
    char path[100], body[160], at[SG_INSTANT_CHARS + 1];
    (void)ctx;
    sg_instant_text(base_us + (int64_t)n * SPACING_US, at);
    snprintf(path, sizeof path, "/api/v1/songs/%llu/play", song_of(n));
    snprintf(body, sizeof body,
             "{\"event_id\":\"00000000-0000-8000-8000-%012llx\",\"played_at\":\"%s\"}",
             (unsigned long long)n + 1, at);
    put_post(out, path, mix(n) % USERS, body);
}

static long rss_mb(void)
{
    char path[40], line[200];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)api);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb / 1024;
}

struct process {
    int parent;
    double cpu_s, cpu_of_dead_s; /* its own, and of children that have ended */
};

static bool read_process(int pid, struct process *out)
{
    char path[40], text[1000];
    unsigned long user, system;
    long dead_user, dead_system;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    const char *at = strrchr(text, ')');
    if (!at || sscanf(at + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
                      &out->parent, &user, &system, &dead_user, &dead_system) != 5)
        return false;
    double tick = (double)sysconf(_SC_CLK_TCK);
    out->cpu_s = (double)(user + system) / tick;
    out->cpu_of_dead_s = (double)(dead_user + dead_system) / tick;
    return true;
}

/* Of the postmaster, its children and those that have ended. */
static double database_cpu_s(void)
{
    char path[100];
    int postmaster = 0;
    struct process p;
    double sum = 0;
    snprintf(path, sizeof path, "%s/data/postmaster.pid", pg->dir);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%d", &postmaster) != 1)
        postmaster = 0;
    if (f)
        fclose(f);
    if (read_process(postmaster, &p))
        sum = p.cpu_s + p.cpu_of_dead_s;
    DIR *d = opendir("/proc");
    for (struct dirent *one; d && (one = readdir(d));)
        if (atoi(one->d_name) > 0 && read_process(atoi(one->d_name), &p) && p.parent == postmaster)
            sum += p.cpu_s;
    if (d)
        closedir(d);
    return sum;
}

struct cpu {
    double api_s, database_s, generator_s;
};

static struct cpu cpu_now(void)
{
    struct process p = {0}, own = {0};
    read_process((int)api, &p);
    read_process((int)getpid(), &own);
    return (struct cpu){p.cpu_s, database_cpu_s(), own.cpu_s};
}

/* What a request costs, whoever else uses the machine. */
static void print_cpu(struct cpu from, const struct test_load *l)
{
    struct cpu to = cpu_now();
    double n = 0;
    for (size_t i = 0; i < l->n_kinds; i++)
        n += (double)l->kinds[i].good;
    fprintf(stderr, "processor time a request: API %.0f us, database %.0f us, generator %.0f us\n",
            (to.api_s - from.api_s) / n * 1e6, (to.database_s - from.database_s) / n * 1e6,
            (to.generator_s - from.generator_s) / n * 1e6);
}

static void every_second(void *ctx, double elapsed_s)
{
    (void)ctx;
    if ((int)elapsed_s % 10 == 0)
        fprintf(stderr, "%4.0f s: RSS of the API %ld MB\n", elapsed_s, rss_mb());
}

static void make_world(void)
{
    PGconn *db = test_pg_connect(pg);
    test_pg_sql(db,
                "INSERT INTO artists (name) SELECT 'Artist ' || a FROM generate_series(1, %d) a",
                songs / 20 + 1);
    test_pg_sql(db,
                "INSERT INTO songs (artist_id, title, duration_s) SELECT 1 + s %% %d, "
                "'Song ' || s, 200 FROM generate_series(1, %d) s",
                songs / 20 + 1, songs);
    test_pg_sql(db, "INSERT INTO song_artists SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(db,
                "INSERT INTO users (user_id, email, display_name) SELECT u, "
                "u || '@example.org', 'U' FROM generate_series(1, %d) u",
                USERS);
    test_pg_sql(db, "ANALYZE");
    PQfinish(db);
}

static void make_playlists(void)
{
    static char said[20000];
    for (size_t i = 0; i < PLAYLISTS; i++) {
        char header[2000];
        snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", tokens[i]);
        int status = test_http(port, "POST", "/api/v1/playlists", header, "{\"name\":\"Mix\"}",
                               said, sizeof said);
        const char *id = strstr(said, "\"playlist_id\":");
        if (status != 201 || !id) {
            fprintf(stderr, "bench_mixed: no playlist: %s\n", said);
            exit(1);
        }
        playlists[i] = strtoull(id + strlen("\"playlist_id\":"), NULL, 10);
    }
}

static void start(void)
{
    char settings[200], var_dir[96], said[2000], pg_settings[200];
    const char *fsync = getenv("SEGUE_BENCH_FSYNC");
    snprintf(pg_settings, sizeof pg_settings,
             "fsync = %s\nshared_buffers = 512MB\nmax_wal_size = 4GB\n", fsync ? fsync : "on");
    pg = test_pg_start_migrated(pg_settings);
    port = test_free_port();
    snprintf(settings, sizeof settings, "api.port = %d\napi.limits = off\n", port);
    test_indexer_init(&x, pg, NULL, settings);
    snprintf(var_dir, sizeof var_dir, "%s/var", x.dir);
    mkdir(var_dir, 0700);
    make_world();
    api = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    test_http(port, "GET", "/metrics", NULL, NULL, said, sizeof said);
    for (size_t i = 0; i < USERS; i++)
        tokens[i] = strdup(test_token(var_dir, i + 1, SG_ROLE_USER, SG_FREE));
    make_playlists();
}

static double v[5] = {60, 6000, 50, 5000, 100000};

START_TEST(reads_edits_and_plays)
{
    songs = (int)v[4];
    base_us = sg_wall_us() - 1500000ll * SPACING_US;
    start();
    struct test_load_kind kinds[] = {
        {.name = "reads", .per_second = v[1], .connections = 128, .make = make_read},
        {.name = "playlists", .per_second = v[2], .connections = 32, .make = make_write},
        {.name = "plays", .per_second = v[3], .connections = 512, .make = make_play},
    };
    struct test_load load = {.port = port,
                             .seconds = v[0],
                             .kinds = kinds,
                             .n_kinds = 3,
                             .patience_s = 30,
                             .every_second = every_second};
    int64_t began = sg_now_us();
    struct cpu before = cpu_now();
    test_load_run(&load);
    double took = (double)(sg_now_us() - began) / 1e6;
    fprintf(stderr, "%.0f s asked for, all answered after %.1f s\n", v[0], took);
    test_load_print(&load, took);
    print_cpu(before, &load);
    PGconn *db = test_pg_connect(pg);
    fprintf(stderr, "in the database by now: %s of %llu plays\n",
            test_pg_sql(db, "SELECT count(*) FROM listening_history"),
            (unsigned long long)kinds[2].good);
    PQfinish(db);
    kill(api, SIGTERM);
    ck_assert_int_eq(test_wait(api), 0);
}
END_TEST

/* A suite, for what it stands on tells by check what went wrong. */
int main(int argc, char **argv)
{
    for (int i = 1; i < argc && i <= 5; i++)
        v[i - 1] = atof(argv[i]);
    Suite *s = suite_create("mixed load");
    TCase *t = tcase_create("mixed load");
    tcase_set_timeout(t, 3600);
    tcase_add_test(t, reads_edits_and_plays);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
