/* bench_suggest.c - completion: build rate, size, latency by prefix length,
 * beside the plain way: a sorted array whose range under the prefix is scanned.
 *
 *   bench_suggest [--entries N]      titles; default 100000
 *
 * Titles are words of Zipf frequency, weights are log-normal play counts.
 */
#include "index/suggest.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS   60000
#define PROBES  2000
#define TOP     10
#define KINDS   ((1u << SG_KINDS) - 1)
#define LETTERS 8

struct title {
    char *text;
    float weight; /* a score */
};
static uint64_t state = 88172645463325252u;
static char vocabulary[WORDS][12];

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double uniform(void)
{
    return (double)(next_random() >> 11) * 0x1p-53;
}

static void make_vocabulary(void)
{
    static const char consonants[] = "tnshrdlcmwfgypbvkjxqz", vowels[] = "eaoiu";
    for (size_t i = 0; i < WORDS; i++) {
        size_t n = 2 + next_random() % 3 + (i > 200) * (next_random() % 5);
        for (size_t j = 0; j < n; j++) {
            const char *from = j % 2 ? vowels : consonants;
            double skew = uniform() * uniform();
            vocabulary[i][j] = from[(size_t)(skew * (j % 2 ? 5 : 21))];
        }
    }
}

static char *make_title(void)
{
    char text[128];
    size_t n = 0, words = 1 + next_random() % 5;
    for (size_t i = 0; i < words; i++) {
        size_t rank = (size_t)(pow(WORDS, uniform()) - 1); /* Zipf, exponent 1 */
        n += (size_t)sprintf(text + n, "%s%s", i ? " " : "", vocabulary[rank % WORDS]);
    }
    return strdup(text);
}

static float make_weight(void)
{
    double normal = sqrt(-2 * log(uniform() + 1e-12)) * cos(6.283185307 * uniform());
    return (float)log1p(exp(3 + 2.5 * normal));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct title *)a)->text, ((const struct title *)b)->text);
}

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The baseline: heaviest TOP by insertion over the whole range; infixes not even counted. */
static size_t scan(const struct title *v, size_t n, const char *prefix, float *best)
{
    size_t lo = 0, hi = n, found = 0, len = strlen(prefix);
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (strncmp(v[mid].text, prefix, len) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < n && !strncmp(v[lo].text, prefix, len); lo++) {
        if (found == TOP && v[lo].weight <= best[TOP - 1])
            continue;
        size_t at = found < TOP ? found++ : TOP - 1;
        for (; at > 0 && best[at - 1] < v[lo].weight; at--)
            best[at] = best[at - 1];
        best[at] = v[lo].weight;
    }
    return found;
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct probe {
    const struct sg_suggest *s;
    const struct title *v;
    size_t n, letters;
};

static size_t ask_segment(const struct probe *p, const char *prefix)
{
    struct sg_completion out[TOP];
    return sg_suggest_match(p->s, sg_str(prefix), KINDS, SG_BEST_KNOWN, out, TOP);
}

static size_t ask_near(const struct probe *p, const char *prefix)
{
    struct sg_completion out[TOP];
    return sg_suggest_match(p->s, sg_str(prefix), KINDS, SG_NEARLY_TYPED, out, TOP);
}

/* One slip in the word typed so far. */
static size_t ask_slip(const struct probe *p, const char *prefix)
{
    struct sg_near out[TOP];
    struct sg_str word = {prefix, strcspn(prefix, " ")};
    return sg_suggest_near(p->s, word, true, out, TOP);
}

static size_t ask_array(const struct probe *p, const char *prefix)
{
    float best[TOP];
    return scan(p->v, p->n, prefix, best);
}

/* Prints p50, p99 and the largest time over prefixes of random titles. */
static void measure(const struct probe *p, size_t probes,
                    size_t (*ask)(const struct probe *p, const char *prefix))
{
    static double times[PROBES];
    size_t results = 0;
    for (size_t i = 0; i < probes; i++) {
        char prefix[LETTERS + 1] = "";
        strncat(prefix, p->v[next_random() % p->n].text, p->letters);
        double start = now_us();
        results += ask(p, prefix);
        times[i] = now_us() - start;
    }
    qsort(times, probes, sizeof *times, by_time);
    printf(" %10.1f %10.1f %10.1f%s", times[probes / 2], times[probes * 99 / 100],
           times[probes - 1], results ? "" : " none");
}

static void compare(const struct sg_suggest *s, const struct title *v, size_t n)
{
    printf("microseconds for the best %d, warm\n%7s", TOP, "letters");
    static const char *const columns[] = {"known", "near", "slips", "scan"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        printf("%7s p50 %10s %10s", columns[i], "p99", "max");
    printf("\n");
    for (size_t letters = 1; letters <= LETTERS; letters++) {
        struct probe p = {s, v, n, letters};
        printf("%7zu", letters);
        measure(&p, PROBES, ask_segment);
        measure(&p, PROBES, ask_near);
        measure(&p, PROBES, ask_slip);
        measure(&p, n > 1000000 ? PROBES / 20 : PROBES, ask_array);
        printf("\n");
    }
}

static void warm_up(const struct sg_suggest *s, const struct title *v, size_t n)
{
    struct probe p = {.s = s, .v = v, .n = n};
    for (size_t i = 0; i < LETTERS * PROBES; i++) {
        char prefix[LETTERS + 1] = "";
        strncat(prefix, v[next_random() % n].text, 1 + i % LETTERS);
        ask_segment(&p, prefix);
    }
}

static int build(const struct title *v, size_t n, const char *path, struct sg_error *e)
{
    struct sg_suggest_writer *w;
    int rc = sg_suggest_writer_open(&w, path, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < n && !rc; i++)
        rc = sg_suggest_writer_add(w, sg_str(v[i].text), sg_str(v[(i / 8) % n].text),
                                   (enum sg_kind)(i % SG_KINDS), i + 1, v[i].weight, e);
    if (rc)
        sg_suggest_writer_abort(w);
    else
        rc = sg_suggest_writer_finish(w, e);
    return rc;
}

static void report_build(const char *path, const struct sg_suggest *s, const struct title *v,
                         size_t n, double us)
{
    struct stat st = {0};
    size_t bytes = 0;
    uint64_t entries = sg_suggest_count(s);
    for (size_t i = 0; i < n; i++)
        bytes += strlen(v[i].text);
    stat(path, &st);
    printf("%zu titles of %.1f bytes, %llu entries with infixes\n", n, (double)bytes / (double)n,
           (unsigned long long)entries);
    printf("build %.1f s: %.0f titles/s, %.0f entries/s\n", us / 1e6, (double)n / us * 1e6,
           (double)entries / us * 1e6);
    printf("%.1f bytes an entry, %.1f a title\n", (double)st.st_size / (double)entries,
           (double)st.st_size / (double)n);
}

int main(int argc, char **argv)
{
    uint64_t n = 100000;
    if (argc == 3 && !strcmp(argv[1], "--entries") && sg_str_to_u64(sg_str(argv[2]), &n) && n > 0)
        ;
    else if (argc != 1)
        return fprintf(stderr, "usage: bench_suggest [--entries N]\n"), 2;
    char dir[] = "/tmp/bench_suggest.XXXXXX", path[64];
    struct title *v = calloc(n, sizeof *v);
    if (!v || !mkdtemp(dir))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/suggest.seg", dir);
    make_vocabulary();
    for (size_t i = 0; i < n; i++)
        v[i] = (struct title){make_title(), make_weight()};

    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest *s = NULL;
    double start = now_us();
    int rc = build(v, n, path, &e);
    double us = now_us() - start;
    if (!rc)
        rc = sg_suggest_open(&s, path, &e);
    if (rc) {
        fprintf(stderr, "%s\n", e.text);
    } else {
        report_build(path, s, v, n, us);
        qsort(v, n, sizeof *v, by_text);
        warm_up(s, v, n);
        compare(s, v, n);
    }
    sg_suggest_close(s);
    unlink(path);
    rmdir(dir);
    for (size_t i = 0; i < n; i++)
        free(v[i].text);
    free(v);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
