/* test_vague.c - do vague words find the songs people would put under them?
 *
 * The playlist archive's editorial playlists have names like "Sad Indie" or "Peaceful
 * Piano". In four turns a quarter of them is taken out of the catalogue, everything is
 * built anew, and the names of that quarter are asked as searches for songs: how many of
 * the first 50 are in the playlist (of 50, or of its size when smaller)? Nothing built
 * knows these playlists; a song's plays, here in how many playlists it is, do count them,
 * alike for every way. Charts and names that say an artist are left out.
 *
 * Compared: the 50 most played songs whatever is asked; words alone; words and, when they
 * are not enough, neighbours of what they mean (as served); neighbours alone.
 * SEGUE_TEST_RELEVANCE_MISSES prints each playlist. With SEGUE_TEST_RELEVANCE_TAGS the
 * archive's artists bear what Last.fm's listeners called those of the same name.
 */
#include "core/clock.h"
#include "index/meaning.h"
#include "query/serve.h"
#include "tests/relevance/engine.h"
#include "tests/relevance/tally.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { FOLDS = 4, FIRST = 50, WAYS = 4 };
enum { POPULAR, WORDS, SERVED, NEAR };
static const char *const way_names[WAYS] = {"most played", "words alone", "as served",
                                            "neighbours alone"};

struct asked {
    uint64_t keys[8192], artists[8192];
    size_t n_keys;
    double found[WAYS]; /* share of what could be */
    double artists_found[WAYS];
};
static double sums[WAYS], artist_sums[WAYS];
static size_t n_asked;
static int64_t took_us, near_us;

static PGresult *query(struct engine *x, const char *sql, const char *param)
{
    PGresult *r = PQexecParams(x->c, sql, param ? 1 : 0, NULL, &param, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK,
                  "%s", PQerrorMessage(x->c));
    return r;
}

static struct sg_str cell(PGresult *r, int row, int column)
{
    return (struct sg_str){PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)};
}

/* Vague ones: neither charts nor of one artist. */
#define VAGUE_PLAYLISTS                                                                            \
    "(SELECT playlist_id, name, hashtext(external_id) & 3 AS fold FROM playlists "                 \
    "WHERE name !~* '^(top 50|this is|discover weekly|new music friday)') v"

static void hold_out(struct engine *x, int fold)
{
    char number[8];
    snprintf(number, sizeof number, "%d", fold);
    PQclear(query(x,
                  "UPDATE playlists p SET is_public = v.fold <> $1::int FROM " VAGUE_PLAYLISTS
                  " WHERE v.playlist_id = p.playlist_id",
                  number));
}

static void rebuild(struct engine *x)
{
    if (x->search) {
        sg_searcher_end(x->searcher);
        sg_search_close(x->search);
        sg_searcher_close(x->searcher);
        sg_index_close(x->index);
    }
    engine_index(x);
}

static int by_key(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void read_songs(struct engine *x, const char *playlist, struct asked *q)
{
    PGresult *r = query(x,
                        "SELECT DISTINCT s.title, a.name FROM playlist_songs p "
                        "JOIN songs s USING (song_id) JOIN artists a ON a.artist_id = s.artist_id "
                        "WHERE p.playlist_id = $1::bigint LIMIT 8192",
                        playlist);
    q->n_keys = (size_t)PQntuples(r);
    for (int i = 0; i < PQntuples(r); i++) {
        q->keys[i] = engine_key(cell(r, i, 0), cell(r, i, 1));
        q->artists[i] = engine_key(SG_STR_NONE, cell(r, i, 1));
    }
    qsort(q->keys, q->n_keys, sizeof *q->keys, by_key);
    qsort(q->artists, q->n_keys, sizeof *q->artists, by_key);
    PQclear(r);
}

/* What a song is called, and who it is by. */
struct answer {
    uint64_t key, artist;
};

static size_t share(const struct asked *q, const uint64_t *of, uint64_t key)
{
    return bsearch(&key, of, q->n_keys, sizeof key, by_key) != NULL;
}

static void count(struct asked *q, int way, const struct answer *a, size_t n)
{
    size_t hits = 0, artists = 0, most = q->n_keys < FIRST ? q->n_keys : FIRST;
    for (size_t i = 0; i < n; i++) {
        hits += share(q, q->keys, a[i].key);
        artists += share(q, q->artists, a[i].artist);
    }
    q->found[way] = most ? (double)hits / (double)most : 0;
    q->artists_found[way] = (double)artists / FIRST;
}

static void ask_engine(struct engine *x, struct sg_search *search, struct sg_str name,
                       struct asked *q, int way)
{
    struct sg_search *own = x->search;
    struct answer answers[FIRST];
    x->search = search;
    const struct sg_search_reply *reply = engine_search(x, name, "song", FIRST);
    x->search = own;
    const struct sg_hit *h = reply->results.v;
    for (size_t i = 0; i < reply->results.n; i++)
        answers[i] =
            (struct answer){engine_hit_key(&h[i]),
                            engine_key(SG_STR_NONE, h[i].artist ? h[i].artist->name : SG_STR_NONE)};
    count(q, way, answers, reply->results.n);
    if (way == SERVED)
        took_us = x->took_us > took_us ? x->took_us : took_us;
}

static void ask_neighbours(struct engine *x, struct sg_str name, struct asked *q)
{
    const struct sg_meaning_model *m = sg_searcher_meaning(x->searcher);
    struct sg_meaning_sense sense;
    struct sg_akin near[FIRST];
    struct sg_words words;
    struct sg_str list[SG_WORDS_MAX];
    struct answer answers[FIRST];
    size_t n = 0;
    sg_text_words(&words, name);
    for (size_t i = 0; i < words.n; i++)
        list[i] = words.v[i].text;
    int64_t from = sg_now_us();
    if (sg_meaning_of_words(m, list, words.n, &sense))
        n = sg_meaning_near(m, sense.v, FIRST, 0, near);
    near_us += sg_now_us() - from;
    for (size_t i = 0; i < n; i++) {
        struct sg_facts f;
        ck_assert(sg_searcher_facts(x->searcher, SG_SONG, near[i].doc, &f));
        const char *end = memchr(f.artists.p, 0x1f, f.artists.n);
        struct sg_str lead = {f.artists.p, end ? (size_t)(end - f.artists.p) : f.artists.n};
        answers[i] = (struct answer){engine_key(f.title, lead), engine_key(SG_STR_NONE, lead)};
    }
    count(q, NEAR, answers, n);
}

static size_t popular_songs(struct engine *x, struct answer out[FIRST])
{
    PGresult *r = query(x,
                        "SELECT s.title, a.name FROM songs s JOIN artists a "
                        "ON a.artist_id = s.artist_id ORDER BY play_count DESC, song_id LIMIT 50",
                        NULL);
    size_t n = (size_t)PQntuples(r);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct answer){engine_key(cell(r, (int)i, 0), cell(r, (int)i, 1)),
                                 engine_key(SG_STR_NONE, cell(r, (int)i, 1))};
    PQclear(r);
    return n;
}

static void print_one(struct sg_str name, const struct asked *q)
{
    if (!getenv("SEGUE_TEST_RELEVANCE_MISSES"))
        return;
    printf("  %-40.*s", SG_FMT(name));
    for (int w = 0; w < WAYS; w++)
        printf(" %.3f/%.3f", q->found[w], q->artists_found[w]);
    printf("\n");
}

static void ask_fold(struct engine *x, struct sg_search *words_only, int fold)
{
    static struct asked q;
    char number[8];
    struct answer popular[FIRST];
    size_t n_popular = popular_songs(x, popular);
    snprintf(number, sizeof number, "%d", fold);
    PGresult *r = query(
        x, "SELECT playlist_id, name FROM " VAGUE_PLAYLISTS " WHERE fold = $1::int ORDER BY 1",
        number);
    for (int i = 0; i < PQntuples(r); i++) {
        struct sg_str name = cell(r, i, 1);
        read_songs(x, PQgetvalue(r, i, 0), &q);
        if (q.n_keys == 0)
            continue;
        count(&q, POPULAR, popular, n_popular);
        ask_engine(x, words_only, name, &q, WORDS);
        ask_engine(x, x->search, name, &q, SERVED);
        ask_neighbours(x, name, &q);
        print_one(name, &q);
        for (int w = 0; w < WAYS; w++) {
            sums[w] += q.found[w];
            artist_sums[w] += q.artists_found[w];
        }
        n_asked++;
    }
    PQclear(r);
}

static void borrow_tags(struct engine *x)
{
    char folder[1024];
    snprintf(folder, sizeof folder, "'%s/lastfm-hetrec-2k'", engine_datasets());
    engine_import(x, "lastfm", folder);
    PQclear(query(x,
                  "INSERT INTO tags (kind, id, tag, uses) "
                  "SELECT DISTINCT ON (a.artist_id, t.tag) 'artist', a.artist_id, t.tag, t.uses "
                  "FROM tags t JOIN artists l ON l.artist_id = t.artist_id "
                  "JOIN artists a ON a.name = l.name AND a.external_id LIKE 'archive:%' "
                  "ORDER BY a.artist_id, t.tag, t.uses DESC",
                  NULL));
}

START_TEST(names_of_playlists_never_seen_find_their_songs)
{
    struct engine x;
    struct sg_error e = SG_ERROR_INIT;
    char folder[1024];
    engine_init(&x);
    snprintf(folder, sizeof folder, "'%s/spotify-playlist-archive'", engine_datasets());
    engine_import(&x, "playlist-archive", folder);
    if (getenv("SEGUE_TEST_RELEVANCE_TAGS"))
        borrow_tags(&x);
    for (int fold = 0; fold < FOLDS; fold++) {
        struct sg_search *words_only;
        struct sg_search_options o;
        hold_out(&x, fold);
        rebuild(&x);
        ck_assert_int_eq(sg_serve_options(&o, &x.config, &e), 0);
        o.words_only = true;
        ck_assert_int_eq(sg_search_open(&words_only, &o, &e), 0);
        ask_fold(&x, words_only, fold);
        sg_search_close(words_only);
    }
    printf("%zu playlists by name, share of the first 50 that is theirs:\n", n_asked);
    for (int w = 0; w < WAYS; w++)
        printf("%-18s %8.4f %8.4f\n", way_names[w], sums[w] / (double)n_asked,
               artist_sums[w] / (double)n_asked);
    printf("slowest answer as served: %.2f ms; neighbours alone: %.3f ms on average\n",
           (double)took_us / 1000, (double)near_us / 1000 / (double)n_asked);
    engine_fini(&x);
    double served = sums[SERVED] / (double)n_asked;
    ck_assert(floor_holds("vague", "first 50", served));
    ck_assert(served > 2 * sums[WORDS] / (double)n_asked);
}
END_TEST

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!engine_has_datasets())
        return 77;
    Suite *s = suite_create("vague");
    TCase *t = tcase_create("held-out playlists");
    tcase_set_timeout(t, 600);
    tcase_add_test(t, names_of_playlists_never_seen_find_their_songs);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
