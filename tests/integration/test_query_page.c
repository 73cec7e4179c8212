/* What is on a page: filters, order, cursors, versions, facets, totals, highlights. */
#include "query/browse.h"
#include "tests/support/query.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(filters_narrow_every_answer)
{
    struct sg_search_request r = query_ask("love");
    r.artist_id = 6;
    ck_assert_uint_eq(query_run(&r), 1);
    ck_assert_uint_eq(query_hit(0)->song_id, 8);
    r = query_ask("b"), r.genre = SG_STR("rock");
    query_run(&r);
    for (size_t i = 0; i < query_reply.results.n; i++)
        ck_assert(sg_str_eq(query_hit(i)->genre, SG_STR("Rock")));
    ck_assert_uint_gt(query_reply.results.n, 0);
    r = query_ask("skyscraper"), r.is_explicit = 1;
    ck_assert_uint_eq(query_run(&r), 1);
    r.is_explicit = 0;
    ck_assert_uint_eq(query_run(&r), 0);
    r = query_ask("love"), r.genre = SG_STR("no such genre");
    ck_assert_uint_eq(query_run(&r), 0);
    ck_assert(query_reply.total == 0 && query_reply.total_exact);
}
END_TEST

START_TEST(years_filter_as_terms_and_as_wide_ranges)
{
    struct sg_search_request r = query_ask("yesterday");
    r.year_from = 1960, r.year_to = 1969;
    ck_assert_uint_eq(query_run(&r), 1);
    r.year_from = 1966, r.year_to = 0;
    query_run(&r);
    for (size_t i = 0; i < query_reply.results.n; i++)
        ck_assert_int_ge(query_hit(i)->year, 1966);
    r.year_from = 0, r.year_to = 1965;
    query_run(&r);
    ck_assert_uint_eq(query_hit(0)->song_id, 4);
}
END_TEST

START_TEST(pages_follow_one_another)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = query_ask("love number");
    uint64_t first[30];
    r.types = (struct sg_list){&song, 1};
    r.limit = 30;
    ck_assert_uint_eq(query_run(&r), 30);
    for (size_t i = 0; i < 30; i++)
        first[i] = query_hit(i)->song_id;
    r.limit = 10;
    for (int page = 0; page < 3; page++) {
        r.offset = 10 * page;
        ck_assert_uint_eq(query_run(&r), 10);
        for (size_t i = 0; i < 10; i++)
            ck_assert_uint_eq(query_hit(i)->song_id, first[10 * page + (int)i]);
    }
    r.offset = SG_OFFSET_MAX;
    ck_assert_uint_eq(query_run(&r), 10);
}
END_TEST

static uint64_t first_ids[200];

static size_t walk_cursors(const char *q, bool grouped, int64_t limit)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = query_ask(q);
    char cursor[SG_CURSOR_MAX + 1] = "";
    size_t n = 0;
    r.types = (struct sg_list){&song, 1};
    r.group = grouped;
    r.limit = limit;
    do {
        r.cursor = sg_str(cursor);
        query_run(&r);
        for (size_t i = 0; i < query_reply.results.n && n < 200; i++)
            first_ids[n++] = query_hit(i)->song_id;
        snprintf(cursor, sizeof cursor, "%.*s", SG_FMT(query_reply.next_cursor));
    } while (*cursor && n < 100);
    return n;
}

START_TEST(cursors_follow_one_another_without_repeats)
{
    ck_assert_uint_ge(walk_cursors("love number", true, 10), 100);
    uint64_t seen[100];
    memcpy(seen, first_ids, sizeof seen);
    for (size_t i = 0; i < 100; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(seen[i], seen[k]);
    walk_cursors("love number", true, 25);
    ck_assert_mem_eq(seen, first_ids, sizeof seen);
    ck_assert_uint_eq(walk_cursors("bohemian rhapsody", true, 10), 1);
}
END_TEST

START_TEST(a_cursor_belongs_to_its_search)
{
    struct sg_search_request r = query_ask("love number"), other = query_ask("love");
    char cursor[SG_CURSOR_MAX + 1];
    query_run(&r);
    snprintf(cursor, sizeof cursor, "%.*s", SG_FMT(query_reply.next_cursor));
    ck_assert_uint_gt(strlen(cursor), 0);
    const char *wrong[] = {cursor, "x", "00", ""};
    for (size_t i = 0; i < 3; i++) {
        other.cursor = sg_str(wrong[i]);
        ck_assert_int_eq(sg_search_run(query_search, query_searcher, &other, 0, &query_arena,
                                       &query_reply, &query_err),
                         SG_EINVAL);
        ck_assert_str_eq(query_err.field, "cursor");
    }
}
END_TEST

START_TEST(hits_are_sorted_as_asked)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = query_ask("love number ");
    r.types = (struct sg_list){&song, 1};
    r.sort = SG_STR("popularity");
    query_run(&r);
    for (size_t i = 1; i < query_reply.results.n; i++)
        ck_assert_int_ge(query_hit(i - 1)->play_count, query_hit(i)->play_count);
    ck_assert_int_eq(query_hit(0)->play_count, 10000 + QUERY_MANY - 1);
    r.sort = SG_STR("title");
    query_run(&r);
    for (size_t i = 1; i < query_reply.results.n; i++)
        ck_assert_int_le(sg_str_cmp(query_hit(i - 1)->title, query_hit(i)->title),
                         0); /* all ASCII */
    r = query_ask("artist:queen "), r.sort = SG_STR("newest");
    r.types = (struct sg_list){&song, 1};
    query_run(&r);
    ck_assert_uint_eq(query_reply.results.n, 3);
    r.sort = SG_STR("colour");
    ck_assert_int_eq(
        sg_search_run(query_search, query_searcher, &r, 0, &query_arena, &query_reply, &query_err),
        SG_EINVAL);
    ck_assert_str_eq(query_err.field, "sort");
}
END_TEST

START_TEST(versions_of_a_recording_are_one_hit)
{
    static struct sg_str song = SG_STR("song");
    struct sg_search_request r = query_ask("fade to black ");
    r.types = (struct sg_list){&song, 1};
    ck_assert_uint_eq(query_run(&r), 1);
    ck_assert_uint_eq(query_hit(0)->song_id, 11);
    ck_assert_int_eq(query_hit(0)->versions, 2);
    r.q = SG_STR("fade to black live");
    query_run(&r);
    ck_assert_uint_eq(query_hit(0)->song_id, 12);
    r.group = false;
    r.q = SG_STR("fade to black ");
    ck_assert_uint_eq(query_run(&r), 3);
    ck_assert_int_eq(query_hit(0)->versions, 0);
}
END_TEST

START_TEST(facets_count_the_matches)
{
    static struct sg_str names[] = {SG_STR("genre"), SG_STR("decade"), SG_STR("artist")};
    struct sg_search_request r = query_ask("queen ");
    r.facets = (struct sg_list){names, 3};
    query_run(&r);
    const struct sg_facet *f = query_reply.facets.v;
    ck_assert_uint_eq(query_reply.facets.n, 3);
    const struct sg_facet_value *genre = f[0].values.v, *decade = f[1].values.v,
                                *artist = f[2].values.v;
    ck_assert(f[0].exact && sg_str_eq(genre->value, SG_STR("Rock")) && genre->count == 3);
    ck_assert(sg_str_eq(decade->value, SG_STR("1970s")) && decade->count == 4);
    ck_assert(sg_str_eq(artist->value, SG_STR("Queen")) && artist->artist_id == 1);
    names[0] = SG_STR("colour");
    ck_assert_int_eq(
        sg_search_run(query_search, query_searcher, &r, 0, &query_arena, &query_reply, &query_err),
        SG_EINVAL);
    ck_assert_str_eq(query_err.field, "facets");
}
END_TEST

START_TEST(totals_are_told_by_type)
{
    query_find("queen ");
    const struct sg_type_total *t = query_reply.totals.v;
    ck_assert_uint_eq(query_reply.totals.n, SG_KINDS);
    int64_t sum = 0;
    for (size_t i = 0; i < SG_KINDS; i++)
        sum += t[i].total;
    ck_assert_int_eq(sum, query_reply.total);
    ck_assert_int_eq(t[SG_SONG].total, 3);
    ck_assert_int_eq(t[SG_ARTIST].total, 1);
    ck_assert_int_eq(t[SG_PLAYLIST].total, 1);
    ck_assert(query_reply.total_exact);
}
END_TEST

START_TEST(highlights_are_bytes_of_the_shown_text)
{
    query_find("beyonce hal");
    const struct sg_highlight *h = query_hit(0)->highlights.v;
    ck_assert_uint_eq(query_hit(0)->highlights.n, 2);
    ck_assert(sg_str_eq(h[0].field, SG_STR("title")) && h[0].from == 0 && h[0].to == 3);
    ck_assert(sg_str_eq(h[1].field, SG_STR("artist")) && h[1].from == 0 && h[1].to == 8);
}
END_TEST

START_TEST(explanations_add_up_to_the_score)
{
    struct sg_search_request r = query_ask("bohemian rapsody queen");
    r.explain = true;
    query_run(&r);
    const struct sg_feature *f = query_hit(0)->features.v;
    double sum = 0;
    ck_assert_uint_eq(query_hit(0)->features.n, SG_FEATURES);
    for (size_t i = 0; i < SG_FEATURES; i++)
        sum += f[i].contribution;
    ck_assert_double_eq_tol(sum, query_hit(0)->score, 0.01);
}
END_TEST

START_TEST(children_come_in_their_order)
{
    struct sg_children_request r = {
        SG_STR("artist"), 1, SG_STR("song"), 10, 0, SG_STR_NONE, false, 0};
    struct sg_children_reply out = {0};
    ck_assert_int_eq(sg_browse_children(query_searcher, &r, &query_arena, &out, &query_err), 0);
    const struct sg_hit *h = out.results.v;
    ck_assert_int_eq(out.total, 3);
    ck_assert(h[0].song_id == 1 && h[1].song_id == 2 && h[2].song_id == 3);
    r = (struct sg_children_request){SG_STR("album"), 1, SG_STR("song"), 2, 1, SG_STR_NONE,
                                     false,           0};
    ck_assert_int_eq(sg_browse_children(query_searcher, &r, &query_arena, &out, &query_err), 0);
    h = out.results.v;
    ck_assert(out.results.n == 2 && h[0].song_id == 3 && h[1].song_id == 1);
    r = (struct sg_children_request){SG_STR("song"), 1, SG_STR("album"), 10, 0, SG_STR_NONE,
                                     false,          0};
    ck_assert_int_eq(sg_browse_children(query_searcher, &r, &query_arena, &out, &query_err),
                     SG_EINVAL);
    ck_assert_str_eq(query_err.field, "of");
}
END_TEST

int main(void)
{
    query_make();
    TCase *c = tcase_create("query page");
    tcase_add_checked_fixture(c, query_open, query_close);
    tcase_add_test(c, filters_narrow_every_answer);
    tcase_add_test(c, years_filter_as_terms_and_as_wide_ranges);
    tcase_add_test(c, pages_follow_one_another);
    tcase_add_test(c, cursors_follow_one_another_without_repeats);
    tcase_add_test(c, a_cursor_belongs_to_its_search);
    tcase_add_test(c, hits_are_sorted_as_asked);
    tcase_add_test(c, versions_of_a_recording_are_one_hit);
    tcase_add_test(c, facets_count_the_matches);
    tcase_add_test(c, totals_are_told_by_type);
    tcase_add_test(c, highlights_are_bytes_of_the_shown_text);
    tcase_add_test(c, explanations_add_up_to_the_score);
    tcase_add_test(c, children_come_in_their_order);
    Suite *suite = suite_create("query page");
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
