/* test_known_item.c - does a person who knows what they want find it?
 *
 * Real catalogues go the real way: segue-data import into PostgreSQL, segue-indexer
 * rebuild, then the query server's own code. Each of: the playlist archive, the
 * Billboard charts, both together. Three ways to ask for each song:
 *
 *   "title artist"            first                 >= 98 %
 *   "title"                   in the first ten      >= 95 %
 *   "title", last word cut    in the first ten      >= 85 %
 *   to three letters
 *
 * A hit counts when its title and lead artist fold to the same words: the same
 * recording may stand in a catalogue more than once. Every step-th song is
 * asked for (SEGUE_TEST_RELEVANCE_STEP, 1 for all of them; 20 when not given).
 * The data sets are not part of the project: skipped, loudly, without them.
 */
#include "core/text.h"
#include "query/ask.h"
#include "tests/relevance/suite.h"
#include "tests/support/pg.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEN = 10, WAYS = 3 };

static const char *const ways[WAYS] = {"title artist, first", "title, in ten",
                                       "title cut to 3 letters, in ten"};
static const double wanted[WAYS] = {0.98, 0.95, 0.85};

static const char *datasets(void)
{
    const char *d = getenv("SEGUE_DATASETS");
    return d ? d : "../shared/datasets";
}

static void must_run(const char *fmt, ...)
{
    char command[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static void cut_last_word(char *out, size_t cap, struct sg_str title)
{
    size_t at = title.n;
    while (at > 0 && title.p[at - 1] != ' ')
        at--;
    struct sg_str last = {title.p + at, title.n - at};
    size_t keep = at + (sg_utf8_count(last) > 3 ? sg_utf8_prefix(last, 3) : last.n);
    snprintf(out, cap, "%.*s", (int)keep, title.p);
}

static bool same_fold(struct sg_str a, struct sg_str b)
{
    char x[SG_TEXT_MAX], y[SG_TEXT_MAX];
    size_t n = sg_text_fold(x, sizeof x, a), m = sg_text_fold(y, sizeof y, b);
    return n == m && memcmp(x, y, n) == 0;
}

/* Rank of the song among the answers, from 1; 0: not there. */
static int rank_of(struct sg_ask *ask, const char *q, struct sg_str title, struct sg_str artist)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str song = SG_STR("song");
    struct sg_search_request r;
    struct sg_search_reply reply;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(q);
    r.q.n = sg_utf8_floor(r.q, r.q.n < SG_QUERY_MAX ? r.q.n : SG_QUERY_MAX);
    r.types = (struct sg_list){&song, 1};
    r.limit = TEN;
    ck_assert_msg(sg_ask_search(ask, &r, &reply, &e) == 0, "'%s': %s", q, e.text);
    const struct sg_hit *h = reply.results.v;
    for (size_t i = 0; i < reply.results.n; i++)
        if (same_fold(h[i].title, title) && h[i].artist && same_fold(h[i].artist->name, artist))
            return (int)i + 1;
    return 0;
}

struct tally {
    size_t asked, found[WAYS];
};

static void ask_three_ways(struct sg_ask *ask, const char *title, const char *artist,
                           struct tally *t)
{
    char q[4096];
    struct sg_str ti = sg_str(title), ar = sg_str(artist);
    bool show = getenv("SEGUE_TEST_RELEVANCE_MISSES") != NULL;
    int rank[WAYS];
    snprintf(q, sizeof q, "%s %s", title, artist);
    rank[0] = rank_of(ask, q, ti, ar);
    rank[1] = rank_of(ask, title, ti, ar);
    cut_last_word(q, sizeof q, ti);
    rank[2] = rank_of(ask, q, ti, ar);
    t->asked++;
    for (int w = 0; w < WAYS; w++) {
        bool found = w == 0 ? rank[w] == 1 : rank[w] > 0;
        t->found[w] += found;
        if (show && !found)
            printf("  miss (%s): %s | %s, rank %d\n", ways[w], title, artist, rank[w]);
    }
}

static void measure(PGconn *c, struct sg_ask *ask, const char *name)
{
    struct tally t = {0};
    const char *step = getenv("SEGUE_TEST_RELEVANCE_STEP");
    char sql[512];
    snprintf(sql, sizeof sql,
             "SELECT title, name FROM (SELECT s.title, a.name, row_number() OVER (ORDER BY "
             "s.song_id) AS n "
             "FROM songs s JOIN artists a USING (artist_id)) x WHERE n %% %d = 0 ORDER BY n",
             step ? atoi(step) : 20);
    PGresult *r = PQexec(c, sql);
    ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK, "%s", PQerrorMessage(c));
    for (int i = 0; i < PQntuples(r); i++)
        ask_three_ways(ask, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), &t);
    PQclear(r);
    ck_assert_uint_gt(t.asked, 0);
    for (int w = 0; w < WAYS; w++)
        printf("%-18s %-32s %6.2f %% of %zu (wanted %.0f %%)\n", name, ways[w],
               100.0 * (double)t.found[w] / (double)t.asked, t.asked, 100 * wanted[w]);
    for (int w = 0; w < WAYS; w++)
        ck_assert_msg((double)t.found[w] >= wanted[w] * (double)t.asked, "%s: %s: %zu of %zu", name,
                      ways[w], t.found[w], t.asked);
}

static void catalogue(const char *name, bool archive, bool billboard)
{
    struct test_pg *pg = test_pg_start_migrated("fsync = off\n");
    const char *bin = getenv("SEGUE_BIN");
    struct sg_config config;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_ask *ask;
    char var[128];
    ck_assert_ptr_nonnull(bin);
    snprintf(var, sizeof var, "%s/var", pg->dir);
    setenv("SEGUE_VAR_DIR", var, 1);
    setenv("SEGUE_PG_DSN", pg->dsn, 1);
    setenv("SEGUE_LOG_LEVEL", "warn", 1);
    must_run("mkdir -p %s", var);
    if (archive)
        must_run("'%s/segue-data' import playlist-archive '%s/spotify-playlist-archive' --rejects "
                 "%s/r1 >%s/log1 2>&1",
                 bin, datasets(), var, var);
    if (billboard)
        must_run(
            "'%s/segue-data' import billboard '%s/billboard-hot-100' --rejects %s/r2 >%s/log2 2>&1",
            bin, datasets(), var, var);
    must_run("'%s/segue-indexer' rebuild >%s/log3 2>&1 || { cat %s/log3; false; }", bin, var, var);
    ck_assert_msg(sg_config_load(&config, NULL, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_ask_open(&ask, &config, true, &e) == 0, "%s", e.text);
    PGconn *c = test_pg_connect(pg);
    measure(c, ask, name);
    PQfinish(c);
    sg_ask_close(ask);
}

START_TEST(the_playlist_archive_is_found)
{
    catalogue("playlist archive", true, false);
}
END_TEST

START_TEST(the_billboard_charts_are_found)
{
    catalogue("billboard", false, true);
}
END_TEST

START_TEST(both_together_are_found)
{
    catalogue("both", true, true);
}
END_TEST

int main(void)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/spotify-playlist-archive/tracks.tsv.gz", datasets());
    if (access(path, R_OK)) {
        fprintf(stderr, "SKIPPED: no real catalogues in %s (set SEGUE_DATASETS)\n", datasets());
        return 77;
    }
    const TTest *const tests[] = {the_playlist_archive_is_found, the_billboard_charts_are_found,
                                  both_together_are_found};
    return relevance_run("known item", tests, sizeof tests / sizeof *tests, 1200);
}
