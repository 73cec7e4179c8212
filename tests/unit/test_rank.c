/* The ranker: classes of evidence, their order, features, weights, the top. */
#include "query/rank.h"
#include "query/top.h"
#include <check.h>
#include <stdlib.h>

static struct sg_query q;
static struct sg_reading reading;
static struct sg_weights weights;
static struct sg_ranker ranker;
static struct sg_error err;
static float v[SG_FEATURES];

static void ask(const char *text)
{
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(text);
    ck_assert_int_eq(sg_query_parse(&q, &r, &err), 0);
    sg_reading_as_typed(&reading, &q);
    sg_weights_default(&weights);
    sg_ranker_init(&ranker, SG_SONG, &weights, 1000000, 2026);
    ranker.reading = &reading;
}

static float score(const char *title, const char *artists, const char *album, uint64_t plays)
{
    struct sg_facts f = {.id = 1,
                         .popularity = plays,
                         .title = sg_str(title),
                         .artists = sg_str(artists),
                         .album = sg_str(album)};
    return sg_rank(&ranker, &f, v);
}

static int evidence(const char *title, const char *artists, const char *album)
{
    score(title, artists, album, 0);
    return (int)v[SG_F_EVIDENCE];
}

START_TEST(the_whole_title_is_the_best_evidence)
{
    ask("shape of you ");
    ck_assert_int_eq(evidence("shape of you", "ed sheeran", ""), SG_WHOLE);
    ck_assert_int_eq(evidence("shape of you acoustic", "ed sheeran", ""), SG_WORDS);
    ck_assert_int_eq(evidence("you shape of", "ed sheeran", ""), SG_WORDS);
}
END_TEST

START_TEST(title_and_artist_together_are_whole_in_either_order)
{
    ask("hello adele ");
    ck_assert_int_eq(evidence("hello", "adele", "25"), SG_WHOLE);
    ask("adele hello ");
    ck_assert_int_eq(evidence("hello", "adele", "25"), SG_WHOLE);
    ask("hello adele live ");
    ck_assert_int_eq(evidence("hello live", "adele", ""), SG_WORDS);
    ck_assert_int_eq(evidence("hello",
                              "someone\x1f"
                              "adele live",
                              ""),
                     SG_WHOLE);
}
END_TEST

/* Of a song with other names: its own, and its artist's. */
static int evidence_by(const char *aliases, const char *artist_aliases)
{
    struct sg_facts f = {.title = SG_STR("killing in the name"),
                         .artists = SG_STR("rage against the machine"),
                         .title_aliases = sg_str(aliases),
                         .artist_aliases = sg_str(artist_aliases)};
    sg_rank(&ranker, &f, v);
    return (int)v[SG_F_EVIDENCE];
}

START_TEST(an_alias_is_as_good_as_the_name_but_for_a_shade)
{
    ask("killing in the name ratm ");
    ck_assert_int_eq(evidence_by("", "ratm"), SG_STATED);
    ck_assert_float_eq(v[SG_F_ALIAS], 1);
    ask("kitn ");
    ck_assert_int_eq(evidence_by("bombtrack\x1fkitn", "ratm"), SG_STATED);
    ask("ratm ");
    ck_assert_int_eq(evidence_by("", "the rage\x1fratm"), SG_WORDS);
    ask("kitn live ");
    ck_assert_int_eq(evidence_by("kitn live aid", ""), SG_WORDS);
    ask("kit");
    ck_assert_int_eq(evidence_by("kitn", ""), SG_PREFIX);
    ask("killing in the name ");
    ck_assert_int_eq(evidence_by("killing in the name", "ratm"), SG_WHOLE);
    ck_assert_float_eq(v[SG_F_ALIAS], 0);
}
END_TEST

START_TEST(a_corrected_alias_stays_below_what_is_exact)
{
    ask("ratn ");
    reading.how = SG_TYPO;
    ck_assert_int_eq(evidence_by("", "ratm"), SG_MISSPELT);
    ck_assert_float_gt(sg_rank_cover(&reading, SG_STR("ratn")), 0.99f);
    ck_assert_float_eq(sg_rank_cover(&reading, SG_STR("something else")), 0);
}
END_TEST

START_TEST(part_of_a_title_is_not_whole)
{
    ask("one two ");
    ck_assert_int_eq(evidence("one two three", "x", ""), SG_WORDS);
    ck_assert_int_eq(evidence("one", "y", "two"), SG_WORDS);
}
END_TEST

START_TEST(repeated_words_keep_their_places)
{
    ask("bang bang ");
    ck_assert_int_eq(evidence("bang bang", "x", ""), SG_WHOLE);
    ck_assert_int_eq(evidence("bang bang bang", "x", ""), SG_WORDS);
}
END_TEST

START_TEST(a_leading_article_may_be_left_out)
{
    ask("beatles ");
    ck_assert_int_eq(evidence("the beatles", "", ""), SG_WHOLE);
    ck_assert_float_eq_tol(v[SG_F_TITLE_COVER], 1, 1e-6f);
    ask("the ");
    ck_assert_int_eq(evidence("the", "", ""), SG_WHOLE);
}
END_TEST

START_TEST(an_unfinished_word_is_prefix_evidence)
{
    ask("blinding lig");
    ck_assert_int_eq(evidence("blinding lights", "the weeknd", ""), SG_PREFIX);
    ck_assert_float_gt(v[SG_F_UNTYPED], 0.4f);
    ask("blinding lights");
    ck_assert_int_eq(evidence("blinding lights", "the weeknd", ""), SG_WHOLE);
    ck_assert_float_eq(v[SG_F_UNTYPED], 0);
}
END_TEST

START_TEST(only_the_last_word_may_be_unfinished)
{
    ask("li blinding");
    ck_assert_int_eq(evidence("blinding lights", "x", ""), SG_PREFIX);
    ck_assert_float_eq_tol(v[SG_F_TITLE_WORDS], 0.5f, 1e-6f);
}
END_TEST

START_TEST(a_loose_posting_is_verified_on_the_record)
{
    ask("lightho");
    ranker.verify_last = true;
    ck_assert_int_eq(evidence("lightning", "x", ""), SG_NO_EVIDENCE);
    ck_assert_int_eq(evidence("lighthouse", "x", ""), SG_PREFIX);
}
END_TEST

START_TEST(stronger_evidence_beats_any_popularity)
{
    ask("love ");
    float unknown = score("love", "nobody", "", 0);
    float star = score("love story", "taylor swift", "", 1000000);
    ck_assert_float_gt(unknown, star);
    ask("lov");
    float exact = score("lov", "nobody", "", 0);
    ck_assert_float_gt(exact, score("love", "star", "", 1000000));
}
END_TEST

START_TEST(popularity_decides_between_equals)
{
    ask("love ");
    float famous = score("love", "a", "", 50000);
    ck_assert_float_gt(famous, score("love", "b", "", 500));
    famous = score("love story", "a", "", 900000);
    ck_assert_float_gt(famous, score("love song", "b", "", 9000));
}
END_TEST

START_TEST(the_title_counts_more_than_the_album)
{
    ask("thriller ");
    float title = score("thriller night", "a", "x", 100);
    ck_assert_float_gt(title, score("beat it", "a", "thriller", 100));
}
END_TEST

START_TEST(word_order_counts)
{
    ask("dark side moon ");
    float right = score("dark side of the moon", "a", "", 10);
    ck_assert_float_gt(right, score("moon of the side dark", "a", "", 10));
}
END_TEST

START_TEST(an_edition_of_a_title_is_the_title)
{
    ask("bohemian rhapsody ");
    ck_assert_int_eq(evidence("bohemian rhapsody 2011 remaster", "queen", ""), SG_WHOLE);
    ck_assert_float_gt(v[SG_F_TITLE_COVER], 0.6f);
    ck_assert_int_eq(evidence("bohemian rhapsody radio edit", "queen", ""), SG_WHOLE);
    ck_assert_int_eq(evidence("bohemian rhapsody feat somebody", "queen", ""), SG_WHOLE);
    ck_assert_int_eq(evidence("bohemian rhapsody live", "queen", ""), SG_WORDS);
    ck_assert_float_eq(v[SG_F_VERSION], 1);
    ck_assert_int_eq(evidence("bohemian rhapsody radio", "queen", ""), SG_WORDS);
    ask("bohemian rhapsody live ");
    ck_assert_int_eq(evidence("bohemian rhapsody live", "queen", ""), SG_WHOLE);
    ck_assert_float_eq(v[SG_F_VERSION], 0);
    ask("remaster ");
    ck_assert_int_eq(evidence("remaster", "x", ""), SG_WHOLE);
}
END_TEST

START_TEST(a_titles_core_is_without_editions_and_versions)
{
    static const char *const all[][2] = {
        {"lover", "lover"},
        {"lover remix feat shawn mendes", "lover"},
        {"bohemian rhapsody 2011 remaster", "bohemian rhapsody"},
        {"halo live", "halo"},
        {"live forever", "live forever"},
        {"1999", "1999"},
        {"1999 2019 remaster", "1999"},
        {"video killed the radio star", "video killed the radio star"},
        {"", ""}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_uint_eq(sg_title_core(sg_str(all[i][0])), strlen(all[i][1]));
}
END_TEST

START_TEST(long_words_are_compared_to_the_end)
{
    ask("supercalifragilistic ");
    ck_assert_int_eq(evidence("supercalifragilistic", "", ""), SG_WHOLE);
    ck_assert_int_eq(evidence("supercalifornia", "", ""), SG_PREFIX);
    ck_assert_float_eq(v[SG_F_TITLE_WORDS], 0);
}
END_TEST

START_TEST(sixty_four_words_are_handled)
{
    char text[SG_QUERY_MAX + 1] = "";
    for (int i = 0; i < 64; i++)
        strcat(text, i ? " ab" : "ab");
    ask(text);
    ck_assert_uint_eq(reading.n_words, 64);
    ck_assert_int_eq(evidence(text, "", ""), SG_WHOLE);
    ck_assert_int_eq(evidence("ab", "ab", ""), SG_WHOLE);
}
END_TEST

START_TEST(explanation_adds_up)
{
    ask("hello ade");
    float total = score("hello", "adele", "25", 7777), sum = 0;
    for (size_t i = 0; i < SG_FEATURES; i++)
        sum += v[i] * weights.w[i];
    ck_assert_float_eq_tol(total, sum, 1e-3f);
}
END_TEST

START_TEST(weights_come_from_a_file)
{
    sg_weights_default(&weights);
    struct sg_str good = SG_STR("# comment\n\norder = 7.5 # more\npopularity=1\n");
    ck_assert_int_eq(sg_weights_parse(&weights, "w", good, &err), 0);
    ck_assert_float_eq(weights.w[SG_F_ORDER], 7.5f);
    const char *bad[] = {"order", "order = many", "colour = 1", "order = nan", "order = 1e300"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(sg_weights_parse(&weights, "w", sg_str(bad[i]), &err), SG_EINVAL);
    ck_assert_int_ne(sg_weights_load(&weights, "/nonexistent", &err), 0);
    ck_assert_int_eq(sg_weights_load(&weights, "", &err), 0);
    ck_assert_float_eq(weights.w[SG_F_ORDER], 6);
}
END_TEST

START_TEST(the_top_keeps_the_best_in_a_fixed_order)
{
    static struct sg_top top;
    sg_top_init(&top, 5);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t mixed = i * 7919 % 1000;
        struct sg_top_entry e = {.score = (float)(mixed / 2), .id = mixed};
        sg_top_push(&top, &e);
    }
    sg_top_sort(&top);
    const uint64_t expected[] = {998, 999, 996, 997, 994};
    ck_assert_uint_eq(top.n, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(top.v[i].id, expected[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rank");
    TCase *c = tcase_create("all");
    tcase_add_test(c, the_whole_title_is_the_best_evidence);
    tcase_add_test(c, title_and_artist_together_are_whole_in_either_order);
    tcase_add_test(c, an_alias_is_as_good_as_the_name_but_for_a_shade);
    tcase_add_test(c, a_corrected_alias_stays_below_what_is_exact);
    tcase_add_test(c, part_of_a_title_is_not_whole);
    tcase_add_test(c, repeated_words_keep_their_places);
    tcase_add_test(c, a_leading_article_may_be_left_out);
    tcase_add_test(c, an_unfinished_word_is_prefix_evidence);
    tcase_add_test(c, only_the_last_word_may_be_unfinished);
    tcase_add_test(c, a_loose_posting_is_verified_on_the_record);
    tcase_add_test(c, stronger_evidence_beats_any_popularity);
    tcase_add_test(c, popularity_decides_between_equals);
    tcase_add_test(c, the_title_counts_more_than_the_album);
    tcase_add_test(c, word_order_counts);
    tcase_add_test(c, an_edition_of_a_title_is_the_title);
    tcase_add_test(c, a_titles_core_is_without_editions_and_versions);
    tcase_add_test(c, long_words_are_compared_to_the_end);
    tcase_add_test(c, sixty_four_words_are_handled);
    tcase_add_test(c, explanation_adds_up);
    tcase_add_test(c, weights_come_from_a_file);
    tcase_add_test(c, the_top_keeps_the_best_in_a_fixed_order);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
