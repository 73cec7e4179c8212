/* bench_build.c - how fast a generation's base is built, and how big it gets.
 *
 *   bench_build [--songs N] [--threads T] [--seed S] [--keep DIR]
 *
 * Synthetic catalogue: words drawn by Zipf's law from a vocabulary that grows
 * with the catalogue, in Latin, Cyrillic and Japanese; an artist for every 12
 * songs, an album for every 8, a playlist for every 1,000; plays by Zipf.
 * Prints a line per phase, and the bytes of each structure a song.
 */
#include "core/clock.h"
#include "index/builder.h"
#include "index/facts.h"
#include "index/postings.h"
#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;

static uint64_t draw(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64, Steele et al. 2014 */
    uint64_t z = state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 1..n, about as Zipf says with exponent 1. */
static uint64_t zipf(uint64_t n)
{
    double u = (double)(draw() >> 11) / 9007199254740992.0;
    return (uint64_t)exp(u * log((double)n));
}

static void put_word(struct sg_buf *b, uint64_t word)
{
    static const char *const latin[] = {"lo", "ve",  "ni", "ght", "da", "nce", "mo", "on",
                                        "su", "mer", "ti", "me",  "ho", "art", "bl", "ue"};
    static const char *const cyrillic[] = {"на", "ве", "ро", "ст", "ли", "до", "ка", "му"};
    static const char *const kana[] = {"か", "な", "の", "ひ", "さ", "く", "ら", "夜"};
    uint64_t syllables = word * UINT64_C(0xd6e8feb86659fd93) >> 8;
    int kind = word % 50 == 49 ? 2 : word % 25 == 24 ? 1 : 0;
    int n = word < 30 ? 1 : word < 500 ? 2 : word < 20000 ? 3 : 4;
    for (int i = 0; i < n; i++, syllables >>= 4)
        sg_buf_puts(b, kind == 0   ? latin[syllables & 15]
                       : kind == 1 ? cyrillic[syllables & 7]
                                   : kana[syllables & 7]);
    if (kind == 0 && word >= 20000)
        sg_buf_u64(b, word % 97);
}

static struct sg_str phrase(struct sg_buf *b, unsigned least, unsigned most, uint64_t vocabulary)
{
    unsigned n = least + (unsigned)(draw() % (most - least + 1));
    sg_buf_reset(b);
    for (unsigned i = 0; i < n; i++) {
        if (i)
            sg_buf_putc(b, ' ');
        put_word(b, zipf(vocabulary));
    }
    return sg_buf_str(b);
}

struct bench {
    uint64_t songs, artists, albums, playlists, vocabulary;
    int threads;
    char dir[512];
    bool keep;
    int64_t phase_us;
    char phase[32];
    int64_t start_us;
};

static void must(int rc, const struct sg_error *e)
{
    if (rc) {
        fprintf(stderr, "bench_build: %s\n", e->text);
        exit(EXIT_FAILURE);
    }
}

static void feed_names(struct sg_builder *b, const struct bench *x, struct sg_buf *text)
{
    struct sg_error e = SG_ERROR_INIT;
    for (uint64_t id = 1; id <= 20; id++) {
        struct sg_genre g = {id, phrase(text, 1, 1, 1000)};
        must(sg_builder_genre(b, &g, &e), &e);
    }
    for (uint64_t id = 1; id <= x->artists; id++) {
        struct sg_artist a = {.artist_id = id, .name = phrase(text, 1, 3, x->vocabulary)};
        must(sg_builder_artist(b, &a, &e), &e);
    }
    for (uint64_t id = 1; id <= x->albums; id++) {
        struct sg_album a = {.album_id = id,
                             .title = phrase(text, 1, 4, x->vocabulary),
                             .artist_id = 1 + id * 2 / 3 % x->artists,
                             .release_date = SG_STR("1999-12-31")};
        must(sg_builder_album(b, &a, &e), &e);
    }
}

static void feed_songs(struct sg_builder *b, const struct bench *x, struct sg_buf *text)
{
    struct sg_error e = SG_ERROR_INIT;
    for (uint64_t id = 1; id <= x->songs; id++) {
        uint64_t album = 1 + id / 8 % x->albums;
        uint64_t artists[2] = {1 + album * 2 / 3 % x->artists, 1 + draw() % x->artists};
        char date[11];
        snprintf(date, sizeof date, "%04d-06-15", 1950 + (int)(draw() % 75));
        struct sg_song s = {.song_id = id,
                            .title = phrase(text, 1, 5, x->vocabulary),
                            .artist_ids = {artists, draw() % 4 ? 1 : 2},
                            .album_id = album,
                            .genre_id = 1 + draw() % 20,
                            .duration_s = 120 + (int64_t)(draw() % 300),
                            .track_no = 1 + (int64_t)(id % 8),
                            .release_date = {date, 10},
                            .is_explicit = draw() % 10 == 0,
                            .play_count = 1000000000 / zipf(x->songs + 1)};
        must(sg_builder_song(b, &s, &e), &e);
    }
    for (uint64_t id = 1; id <= x->playlists; id++) {
        struct sg_playlist p = {.playlist_id = id,
                                .name = phrase(text, 1, 4, x->vocabulary),
                                .user_id = id,
                                .followers = draw() % 1000};
        must(sg_builder_playlist(b, &p, &e), &e);
    }
}

static void progress(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
    struct bench *x = ctx;
    if (done == total)
        printf("%8.2f s  %s: %llu\n", (double)(sg_now_us() - x->start_us) / 1e6, phase,
               (unsigned long long)total);
}

static uint64_t sum;
static int add_size(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path, (void)ftw;
    sum += type == FTW_F ? (uint64_t)st->st_size : 0;
    return 0;
}

static void print_sizes(const struct bench *x)
{
    uint64_t all = 0;
    DIR *d = opendir(x->dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", x->dir, entry->d_name);
        sum = 0;
        nftw(path, add_size, 16, FTW_PHYS);
        all += sum;
        printf("%10.1f bytes/song  %s\n", (double)sum / (double)x->songs, entry->d_name);
    }
    if (d)
        closedir(d);
    printf("%10.1f bytes/song in all\n", (double)all / (double)x->songs);
}

static void print_facts_cost(const struct bench *x)
{
    char path[1024];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_facts_reader *r;
    snprintf(path, sizeof path, "%s/facts-song.seg", x->dir);
    must(sg_facts_open(&r, path, &e), &e);
    int64_t start = sg_now_us();
    uint64_t check = 0, n = 1000000;
    for (uint64_t i = 0; i < n; i++) {
        struct sg_facts f;
        if (sg_facts_get(r, (uint32_t)(1 + draw() % x->songs), &f))
            check += f.title.n;
    }
    printf("%10.1f ns a facts get at random (%llu)\n",
           (double)(sg_now_us() - start) * 1e3 / (double)n, (unsigned long long)(check % 10));
    sg_facts_close(r);
}

/* Reads the first 1,000 matches, as the query server does. */
static void time_match(struct sg_postings *p, const char *what, const struct sg_term_group *groups,
                       size_t n)
{
    uint32_t docids[1000];
    struct sg_error e = SG_ERROR_INIT;
    enum { rounds = 200 };
    int found = 0;
    int64_t start = sg_now_us();
    for (int i = 0; i < rounds; i++) {
        must(sg_postings_begin(p, groups, n, &e), &e);
        found = sg_postings_next(p, docids, 1000, &e);
    }
    printf("%10.1f us  match of %s: %d of about %llu\n", (double)(sg_now_us() - start) / rounds,
           what, found, (unsigned long long)sg_postings_estimate(p));
}

static struct sg_str word_term(struct sg_buf *b, char prefix, uint64_t word)
{
    char folded[SG_TEXT_MAX];
    struct sg_buf text = {0};
    put_word(&text, word);
    size_t n = sg_text_fold(folded, sizeof folded, sg_buf_str(&text));
    sg_buf_free(&text);
    size_t at = b->n;
    sg_buf_putc(b, prefix);
    sg_buf_put(b, folded, n);
    return (struct sg_str){b->p + at, n + 1};
}

static void print_match_cost(const struct bench *x)
{
    char path[1024];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_postings *p;
    struct sg_buf b = {0};
    struct sg_str w[4], many[2][64], px = SG_STR("Pl");
    sg_buf_reserve(&b, 1 << 16); /* the terms are views into it */
    snprintf(path, sizeof path, "%s/text-song", x->dir);
    must(sg_postings_open(&p, path, &e), &e);
    for (uint64_t i = 0; i < 4; i++)
        w[i] = word_term(&b, 'W', 1 + i);
    for (uint64_t i = 0; i < 64; i++) {
        many[0][i] = word_term(&b, 'W', 100 + 3 * i);
        many[1][i] = word_term(&b, 'W', 101 + 3 * i);
    }
    struct sg_term_group g[5];
    for (int i = 0; i < 4; i++)
        g[i] = (struct sg_term_group){&w[i], 1, false};
    time_match(p, "one common word", g, 1);
    time_match(p, "two common words", g, 2);
    time_match(p, "four common words", g, 4);
    g[1] = (struct sg_term_group){&px, 1, false};
    time_match(p, "a word and a prefix of one letter", g, 2);
    g[0] = (struct sg_term_group){many[0], 64, false};
    time_match(p, "any of 64", g, 1);
    g[1] = (struct sg_term_group){many[1], 64, false};
    time_match(p, "any of 64 and any of 64", g, 2);
    g[2] = (struct sg_term_group){&w[0], 1, true};
    time_match(p, "the same without a common word", g, 3);
    sg_postings_close(p);
    sg_buf_free(&b);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void options(struct bench *x, int argc, char **argv)
{
    *x = (struct bench){.songs = 100000, .threads = 2};
    snprintf(x->dir, sizeof x->dir, "/tmp/segue-bench-build.%d", (int)getpid());
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--songs"))
            x->songs = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--threads"))
            x->threads = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--seed"))
            state = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--keep"))
            x->keep = snprintf(x->dir, sizeof x->dir, "%s", argv[i + 1]) > 0;
    }
    x->songs = x->songs ? x->songs : 1;
    x->artists = x->songs / 12 + 1;
    x->albums = x->songs / 8 + 1;
    x->playlists = x->songs / 1000 + 1;
    x->vocabulary = 20000 + x->songs / 4;
}

int main(int argc, char **argv)
{
    struct bench x;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_builder *b;
    struct sg_buf text = {0};
    static struct sg_manifest m;
    setvbuf(stdout, NULL, _IOLBF, 0);
    options(&x, argc, argv);
    struct sg_builder_options o = {
        .dir = x.dir, .threads = x.threads, .progress = progress, .progress_ctx = &x};
    must(sg_builder_open(&b, &o, &e), &e);
    x.start_us = sg_now_us();
    feed_names(b, &x, &text);
    feed_songs(b, &x, &text);
    printf("%8.2f s  fed\n", (double)(sg_now_us() - x.start_us) / 1e6);
    must(sg_builder_finish(b, &m, &e), &e);
    double seconds = (double)(sg_now_us() - x.start_us) / 1e6;
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%8.2f s  %llu songs on %d threads: %.0f songs/s, %.0f us of CPU a song, peak %ld MB\n",
           seconds, (unsigned long long)x.songs, x.threads, (double)x.songs / seconds,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 / (double)x.songs,
           used.ru_maxrss / 1024);
    print_sizes(&x);
    print_facts_cost(&x);
    print_match_cost(&x);
    sg_buf_free(&text);
    if (!x.keep)
        nftw(x.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return EXIT_SUCCESS;
}
