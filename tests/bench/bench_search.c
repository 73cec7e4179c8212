/* Searches and completions in the server's own code, without the network:
 *
 *   bench_search INDEX_DIR [queries per class] [candidates] [budget_us]
 *
 * Queries are drawn from the published generation itself: titles with their
 * artist, the catalogue's most used words, pairs of them, and starts of titles.
 * Prints p50, p99, mean in microseconds, the same of the thread's CPU time (which
 * neighbours on the machine disturb less), and the rate of one thread.
 * SEGUE_BENCH_ONLY=text runs the classes whose name holds it; SEGUE_BENCH_SLOW=n
 * also prints the n slowest queries of each.
 */
#include "core/clock.h"
#include "index/lyrics.h"
#include "index/spell.h"
#include "query/popular.h"
#include "query/search.h"
#include "query/suggest.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COMMON   200 /* words */
#define SLOW_MAX 32

struct slow {
    double us;
    struct sg_search_times times;
    char q[96];
};

struct bench {
    struct sg_index *index;
    struct sg_searcher *searcher;
    struct sg_search *search;
    struct sg_popular *popular;
    bool sung;             /* some songs have lyrics */
    bool personal;         /* searches are of somebody whose taste is known */
    struct sg_taste taste; /* of somebody who likes 32 songs and as many artists */
    struct sg_affinity songs_liked[32], artists_liked[32];
    struct sg_arena arena;
    uint64_t songs, random;
    size_t n_common;
    struct sg_spelling common[COMMON];
    size_t candidates, n;
    double *us, *cpu;
    struct slow slow[SLOW_MAX]; /* slowest first, by CPU time */
};

static void die(const struct sg_error *e)
{
    fprintf(stderr, "bench_search: %s\n", e->text);
    exit(1);
}

static uint64_t draw(struct bench *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random;
}

static int by_frequency(const void *a, const void *b)
{
    const struct sg_spelling *x = a, *y = b;
    return (x->frequency < y->frequency) - (x->frequency > y->frequency);
}

static void find_common(struct bench *b)
{
    static struct sg_spelling all[26 * 16];
    size_t n = 0;
    bool more;
    for (char c = 'a'; c <= 'z'; c++)
        n += sg_spell_prefix(sg_searcher_spell(b->searcher), (struct sg_str){&c, 1}, all + n, 16,
                             &more);
    qsort(all, n, sizeof *all, by_frequency);
    b->n_common = n < COMMON ? n : COMMON;
    for (size_t i = 0; i < b->n_common; i++)
        b->common[i] = all[i];
}

static struct sg_facts random_song(struct bench *b)
{
    struct sg_facts f = {0};
    while (!sg_searcher_facts(b->searcher, SG_SONG, (sg_docref)(1 + draw(b) % b->songs), &f) ||
           !f.title.n)
        ;
    return f;
}

static size_t known_item(struct bench *b, char *q)
{
    struct sg_facts f = random_song(b);
    const char *end = f.artists.n ? memchr(f.artists.p, 0x1f, f.artists.n) : NULL;
    int artist = end ? (int)(end - f.artists.p) : (int)f.artists.n;
    return (size_t)snprintf(q, SG_QUERY_MAX, "%.*s %.*s", f.title.n > 300 ? 300 : (int)f.title.n,
                            f.title.p, artist > 150 ? 150 : artist, f.artists.p);
}

static struct sg_str common_word(struct bench *b)
{
    return b->common[draw(b) % b->n_common].word;
}

static size_t one_common(struct bench *b, char *q)
{
    struct sg_str w = common_word(b);
    return (size_t)snprintf(q, SG_QUERY_MAX, "%.*s ", SG_FMT(w));
}

static size_t two_common(struct bench *b, char *q)
{
    struct sg_str v = common_word(b), w = common_word(b);
    return (size_t)snprintf(q, SG_QUERY_MAX, "%.*s %.*s ", SG_FMT(v), SG_FMT(w));
}

/* What bench_rivals asks: two that are about as common, the last of which may go on. */
static size_t two_commonest(struct bench *b, char *q)
{
    size_t most = b->n_common < 60 ? b->n_common : 60;
    size_t i = draw(b) % most, k = i + 1 + draw(b) % 8;
    struct sg_str v = b->common[i].word, w = b->common[k % most].word;
    if (v.n < 3 || w.n < 3)
        return 0;
    return (size_t)snprintf(q, SG_QUERY_MAX, "%.*s %.*s", SG_FMT(v), SG_FMT(w));
}

static size_t title_start(struct bench *b, char *q, size_t characters)
{
    struct sg_facts f = random_song(b);
    size_t n = sg_utf8_prefix(f.title, characters);
    memcpy(q, f.title.p, n);
    while (n && q[n - 1] == ' ')
        n--;
    return n;
}

static size_t as_you_type(struct bench *b, char *q)
{
    return title_start(b, q, 1 + draw(b) % 3);
}

static size_t cut_title(struct bench *b, char *q)
{
    return title_start(b, q, 6 + draw(b) % 8);
}

static size_t misspelt(struct bench *b, char *q)
{
    size_t n = known_item(b, q), at = draw(b) % n;
    while (n && (q[at] < 'a' || q[at] > 'z')) {
        n = known_item(b, q);
        at = draw(b) % n;
    }
    q[at] = (char)('a' + draw(b) % 26);
    return n;
}

/* What nobody types, in turn: many common words, letters, slips, operators, no spaces, marks. */
static size_t hostile(struct bench *b, char *q)
{
    static const char *const pieces[] = {"love the me you a ",
                                         "a b c d e f g h i j k l m n o p q r s t u v w x y z ",
                                         "thw quikc brwn fxo jmps ovre teh lzay dgo ",
                                         "artist:\"",
                                         "year:1990..1999 genre:\"x\" -live ",
                                         "lovemethewayyouarebabytonightforeverandever",
                                         "* ? % [a-z]+ (",
                                         "\u202elove\u202c \u0627 ",
                                         "a\u0301\u0301\u0301\u0301",
                                         "-a ",
                                         "\u5b87\u591a\u7530\u30d2\u30ab\u30eb"};
    const char *piece = pieces[draw(b) % (sizeof pieces / sizeof *pieces)];
    size_t n = 0, length = strlen(piece);
    while (n + length <= SG_QUERY_MAX) {
        memcpy(q + n, piece, length);
        n += length;
    }
    return n;
}

/* A line that some song has, as it is written; 0: none has. */
static size_t sung_line(struct bench *b, char *q)
{
    static struct sg_lyrics lyrics;
    for (int i = 0; i < 1000; i++) {
        struct sg_facts f = random_song(b);
        struct sg_str packed = sg_searcher_lyrics(b->searcher, f.id), language, body;
        if (!sg_lyrics_next(&packed, &language, &body) || !sg_lyrics_open(&lyrics, body) ||
            !lyrics.n_lines)
            continue;
        struct sg_str line = sg_lyrics_text(&lyrics, draw(b) % lyrics.n_lines);
        size_t n = line.n < SG_QUERY_MAX ? line.n : SG_QUERY_MAX;
        memcpy(q, line.p, n);
        return n;
    }
    return 0;
}

static void run_search(struct bench *b, struct sg_str q)
{
    struct sg_search_request r;
    struct sg_search_reply reply;
    struct sg_error e = SG_ERROR_INIT;
    sg_record_init(&sg_search_request_record, &r);
    sg_record_init(&sg_search_reply_record, &reply);
    r.q = q;
    if (sg_searcher_begin(b->searcher, &e) ||
        sg_search_run(b->search, b->searcher, &r, 0, &b->arena, &reply, &e))
        die(&e);
    sg_searcher_end(b->searcher);
}

static void run_lyrics(struct bench *b, struct sg_str q)
{
    struct sg_search_request r;
    struct sg_search_reply reply;
    struct sg_error e = SG_ERROR_INIT;
    sg_record_init(&sg_search_request_record, &r);
    sg_record_init(&sg_search_reply_record, &reply);
    r.q = q;
    r.in = SG_STR("lyrics");
    if (sg_searcher_begin(b->searcher, &e) ||
        sg_search_run(b->search, b->searcher, &r, 0, &b->arena, &reply, &e))
        die(&e);
    sg_searcher_end(b->searcher);
}

static void run_songs(struct bench *b, struct sg_str q)
{
    struct sg_str song = SG_STR("song");
    struct sg_search_request r;
    struct sg_search_reply reply;
    struct sg_error e = SG_ERROR_INIT;
    sg_record_init(&sg_search_request_record, &r);
    sg_record_init(&sg_search_reply_record, &reply);
    r.q = q;
    r.types = (struct sg_list){&song, 1};
    r.taste = b->personal ? &b->taste : NULL;
    if (sg_searcher_begin(b->searcher, &e) ||
        sg_search_run(b->search, b->searcher, &r, 0, &b->arena, &reply, &e))
        die(&e);
    sg_searcher_end(b->searcher);
}

static void suggest(struct bench *b, const struct sg_suggest_request *r)
{
    struct sg_suggest_reply reply = {0};
    struct sg_error e = SG_ERROR_INIT;
    if (sg_searcher_begin(b->searcher, &e) || sg_complete(b->searcher, r, &b->arena, &reply, &e) ||
        sg_popular_complete(b->popular, r, &reply, &b->arena, &e))
        die(&e);
    sg_searcher_end(b->searcher);
}

static void run_suggest(struct bench *b, struct sg_str q)
{
    suggest(b, &(struct sg_suggest_request){.q = q, .limit = 8});
}

/* By somebody who has searched before and whose taste is known. */
static void run_personal_suggest(struct bench *b, struct sg_str q)
{
    struct sg_str recent[] = {SG_STR("what was searched"), SG_STR("a little while ago")};
    suggest(b, &(struct sg_suggest_request){
                   .q = q, .limit = 8, .recent = {recent, 2}, .taste = &b->taste});
}

static void draw_taste(struct bench *b)
{
    for (size_t i = 0; i < 32; i++) {
        b->songs_liked[i] = (struct sg_affinity){i * (b->songs / 32) + 1, 0.5};
        b->artists_liked[i] = (struct sg_affinity){i * (b->songs / 1000) + 1, 0.5};
    }
    b->taste = (struct sg_taste){.songs = {b->songs_liked, 32}, .artists = {b->artists_liked, 32}};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void note_slow(struct bench *b, struct sg_str q, double us)
{
    size_t at = SLOW_MAX;
    while (at > 0 && b->slow[at - 1].us < us) {
        at--;
        if (at + 1 < SLOW_MAX)
            b->slow[at + 1] = b->slow[at];
    }
    if (at == SLOW_MAX)
        return;
    b->slow[at] = (struct slow){.us = us, .times = *sg_search_last(b->search)};
    snprintf(b->slow[at].q, sizeof b->slow[at].q, "%.*s", SG_FMT(q));
}

static void run_one(struct bench *b, size_t i, struct sg_str q,
                    void (*run)(struct bench *, struct sg_str))
{
    sg_arena_reset(&b->arena);
    double cpu = clock_us(CLOCK_THREAD_CPUTIME_ID), us = clock_us(CLOCK_MONOTONIC);
    run(b, q);
    b->us[i] = clock_us(CLOCK_MONOTONIC) - us;
    b->cpu[i] = clock_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
    note_slow(b, q, b->cpu[i]);
}

static void report(struct bench *b, const char *name)
{
    const char *slow = getenv("SEGUE_BENCH_SLOW");
    double sum = 0;
    for (size_t i = 0; i < b->n; i++)
        sum += b->us[i];
    qsort(b->us, b->n, sizeof *b->us, by_value);
    qsort(b->cpu, b->n, sizeof *b->cpu, by_value);
    printf("%-27s p50 %6.1f  p99 %7.1f  mean %6.1f  cpu p50 %6.1f  p99 %7.1f us %7.0f /s\n", name,
           b->us[b->n / 2], b->us[b->n * 99 / 100], sum / (double)b->n, b->cpu[b->n / 2],
           b->cpu[b->n * 99 / 100], 1e6 * (double)b->n / sum);
    for (size_t i = 0; slow && i < strtoul(slow, NULL, 10) && i < SLOW_MAX; i++)
        printf("    %7.1f us (page %3lld), %5zu read, work %7llu%s: %s\n", b->slow[i].us,
               (long long)b->slow[i].times.present_us, b->slow[i].times.read,
               (unsigned long long)b->slow[i].times.work,
               b->slow[i].times.relaxed ? ", relaxed" : "", b->slow[i].q);
}

static void measure(struct bench *b, const char *name, size_t (*make)(struct bench *, char *),
                    void (*run)(struct bench *, struct sg_str))
{
    char q[SG_QUERY_MAX + 1];
    const char *only = getenv("SEGUE_BENCH_ONLY");
    if (only && !strstr(name, only))
        return;
    memset(b->slow, 0, sizeof b->slow);
    for (size_t i = 0; i < b->n; i++) {
        size_t n = 0;
        while (!n)
            n = make(b, q);
        n = n < SG_QUERY_MAX ? n : SG_QUERY_MAX;
        n = sg_utf8_floor((struct sg_str){q, n}, n);
        run_one(b, i, (struct sg_str){q, n}, run);
    }
    report(b, name);
}

static void open_all(struct bench *b, const char *dir, int64_t budget_us)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_index_options io = {.dir = dir};
    struct sg_search_options so = {.candidates = b->candidates, .budget_us = budget_us};
    sg_weights_default(&so.weights);
    if (sg_index_open(&b->index, &io, &e) || sg_searcher_open(&b->searcher, b->index, &e) ||
        sg_search_open(&b->search, &so, &e) || sg_popular_open(&b->popular, b->index, &e) ||
        sg_searcher_begin(b->searcher, &e))
        die(&e);
    b->songs = sg_searcher_count(b->searcher, SG_SONG);
    b->sung = sg_searcher_has_lyrics(b->searcher);
    find_common(b);
    draw_taste(b);
    printf("%s: %llu songs, %zu common words\n", sg_searcher_generation(b->searcher),
           (unsigned long long)b->songs, b->n_common);
    sg_searcher_end(b->searcher);
    if (!b->songs || !b->n_common)
        exit(1);
}

int main(int argc, char **argv)
{
    struct bench b = {.random = 88172645463325252ull};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_search INDEX_DIR [queries] [candidates] [budget_us]\n");
        return 2;
    }
    b.n = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
    b.candidates = argc > 3 ? strtoul(argv[3], NULL, 10) : 300; /* as query.candidates */
    b.us = calloc(b.n + 1, sizeof *b.us);
    b.cpu = calloc(b.n + 1, sizeof *b.cpu);
    if (!b.us || !b.cpu || !b.n)
        return 2;
    open_all(&b, argv[1], argc > 4 ? strtol(argv[4], NULL, 10) : 0);
    measure(&b, "(warm-up)", known_item, run_search);
    measure(&b, "known item, all types", known_item, run_search);
    measure(&b, "known item, songs", known_item, run_songs);
    measure(&b, "one common word, all types", one_common, run_search);
    measure(&b, "one common word, songs", one_common, run_songs);
    measure(&b, "two common words, all types", two_common, run_search);
    measure(&b, "two common words, songs", two_common, run_songs);
    measure(&b, "two of the 60 most common, songs", two_commonest, run_songs);
    measure(&b, "as you type, all types", as_you_type, run_search);
    measure(&b, "as you type, songs", as_you_type, run_songs);
    measure(&b, "cut title, all types", cut_title, run_search);
    measure(&b, "cut title, songs", cut_title, run_songs);
    b.personal = true;
    measure(&b, "two commonest, songs, a taste", two_commonest, run_songs);
    measure(&b, "as you type, songs, a taste", as_you_type, run_songs);
    b.personal = false;
    measure(&b, "misspelt, all types", misspelt, run_search);
    if (b.sung) {
        measure(&b, "a line, all types", sung_line, run_search);
        measure(&b, "a line, in lyrics", sung_line, run_lyrics);
    }
    measure(&b, "hostile, all types", hostile, run_search);
    measure(&b, "suggest, 1-3 characters", as_you_type, run_suggest);
    measure(&b, "suggest, 6-13 characters", cut_title, run_suggest);
    measure(&b, "suggest 1-3, recent, taste", as_you_type, run_personal_suggest);
    measure(&b, "suggest 6-13, recent, taste", cut_title, run_personal_suggest);
    sg_popular_close(b.popular);
    sg_search_close(b.search);
    sg_searcher_close(b.searcher);
    sg_index_close(b.index);
    sg_arena_free(&b.arena);
    free(b.us);
    free(b.cpu);
    return 0;
}
