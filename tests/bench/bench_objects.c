/* bench_objects.c - the folder store, sealed and clear, beside a plain file written and synced to
 * disk and read again, in the same run: MB/s of wall-clock and CPU time.
 *
 *   bench_objects [MiB (64)] [ROUNDS (5)]     in $TMPDIR or /tmp
 *
 * The best of the rounds counts; they are taken in turn, so that what disturbs the machine
 * disturbs all. Small objects: 4 KiB each, all that a put costs beside its bytes.
 */
#include "core/clock.h"
#include "core/objects/objects.h"
#include "tests/support/scratch.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL = 200 };

static struct sg_config config;
static struct sg_objects *o;
static char *bytes;
static size_t n_bytes;
static const unsigned char key[32] = "a key of thirty-two bytes, truly";

static void must(int rc, const char *what)
{
    if (rc) {
        fprintf(stderr, "bench_objects: %s: %d\n", what, rc);
        exit(1);
    }
}

static int64_t cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000LL + u.ru_utime.tv_usec +
           u.ru_stime.tv_usec;
}

static void plain_put(void)
{
    char temp[600], path[600];
    snprintf(temp, sizeof temp, "%s/plain.new", config.objects.url);
    snprintf(path, sizeof path, "%s/plain", config.objects.url);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (size_t at = 0; at < n_bytes; at += SG_OBJECT_CHUNK)
        must(write(fd, bytes + at, SG_OBJECT_CHUNK) != SG_OBJECT_CHUNK, "write");
    must(fsync(fd) || close(fd) || rename(temp, path), "plain");
}

static void plain_get(void)
{
    static char chunk[SG_OBJECT_CHUNK];
    char path[600];
    snprintf(path, sizeof path, "%s/plain", config.objects.url);
    int fd = open(path, O_RDONLY);
    while (read(fd, chunk, sizeof chunk) > 0)
        ;
    close(fd);
}

static void put(const char *name, const unsigned char *seal, size_t n)
{
    struct sg_object_put *p;
    must(sg_objects_put(o, name, "", seal, 0, &p, NULL), "put");
    must(sg_object_write(p, (struct sg_str){bytes, n}, NULL), "write");
    must(sg_object_commit(p, NULL, NULL), "commit");
}

static int count(void *ctx, struct sg_str s, struct sg_error *e)
{
    (void)e;
    *(size_t *)ctx += s.n;
    return 0;
}

static void get(const char *name, const unsigned char *seal)
{
    size_t n = 0;
    must(sg_objects_get(o, name, seal, 0, 0, count, &n, NULL), "get");
    must(n != n_bytes, "length");
}

static void put_clear(void)
{
    put("clear", NULL, n_bytes);
}
static void put_sealed(void)
{
    put("sealed", key, n_bytes);
}
static void get_clear(void)
{
    get("clear", NULL);
}
static void get_sealed(void)
{
    get("sealed", key);
}
static void put_small(void)
{
    char name[32];
    for (int i = 0; i < SMALL; i++) {
        snprintf(name, sizeof name, "small/%d", i);
        put(name, key, 4096);
    }
}

static struct {
    const char *name;
    void (*run)(void);
    int64_t wall_us, cpu_us;
} cases[] = {
    {"write and fsync of a file", plain_put, 0, 0},
    {"put, clear", put_clear, 0, 0},
    {"put, sealed", put_sealed, 0, 0},
    {"read of a file", plain_get, 0, 0},
    {"get, clear", get_clear, 0, 0},
    {"get, sealed", get_sealed, 0, 0},
    {"puts of 4 KiB, sealed", put_small, 0, 0},
};
enum { CASES = sizeof cases / sizeof *cases };

static void measure(void)
{
    for (int i = 0; i < CASES; i++) {
        int64_t wall = sg_now_us(), cpu = cpu_us();
        cases[i].run();
        wall = sg_now_us() - wall;
        cpu = cpu_us() - cpu;
        if (!cases[i].wall_us || wall < cases[i].wall_us)
            cases[i].wall_us = wall;
        if (!cases[i].cpu_us || cpu < cases[i].cpu_us)
            cases[i].cpu_us = cpu;
    }
}

int main(int argc, char **argv)
{
    size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    n_bytes = (mib ? mib : 1) << 20;
    bytes = malloc(n_bytes);
    must(!bytes, "memory");
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = (char)(i * 7 + (i >> 8));
    sg_config_defaults(&config);
    snprintf(config.objects.url, sizeof config.objects.url, "%s/objects", test_scratch());
    must(sg_objects_open(&o, &config, NULL), "open");
    for (int i = 0; i < rounds; i++)
        measure();
    printf("| %zu MiB, best of %d | MB/s | MB/s of CPU |\n|---|---|---|\n", mib, rounds);
    for (int i = 0; i < CASES - 1; i++)
        printf("| %s | %.0f | %.0f |\n", cases[i].name,
               (double)n_bytes / (double)(cases[i].wall_us + 1),
               (double)n_bytes / (double)(cases[i].cpu_us + 1));
    printf("%s: %.2f ms each, %.0f us of CPU\n", cases[CASES - 1].name,
           (double)cases[CASES - 1].wall_us / SMALL / 1000,
           (double)cases[CASES - 1].cpu_us / SMALL);
    sg_objects_close(o);
    free(bytes);
    return 0;
}
