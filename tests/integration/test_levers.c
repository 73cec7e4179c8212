/* test_levers.c - operators' rows in a real PostgreSQL, through segue-indexer, into what is
 * found: soon after their commit, over a rebuild, and over a rollback. How soon is told and judged
 * by the quickest, as this machine may have much else to do. */
#include "core/clock.h"
#include "index/levers.h"
#include "query/search.h"
#include "query/suggest.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define COMMAND(...) test_indexer_command(&x, (const char *const[]){__VA_ARGS__, NULL})
#define SECOND_US    1000000
#define PATIENCE_US  (60 * SECOND_US)

static struct test_pg *pg;
static PGconn *c;
static struct test_indexer x;
static struct sg_index *served;
static struct sg_searcher *searcher;
static struct sg_search *search;
static struct sg_arena arena;
static struct sg_search_request request;
static struct sg_search_reply reply;
static const char *market;
static int64_t *quickest_us; /* shared with the tests' processes */

static void fill(void)
{
    test_pg_sql(c, "TRUNCATE genres, artists, albums, songs, search_rules, search_synonyms, "
                   "search_stop_words, availability CASCADE");
    test_pg_sql(c, "INSERT INTO artists (artist_id, name) VALUES (1, 'Wham'), (2, 'The Choir')");
    test_pg_sql(c, "INSERT INTO albums (artist_id, album_id, title) VALUES (1, 1, 'Winter Hits')");
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title, album_id, play_count, explicit) "
                   "SELECT 1 + s %% 2, s, 'Winter Song ' || s, 1, 1000 - s, s %% 4 = 0 "
                   "FROM generate_series(1, 30) s");
    test_pg_sql(c,
                "INSERT INTO songs (artist_id, song_id, title, play_count) VALUES "
                "(1, 100, 'Last Christmas', 500), (2, 101, 'Xmas', 10), "
                "(2, 102, 'Merry Xmas Everybody', 5), (1, 103, 'Merry Christmas Everybody', 900), "
                "(2, 104, 'Christmas', 9000)");
    test_pg_sql(c, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                   "SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(c, "ANALYZE");
}

static void wait_for_slots(const char *active)
{
    for (int i = 0; i < 6000; i++) {
        if (!strcmp(test_pg_sql(c, "SELECT count(*) FROM pg_replication_slots WHERE active"),
                    active))
            return;
        sg_sleep_us(20000);
    }
}

static void set_up(void)
{
    struct sg_error e = SG_ERROR_INIT;
    c = test_pg_connect(pg);
    fill();
    market = NULL;
    test_indexer_init(&x, pg, NULL, NULL);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_indexer_run(&x);
    wait_for_slots("1");
    struct sg_index_options o = {.dir = x.index, .poll_ms = 20};
    struct sg_search_options so = {.candidates = 300};
    sg_weights_default(&so.weights);
    ck_assert_msg(!sg_index_open(&served, &o, &e), "%s", e.text);
    ck_assert_msg(!sg_searcher_open(&searcher, served, &e), "%s", e.text);
    ck_assert_msg(!sg_search_open(&search, &so, &e), "%s", e.text);
}

static void tear_down(void)
{
    sg_searcher_end(searcher);
    sg_search_close(search);
    sg_searcher_close(searcher);
    sg_index_close(served);
    sg_arena_free(&arena);
    int code = test_indexer_kill(&x, SIGTERM);
    if (code)
        test_indexer_show_log(&x);
    ck_assert_int_eq(code, 0);
    wait_for_slots("0");
    test_pg_sql(c, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    PQfinish(c);
}

static void begin(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_access access = {0};
    sg_searcher_end(searcher);
    ck_assert_msg(!sg_searcher_begin(searcher, &e), "%s", e.text);
    if (market)
        memcpy(access.market, market, 2);
    sg_searcher_allow(searcher, &access);
}

static void ask_for(const char *q)
{
    sg_record_init(&sg_search_request_record, &request);
    request.q = sg_str(q);
    request.explain = true;
    request.group = false;
    request.limit = 20;
    if (market)
        request.market = sg_str(market);
}

static void run(void)
{
    struct sg_error e = SG_ERROR_INIT;
    begin();
    sg_record_init(&sg_search_reply_record, &reply);
    int rc = sg_search_run(search, searcher, &request, 0, &arena, &reply, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
}

static void find(const char *q)
{
    ask_for(q);
    run();
}

static const struct sg_hit *hit(size_t i)
{
    return i < reply.results.n ? &((const struct sg_hit *)reply.results.v)[i] : NULL;
}

static uint64_t song_at(size_t i)
{
    return hit(i) ? hit(i)->song_id : 0;
}

static bool has_song(uint64_t id)
{
    for (size_t i = 0; i < reply.results.n; i++)
        if (song_at(i) == id)
            return true;
    return false;
}

/* Runs sql, then asks until holds(). */
static void soon(const char *sql, const char *q, bool (*holds)(void))
{
    test_pg_sql(c, "%s", sql);
    int64_t from = sg_now_us(), now;
    do {
        find(q);
        now = sg_now_us();
        if (holds()) {
            *quickest_us = now - from < *quickest_us ? now - from : *quickest_us;
            return;
        }
        sg_sleep_us(20000);
    } while (now - from < PATIENCE_US);
    ck_abort_msg("not after: %s", sql);
}

static bool song_7_is_first(void)
{
    return song_at(0) == 7;
}
static bool song_7_is_third(void)
{
    return song_at(2) == 7;
}
static bool song_7_is_gone(void)
{
    return !has_song(7);
}
static bool song_101_is_gone(void)
{
    return !has_song(101);
}
static bool song_1_is_gone(void)
{
    return !has_song(1);
}
static bool song_1_is_there(void)
{
    return has_song(1);
}
static bool song_20_is_before_the_others(void)
{
    return song_at(0) == 20;
}
static bool last_christmas_is_found(void)
{
    return has_song(100);
}
static bool is_replaced(void)
{
    return reply.replaced.n > 0;
}
static bool nothing_moves(void)
{
    return reply.rules.n == 0;
}

#define PIN_7                                                                                      \
    "INSERT INTO search_rules (query, action, kind, id, position, note) "                          \
    "VALUES ('Winter Söng', 'pin', 'song', 7, %d, 'campaign')"

START_TEST(a_pin_holds_its_place_and_says_so)
{
    char sql[300];
    snprintf(sql, sizeof sql, PIN_7, 3);
    soon(sql, "winter song", song_7_is_third);
    ck_assert(sg_str_starts(hit(2)->rule, SG_STR("rule ")) &&
              memmem(hit(2)->rule.p, hit(2)->rule.n, "pinned to 3: campaign", 21));
    ck_assert(!hit(0)->rule.p && reply.rules.n == 1);
    find("winter song 7");
    ck_assert_uint_eq(reply.rules.n, 0);
    request.sort = SG_STR("popularity");
    soon("UPDATE search_rules SET match = 'words', query = 'song', position = 1",
         "a song of winter", song_7_is_first);
    soon("UPDATE search_rules SET enabled = false", "winter song", nothing_moves);
}
END_TEST

static size_t collect(bool by_cursor, size_t limit, uint64_t *out)
{
    size_t n = 0;
    char cursor[SG_CURSOR_MAX];
    ask_for("winter song");
    request.types = (struct sg_list){&(struct sg_str){"song", 4}, 1};
    request.limit = (int64_t)limit;
    for (int page = 0; page < 60; page++) {
        run();
        for (size_t i = 0; i < reply.results.n; i++)
            out[n++] = song_at(i);
        if (!reply.next_cursor.n)
            return n;
        memcpy(cursor, reply.next_cursor.p, reply.next_cursor.n);
        if (by_cursor)
            request.cursor = (struct sg_str){cursor, reply.next_cursor.n};
        else
            request.offset = (int64_t)n;
    }
    return n;
}

START_TEST(pins_neither_double_nor_skip_over_pages)
{
    uint64_t all[100], paged[100];
    soon("INSERT INTO search_rules (query, action, kind, id, position) VALUES "
         "('winter song', 'pin', 'song', 20, 2), ('winter song', 'pin', 'song', 7, 1), "
         "('winter song', 'pin', 'song', 101, 11), "
         "('winter song', 'pin', 'song', 100, 99)",
         "winter song", song_7_is_first);
    size_t n = collect(true, 50, all);
    ck_assert_uint_eq(n, 32);
    ck_assert(all[1] == 20 && all[10] == 101 && all[31] == 100);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(all[i], all[k]);
    for (size_t limit = 1; limit < 8; limit++)
        for (int by_cursor = 0; by_cursor < 2; by_cursor++) {
            ck_assert_uint_eq(collect(by_cursor, limit, paged), n);
            ck_assert_mem_eq(paged, all, n * sizeof *all);
        }
    ck_assert_int_eq(reply.total, 32);
}
END_TEST

START_TEST(pins_pass_filters_and_are_not_shown_when_deleted)
{
    char sql[300];
    snprintf(sql, sizeof sql, PIN_7, 1);
    soon(sql, "winter song", song_7_is_first);
    ask_for("winter song");
    request.artist_id = 1;
    run();
    ck_assert(!has_song(7) && reply.results.n == 15);
    request.artist_id = 2;
    run();
    ck_assert_uint_eq(song_at(0), 7);
    ask_for("winter song");
    request.year_from = 1990;
    run();
    ck_assert_uint_eq(reply.results.n, 0);
    soon("DELETE FROM songs WHERE song_id = 7", "winter song", song_7_is_gone);
    ck_assert_uint_eq(song_at(0), 1);
}
END_TEST

static size_t complete(const char *q, uint64_t id)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest_request r;
    struct sg_suggest_reply out;
    size_t found = 0;
    begin();
    sg_record_init(&sg_suggest_request_record, &r);
    sg_record_init(&sg_suggest_reply_record, &out);
    r.q = sg_str(q);
    r.limit = 20;
    r.market = market ? sg_str(market) : SG_STR_NONE;
    ck_assert_msg(!sg_complete(searcher, &r, &arena, &out, &e), "%s", e.text);
    ck_assert_msg(!sg_search_hide_completions(search, searcher, &r, &out, &e), "%s", e.text);
    for (size_t i = 0; i < out.suggestions.n; i++) {
        const struct sg_suggestion *s = &((const struct sg_suggestion *)out.suggestions.v)[i];
        found += s->id == id && sg_str_eq(s->type, SG_STR("song"));
    }
    return found;
}

START_TEST(hidden_boosted_and_replaced)
{
    soon("INSERT INTO search_rules (match, query, action, kind, id) VALUES "
         "('starts', 'winter', 'hide', 'song', 1)",
         "winter song", song_1_is_gone);
    find("song winter");
    ck_assert(has_song(1));
    ck_assert(!complete("winter so", 1) && complete("winter so", 2));
    ck_assert(!complete("win", 1) && complete("song 1", 1));
    soon("INSERT INTO search_rules (query, action, kind, id, factor) VALUES "
         "('winter song', 'boost', 'song', 20, 2)",
         "winter song", song_20_is_before_the_others);
    ck_assert(memmem(hit(0)->rule.p, hit(0)->rule.n, "score times 2", 13));
    soon("INSERT INTO search_rules (query, action, replacement) VALUES "
         "('whamm', 'replace', 'last christmas')",
         "whamm", is_replaced);
    ck_assert(sg_str_eq(reply.replaced, SG_STR("last christmas")) && song_at(0) == 100);
}
END_TEST

START_TEST(rules_end_and_belong_to_markets)
{
    char sql[300];
    snprintf(sql, sizeof sql, PIN_7, 1);
    soon(sql, "winter song", song_7_is_first);
    soon("UPDATE search_rules SET valid_until = now()", "winter song", nothing_moves);
    soon("UPDATE search_rules SET valid_until = now() + interval '2 days', "
         "valid_from = now() - interval '1 minute'",
         "winter song", song_7_is_first);
    soon("UPDATE search_rules SET market = 'DE'", "winter song", nothing_moves);
    market = "DE";
    find("winter song");
    ck_assert_uint_eq(song_at(0), 7);
}
END_TEST

START_TEST(synonyms_find_but_never_beat_the_word_as_typed)
{
    find("last xmas");
    ck_assert(song_at(0) != 100 || reply.relaxed.n);
    soon("INSERT INTO search_synonyms (words, means) VALUES ('xmas', 'Christmas'), "
         "('the george michael band', 'wham')",
         "xmas", last_christmas_is_found);
    ck_assert_uint_eq(song_at(0), 101);
    find("last xmas");
    ck_assert(song_at(0) == 100 && !reply.relaxed.n);
    find("christmas");
    ck_assert(song_at(0) == 104 && has_song(101));
    find("merry xmas everybody");
    ck_assert(song_at(0) == 102 && song_at(1) == 103);
    find("the george michael band last christmas");
    ck_assert_uint_eq(song_at(0), 100);
    soon("UPDATE search_synonyms SET two_way = false WHERE words = 'xmas'", "christmas",
         song_101_is_gone);
    ck_assert_uint_eq(song_at(0), 104);
}
END_TEST

static bool is_not_relaxed(void)
{
    return song_at(0) == 100 && !reply.relaxed.n;
}

START_TEST(stop_words_need_not_be_found_when_others_remain)
{
    find("bitte last christmas");
    ck_assert(reply.relaxed.n);
    soon("INSERT INTO search_stop_words VALUES ('bitte'), ('xmas')", "bitte last christmas",
         is_not_relaxed);
    find("xmas");
    ck_assert_uint_eq(song_at(0), 101);
    find("merry xmas everybody");
    ck_assert_uint_eq(song_at(0), 102);
}
END_TEST

START_TEST(what_is_not_available_in_a_market_is_found_nowhere)
{
    struct sg_song song;
    market = "DE";
    soon("INSERT INTO availability VALUES ('song', 1, '{US,AT}', false), "
         "('song', 2, '{DE}', true), ('song', 3, '{AT,DE}', false)",
         "winter song", song_1_is_gone);
    ck_assert(!has_song(2) && has_song(3));
    ask_for("winter song");
    request.types = (struct sg_list){&(struct sg_str){"song", 4}, 1};
    request.facets = (struct sg_list){&(struct sg_str){"artist", 6}, 1};
    run();
    ck_assert(reply.total == 28 && reply.total_exact);
    const struct sg_facet *f = reply.facets.v;
    const struct sg_facet_value *v = f->values.v;
    ck_assert_int_eq(v[0].count + v[1].count, 28);
    ck_assert_uint_eq(complete("winter song 1", 1), 0);
    ck_assert_uint_eq(complete("winter song 3", 3), 1);
    ck_assert_int_eq(sg_searcher_record(searcher, SG_SONG, 1, &arena, &song, NULL), SG_ENOENT);
    market = "US";
    find("winter song");
    ck_assert(has_song(1) && has_song(2) && !has_song(3));
    market = NULL;
    find("winter song");
    ck_assert(has_song(1) && has_song(2) && has_song(3));
    market = "DE";
    soon("DELETE FROM availability WHERE id = 1", "winter song", song_1_is_there);
    soon("TRUNCATE availability; INSERT INTO availability VALUES ('song', 1, '{}')", "winter song",
         song_1_is_gone);
}
END_TEST

static void wait_for_other_generation(const char *than)
{
    char now[SG_GENERATION_NAME] = "";
    for (int i = 0; i < 3000; i++) {
        find("winter song");
        snprintf(now, sizeof now, "%.*s", SG_FMT(reply.generation));
        if (strcmp(now, than))
            return;
        sg_sleep_us(20000);
    }
    ck_abort_msg("still %s", now);
}

START_TEST(levers_are_kept_over_a_rebuild_and_a_rollback)
{
    char sql[300], first[SG_GENERATION_NAME], second[SG_GENERATION_NAME];
    snprintf(sql, sizeof sql, PIN_7, 1);
    soon(sql, "winter song", song_7_is_first);
    market = "DE";
    soon("INSERT INTO availability VALUES ('song', 1, '{US}')", "winter song", song_1_is_gone);
    snprintf(first, sizeof first, "%.*s", SG_FMT(reply.generation));
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    wait_for_other_generation(first);
    snprintf(second, sizeof second, "%.*s", SG_FMT(reply.generation));
    ck_assert(song_7_is_first() && song_1_is_gone());
    soon("UPDATE search_rules SET position = 3", "winter song", song_7_is_third);
    ck_assert_int_eq(COMMAND("rollback"), 0);
    wait_for_other_generation(second);
    ck_assert(song_1_is_gone());
    soon("UPDATE search_rules SET note = 'again'", "winter song", song_7_is_third);
}
END_TEST

START_TEST(every_change_is_written_down_and_stays_so)
{
    test_pg_sql(c, "SET segue.operator = 'ana'");
    test_pg_sql(c, "INSERT INTO search_stop_words VALUES ('so')");
    test_pg_sql(c, "UPDATE search_stop_words SET word = 'to'");
    test_pg_sql(c, "RESET segue.operator");
    test_pg_sql(c, "DELETE FROM search_stop_words");
    test_pg_sql(c, "INSERT INTO api_keys (name, secret_hash) VALUES ('k', sha256('x'))");
    ck_assert_str_eq(test_pg_sql(c, "SELECT string_agg(who || ' ' || operation || ' ' || "
                                    "coalesce(old_row->>'word', '') || '>' || "
                                    "coalesce(new_row->>'word', ''), ' ' ORDER BY audit_id) "
                                    "FROM lever_audit WHERE table_name = 'search_stop_words' "
                                    "AND who = 'ana'"),
                     "ana insert >so ana update so>to");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM lever_audit WHERE operation = 'delete' "
                                    "AND who = session_user AND old_row->>'word' = 'to'"),
                     "1");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM lever_audit WHERE new_row ? "
                                    "'secret_hash'"),
                     "0");
    const char *const refused[] = {"DELETE FROM lever_audit", "UPDATE lever_audit SET who = 'b'",
                                   "TRUNCATE lever_audit"};
    for (size_t i = 0; i < 3; i++) {
        PGresult *r = PQexec(c, refused[i]);
        ck_assert_int_eq(PQresultStatus(r), PGRES_FATAL_ERROR);
        PQclear(r);
    }
}
END_TEST

START_TEST(the_database_refuses_hostile_rows)
{
    static const char *const wrong[] = {
        "search_rules (query, action, kind, id, position) VALUES (repeat('a', 201), 'pin', 'song', "
        "1, 1)",
        "search_rules (query, action, kind, id, position) VALUES ('a', 'pin', 'song', 1, 0)",
        "search_rules (query, action, kind, id, position) VALUES ('a', 'pin', NULL, 1, 1)",
        "search_rules (query, action, kind, id) VALUES ('a', 'pin', 'song', 1)",
        "search_rules (query, action, kind, id, factor) VALUES ('a', 'boost', 'song', 1, 11)",
        "search_rules (query, action, kind, id, factor) VALUES ('a', 'boost', 'song', 1, 'NaN')",
        "search_rules (query, action) VALUES ('a', 'replace')",
        "search_rules (query, action, replacement, valid_from) VALUES ('a', 'replace', 'b', "
        "'infinity')",
        "search_rules (query, action, replacement, market) VALUES ('a', 'replace', 'b', 'de')",
        "search_synonyms (words, means) VALUES ('', 'a')",
        "search_stop_words VALUES (repeat('a', 61))",
        "availability VALUES ('artist', 1, '{DE}')",
        "availability VALUES ('song', 1, '{DEU}')",
        "availability VALUES ('song', 1, '{NULL}')",
        "availability VALUES ('song', 1, '{{DE},{AT}}')",
        "availability VALUES ('song', 999999, '{DE}')",
    };
    char sql[400];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO %s", wrong[i]);
        PGresult *r = PQexec(c, sql);
        ck_assert_msg(PQresultStatus(r) == PGRES_FATAL_ERROR, "%s", sql);
        PQclear(r);
    }
}
END_TEST

int main(void)
{
    quickest_us =
        mmap(NULL, sizeof *quickest_us, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (quickest_us == MAP_FAILED)
        return EXIT_FAILURE;
    *quickest_us = PATIENCE_US;
    pg = test_pg_start_migrated(NULL);
    Suite *s = suite_create("levers");
    TCase *t = tcase_create("levers");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_pin_holds_its_place_and_says_so);
    tcase_add_test(t, pins_neither_double_nor_skip_over_pages);
    tcase_add_test(t, pins_pass_filters_and_are_not_shown_when_deleted);
    tcase_add_test(t, hidden_boosted_and_replaced);
    tcase_add_test(t, rules_end_and_belong_to_markets);
    tcase_add_test(t, synonyms_find_but_never_beat_the_word_as_typed);
    tcase_add_test(t, stop_words_need_not_be_found_when_others_remain);
    tcase_add_test(t, what_is_not_available_in_a_market_is_found_nowhere);
    tcase_add_test(t, levers_are_kept_over_a_rebuild_and_a_rollback);
    tcase_add_test(t, every_change_is_written_down_and_stays_so);
    tcase_add_test(t, the_database_refuses_hostile_rows);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    printf("a change was found after %lld ms, the quickest\n", (long long)*quickest_us / 1000);
    if (*quickest_us >= SECOND_US && *quickest_us < PATIENCE_US) {
        printf("none within a second\n");
        failed++;
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
